package scenario

import (
	"net/netip"
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/wire/dhcp"
)

// joinAct is: join. The device gets its addresses: DHCP (RFC 2131), ARP (RFC
// 826, RFC 5227), and router and neighbour discovery of IPv6 (RFC 4861).
type joinAct struct{}

func readJoin(w *words) (act, error) { return &joinAct{}, nil }

func (a *joinAct) play(t *turn) error {
	if t.device.v4.IsValid() {
		if err := a.dhcp(t); err != nil {
			return err
		}
		a.arp(t)
	}
	if t.device.v6.IsValid() {
		a.discover(t)
	}
	return nil
}

// wishes are option 55 and option 60 of a system, and all its options, in its
// order.
var wishes = map[string]struct {
	parameters []uint8
	vendor     string
	order      []uint8
}{
	systemAndroid: {[]uint8{1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108}, "android-dhcp-14", []uint8{53, 61, 50, 54, 57, 60, 12, 55}},
	systemIPhone:  {[]uint8{1, 121, 3, 6, 15, 108, 114, 119, 162, 252}, "", []uint8{53, 55, 57, 61, 50, 51, 54, 12}},
	"":            {[]uint8{1, 3, 6, 12, 15, 28, 42}, "", []uint8{53, 12, 50, 54, 55, 57, 61}},
}

// filled are the options of an order that the message has a value for.
func filled(order []uint8, m *dhcp.V4) []uint8 {
	unset := map[uint8]bool{
		dhcp.OptionHostName: m.HostName == "", dhcp.OptionRequested: !m.Requested.IsValid(),
		dhcp.OptionServer: !m.Server.IsValid(), dhcp.OptionLease: m.Lease == 0,
	}
	return slices.DeleteFunc(slices.Clone(order), func(code uint8) bool { return unset[code] })
}

func (a *joinAct) dhcp(t *turn) error {
	d, gateway := t.device, t.device.gateway()
	p := &path{device: d, near: netip.AddrPortFrom(netip.IPv4Unspecified(), 68), far: netip.MustParseAddrPort("255.255.255.255:67"), proto: protoUDP}
	e := &exchange{turn: t, path: p, now: t.at, rtt: 20 * time.Millisecond}
	wish := wishes[d.system]
	id := uint32(t.noise.next())
	asked := dhcp.V4{
		Op: dhcp.FromClient, Type: dhcp.Discover, TransactionID: id, ClientMAC: dhcp.MAC(d.mac), HostName: d.name,
		VendorClass: wish.vendor, ClientID: append([]byte{1}, d.mac[:]...), ParameterList: wish.parameters, MaxSize: 1500,
	}
	told := dhcp.V4{
		Op: dhcp.FromServer, Type: dhcp.Offer, TransactionID: id, ClientMAC: dhcp.MAC(d.mac), Your: d.v4, Next: gateway, Server: gateway,
		SubnetMask: netip.AddrFrom4([4]byte{255, 255, 255, 0}), Routers: []netip.Addr{gateway}, DNS: t.nameServers(), Lease: 7200,
	}
	for _, turn := range []struct {
		from side
		kind dhcp.MessageType
	}{{client, dhcp.Discover}, {server, dhcp.Offer}, {client, dhcp.Request}, {server, dhcp.Ack}} {
		m := told
		if turn.from == client {
			m = asked
		}
		if m.Type = turn.kind; turn.kind == dhcp.Request {
			m.Requested, m.Server = d.v4, gateway
		}
		if turn.from == client {
			m.Options = filled(wish.order, &m)
		}
		b, err := dhcp.AppendV4(nil, m)
		if err != nil {
			return err
		}
		if turn.from == server { // straight to the address that it gives
			back := *p
			back.near, back.far = netip.AddrPortFrom(d.v4, 68), netip.AddrPortFrom(gateway, 67)
			e.path = &back
		} else {
			e.path = p
		}
		e.say(turn.from, b, 0)
	}
	t.at = e.now
	return nil
}

// nameServers are those of IPv4 that DHCP tells of.
func (t *turn) nameServers() []netip.Addr {
	for _, a := range t.scenario.resolvers {
		if a.Is4() {
			return []netip.Addr{a}
		}
	}
	return []netip.Addr{t.device.gateway()}
}

// arp asks whether the address is free, then who the gateway is.
func (a *joinAct) arp(t *turn) {
	d, gateway := t.device, t.device.gateway()
	p := &path{device: d, near: netip.AddrPortFrom(d.v4, 0), far: netip.AddrPortFrom(gateway, 0), proto: protoARP}
	say := func(back bool, b []byte) {
		t.at += 3 * time.Millisecond
		t.add(packet{at: t.at, path: p, back: back, head: b})
	}
	own, box := party{d.mac, d.v4}, party{gatewayMAC, gateway}
	say(false, arpMessage(1, party{d.mac, netip.IPv4Unspecified()}, party{addr: d.v4})) // probe, RFC 5227 section 2.1.1
	say(false, arpMessage(1, own, party{addr: d.v4}))                                   // announcement
	say(false, arpMessage(1, own, party{addr: gateway}))                                // who has the gateway
	say(true, arpMessage(2, box, own))
}

// party is one end of ARP.
type party struct {
	mac  tinycheck.MAC
	addr netip.Addr
}

// arpMessage is for Ethernet and IPv4, RFC 826.
func arpMessage(op int, from, to party) []byte {
	out := be16([]byte{0, 1, 8, 0, 6, 4}, op)
	for _, p := range []party{from, to} {
		out = append(append(out, p.mac[:]...), p.addr.AsSlice()...)
	}
	return out
}

// discover asks for the router, makes an address and asks whether it is free.
// All of it has hop limit 255, RFC 4861 section 4.
func (a *joinAct) discover(t *turn) {
	d := t.device
	say := func(from, to netip.Addr, back bool, b []byte) {
		t.at += 4 * time.Millisecond
		p := &path{device: d, near: netip.AddrPortFrom(from, 0), far: netip.AddrPortFrom(to, 0), proto: protoICMPv6}
		if back {
			p.near, p.far = p.far, p.near
		}
		t.add(packet{at: t.at, path: p, back: back, ttl: 255, head: b})
	}
	prefix, _ := d.v6.Prefix(64)
	routers, nodes := netip.MustParseAddr("ff02::2"), netip.MustParseAddr("ff02::1")
	say(netip.IPv6Unspecified(), solicitedNode(d.linkLocal()), false, solicitation(d.linkLocal(), nil))
	say(d.linkLocal(), routers, false, append([]byte{133, 0, 0, 0, 0, 0, 0, 0, 1, 1}, d.mac[:]...))
	say(gatewayV6, nodes, true, advertisement(prefix))
	say(netip.IPv6Unspecified(), solicitedNode(d.v6), false, solicitation(d.v6, nil))
	say(d.linkLocal(), solicitedNode(gatewayV6), false, solicitation(gatewayV6, d.mac[:]))
	answer := append([]byte{136, 0, 0, 0, 0xe0, 0, 0, 0}, gatewayV6.AsSlice()...)
	say(gatewayV6, d.linkLocal(), true, append(append(answer, 2, 1), gatewayMAC[:]...))
}

// solicitedNode is the group of RFC 4291 section 2.7.1.
func solicitedNode(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom16([16]byte{0xff, 2, 11: 1, 12: 0xff, 13: b[13], 14: b[14], 15: b[15]})
}

// solicitation asks who has an address, RFC 4861 section 4.3.
func solicitation(wanted netip.Addr, own []byte) []byte {
	out := append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, wanted.AsSlice()...)
	if own != nil {
		out = append(append(out, 1, 1), own...)
	}
	return out
}

// advertisement tells of the router and of one prefix, RFC 4861 sections 4.2
// and 4.6.2.
func advertisement(prefix netip.Prefix) []byte {
	out := []byte{134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0}
	out = append(out, 3, 4, 64, 0xc0)
	out = be32(be32(be32(out, 86400), 14400), 0)
	out = append(out, prefix.Addr().AsSlice()...)
	return append(append(out, 1, 1), gatewayMAC[:]...)
}
