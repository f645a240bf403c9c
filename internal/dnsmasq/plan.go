package dnsmasq

import (
	"fmt"
	"strings"
)

// Sink is the address that every name has in contained mode. It is not private,
// so that what a phone sends there counts, and is recorded, as an attempt to
// reach the outside. And it can be nobody's: RFC 5737 keeps 192.0.2.0/24 for
// documents.
const Sink = "192.0.2.1"

// Plan is the configuration file. Nothing in it is read from this machine.
func Plan(c Config) (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	var lines []string
	for _, part := range []func(Config) []string{place, silence, names, addresses, six, visibility, upstream} {
		lines = append(lines, part(c)...)
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// place is where it listens. bind-dynamic binds to the addresses of the guests'
// interface as they come and go, and looks where a packet came in;
// bind-interfaces does neither.
func place(c Config) []string {
	return []string{
		"port=53",
		"bind-dynamic",
		"interface=" + c.Interface,
		"except-interface=lo", // comes with interface= otherwise
	}
}

// silence keeps it from writing and reading what it usually does, and from
// telling what it is (version.bind).
func silence(Config) []string {
	return []string{"log-facility=/dev/null", "pid-file", "no-hosts", "no-ident"}
}

// names is how questions are answered. Names that are only meant for a network
// like this one go no further: plain ones, .local (RFC 6762, 22.1), .invalid
// (RFC 6761, 6.4) and the addresses of private networks.
func names(Config) []string {
	return []string{
		"domain-needed",
		"bogus-priv",
		"local=/local/",
		"local=/invalid/",
		fmt.Sprintf("cache-size=%d", cached),
		fmt.Sprintf("dns-forward-max=%d", pending),
		fmt.Sprintf("edns-packet-max=%d", packet),
		fmt.Sprintf("max-ttl=%d", ttl),
		fmt.Sprintf("max-cache-ttl=%d", ttl),
		fmt.Sprintf("local-ttl=%d", ttl),
	}
}

// addresses is DHCP. A phone is known by its MAC alone (dhcp-ignore-clid), so
// that it takes as many phones as addresses to use them up; it need not wait for
// a test whether somebody has its address (no-ping).
func addresses(c Config) []string {
	first, final := c.pool()
	return []string{
		fmt.Sprintf("dhcp-range=%s,%s,%s,%s", first, final, mask(c.Address), leaseTime),
		"dhcp-option=option:router," + c.Address.Addr().String(),
		"dhcp-option=option:dns-server," + c.Address.Addr().String(),
		"dhcp-authoritative",
		"dhcp-sequential-ip",
		"dhcp-ignore-clid",
		"dhcp-ignore-names",
		fmt.Sprintf("dhcp-lease-max=%d", c.span()),
		"no-ping",
		"dhcp-leasefile=" + c.leases(),
	}
}

// six is router advertisements, and no DHCPv6: Android has none.
func six(c Config) []string {
	if !c.Six.IsValid() {
		return nil
	}
	return []string{
		fmt.Sprintf("dhcp-range=%s,ra-only,%d,%s", c.Six.Masked().Addr(), c.Six.Bits(), leaseTime),
		fmt.Sprintf("dhcp-option=option6:dns-server,[%s]", c.Six.Addr()),
		fmt.Sprintf("ra-param=%s,%d,%d", c.Interface, advertise, routerFor),
	}
}

// hiders are names by which phones ask whether they may hide: a network that
// minds answers that they do not exist (Apple's relay, Firefox's own DNS).
var hiders = []string{"mask.icloud.com", "mask-h2.icloud.com", "use-application-dns.net"}

// visibility leaves phones in the open. The empty text makes _dns.resolver.arpa
// a name that exists and has no SVCB record, as RFC 9462, 6.1 wants it.
func visibility(c Config) []string {
	if !c.Visibility {
		return nil
	}
	lines := []string{"filter-rr=HTTPS,SVCB", "local=/resolver.arpa/", "txt-record=_dns.resolver.arpa"}
	for _, name := range hiders {
		lines = append(lines, "local=/"+name+"/")
	}
	return lines
}

// upstream is who is asked. In contained mode "local" says that every name is
// known here alone, so that what has no answer gets an empty one at once.
func upstream(c Config) []string {
	if c.Contained {
		return []string{"no-resolv", "local=/#/", "address=/#/" + Sink}
	}
	lines := []string{"dns-loop-detect"} // somebody whom we ask may ask us
	if len(c.Upstream) == 0 {
		return append(lines, "resolv-file="+resolvConf)
	}
	lines = append(lines, "no-resolv")
	for _, u := range c.Upstream {
		lines = append(lines, fmt.Sprintf("server=%s#%d", u.Addr().Unmap(), u.Port()))
	}
	return lines
}
