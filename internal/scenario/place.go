package scenario

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// place is the far end as the words say it: an address, or the name of a host
// that has a line of its own; a port or that of the verb.
type place struct {
	name string // "" when an address was given
	addr netip.Addr
	port uint16
	six  int // family of a host with both: 0 as the device can, 4, 6
}

// familyOptions choose between the addresses of a host that has both.
func (p *place) familyOptions() []option {
	return []option{
		{"ip4", func(*words) error { p.six = 4; return nil }},
		{"ip6", func(*words) error { p.six = 6; return nil }},
	}
}

// place reads ADDRESS[:PORT], [ADDRESS6]:PORT or HOST[:PORT].
func (w *words) place(to *place, port uint16) error {
	return read(w, to, "an address or the name of a host, with or without a port (203.0.113.7:443, [2001:db8::7]:443, host.example)", func(s string) (place, bool) {
		if a, ok := parseAddress(s); ok {
			return place{addr: a, port: port}, true
		}
		if ap, err := netip.ParseAddrPort(s); err == nil && ap.Addr().Zone() == "" {
			return place{addr: ap.Addr().Unmap(), port: ap.Port()}, true
		}
		p := place{name: s, port: port}
		if name, number, found := strings.Cut(s, ":"); found {
			n, err := strconv.ParseUint(number, 10, 16)
			if err != nil {
				return p, false
			}
			p.name, p.port = name, uint16(n)
		}
		_, ok := parseName(p.name)
		return p, ok
	})
}

// find says where a place is for the device of the turn.
func (t *turn) find(p place) (netip.AddrPort, error) {
	if p.name == "" {
		return netip.AddrPortFrom(p.addr, p.port), nil
	}
	h := t.scenario.hosts[canonical(p.name)]
	if h == nil {
		return netip.AddrPort{}, fmt.Errorf("no host %q: expected a line %q", p.name, "host "+p.name+" ADDRESS")
	}
	for _, six := range []bool{true, false} {
		list := h.addresses(six)
		if len(list) == 0 || six && (p.six == 4 || !t.device.v6.IsValid()) || !six && (p.six == 6 || !t.device.v4.IsValid()) {
			continue
		}
		return netip.AddrPortFrom(list[t.noise.below(len(list))], p.port), nil
	}
	return netip.AddrPort{}, fmt.Errorf("host %q and the device have no address of the same family", p.name)
}
