package netif

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Route is a way out of this machine.
type Route struct {
	Interface string
	Prefix    netip.Prefix // 0.0.0.0/0 or ::/0
	Gateway   netip.Addr   // invalid when the interface itself is the way
	Metric    int          // the smaller, the better

	broken bool // nothing is at the other end of the interface
}

// Defaults are the default routes of the main table: IPv4 then IPv6, each with
// the best first. One whose interface has lost its carrier comes last. Two halves
// of the world (0.0.0.0/1 and 128.0.0.0/1, as some VPN programs set them) are no
// default route.
func Defaults() ([]Route, error) {
	const op = "list default routes"
	links, err := dump(netlink.LinkList)
	if err != nil {
		return nil, fail(op, err)
	}
	found, err := dump(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fail(op, err)
	}
	var list []Route
	byIndex := indexed(links)
	for _, r := range found {
		list = append(list, ways(r, byIndex)...)
	}
	slices.SortStableFunc(list, better)
	return list[:min(len(list), maxRoutes)], nil
}

// ways are the next hops of one route; none when it is no default route that leads somewhere.
func ways(r netlink.Route, links map[int]*netlink.LinkAttrs) (list []Route) {
	prefix, ok := defaultOf(r)
	if !ok || r.Type != unix.RTN_UNICAST {
		return nil
	}
	hops := r.MultiPath
	if len(hops) == 0 {
		hops = []*netlink.NexthopInfo{{LinkIndex: r.LinkIndex, Gw: r.Gw, Via: r.Via, Flags: r.Flags}}
	}
	for _, h := range hops {
		link := links[h.LinkIndex]
		if link == nil || h.Flags&unix.RTNH_F_DEAD != 0 {
			continue
		}
		// The route's own sign of it (RTNH_F_LINKDOWN) comes up to a second later.
		list = append(list, Route{Interface: link.Name, Prefix: prefix, Gateway: gatewayOf(h), Metric: r.Priority,
			broken: !carrier(link)})
	}
	return list
}

// defaultOf is the whole of a family when the route goes there.
func defaultOf(r netlink.Route) (netip.Prefix, bool) {
	if r.Dst != nil {
		if ones, bits := r.Dst.Mask.Size(); ones != 0 || bits == 0 || !r.Dst.IP.IsUnspecified() {
			return netip.Prefix{}, false
		}
	}
	switch r.Family {
	case unix.AF_INET:
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), true
	case unix.AF_INET6:
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0), true
	}
	return netip.Prefix{}, false
}

func gatewayOf(h *netlink.NexthopInfo) netip.Addr {
	ip := h.Gw
	// An IPv4 route may have a next hop in IPv6 (RTA_VIA).
	if via, ok := h.Via.(*netlink.Via); ok && via != nil && ip == nil {
		ip = via.Addr
	}
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Addr{}
	}
	return addr.Unmap()
}

func better(a, b Route) int {
	return cmp.Or(
		cmp.Compare(a.Prefix.Addr().BitLen(), b.Prefix.Addr().BitLen()),
		cmp.Compare(number(a.broken), number(b.broken)),
		cmp.Compare(a.Metric, b.Metric),
	)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
