package decode

import (
	"cmp"

	"tinycheck"
	"tinycheck/internal/wire/dhcp"
)

// readDHCP tells what a device says of itself when it joins (RFC 2131).
func (d *Decoder) readDHCP(p []byte) bool {
	m, err := dhcp.ParseV4(p)
	if err != nil {
		d.stats.BadMessages++
	}
	d.flow.Protocol = tinycheck.ProtocolDHCP
	if m.Op == dhcp.FromClient {
		d.event(tinycheck.DHCPRequest{MAC: tinycheck.MAC(m.ClientMAC), Name: cmp.Or(m.HostName, m.FQDN), Parameters: m.ParameterList, VendorClass: m.VendorClass})
	}
	return true
}

// readDHCPv6 does the same for RFC 8415.
func (d *Decoder) readDHCPv6(p []byte) bool {
	m, err := dhcp.ParseV6(p)
	if err != nil {
		d.stats.BadMessages++
	}
	d.flow.Protocol = tinycheck.ProtocolDHCP
	if m.FQDN != "" {
		d.event(tinycheck.DHCPRequest{V6: true, Name: m.FQDN})
	}
	return true
}
