package scenario

import (
	"net/netip"

	"tinycheck"
)

// device is a phone, or another machine behind the box.
type device struct {
	name   string // as it announces itself; "" says nothing
	system string // android, iphone or "": what it tells and how it behaves
	v4, v6 netip.Addr
	mac    tinycheck.MAC
}

// The box itself: link address, and where IPv6 packets are sent first. The MAC
// is one for documentation, RFC 7042 section 2.1.2.
var (
	gatewayMAC = tinycheck.MAC{0, 0, 0x5e, 0, 0x53, 1}
	gatewayV6  = netip.MustParseAddr("fe80::200:5eff:fe00:5301")
)

// own is the device's address of the family of other.
func (d *device) own(other netip.Addr) (netip.Addr, bool) {
	if other.Is4() {
		return d.v4, d.v4.IsValid()
	}
	if other.IsLinkLocalUnicast() || other.IsLinkLocalMulticast() {
		return d.linkLocal(), true
	}
	return d.v6, d.v6.IsValid()
}

// linkLocal is made from the MAC, RFC 4291 appendix A.
func (d *device) linkLocal() netip.Addr {
	m := d.mac
	return netip.AddrFrom16([16]byte{0xfe, 0x80, 8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5]})
}

// gateway is the box's own address in the network of the device.
func (d *device) gateway() netip.Addr {
	b := d.v4.As4()
	b[3] = 1
	return netip.AddrFrom4(b)
}

// privateMAC makes up an address for a device whose MAC is not told: locally
// administered, as phones do (IEEE 802c).
func privateMAC(a netip.Addr) (m tinycheck.MAC) {
	n := seed(a.String())
	n.fill(m[:])
	m[0] = m[0]&^3 | 2
	return m
}

// host is a machine in the internet that the words gave a name.
type host struct {
	name    string
	v4, v6  []netip.Addr
	aliases []string // canonical names on the way to the address
}

// addresses gives those of one family.
func (h *host) addresses(six bool) []netip.Addr {
	if six {
		return h.v6
	}
	return h.v4
}
