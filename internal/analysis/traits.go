package analysis

import (
	"cmp"
	"net/netip"
	"regexp"
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
	name string
	seen uint // bit n: signs[n]
}

// sign is one thing that a kind of device does. The weights are log-odds as in
// the literature on passive recognition of systems; a class needs wantScore,
// and wantMargin more than the other.
type sign struct {
	class  tinycheck.DeviceClass
	weight int
	words  string
	match  func(tinycheck.Fact) bool
}

const (
	wantScore  = 6
	wantMargin = 3
)

// iphoneParameters is the order in which Apple's DHCP client asks.
var iphoneParameters = regexp.MustCompile(`^1,121,3,6,15(,108)?(,114)?,119.*252$`)

var signs = []sign{
	{tinycheck.ClassAndroid, 8, "DHCP option 60 android-dhcp", func(f tinycheck.Fact) bool {
		r, ok := f.(tinycheck.DHCPRequest)
		return ok && strings.HasPrefix(r.VendorClass, "android-dhcp")
	}},
	{tinycheck.ClassIPhone, 6, "DHCP option 55 in Apple's order", func(f tinycheck.Fact) bool {
		r, ok := f.(tinycheck.DHCPRequest)
		return ok && iphoneParameters.MatchString(numbers(r.Parameters))
	}},
	{tinycheck.ClassIPhone, 3, "asks for captive.apple.com", asks("captive.apple.com")},
	{tinycheck.ClassIPhone, 4, "asks for Apple's push servers", asks("courier.push.apple.com")},
	{tinycheck.ClassIPhone, 3, "asks for Apple's location servers", asks("ls.apple.com")},
	{tinycheck.ClassAndroid, 3, "asks for connectivitycheck.gstatic.com", asks("connectivitycheck.gstatic.com")},
	{tinycheck.ClassAndroid, 4, "asks for Google's push servers", asks("mtalk.google.com")},
	{tinycheck.ClassAndroid, 3, "asks for Android's time server", asks("time.android.com")},
	{tinycheck.ClassAndroid, 6, "HTTP user agent of Android", agent("Dalvik/", "Linux; Android", "Linux; U; Android")},
	{tinycheck.ClassIPhone, 6, "HTTP user agent of iOS", agent("iPhone OS", "CPU iPhone", "iPhone;", "CaptiveNetworkSupport")},
}

func asks(domain string) func(tinycheck.Fact) bool {
	return func(f tinycheck.Fact) bool {
		q, ok := f.(tinycheck.DNSQuery)
		rest, ends := strings.CutSuffix(q.Name, domain)
		return ok && ends && (rest == "" || strings.HasSuffix(rest, ".") || strings.HasSuffix(rest, "-"))
	}
}

func agent(parts ...string) func(tinycheck.Fact) bool {
	return func(f tinycheck.Fact) bool {
		r, ok := f.(tinycheck.HTTPRequest)
		return ok && slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(r.UserAgent, p) })
	}
}

func numbers(list []byte) string {
	var b []byte
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}

func (t traits) see(e tinycheck.Event) {
	if e.Flow == nil || e.Flow.Inward {
		return
	}
	who := owner{addr: e.Flow.Client.Addr()}
	request, joins := e.Fact.(tinycheck.DHCPRequest)
	if joins && !request.V6 {
		who = owner{mac: request.MAC}
	}
	if joins && request.Name != "" {
		t.of(who).name = request.Name
	}
	for i := range signs {
		if signs[i].match(e.Fact) {
			t.of(who).seen |= 1 << i
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
	var seen uint
	for _, one := range t.all(h) {
		d.Name = cmp.Or(d.Name, one.name)
		seen |= one.seen
	}
	score, evidence := weigh(seen)
	for _, c := range [2][2]tinycheck.DeviceClass{{tinycheck.ClassIPhone, tinycheck.ClassAndroid}, {tinycheck.ClassAndroid, tinycheck.ClassIPhone}} {
		if score[c[0]] >= wantScore && score[c[0]]-score[c[1]] >= wantMargin {
			d.Class, d.Evidence = c[0], evidence[c[0]]
		}
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

func weigh(seen uint) (map[tinycheck.DeviceClass]int, map[tinycheck.DeviceClass][]string) {
	score, evidence := make(map[tinycheck.DeviceClass]int), make(map[tinycheck.DeviceClass][]string)
	for i, s := range signs {
		if seen&(1<<i) != 0 {
			score[s.class] += s.weight
			evidence[s.class] = append(evidence[s.class], s.words)
		}
	}
	return score, evidence
}

// own leaves out the address of those that have none yet, unless it is the only one.
func own(addresses []netip.Addr) []netip.Addr {
	is := func(a netip.Addr) bool { return a.IsUnspecified() }
	if rest := slices.DeleteFunc(slices.Clone(addresses), is); len(rest) > 0 {
		return rest
	}
	return addresses
}
