package decode_test

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/wire/dns"
)

// The protocols of single datagrams and of UDP flows, one after the other in
// one flow: a first guess never costs what comes later.
func TestDatagrams(t *testing.T) {
	quicUp := initials(t, "q.example", 2000)
	parts := initials(t, "q.example", 75)
	noise := bytes.Repeat([]byte{0x99}, 50)
	short := append([]byte{0x43}, noise...)
	dtlsUp := dtlsRecord(0, clientHello([]byte{}, serverName("d.example"), alpn("webrtc")))
	dtlsDown := dtlsRecord(1, serverHello())
	bind, allocate := stunMessage(1), stunMessage(3)
	tests := []struct {
		name     string
		port     uint16
		up, down [][]byte
		want     []string
		protocol tinycheck.Protocol
	}{
		{"DNS", 53, [][]byte{query(t, "a.example")}, [][]byte{reply(t, "a.example", server)}, []string{"asks a.example", "answers a.example"}, "dns"},
		{"DNS on an odd port", 9953, [][]byte{query(t, "a.example")}, [][]byte{reply(t, "a.example", server)}, []string{"asks a.example", "answers a.example"}, "dns"},
		{"something else on the port of DNS", 53, quicUp, nil, []string{"quic q.example", "quic v1"}, "quic"},
		{"QUIC", 443, append(slices.Clone(quicUp), short, short), nil, []string{"quic q.example", "quic v1"}, "quic"},
		{"QUIC in many datagrams", 443, parts, nil, []string{"quic v1", "quic q.example"}, "quic"},
		{"QUIC in the wrong order", 443, reversed(parts), nil, []string{"quic v1", "quic q.example"}, "quic"},
		{"QUIC whose second half never came", 443, parts[:len(parts)-1], nil, []string{"quic v1", "quic q.example"}, "quic"},
		{"QUIC later in the flow", 443, append(slices.Repeat([][]byte{noise}, 5), quicUp...), nil, []string{"quic q.example", "quic v1"}, "quic"},
		{"QUIC after the flow was given up", 443, append(slices.Repeat([][]byte{noise}, 50), quicUp...), nil, []string{"quic q.example", "quic v1"}, "quic"},
		{"QUIC of a version that nobody reads", 443, [][]byte{append([]byte{0xc3, 'Q', '0', '4', '6', 0x50, 1, 2, 3, 4, 5, 6, 7, 8}, noise...)}, nil, []string{"quic gQUIC-Q046"}, "gquic"},
		{"DTLS", 4433, [][]byte{dtlsUp}, [][]byte{dtlsDown}, []string{"dtls d.example", "server dtls"}, "dtls"},
		{"STUN, then DTLS", 40000, append(slices.Repeat([][]byte{bind}, 30), dtlsUp), [][]byte{dtlsDown}, []string{"stun binding", "dtls d.example", "server dtls"}, "dtls"},
		{"a relay", 3478, [][]byte{bind, allocate, bind}, nil, []string{"stun binding", "stun allocate"}, "stun"},
		{"noise, then DTLS, then QUIC", 4433, append([][]byte{noise, dtlsUp}, quicUp...), nil, []string{"dtls d.example", "quic q.example", "quic v1"}, "dtls"},
		{"WireGuard", 51820, [][]byte{append([]byte{1, 0, 0, 0}, make([]byte, 144)...)}, [][]byte{append([]byte{2, 0, 0, 0}, make([]byte, 88)...)}, []string{"tunnel wireguard"}, "tunnel"},
		{"looks for devices", 1900, [][]byte{[]byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n")}, nil, []string{"M-SEARCH 239.255.255.250*"}, ""},
		{"noise", 9999, slices.Repeat([][]byte{noise}, 100), nil, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire()
			for _, p := range tt.up {
				w.udp(at(phone, 40000), at(server, tt.port), p)
			}
			for _, p := range tt.down {
				w.udp(at(server, tt.port), at(phone, 40000), p)
			}
			w.end(t)
			if got := told(w); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(w.ended) != 1 || w.ended[0].Protocol != tt.protocol {
				t.Errorf("%d flows, protocol %q", len(w.ended), w.ended[0].Protocol)
			}
		})
	}
}

func reversed(list [][]byte) [][]byte {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// A name of the local network, asked from its own port to that of DNS, is
// answered by DNS.
func TestPortOfDNSBeforeThatOfMulticastDNS(t *testing.T) {
	w := newWire()
	w.udp(at(phone, 5353), at(router, 53), query(t, "a.example"))
	w.udp(at(router, 53), at(phone, 5353), reply(t, "a.example", server))
	w.udp(at(phone, 5353), at(netip.MustParseAddr("224.0.0.251"), 5353), query(t, "b.local"))
	w.end(t)
	q, a := facts[tinycheck.DNSQuery](w), one[tinycheck.DNSAnswer](t, w)
	if q[0].Via != tinycheck.ProtocolDNS || a.Via != tinycheck.ProtocolDNS || q[1].Via != tinycheck.ProtocolMDNS {
		t.Errorf("queries %+v, answer %+v", q, a)
	}
}

func TestDNSAnswer(t *testing.T) {
	alias := dnsMessage(t, dns.Message{Response: true, RCode: dns.NXDomain, Questions: []dns.Question{{Name: "a.example", Type: dns.TypeA, Class: dns.ClassIN}},
		Records: []dns.Record{
			{Name: "a.example", Type: dns.TypeCNAME, Class: dns.ClassIN, Target: "b.example"},
			{Name: "b.example", Type: dns.TypeA, Class: dns.ClassIN, TTL: 7, Addr: server},
			{Name: "c.example", Type: dns.TypeA, Class: dns.ClassIN, Addr: router, Section: dns.Additional},
		}})
	w := newWire()
	w.udp(at(router, 53), at(phone, 40053), alias)
	w.talk(phone, server, 1)
	w.end(t)
	a := one[tinycheck.DNSAnswer](t, w)
	if a.Name != "a.example" || a.RCode != "NXDOMAIN" || len(a.CNAME) != 1 || a.CNAME[0].Alias != "b.example" {
		t.Errorf("answer %+v", a)
	}
	if len(a.Address) != 2 || !a.Address[0].Answer || a.Address[1].Answer || a.Address[0].TTL != 7e9 {
		t.Errorf("addresses %+v", a.Address)
	}
	if got := named(t, w, 1); !slices.Equal(got, []string{"a.example (dns)"}) {
		t.Errorf("names %q", got)
	}
	if list := find(t, w.d.Hosts(), phone).Names; len(list) != 1 {
		t.Errorf("the phone was told %v", list)
	}
}

// Fragments of one datagram are one packet of its flow.
func TestFragments(t *testing.T) {
	w := newWire()
	p := datagram(40000, 53, query(t, "a.example"))
	whole := packet(17, phone, router, p)
	cut := 16
	first, last := slices.Clone(whole[:20+cut]), append(slices.Clone(whole[:20]), whole[20+cut:]...)
	first[2], first[3], first[6] = 0, byte(len(first)), 0x20
	last[2], last[3], last[7] = 0, byte(len(last)), byte(cut/8)
	w.frame(ethernet(phoneMAC, routerMAC, last))
	w.frame(ethernet(phoneMAC, routerMAC, first))
	w.end(t)
	if q := one[tinycheck.DNSQuery](t, w); q.Name != "a.example" || w.d.Stats().Fragmented != 1 {
		t.Errorf("query %+v, stats %+v", q, w.d.Stats())
	}
}

// The program that owns a flow, as PCAPdroid writes it behind the packet.
func TestApp(t *testing.T) {
	w := newWire()
	p := ethernet(phoneMAC, routerMAC, packet(17, phone, router, datagram(40000, 53, query(t, "a.example"))))
	p = append(p, 0x01, 0x07, 0x20, 0x21, 0, 0, 0x27, 0x42)
	p = append(append(p, "Some App"...), make([]byte, 12+4)...)
	w.frame(p)
	w.end(t)
	if got := w.ended[0].App; got.UID != 10050 || got.Name != "Some App" {
		t.Errorf("app %+v", got)
	}
}
