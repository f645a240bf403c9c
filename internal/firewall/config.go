package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"tinycheck"
)

// Config says whose traffic is ruled, and what is to be kept from it.
type Config struct {
	Guest      string         // interface of the guests
	Prefixes   []netip.Prefix // the guests' networks with the box's own address in each: one of IPv4, at most one of IPv6
	Site       []netip.Prefix // further networks that guests must not reach: those on the other interfaces
	Contained  bool           // nothing of a guest is forwarded anywhere, names are answered by the box
	Visibility bool           // names are asked of the box only, and in the clear
}

// Validate says what cannot be understood.
func (c Config) Validate() error {
	err := errors.Join(validName(c.Guest), c.validPrefixes(), c.validSite())
	if err != nil {
		return tinycheck.Errorf("plan firewall", tinycheck.Invalid, err)
	}
	return nil
}

// validName leaves out what the kernel allows in a name but nft could not print
// as it is, above all the wildcard.
func validName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("interface %q: a name has 1 to %d bytes", name, maxName)
	}
	for _, b := range []byte(name) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte(`/"\*`, b) >= 0 {
			return fmt.Errorf("interface %q: %q cannot be in a name here: rename it", name, b)
		}
	}
	return nil
}

func (c Config) validPrefixes() error {
	four, six := 0, 0
	for _, p := range c.Prefixes {
		if err := validPrefix(p); err != nil {
			return err
		}
		if p.Addr().Is4() {
			four++
		} else {
			six++
		}
	}
	if four != 1 || six > 1 {
		return fmt.Errorf("guests have %d networks of IPv4 and %d of IPv6: give one of IPv4 and at most one of IPv6", four, six)
	}
	return nil
}

func validPrefix(p netip.Prefix) error {
	if !p.IsValid() || p.Addr().Is4In6() {
		return fmt.Errorf("network of guests %s: give an address with its prefix length", p)
	}
	widest, room := 8, p.Addr().BitLen()-p.Bits()
	if room < 2 || p.Bits() < widest {
		return fmt.Errorf("network of guests %s: the prefix length is from %d to %d", p, widest, p.Addr().BitLen()-2)
	}
	if p.Addr() == p.Masked().Addr() || p.Addr() == last(p) {
		return fmt.Errorf("network of guests %s: this is not the address of a host in it", p)
	}
	if a := p.Addr(); a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsLoopback() {
		return fmt.Errorf("network of guests %s: packets from there cannot be forwarded", p)
	}
	return nil
}

func (c Config) validSite() error {
	if len(c.Site) > maxSite {
		return fmt.Errorf("the site has %d networks, at most %d", len(c.Site), maxSite)
	}
	for _, p := range c.Site {
		if !p.IsValid() || p.Bits() == 0 || p.Addr().Is4In6() {
			return fmt.Errorf("network of the site %s: give an address with its prefix length", p)
		}
	}
	return nil
}

// of is the guests' network of a family, and whether there is one.
func (c Config) of(four bool) (netip.Prefix, bool) {
	for _, p := range c.Prefixes {
		if p.Addr().Is4() == four {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// last is the highest address of a network: in IPv4 its broadcast address.
func last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}
