package gateway

import (
	"errors"
	"io"
	"net/netip"
	"slices"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
)

// ranges that the guests' IPv4 network is drawn from, best first (RFC 1918). The
// first is the largest; the others are for machines that have a route to all of
// it, as company networks have.
var ranges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

// example stands for any of them where only the rest of a configuration matters.
var example = netip.MustParsePrefix("10.0.0.1/24")

var errNoRoom = errors.New("every private network (RFC 1918) is in use on this machine: take a route or an address away")

// chooseFour draws an IPv4 network that overlaps nothing that is taken, with our
// address in it.
func chooseFour(taken []netip.Prefix, random io.Reader) (netip.Prefix, error) {
	for _, r := range ranges {
		for range maxDraws {
			p, err := draw(r, random)
			if err != nil {
				return p, fail("choose network", err)
			}
			if !slices.ContainsFunc(taken, p.Overlaps) {
				return netip.PrefixFrom(p.Addr().Next(), p.Bits()), nil
			}
		}
	}
	return netip.Prefix{}, tinycheck.Errorf("choose network", tinycheck.Conflict, errNoRoom)
}

// draw is a random /24 of a larger network.
func draw(r netip.Prefix, random io.Reader) (netip.Prefix, error) {
	var b [4]byte
	if _, err := io.ReadFull(random, b[1:3]); err != nil {
		return netip.Prefix{}, err
	}
	base := r.Addr().As4()
	for i := range b {
		keep := max(0, min(8, r.Bits()-8*i)) // bits of this byte that are given
		b[i] = base[i] | b[i]&(0xff>>keep)
	}
	return netip.PrefixFrom(netip.AddrFrom4(b), 24), nil
}

// chooseSix draws a unique local network (RFC 4193 section 3.2.2): fd, 40 random
// bits, the first subnet of them, our address in it.
func chooseSix(taken []netip.Prefix, random io.Reader) (netip.Prefix, error) {
	for range maxDraws {
		b := [16]byte{0: 0xfd, 15: 1}
		if _, err := io.ReadFull(random, b[1:6]); err != nil {
			return netip.Prefix{}, fail("choose network", err)
		}
		if p := netip.PrefixFrom(netip.AddrFrom16(b), 64); !slices.ContainsFunc(taken, p.Overlaps) {
			return p, nil
		}
	}
	return netip.Prefix{}, tinycheck.Errorf("choose network", tinycheck.Conflict, errors.New("every unique local IPv6 network is in use on this machine: take a route away"))
}

// chooseFirst draws the first address that guests get, so that a dnsmasq that is
// started anew gives out the same ones.
func chooseFirst(c dnsmasq.Config, random io.Reader) (netip.Addr, error) {
	for range maxDraws {
		var b [1]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return netip.Addr{}, fail("choose addresses", err)
		}
		a := c.Address.Addr().As4()
		a[3] = b[0]
		c.First = netip.AddrFrom4(a)
		if c.Validate() == nil {
			return c.First, nil
		}
	}
	return netip.Addr{}, nil // dnsmasq draws one itself
}
