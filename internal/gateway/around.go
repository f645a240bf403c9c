package gateway

import (
	"net/netip"
	"slices"

	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/netif"
)

// around is what there is on this machine beside the guests.
type around struct {
	uplink string         // interface of the best default route; "" for none
	site   []netip.Prefix // networks of all other interfaces, sorted
	six    bool           // the world can be reached by IPv6
}

func (a around) same(b around) bool {
	return a.uplink == b.uplink && a.six == b.six && slices.Equal(a.site, b.site)
}

// plan is what was chosen before anything was changed.
type plan struct {
	card      string       // interface of the card that ours is made beside; "": ours is there
	index     int          // of the interface: another one of that name is not ours
	wasUp     bool         // before us
	bridge    bool         // several wires in one
	four, six netip.Prefix // the guests' networks with our address; six is invalid for none
	first     netip.Addr   // that guests get
	around    around
}

func (p plan) prefixes() []netip.Prefix {
	if !p.six.IsValid() {
		return []netip.Prefix{p.four}
	}
	return []netip.Prefix{p.four, p.six}
}

// look asks the machine.
func look(guest string) (a around, all []netif.Interface, err error) {
	if all, err = netif.List(); err != nil {
		return a, nil, err
	}
	defaults, err := netif.Defaults()
	if err != nil {
		return a, nil, err
	}
	return survey(guest, all, defaults), all, nil
}

// survey makes sense of what the machine says.
func survey(guest string, all []netif.Interface, defaults []netif.Route) (a around) {
	global := make(map[string]bool) // interfaces with an IPv6 address of the world
	for _, i := range all {
		if i.Name == guest || i.Loopback {
			continue
		}
		for _, p := range i.Prefixes {
			if p.Addr().IsLinkLocalUnicast() || p.Bits() == 0 {
				continue
			}
			a.site = append(a.site, p.Masked())
			global[i.Name] = global[i.Name] || p.Addr().Is6() && p.Addr().IsGlobalUnicast() && !p.Addr().IsPrivate()
		}
	}
	slices.SortFunc(a.site, netip.Prefix.Compare)
	a.site = slices.Compact(a.site)
	for _, r := range defaults {
		if r.Interface == guest {
			continue
		}
		if a.uplink == "" {
			a.uplink = r.Interface
		}
		a.six = a.six || r.Prefix.Addr().Is6() && global[r.Interface]
	}
	return a
}

// occupied are the networks that that of the guests may not touch.
func occupied(c Config, all []netif.Interface) ([]netip.Prefix, error) {
	list, err := routes()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		for _, p := range i.Prefixes {
			list = append(list, p.Masked())
		}
	}
	for _, u := range c.Upstream {
		list = append(list, whole(u.Addr().Unmap()))
	}
	return append(list, whole(netip.MustParseAddr(dnsmasq.Sink))), nil
}

func whole(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// suitable says why an interface cannot be the guests', before it is touched.
func suitable(i netif.Interface) error {
	defaults, err := netif.Defaults()
	switch {
	case err != nil:
		return err
	case i.Loopback:
		return invalid("%s leads nowhere: name another interface", i.Name)
	case i.Master != "":
		return conflict("%s is part of %s: name that, or take it out", i.Name, i.Master)
	case slices.ContainsFunc(defaults, func(r netif.Route) bool { return r.Interface == i.Name }):
		return conflict("%s is this machine's own way to the Internet: name another interface, or disconnect it first", i.Name)
	}
	return nil
}

func hasAddress(i netif.Interface, p netip.Prefix) bool { return slices.Contains(i.Prefixes, p) }
