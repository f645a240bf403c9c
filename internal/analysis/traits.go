package analysis

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tinycheck"
	"tinycheck/internal/decode"
)

// traits is what tells what kind of device an address belongs to. A device that
// has no address yet (RFC 2131 section 4.1) tells it of its link address.
type traits map[owner]*trait

// owner has one of the two.
type owner struct {
	addr netip.Addr
	mac  tinycheck.MAC
}

type trait struct {
	name    string
	seen    uint64 // bit n: signs[n]
	details map[int]string
}

// mostPath bounds what is looked at of the path of a request.
const mostPath = 64

func (t traits) see(e tinycheck.Event) {
	if e.Flow == nil || e.Flow.Inward {
		return
	}
	who := owner{addr: e.Flow.Client.Addr()}
	switch f := e.Fact.(type) {
	case tinycheck.DNSQuery:
		t.asks(who, f.Name)
	case tinycheck.ClientHello:
		t.asks(who, f.SNI)
	case tinycheck.HTTPRequest:
		t.asks(who, f.Host)
		t.shows(who, signAgent, f.UserAgent)
		if strings.Contains(f.Path, "204") {
			t.shows(who, signProbe, f.Host+f.Path[:min(mostPath, len(f.Path))])
		}
	case tinycheck.DHCPRequest:
		t.joins(who, &f)
	case tinycheck.FlowEnd:
		t.opens(who, e.Flow)
	}
}

// joins reads what a device says of itself on joining.
func (t traits) joins(who owner, r *tinycheck.DHCPRequest) {
	if !r.V6 {
		who = owner{mac: r.MAC}
	}
	if r.Name != "" {
		t.of(who).name = r.Name
	}
	if r.V6 {
		t.shows(who, signV6, "")
		return
	}
	t.shows(who, signVendor, r.VendorClass)
	t.shows(who, signParameters, numbers(r.Parameters))
	t.shows(who, signOptions, numbers(r.Options))
}

// opens reads how a device opens its connections.
func (t traits) opens(who owner, f *tinycheck.Flow) {
	if f.Transport != tinycheck.TCP || decode.Local(f.Server.Addr()) {
		return
	}
	if f.SYN != "" {
		t.shows(who, signSYN, f.SYN)
	}
	switch f.Server.Port() {
	case 5223, 5228: // of the push services of Apple and Google
		t.shows(who, signPush, strconv.Itoa(int(f.Server.Port())))
	}
}

func (t traits) asks(who owner, name string) {
	if i, ok := named(name); ok {
		t.of(who).seen |= 1 << i
	}
}

func (t traits) shows(who owner, kind signKind, text string) {
	for _, i := range byKind[kind] {
		detail, ok := signs[i].is(text)
		if !ok {
			continue
		}
		one := t.of(who)
		one.seen |= 1 << i
		if detail != "" && len(detail) > len(one.details[i]) { // the first of those that say most
			if one.details == nil {
				one.details = make(map[int]string)
			}
			one.details[i] = detail
		}
	}
}

func (t traits) of(who owner) *trait {
	one := t[who]
	if one == nil {
		one = &trait{}
		if len(t) < 2*maxPages {
			t[who] = one
		}
	}
	return one
}

// device describes a host in the words of the dictionary.
func (t traits) device(h *decode.Host) tinycheck.Device {
	d := tinycheck.Device{MAC: h.MAC, Addresses: own(h.Addresses), FirstSeen: h.First, Class: tinycheck.ClassUnknown}
	d.ID = cmp.Or(h.MAC.String(), d.Addresses[0].String())
	var seen uint64
	details := make(map[int]string)
	for _, one := range t.all(h) {
		d.Name = cmp.Or(d.Name, one.name)
		seen |= one.seen
		for i, words := range one.details {
			details[i] = cmp.Or(details[i], words)
		}
	}
	class, evidence := decide(seen)
	d.Class = class
	for _, i := range evidence {
		d.Evidence = append(d.Evidence, signs[i].say(details[i]))
	}
	return d
}

// all gives the traits of a host, its link address first.
func (t traits) all(h *decode.Host) (list []*trait) {
	if one := t[owner{mac: h.MAC}]; one != nil && h.MAC != (tinycheck.MAC{}) {
		list = append(list, one)
	}
	for _, a := range h.Addresses {
		if one := t[owner{addr: a}]; one != nil {
			list = append(list, one)
		}
	}
	return list
}

// own leaves out the address of those that have none yet, unless it is the only one.
func own(addresses []netip.Addr) []netip.Addr {
	is := func(a netip.Addr) bool { return a.IsUnspecified() }
	if rest := slices.DeleteFunc(slices.Clone(addresses), is); len(rest) > 0 {
		return rest
	}
	return addresses
}
