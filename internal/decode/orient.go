package decode

import (
	"net/netip"

	"tinycheck"
)

// Local reports whether an address lies on the private side: private, shared,
// link-local, loopback or group addresses. Public addresses never do.
func Local(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() || a.IsUnspecified() ||
		a.IsMulticast() || shared.Contains(a) || a == broadcast
}

var (
	shared    = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// answers guesses whether the first recorded packet of a flow is an answer.
func (d *Decoder) answers(e ends, macs [2]tinycheck.MAC) bool {
	src, dst := e.src.Addr(), e.dst.Addr()
	if dst.IsMulticast() || dst == broadcast || src.IsUnspecified() {
		return false
	}
	from, to := class(e.src.Port()), class(e.dst.Port())
	if from != to && (from == system || to == system) {
		return from == system
	}
	here, there := d.sides(src, dst, macs)
	if here != there {
		return there
	}
	return from < to
}

// class tells the ports that a system gives to clients from those of services:
// RFC 6335 section 6, but Linux and Android begin at 32768.
func class(port uint16) int {
	switch {
	case port < 1024:
		return system
	case port < 32768:
		return registered
	}
	return ephemeral
}

const (
	system = iota
	registered
	ephemeral
)

// sides finds out which ends are on the device's side. Addresses tell, and for
// public ones the link address: that of a device which also has a local
// address. An IPv6 address of less than global scope (RFC 4007, RFC 4193) is
// reachable from the same site only, so that its peer is there too.
func (d *Decoder) sides(a, b netip.Addr, macs [2]tinycheck.MAC) (here, there bool) {
	here, there = Local(a), Local(b)
	switch {
	case (here || there) && a.Is6(), there && (b.IsMulticast() || b == broadcast):
		return true, true
	case !here && !there:
		return d.hosts.owns(macs[0]), d.hosts.owns(macs[1])
	}
	return here, there
}

// attach finds the hosts of a flow. Without any local end the client is the one.
func (d *Decoder) attach(f *flow) {
	client, server := f.Client.Addr(), f.Server.Addr()
	here, there := d.sides(client, server, [2]tinycheck.MAC{f.ClientMAC, f.ServerMAC})
	d.hosts.note(f.ClientMAC, client)
	d.hosts.note(f.ServerMAC, server)
	f.Inward = there && !here
	if !f.Inward {
		f.client = d.hosts.find(client, f.ClientMAC, d.now)
	}
	if there {
		f.server = d.hosts.find(server, f.ServerMAC, d.now)
	}
}

// answered takes the link address of the other end from its first packet, where
// the packet that opened the flow did not tell it (cooked captures).
func (d *Decoder) answered(f *flow, sent bool) {
	mac, end, one := &f.ServerMAC, f.Server, f.server
	if sent {
		mac, end, one = &f.ClientMAC, f.Client, f.client
	}
	if *mac != (tinycheck.MAC{}) || !d.frame.HasMAC {
		return
	}
	*mac = d.frame.Src
	d.hosts.note(*mac, end.Addr())
	if one != nil {
		d.hosts.bind(one, *mac)
	}
}

func (f *flow) local() *host {
	if f.Inward {
		return f.server
	}
	return f.client
}
