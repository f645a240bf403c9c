package gateway

import (
	"net/netip"
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
)

// view is what the machine says about its guests at one moment.
type view struct {
	now        time.Time
	prefixes   []netip.Prefix // the guests' networks
	leases     []dnsmasq.Lease
	neighbours []neighbour
	stations   []tinycheck.MAC // of the hotspot
	wired      bool
	carrier    bool // something is at the other end of the wire
}

// sights joins what is known of each guest. On a hotspot whoever is a station is
// here. On a wire it is whoever answers the kernel, and whoever has a lease as
// long as the kernel has not asked in vain: a phone that sleeps keeps silent.
func (v view) sights() []sight {
	t := make(map[tinycheck.MAC]*sight)
	of := func(mac tinycheck.MAC) *sight {
		if t[mac] == nil {
			t[mac] = &sight{mac: mac}
		}
		return t[mac]
	}
	asked := make(map[netip.Addr]bool)
	for _, n := range v.neighbours {
		asked[n.addr] = true
		if n.mac == (tinycheck.MAC{}) || n.mac.Group() || !slices.ContainsFunc(v.prefixes, func(p netip.Prefix) bool { return p.Contains(n.addr) }) {
			continue
		}
		s := of(n.mac)
		s.addrs = append(s.addrs, n.addr)
		s.here = s.here || v.wired && v.carrier && n.here
	}
	for _, l := range v.leases {
		s := of(l.MAC)
		s.name = l.Name
		if !slices.Contains(s.addrs, l.Addr) {
			s.addrs = slices.Insert(s.addrs, 0, l.Addr)
		}
		s.here = s.here || v.wired && v.carrier && !asked[l.Addr] && l.Expires.After(v.now)
	}
	for _, mac := range v.stations {
		of(mac).here = true
	}
	return sorted(t)
}

// sorted: first who is here, so that room for them is not taken by others.
func sorted(t map[tinycheck.MAC]*sight) []sight {
	list := make([]sight, 0, len(t))
	for _, s := range t {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b sight) int { return slices.Compare(a.mac[:], b.mac[:]) })
	return list
}
