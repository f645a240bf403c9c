package ip_test

import (
	"bytes"
	"strings"
	"testing"

	"tinycheck/internal/wire/ip"
)

var (
	inner4   = packet4(17, udpBytes(1000, 53, data))
	inner6   = packet6(17, udpBytes(1000, 53, data))
	innerEth = append(unhex("020000000002 020000000001 0800"), inner4...)
	innerPPP = append(unhex("ff030021"), inner4...)
	teredo6  = bytes.Replace(inner6, unhex("20010db8"), unhex("20010000"), 1)
)

func after(inner []byte, header ...string) []byte { return append(unhex(header...), inner...) }

type unwrapTest struct {
	name   string
	packet []byte
	tunnel ip.Tunnel
	kind   ip.Kind
	inner  []byte
}

var unwrapTests = []unwrapTest{
	{"4 in 4", packet4(4, inner4), ip.TunnelIPIP, ip.KindIPv4, inner4},
	{"6 in 4", packet4(41, inner6), ip.TunnelIPv6, ip.KindIPv6, inner6},
	{"4 in 6", packet6(4, inner4), ip.TunnelIPIP, ip.KindIPv4, inner4},
	{"etherip", packet4(97, after(innerEth, "3000")), ip.TunnelEtherIP, ip.KindEthernet, innerEth},
	{"mpls in ip", packet4(137, after(inner4, "000111ff")), ip.TunnelMPLS, ip.KindIPv4, inner4},
	{"pseudowire in ip", packet4(137, after(innerEth, "000100ff 000111ff 00000000")), ip.TunnelMPLS, ip.KindEthernet, innerEth},
	{"gre", packet4(47, after(inner4, "0000 0800")), ip.TunnelGRE, ip.KindIPv4, inner4},
	{"gre all fields", packet4(47, after(inner6, "b000 86dd 00000000 00000001 00000002")), ip.TunnelGRE, ip.KindIPv6, inner6},
	{"gre bridging", packet4(47, after(innerEth, "2000 6558 00000001")), ip.TunnelGRE, ip.KindEthernet, innerEth},
	{"gre mpls", packet4(47, after(inner6, "0000 8847 000111ff")), ip.TunnelMPLS, ip.KindIPv6, inner6},
	{"gre wccp", packet4(47, after(inner4, "0000 883e")), ip.TunnelGRE, ip.KindIPv4, inner4},
	{"gre wccp 2", packet4(47, after(inner4, "0000 883e 00000000")), ip.TunnelGRE, ip.KindIPv4, inner4},
	{"pptp", packet4(47, after(innerPPP, "3081 880b 002b 0001 00000001 00000002")), ip.TunnelPPTP, ip.KindPPP, innerPPP},
	{"erspan 1", packet4(47, after(innerEth, "0000 88be")), ip.TunnelERSPAN, ip.KindEthernet, innerEth},
	{"erspan 2", packet4(47, after(innerEth, "1000 88be 00000001 1000 0000 00000000")), ip.TunnelERSPAN, ip.KindEthernet, innerEth},
	{"erspan 3", packet4(47, after(innerEth, "1000 22eb 00000001 2000 0000 00000000 00000001 0000000000000000")), ip.TunnelERSPAN, ip.KindEthernet, innerEth},
	{"teredo", packet4(17, udpBytes(50000, 3544, inner6)), ip.TunnelTeredo, ip.KindIPv6, inner6},
	{"teredo origin", packet4(17, udpBytes(3544, 50000, after(inner6, "0000 1234 c0000203"))), ip.TunnelTeredo, ip.KindIPv6, inner6},
	{"teredo authentication and origin", packet4(17, udpBytes(3544, 50000, after(inner6, "0001 02 01 aabb cc 0102030405060708 00 0000 1234 c0000203"))), ip.TunnelTeredo, ip.KindIPv6, inner6},
	{"teredo peers", packet4(17, udpBytes(50000, 50001, teredo6)), ip.TunnelTeredo, ip.KindIPv6, teredo6},
	{"vxlan", packet4(17, udpBytes(50000, 4789, after(innerEth, "08000000 00000100"))), ip.TunnelVXLAN, ip.KindEthernet, innerEth},
	{"vxlan old port", packet4(17, udpBytes(50000, 8472, after(innerEth, "08000000 00000100"))), ip.TunnelVXLAN, ip.KindEthernet, innerEth},
	{"vxlan gpe", packet4(17, udpBytes(50000, 4790, after(inner6, "0c000002 00000100"))), ip.TunnelVXLAN, ip.KindIPv6, inner6},
	{"geneve", packet4(17, udpBytes(50000, 6081, after(innerEth, "0100 6558 00000100 01020000"))), ip.TunnelGENEVE, ip.KindEthernet, innerEth},
	{"geneve ip", packet6(17, udpBytes(50000, 6081, after(inner4, "0000 0800 00000100"))), ip.TunnelGENEVE, ip.KindIPv4, inner4},
	{"gtp", packet4(17, udpBytes(2152, 2152, after(inner4, "30ff 0027 00000001"))), ip.TunnelGTP, ip.KindIPv4, inner4},
	{"gtp sequence", packet4(17, udpBytes(2152, 2152, after(inner4, "32ff 002b 00000001 00010000"))), ip.TunnelGTP, ip.KindIPv4, inner4},
	{"gtp extension", packet4(17, udpBytes(2152, 2152, after(inner6, "34ff 0043 00000001 00000085 01100100"))), ip.TunnelGTP, ip.KindIPv6, inner6},
	{"gtp ppp", packet4(17, udpBytes(2152, 2152, after(innerPPP, "30ff 002b 00000001"))), ip.TunnelGTP, ip.KindPPP, innerPPP},
	{"gre in udp", packet4(17, udpBytes(50000, 4754, after(inner4, "0000 0800"))), ip.TunnelGRE, ip.KindIPv4, inner4},
	{"l2tp", packet4(17, udpBytes(1701, 1701, after(innerPPP, "4002 0033 00010001"))), ip.TunnelL2TP, ip.KindPPP, innerPPP},
	{"l2tp offset and sequence", packet4(17, udpBytes(1701, 1701, after(innerPPP, "0a02 00010001 00010002 0002 ffff"))), ip.TunnelL2TP, ip.KindPPP, innerPPP},

	{"plain udp", inner4, 0, 0, nil},
	{"encrypted", packet4(50, inner4), 0, 0, nil},
	{"gre version 7", packet4(47, after(inner4, "0007 0800")), 0, 0, nil},
	{"gre source route", packet4(47, after(inner4, "4000 0800 00000000")), 0, 0, nil},
	{"gre keepalive", packet4(47, after(inner4, "0000 0000")), 0, 0, nil},
	{"pptp acknowledgement", packet4(47, unhex("2081 880b 0000 0001 00000002")), 0, 0, nil},
	{"labels without end", packet4(137, unhex(strings.Repeat("00010000", 60))), 0, 0, nil},
	{"dns to the vxlan port", packet4(17, udpBytes(53, 4789, after(innerEth, "12348180 00010001"))), 0, 0, nil},
	{"vxlan of no frame", packet4(17, udpBytes(53, 4789, after(data, "08000000 00000100 0000000000000000"))), 0, 0, nil},
	{"gtp control", packet4(17, udpBytes(2152, 2152, after(inner4, "3001 0027 00000001"))), 0, 0, nil},
	{"gtp longer than the packet", packet4(17, udpBytes(2152, 2152, after(inner4, "30ff 0028 00000001"))), 0, 0, nil},
	{"gtp extension of no length", packet4(17, udpBytes(2152, 2152, after(inner6, "34ff 0043 00000001 00000085 00100185"))), 0, 0, nil},
	{"l2tp control", packet4(17, udpBytes(1701, 1701, after(innerPPP, "c802 0033 00010001 00000000"))), 0, 0, nil},
	{"ipv6 that is not teredo", packet4(17, udpBytes(50000, 50001, inner6)), 0, 0, nil},
}

func unwrap(packet []byte) (inner []byte, w ip.Wrap, ok bool) {
	var (
		d ip.Datagram
		u ip.UDP
	)
	if ip.Parse(packet, &d) != nil || d.Proto == ip.ProtoUDP && ip.ParseUDP(d.Payload, &u) != nil {
		return nil, w, false
	}
	return ip.Unwrap(&d, &u)
}

func TestUnwrap(t *testing.T) {
	for _, test := range unwrapTests {
		inner, w, ok := unwrap(test.packet)
		if ok != (test.kind != ip.KindNone) || w != (ip.Wrap{Tunnel: test.tunnel, Kind: test.kind}) || !bytes.Equal(inner, test.inner) {
			t.Errorf("%s: %v %+v %x", test.name, ok, w, inner)
		}
	}
	d := ip.Datagram{Proto: ip.ProtoUDP, Payload: inner4}
	if _, _, ok := ip.Unwrap(&d, nil); ok {
		t.Error("a tunnel without a UDP header")
	}
}

// TestNoAllocation covers parsing and unwrapping.
func TestNoAllocation(t *testing.T) {
	var (
		d ip.Datagram
		u ip.UDP
		s ip.TCP
	)
	for _, test := range unwrapTests {
		n := testing.AllocsPerRun(10, func() {
			_ = ip.Parse(test.packet, &d)
			_ = ip.ParseUDP(d.Payload, &u)
			_ = ip.ParseTCP(d.Payload, &s)
			ip.Unwrap(&d, &u)
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", test.name, n)
		}
	}
}

// FuzzUnwrap: what is found inside is shorter than the packet, begins as its kind
// demands, and is a tail of the packet but for padding.
func FuzzUnwrap(f *testing.F) {
	for _, test := range unwrapTests {
		f.Add(test.packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		inner, w, ok := unwrap(packet)
		if ok != (w.Kind != ip.KindNone) || ok != (w.Tunnel != ip.TunnelNone) || ok != (len(inner) > 0) {
			t.Fatalf("%v %+v %d bytes", ok, w, len(inner))
		}
		if !ok {
			return
		}
		if len(inner) >= len(packet) || !bytes.Contains(packet, inner) {
			t.Fatal("not inside the packet")
		}
		switch version := inner[0] >> 4; {
		case w.Kind == ip.KindIPv4 && version != 4, w.Kind == ip.KindIPv6 && version != 6, w.Kind == ip.KindEthernet && len(inner) < 14:
			t.Fatalf("%+v begins with %x", w, inner[0])
		}
	})
}
