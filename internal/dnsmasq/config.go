package dnsmasq

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"tinycheck"
)

// Config is what to give to whom.
type Config struct {
	Interface string           // of the guests
	Address   netip.Prefix     // the guests' network with our own address in it, 10.77.3.1/24
	Six       netip.Prefix     // the same for IPv6, a unique local /64 (RFC 4193); zero: no IPv6
	First     netip.Addr       // the first address to give away; zero: Start draws one
	Upstream  []netip.AddrPort // whom to ask; none: whom /etc/resolv.conf says
	Contained bool             // ask nobody, answer everything with Sink
	// Visibility answers no to what phones ask before they hide the names that
	// they ask for and the servers that they talk to.
	Visibility bool
	Folder     string // private runtime folder that exists; it becomes child.RunAs's
}

// Validate says what is wrong with it.
func (c Config) Validate() error {
	for _, check := range []func() error{c.checkInterface, c.checkAddress, c.checkSix, c.checkFirst, c.checkUpstream, c.checkFolder} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return tinycheck.Errorf("plan dnsmasq", tinycheck.Invalid, fmt.Errorf(format, args...))
}

// checkInterface also keeps what means something to dnsmasq (*, :, #) out of its
// configuration.
func (c Config) checkInterface() error {
	name := c.Interface
	if name == "" || len(name) > 15 || name == "lo" || strings.Trim(name, ".") == "" || strings.ContainsFunc(name, notInName) {
		return invalid("%.20q cannot be the interface of the guests: say one that ip link shows, with letters, digits and . _ - only", name)
	}
	return nil
}

func notInName(r rune) bool {
	letter := 'a' <= r|0x20 && r|0x20 <= 'z'
	return !letter && !('0' <= r && r <= '9') && !strings.ContainsRune("._-", r)
}

func (c Config) checkAddress() error {
	p := c.Address
	switch {
	case !p.IsValid() || !p.Addr().Is4() || !p.Addr().IsPrivate():
		return invalid("%s is no private IPv4 address with a prefix length, like 10.77.3.1/24", p)
	case p.Bits() < 16 || p.Bits() > 25:
		return invalid("%s: the network has room for too few or too many guests; take /24", p)
	case p.Addr() == p.Masked().Addr() || p.Addr() == last(p):
		return invalid("%s is the address of the network or of everybody in it; take the one after the first", p)
	}
	if lowest, highest := c.room(); count(lowest, highest) < fewest {
		return invalid("%s leaves no %d addresses in a row for guests; take the first of a /24", p, fewest)
	}
	return nil
}

// ula is where networks of one's own are (RFC 4193, 3.1).
var ula = netip.MustParsePrefix("fd00::/8")

func (c Config) checkSix() error {
	p := c.Six
	if p == (netip.Prefix{}) {
		return nil
	}
	if !p.IsValid() || p.Bits() != 64 || !ula.Contains(p.Addr()) || p.Addr().Zone() != "" || p.Addr() == p.Masked().Addr() {
		return invalid("%s is no unique local address in a /64, like fd77:3::1/64", p)
	}
	return nil
}

func (c Config) checkFirst() error {
	if c.First == (netip.Addr{}) {
		return nil
	}
	lowest, highest := c.room()
	if !c.First.Is4() || c.First.Less(lowest) || highest.Less(c.First) || count(c.First, highest) < c.span() {
		return invalid("%s cannot be the first address for guests: take one between %s and %s", c.First, lowest, move(highest, 1-c.span()))
	}
	return nil
}

func (c Config) checkUpstream() error {
	if len(c.Upstream) > maxUpstream {
		return invalid("%d name servers upstream, at most %d", len(c.Upstream), maxUpstream)
	}
	for _, u := range c.Upstream {
		a := u.Addr()
		switch {
		case !u.IsValid() || u.Port() == 0 || a.IsUnspecified() || a.IsMulticast() || strings.ContainsFunc(a.Zone(), notInName):
			return invalid("%s is no name server that can be asked: say an address and a port, like 9.9.9.9:53", u)
		case c.own(a) && u.Port() == 53:
			return tinycheck.Errorf("plan dnsmasq", tinycheck.Conflict, fmt.Errorf("%s is our own name server, which would ask itself for ever: name another one", u))
		}
	}
	return nil
}

// own reports whether an address is ours on the guests' side.
func (c Config) own(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a == c.Address.Addr() || c.Six.IsValid() && a == c.Six.Addr()
}

// checkFolder keeps out what means something in a configuration.
func (c Config) checkFolder() error {
	f := c.Folder
	if !filepath.IsAbs(f) || filepath.Clean(f) != f || f == "/" || len(f) > maxFolder || strings.ContainsFunc(f, notInPath) {
		return invalid("%.80q cannot be the runtime folder: say an absolute path of letters, digits and common signs", f)
	}
	return nil
}

func notInPath(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'\\#,*", r) }

func (c Config) conf() string   { return filepath.Join(c.Folder, "dnsmasq.conf") }
func (c Config) leases() string { return filepath.Join(c.Folder, "leases") }
