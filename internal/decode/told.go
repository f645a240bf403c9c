package decode

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/dns"
)

// told is a name that a host was told for an address, and when, by order.
type told struct {
	name  string
	order int64
}

// learn remembers that the host was told that name is at addr. What is told
// again is the latest again.
func (h *hosts) learn(o *host, addr netip.Addr, name string) {
	if o.told == nil {
		o.told = make(map[netip.Addr][]told)
	}
	list := o.told[addr]
	h.order++
	at := slices.IndexFunc(list, func(t told) bool { return t.name == name })
	switch {
	case at >= 0:
		list = slices.Delete(list, at, at+1)
	case h.kept >= maxTold:
		h.namesLost++
		return
	case len(list) >= maxPerAddr:
		h.namesLost++
		list = slices.Delete(list, 0, 1)
	default:
		h.kept++
	}
	o.told[addr] = append(list, told{name, h.order})
}

// told returns the names that the host's device was told for addr, under
// whichever of its addresses: latest first.
func (h *hosts) told(o *host, addr netip.Addr) []string {
	var all []told
	for _, one := range h.same(o) {
		all = append(all, one.told[addr]...)
	}
	slices.SortFunc(all, func(a, b told) int { return cmp.Compare(b.order, a.order) })
	var names []string
	for _, t := range all {
		if !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	return names
}

// hide remembers that DNS published an ECH configuration for name, with which
// clients show its public name instead (RFC 9849 sections 4 and 6.1).
func (h *hosts) hide(o *host, name, public string) {
	if o.hidden == nil {
		o.hidden = make(map[string]string)
	}
	if _, known := o.hidden[name]; !known {
		if h.hidden >= maxHidden {
			h.namesLost++
			return
		}
		h.hidden++
	}
	o.hidden[name] = public
	if public != "" {
		h.public[public] = true
	}
}

// published returns the public name of an ECH configuration that the host's
// device was told for name.
func (h *hosts) published(o *host, name string) (public string, ok bool) {
	for _, one := range h.same(o) {
		if public, ok = one.hidden[name]; ok {
			return public, true
		}
	}
	return "", false
}

// nameByDNS takes the names that the device was told of the remote address.
func (d *Decoder) nameByDNS(f *flow) {
	o := f.local()
	if o == nil {
		return
	}
	for _, name := range d.hosts.told(o, f.Remote().Addr()) {
		f.addName(name, tinycheck.NameDNS)
	}
}

// learn remembers, for the device that was answered, which addresses it was
// told for the name it asked about. Names are learnt from the answer section
// only; every address there belongs to the name of the question, at the end of
// whatever chain of aliases it stands.
func (d *Decoder) learn(m *dns.Message, name string) {
	o := d.flow.client
	if d.fromClient { // the guess who opened the flow was wrong
		o = d.flow.server
	}
	if o == nil || name == "" {
		return
	}
	for i := range m.Records {
		r := &m.Records[i]
		if r.Section != dns.Answer {
			continue
		}
		switch {
		case r.Addr.IsValid():
			d.hosts.learn(o, r.Addr.Unmap(), name)
		case r.SVCB != nil:
			d.learnBinding(o, r.SVCB, name)
		}
	}
}

// learnBinding takes the addresses that an HTTPS record hints at (RFC 9460
// section 7.3), and whether the service takes an encrypted hello.
func (d *Decoder) learnBinding(o *host, s *dns.SVCB, name string) {
	for _, hint := range s.IPv4Hint {
		d.hosts.learn(o, hint, name)
	}
	for _, hint := range s.IPv6Hint {
		d.hosts.learn(o, hint.Unmap(), name)
	}
	if !s.ECHPresent {
		return
	}
	public := ""
	if len(s.ECH) > 0 {
		public = strings.Clone(s.ECH[0].PublicName)
	}
	d.hosts.hide(o, name, public)
}
