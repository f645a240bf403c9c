package decode

import (
	"cmp"
	"errors"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/dhcp"
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/http"
)

// Ports of protocols that come in single datagrams (IANA).
const (
	portDNS        = 53
	portDHCP       = 67
	portDHCPClient = 68
	portDHCPv6     = 546
	portDHCPv6Srv  = 547
	portSSDP       = 1900
	portMDNS       = 5353
	portLLMNR      = 5355
)

// byPort reads the protocols that are known by their ports. It reports whether
// the datagram was one of them.
func (d *Decoder) byPort(a, b uint16, p []byte) bool {
	return d.onPort(min(a, b), p) || d.onPort(max(a, b), p)
}

func (d *Decoder) onPort(port uint16, p []byte) bool {
	switch port {
	case portDNS:
		return d.readDNS(p, tinycheck.ProtocolDNS)
	case portDHCP, portDHCPClient:
		return d.readDHCP(p)
	case portDHCPv6, portDHCPv6Srv:
		return d.readDHCPv6(p)
	case portSSDP:
		return d.readSSDP(p)
	case portMDNS:
		return d.readDNS(p, tinycheck.ProtocolMDNS)
	case portLLMNR:
		return d.readDNS(p, tinycheck.ProtocolLLMNR)
	}
	return false
}

func (d *Decoder) readDNS(p []byte, via tinycheck.Protocol) bool {
	if !dns.LooksOnPort(p) {
		return false
	}
	d.dnsMessage(p, via)
	d.letGo(via)
	return true
}

// letGo closes a flow whose question was answered: systems take another
// port for the next one (RFC 5452 section 9.2), so that a busy phone would fill
// the table with them.
func (d *Decoder) letGo(via tinycheck.Protocol) {
	if via == tinycheck.ProtocolDNS && d.dns.Response {
		d.flow.closed = true
		d.table.touch(d.flow)
	}
}

// readSSDP reads requests in the format of HTTP that devices send to find each
// other (UPnP Device Architecture section 1). Their host is the group, which names
// no remote.
func (d *Decoder) readSSDP(p []byte) bool {
	if r, ok := http.ParseHead(p); ok {
		d.event(tinycheck.HTTPRequest{Method: r.Method, Host: r.Host, Path: r.Path, UserAgent: r.UserAgent})
		return true
	}
	_, ok := http.ParseResponse(p)
	return ok
}

// readDHCP tells what a device says of itself when it joins (RFC 2131).
func (d *Decoder) readDHCP(p []byte) bool {
	m, err := dhcp.ParseV4(p)
	if errors.Is(err, dhcp.ErrForeign) {
		return false
	}
	if err != nil {
		d.stats.BadMessages++
	}
	d.flow.protocol(tinycheck.ProtocolDHCP)
	if m.Op == dhcp.FromClient {
		d.event(tinycheck.DHCPRequest{MAC: tinycheck.MAC(m.ClientMAC), Name: cmp.Or(m.HostName, m.FQDN), Parameters: m.ParameterList, VendorClass: m.VendorClass, Options: m.Options})
	}
	return true
}

// readDHCPv6 does the same for RFC 8415.
func (d *Decoder) readDHCPv6(p []byte) bool {
	m, err := dhcp.ParseV6(p)
	if errors.Is(err, dhcp.ErrForeign) {
		return false
	}
	if err != nil {
		d.stats.BadMessages++
	}
	d.flow.protocol(tinycheck.ProtocolDHCP)
	if d.fromClient {
		d.event(tinycheck.DHCPRequest{MAC: tinycheck.MAC(m.ClientMAC), V6: true, Name: m.FQDN, VendorClass: strings.Join(m.VendorClass, " ")})
	}
	return true
}
