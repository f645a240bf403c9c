package netif

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tinycheck"
)

// AddAddress gives an interface one address more; it may be there already. An
// IPv6 address is usable at once: it is not first asked for in the network
// (RFC 4862, section 5.4), because nobody else is in a network of our own yet.
func AddAddress(name string, p netip.Prefix) error {
	const op = "add address"
	link, err := linkFor(op, name, p)
	if err != nil {
		return err
	}
	addr := address(p)
	if p.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	err = netlink.AddrAdd(link, addr)
	if errors.Is(err, syscall.EEXIST) {
		return sameThere(op, name, p)
	}
	return fail(op, err)
}

// sameThere looks at what is there already: the kernel keeps an IPv6 address
// only once, whatever its prefix length is.
func sameThere(op, name string, p netip.Prefix) error {
	i, err := Find(name)
	if err != nil {
		return err
	}
	if slices.Contains(i.Prefixes, p) {
		return nil
	}
	return tinycheck.Errorf(op, tinycheck.Conflict,
		fmt.Errorf("%s has the address %s with another prefix length: delete that first", name, p.Addr()))
}

// DeleteAddress takes an address away; neither it nor the interface need be
// there. Of the IPv4 addresses of one network the kernel takes the others too
// when the first one goes, unless its switch promote_secondaries is on.
func DeleteAddress(name string, p netip.Prefix) error {
	const op = "delete address"
	link, err := linkFor(op, name, p)
	if errors.Is(err, tinycheck.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = netlink.AddrDel(link, address(p))
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.ENODEV) {
		return nil
	}
	return fail(op, err)
}

// SetUp switches an interface on or off.
func SetUp(name string, up bool) error {
	op, set := "switch interface off", netlink.LinkSetDown
	if up {
		op, set = "switch interface on", netlink.LinkSetUp
	}
	link, err := linkOf(op, name)
	if err != nil {
		return err
	}
	return fail(op, set(link))
}

func linkFor(op, name string, p netip.Prefix) (netlink.Link, error) {
	if !p.IsValid() || p.Addr().Is4In6() || p.Addr().IsUnspecified() || p.Addr().IsMulticast() {
		return nil, invalid(op, "%s is no address of an interface", p)
	}
	return linkOf(op, name)
}

func linkOf(op, name string) (netlink.Link, error) {
	if err := checkName(op, name); err != nil {
		return nil, err
	}
	link, err := netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) || errors.Is(err, syscall.ENODEV) {
		list, err := List()
		if err != nil {
			return nil, err
		}
		return nil, unknown(op, name, list)
	}
	return link, fail(op, err)
}

func address(p netip.Prefix) *netlink.Addr {
	a := p.Addr()
	return &netlink.Addr{IPNet: &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(p.Bits(), a.BitLen())}}
}

// prefixesOf are the addresses of one interface, IPv4 first, else in the
// kernel's order (which keeps the first address of a network in front).
func prefixesOf(index int, addresses []netlink.Addr) (list []netip.Prefix) {
	for _, a := range addresses {
		if a.LinkIndex != index || a.IPNet == nil {
			continue
		}
		if p := prefixOf(a.IPNet); p.IsValid() {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b netip.Prefix) int { return cmp.Compare(a.Addr().BitLen(), b.Addr().BitLen()) })
	return list
}

func prefixOf(n *net.IPNet) netip.Prefix {
	ip, ok := netip.AddrFromSlice(n.IP)
	ones, bits := n.Mask.Size()
	if !ok || bits == 0 {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(ip, ones)
}
