package tunnel_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"tinycheck/internal/wire/tunnel"
)

// packet is one payload; up means from the client.
type packet struct {
	up bool
	p  []byte
}

func up(p []byte) packet   { return packet{true, p} }
func down(p []byte) packet { return packet{false, p} }

func unhex(s string) []byte {
	p, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return p
}

// fill gives a packet of n bytes that starts with head and goes on with bytes
// that look random but are always the same.
func fill(n int, head string) []byte {
	p := unhex(head)
	for x := uint32(len(p)) + 7; len(p) < n; {
		x = x*1664525 + 1013904223
		p = append(p, byte(x>>24))
	}
	return p
}

// transport is message 4 of WireGuard.
func transport(n int, receiver string, counter uint64) []byte {
	head := append(unhex("04000000"+receiver), binary.LittleEndian.AppendUint64(nil, counter)...)
	return fill(n, hex.EncodeToString(head))
}

// openvpn is P_DATA_V2 of OpenVPN.
func openvpn(head string, number uint32) []byte {
	return fill(120, hex.EncodeToString(binary.BigEndian.AppendUint32(unhex(head), number)))
}

// warp is n transport messages of Cloudflare WARP.
func warp(head string, n int) (all []packet) {
	for i := range n {
		all = append(all, up(fill(84, hex.EncodeToString(binary.LittleEndian.AppendUint64(unhex(head+"6884ee00"), uint64(i))))))
	}
	return all
}

// esp is a packet of RFC 4303.
func esp(spi string, number uint32) []byte {
	return fill(104, hex.EncodeToString(binary.BigEndian.AppendUint32(unhex(spi), number)))
}

// framed puts the length of OpenVPN over TCP in front.
func framed(p []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(p))), p...)
}

const (
	session = "1122334455667788"
	remote  = "99aabbccddeeff00"
	// IKE_SA_INIT, RFC 7296 section 3.1: SPIs, next payload 33, version 2.0,
	// exchange 34, flags, message id, length.
	saInit  = "0102030405060708 0000000000000000 21 20 22 08 00000000 00000050"
	saReply = "0102030405060708 1112131415161718 21 20 22 20 00000000 00000050"
	// Start-Control-Connection-Request and -Reply, RFC 2661 sections 3.1, 4.4.1, 6.1
	sccrq = "c802 0014 0000 0000 0000 0000 8008 0000 0000 0001"
	sccrp = "c802 0014 0001 0000 0000 0001 8008 0000 0000 0002"
)

var streamCases = []struct {
	name    string
	meta    tunnel.Meta
	packets []packet
	want    tunnel.State
	kind    tunnel.Kind
}{
	{"WireGuard handshake", tunnel.Meta{Transport: "udp", ServerPort: 51820},
		[]packet{up(fill(148, "01000000 a1a2a3a4")), down(fill(92, "02000000 b1b2b3b4 a1a2a3a4"))}, tunnel.Yes, tunnel.WireGuard},
	{"WireGuard handshake repeated, other packets before", tunnel.Meta{Transport: "udp"},
		[]packet{up([]byte("TS disco")), up(fill(148, "01000000 a0a0a0a0")), up(fill(148, "01000000 a1a2a3a4")), down(fill(92, "02000000 b1b2b3b4 a1a2a3a4"))}, tunnel.Yes, tunnel.WireGuard},
	{"WireGuard with client number in the reserved bytes", tunnel.Meta{Transport: "udp", ServerPort: 2408},
		[]packet{up(fill(148, "01c0ffee a1a2a3a4")), down(fill(92, "02c0ffee b1b2b3b4 a1a2a3a4"))}, tunnel.Yes, tunnel.WireGuard},
	{"WireGuard cookie", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(148, "01000000 a1a2a3a4")), down(fill(64, "03000000 a1a2a3a4"))}, tunnel.Yes, tunnel.WireGuard},
	{"WireGuard cut by the snap length", tunnel.Meta{Transport: "udp", Length: 148},
		[]packet{up(fill(60, "01000000 a1a2a3a4"))}, tunnel.Undecided, ""},
	{"an initiation alone is not enough", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(148, "01000000 a1a2a3a4")), up(fill(148, "01000000 a1a2a3a5"))}, tunnel.Undecided, ""},
	{"a response to somebody else", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(148, "01000000 a1a2a3a4")), down(fill(92, "02000000 b1b2b3b4 a1a2a3a5"))}, tunnel.Undecided, ""},
	{"a response in the same direction", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(148, "01000000 a1a2a3a4")), up(fill(92, "02000000 b1b2b3b4 a1a2a3a4"))}, tunnel.Undecided, ""},
	{"WireGuard in the middle", tunnel.Meta{Transport: "udp"},
		[]packet{up(transport(96, "0a0b0c0d", 9000)), down(transport(1452, "0d0c0b0a", 77)), up(transport(32, "0a0b0c0d", 9001)), up(transport(1452, "0a0b0c0d", 9003)), up(transport(96, "0a0b0c0d", 9002)), up(transport(96, "0a0b0c0d", 9010))},
		tunnel.Yes, tunnel.WireGuard},
	{"not WireGuard: counters leap", tunnel.Meta{Transport: "udp"},
		[]packet{up(transport(96, "0a0b0c0d", 1<<20)), up(transport(96, "0a0b0c0d", 2<<20)), up(transport(96, "0a0b0c0d", 3<<20)), up(transport(96, "0a0b0c0d", 4<<20)), up(transport(96, "0a0b0c0d", 5<<20)), up(transport(96, "0a0b0c0d", 6<<20))},
		tunnel.Undecided, ""},
	{"OpenVPN without authentication: the session is acknowledged", tunnel.Meta{Transport: "udp", ServerPort: 1194},
		[]packet{up(fill(14, "38"+session+"00 00000000")), down(fill(26, "40"+remote+"01 00000000"+session+"00000000"))}, tunnel.Yes, tunnel.OpenVPN},
	{"OpenVPN tls-crypt: the third packet decides", tunnel.Meta{Transport: "udp", ServerPort: 443},
		[]packet{up(fill(54, "38"+session+"00000001")), down(fill(66, "40"+remote+"00000001")), up(fill(62, "28"+session+"00000002"))}, tunnel.Yes, tunnel.OpenVPN},
	{"OpenVPN tls-crypt-v2", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(348, "50"+session+"0f000001")), down(fill(66, "40"+remote+"00000001")), up(fill(620, "58"+session+"00000002"))}, tunnel.Yes, tunnel.OpenVPN},
	{"OpenVPN, only one direction captured", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(54, "38"+session)), up(fill(62, "28"+session)), up(fill(300, "20"+session))}, tunnel.Yes, tunnel.OpenVPN},
	{"OpenVPN, direction guessed wrong", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(66, "40"+remote)), up(fill(62, "28"+remote)), up(fill(300, "20"+remote))}, tunnel.Yes, tunnel.OpenVPN},
	{"a reset alone is not enough", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(54, "38"+session)), up(fill(54, "38"+session))}, tunnel.Undecided, ""},
	{"another session goes on", tunnel.Meta{Transport: "udp"},
		[]packet{up(fill(54, "38"+session)), down(fill(66, "40"+remote)), up(fill(62, "28"+remote))}, tunnel.Undecided, ""},
	{"OpenVPN in the middle", tunnel.Meta{Transport: "udp"},
		[]packet{up(openvpn("48000005", 11)), down(openvpn("48000000", 7)), up(openvpn("48000005", 12)), down(openvpn("48000000", 8)), up(openvpn("48000005", 14)), down(openvpn("48000000", 9)), up(openvpn("48000005", 15)), down(openvpn("48000000", 10))},
		tunnel.Yes, tunnel.OpenVPN},
	{"OpenVPN over TCP", tunnel.Meta{Transport: "tcp", ServerPort: 443},
		[]packet{up(framed(fill(42, "38"+session))), down(framed(fill(54, "40"+remote))), up(framed(fill(50, "28"+session)))}, tunnel.Yes, tunnel.OpenVPN},
	{"OpenVPN over TCP, byte by byte", tunnel.Meta{Transport: "tcp"},
		append(bytewise(true, framed(fill(14, "38"+session+"00 00000000"))), bytewise(false, framed(fill(26, "40"+remote+"01 00000000"+session+"00000000")))...), tunnel.Yes, tunnel.OpenVPN},
	{"IKEv2 on its port", tunnel.Meta{Transport: "udp", ServerPort: 500}, []packet{up(fill(80, saInit))}, tunnel.Yes, tunnel.IKE},
	{"IKEv2 behind a translator", tunnel.Meta{Transport: "udp", ServerPort: 4500}, []packet{up([]byte{0xff}), up(fill(84, "00000000"+saInit))}, tunnel.Yes, tunnel.IKE},
	{"IKEv2 elsewhere needs both sides", tunnel.Meta{Transport: "udp", ServerPort: 12345}, []packet{up(fill(80, saInit)), down(fill(80, saReply))}, tunnel.Yes, tunnel.IKE},
	{"IKE with a wrong length", tunnel.Meta{Transport: "udp", ServerPort: 500}, []packet{up(fill(81, saInit))}, tunnel.Undecided, ""},
	{"IKE over TCP", tunnel.Meta{Transport: "tcp", ServerPort: 4500}, []packet{up([]byte("IKE")), up([]byte("TCP\x00"))}, tunnel.Yes, tunnel.IKE},
	{"ESP in UDP", tunnel.Meta{Transport: "udp", ServerPort: 4500},
		[]packet{up(esp("c0ffee00", 5)), down(esp("00c0ffee", 9)), up(esp("c0ffee00", 6)), up(esp("c0ffee00", 8)), up(esp("c0ffee00", 9))}, tunnel.Yes, tunnel.ESP},
	{"ESP elsewhere is noise", tunnel.Meta{Transport: "udp", ServerPort: 4501},
		[]packet{up(esp("c0ffee00", 5)), up(esp("c0ffee00", 6)), up(esp("c0ffee00", 7)), up(esp("c0ffee00", 8)), up(esp("c0ffee00", 9)), up(esp("c0ffee00", 10))}, tunnel.No, ""},
	{"L2TP", tunnel.Meta{Transport: "udp", ServerPort: 1701}, []packet{up(unhex(sccrq)), down(unhex(sccrp))}, tunnel.Yes, tunnel.L2TP},
	{"L2TP without an answer", tunnel.Meta{Transport: "udp", ServerPort: 1701}, []packet{up(unhex(sccrq)), up(unhex(sccrq))}, tunnel.Undecided, ""},
	{"PPTP", tunnel.Meta{Transport: "tcp", ServerPort: 1723}, []packet{up(fill(156, "009c 0001 1a2b3c4d 0001 0000 0100"))}, tunnel.Yes, tunnel.PPTP},
	{"SSH, the server first", tunnel.Meta{Transport: "tcp"}, []packet{down([]byte("SSH-2.0-Open")), down([]byte("SSH_9.6 x\r\nabc"))}, tunnel.Yes, tunnel.SSH},
	{"SOCKS 5", tunnel.Meta{Transport: "tcp"}, []packet{up(unhex("050100")), down(unhex("0500")), up(append(unhex("050100030b"), "a.example.x\x01\xbb"...))}, tunnel.Yes, tunnel.SOCKS},
	{"SOCKS 4", tunnel.Meta{Transport: "tcp"}, []packet{up(unhex("04010050c000020100")), down(unhex("005a000000000000"))}, tunnel.Yes, tunnel.SOCKS},
	{"SOCKS refused by something else", tunnel.Meta{Transport: "tcp"}, []packet{up(unhex("050100")), down([]byte("HTTP/1.1 400 Bad Request\r\n"))}, tunnel.No, ""},
	{"TLS", tunnel.Meta{Transport: "tcp", ServerPort: 443}, []packet{up(unhex("1603010200010001fc0303"))}, tunnel.No, ""},
	{"HTTP", tunnel.Meta{Transport: "tcp", ServerPort: 80}, []packet{up([]byte("GET / HTTP/1.1\r\n"))}, tunnel.No, ""},
	{"SMTP", tunnel.Meta{Transport: "tcp", ServerPort: 25}, []packet{down([]byte("220 mail.example.org ESMTP\r\n"))}, tunnel.No, ""},
	{"WARP", tunnel.Meta{Transport: "udp", ServerPort: 2408}, append([]packet{up(fill(194, "c1000000 00908301")), down(fill(778, "c2027800 6884ee00"))}, warp("c4027800", 5)...), tunnel.Yes, tunnel.WireGuard},
	{"WARP without a client", tunnel.Meta{Transport: "udp", ServerPort: 2408}, warp("c4000000", 8), tunnel.No, ""},
	{"WARP, too few", tunnel.Meta{Transport: "udp", ServerPort: 2408}, warp("c4027800", 4), tunnel.Undecided, ""},
	{"QUIC long headers like WARP", tunnel.Meta{Transport: "udp", ServerPort: 443}, repeat(8, up(fill(1200, "c4000000 01088394c8f03e5157080000"))), tunnel.No, ""},
	{"uTP of BitTorrent", tunnel.Meta{Transport: "udp", ServerPort: 6881}, append([]packet{up(fill(20, "41003d6f"))}, repeat(8, up(fill(148, "01003d70 5b2f0a11 00000001 000f0000 00010002")))...), tunnel.Undecided, ""},
	{"RTP", tunnel.Meta{Transport: "udp", ServerPort: 8801}, repeat(8, up(fill(172, "8060 1a2b 00010203 deadbeef"))), tunnel.No, ""},
	{"Zoom media", tunnel.Meta{Transport: "udp", ServerPort: 8801}, repeat(8, up(fill(300, "05100100 1f2e0000"))), tunnel.No, ""},
	{"Gnutella over UDP", tunnel.Meta{Transport: "udp", ServerPort: 6346}, repeat(8, up(fill(60, "474e4403 0101"))), tunnel.No, ""},
	{"game of RakNet", tunnel.Meta{Transport: "udp", ServerPort: 19132}, repeat(8, up(fill(33, "01 0000000000003039 00ffff00fefefefefdfdfdfd12345678"))), tunnel.No, ""},
	{"DNS", tunnel.Meta{Transport: "udp", ServerPort: 53}, repeat(6, up(unhex("01020100000100000000000003777777076578616d706c6503636f6d0000010001"))), tunnel.No, ""},
	{"QUIC", tunnel.Meta{Transport: "udp", ServerPort: 443}, repeat(6, up(fill(1200, "c8 00000001 08"))), tunnel.No, ""},
}

func TestStream(t *testing.T) {
	for _, tt := range streamCases {
		t.Run(tt.name, func(t *testing.T) {
			var s tunnel.Stream
			state := tunnel.Undecided
			for _, p := range tt.packets {
				state = s.See(p.p, p.up, tt.meta)
			}
			if state != tt.want || s.Found().Kind != tt.kind {
				t.Errorf("state %d %q, want %d %q", state, s.Found().Kind, tt.want, tt.kind)
			}
		})
	}
}

func repeat(n int, p packet) (all []packet) {
	for range n {
		all = append(all, p)
	}
	return all
}

func bytewise(up bool, p []byte) (all []packet) {
	for i := range p {
		all = append(all, packet{up, p[i : i+1]})
	}
	return all
}

// See with Meta.Length believes the length on the wire.
func TestCutPayload(t *testing.T) {
	var s tunnel.Stream
	s.See(fill(60, "01000000 a1a2a3a4"), true, tunnel.Meta{Transport: "udp", Length: 148})
	if state := s.See(fill(60, "02000000 b1b2b3b4 a1a2a3a4"), false, tunnel.Meta{Transport: "udp", Length: 92}); state != tunnel.Yes {
		t.Errorf("state %d", state)
	}
}

func TestFound(t *testing.T) {
	see := func(meta tunnel.Meta, packets ...packet) tunnel.Found {
		var s tunnel.Stream
		for _, p := range packets {
			s.See(p.p, p.up, meta)
		}
		return s.Found()
	}
	tcp := tunnel.Meta{Transport: "tcp"}
	if f := see(tcp, down([]byte("SSH-1.99-Cisco-1.25\n"))); f.Banner != "SSH-1.99-Cisco-1.25" || f.Version != "1.99" {
		t.Errorf("%+v", f)
	}
	if f := see(tcp, up([]byte("SSH-1.99-Cisco_server-1.24 \x00\x00\x00"))); f.Banner != "SSH-1.99-Cisco_server-1.24" {
		t.Errorf("%+v", f)
	}
	f := see(tcp, up(unhex("05020002")), down(unhex("0502")), up(unhex("0101610162")), down(unhex("0100")), up(append(unhex("050100030b"), "C2.Example.\x01\xbb"...)))
	if f.Host != "c2.example" || f.Port != 443 || f.Version != "5" || f.Offset != 4+5+18 {
		t.Errorf("%+v", f)
	}
	f = see(tunnel.Meta{Transport: "udp", ServerPort: 500}, up(fill(80, saInit)))
	if h := f.Exchange; f.Version != "2" || h.InitiatorSPI != 0x0102030405060708 || h.ResponderSPI != 0 || h.ExchangeName() != "IKE_SA_INIT" || !h.FromInitiator() || h.IsResponse() {
		t.Errorf("%+v", f)
	}
	f = see(tunnel.Meta{Transport: "udp", ServerPort: 500}, down(fill(80, saReply)))
	if h := f.Exchange; h.FromInitiator() || !h.IsResponse() || h.ResponderSPI != 0x1112131415161718 {
		t.Errorf("%+v", f)
	}
	if f := see(tunnel.Meta{Transport: "udp", ServerPort: 500}, up(fill(100, "0102030405060708 0000000000000000 01 10 02 00 00000000 00000064"))); f.Version != "1" || f.Exchange.ExchangeName() != "main mode" {
		t.Errorf("%+v", f)
	}
}

func TestSocks(t *testing.T) {
	tests := []struct {
		name, p string
		host    string
		port    uint16
		rest    int
		ok      bool
	}{
		{"4", "\x04\x01\x00\x50\xc0\x00\x02\x01user\x00GET", "192.0.2.1", 80, 13, true},
		{"4a", "\x04\x01\x01\xbb\x00\x00\x00\x01\x00C2.example.org\x00\x16\x03", "c2.example.org", 443, 24, true},
		{"4a, name not complete", "\x04\x01\x01\xbb\x00\x00\x00\x01\x00C2.exa", "", 0, 0, false},
		{"5, name", "\x05\x01\x00\x05\x01\x00\x03\x09a.example\x00\x50rest", "a.example", 80, 19, true},
		{"5, IPv4", "\x05\x02\x00\x02\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50", "192.0.2.1", 80, 14, true},
		{"5, IPv6", "\x05\x01\x00\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50", "2001:db8::1", 80, 25, true},
		{"5, password", "\x05\x01\x02\x01\x03abc\x02de\x05\x01\x00\x03\x01a\x00\x50", "a", 80, 19, true},
		{"5, request alone", "\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50", "192.0.2.1", 80, 10, true},
		{"5, greeting alone", "\x05\x01\x00", "", 0, 0, false},
		{"5, not complete", "\x05\x01\x00\x05\x01\x00\x03\x09a.exam", "", 0, 0, false},
		{"5, unknown address type", "\x05\x01\x00\x05\x01\x00\x07\x09a.exam", "", 0, 0, false},
		{"5, a name that is none", "\x05\x01\x00\x05\x01\x00\x03\x03a\x00b\x00\x50", "", 0, 0, false},
		{"TLS", "\x16\x03\x01", "", 0, 0, false},
		{"nothing", "", "", 0, 0, false},
	}
	for _, tt := range tests {
		host, port, rest, ok := tunnel.Socks([]byte(tt.p))
		if ok != tt.ok || ok && (host != tt.host || port != tt.port || rest != tt.rest) {
			t.Errorf("%s: %q %d %d %t", tt.name, host, port, rest, ok)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"www.q2kxz5mv7nbw.com": true, "www.ab3cd4efgh.net": true,
		"www.facebook.com": false, "www.instagram.com": false, "www.cars24777.com": false, "www.ab3cd4.com": false, "www.ab3cd4e8gh.com": false,
		"ab3cd4efgh.com": false, "www.ab3cd4efgh.org": false, "www.ab3.cd4efgh.com": false, "": false,
	} {
		if got := tunnel.TorLikeName(name); got != want {
			t.Errorf("TorLikeName(%q) = %t", name, got)
		}
	}
	for name, want := range map[string]bool{
		"epdg.epc.mnc001.mcc262.pub.3gppnetwork.org":                      true,
		"ss.epdg.epc.mnc410.mcc310.pub.3gppnetwork.org.":                  true,
		"tac-lb12.tac-hb00.tac.epdg.epc.mnc01.mcc262.pub.3gppnetwork.org": true,
		"epdg.epc.mnc001.mcc262.pub.3gppnetwork.org.evil.example":         false,
		"xepdg.epc.mnc001.mcc262.pub.3gppnetwork.org":                     false,
		"epdg.epc.mncabc.mcc262.pub.3gppnetwork.org":                      false,
		"ims.mnc001.mcc262.pub.3gppnetwork.org":                           false,
	} {
		if got := tunnel.WiFiCallingName(name); got != want {
			t.Errorf("WiFiCallingName(%q) = %t", name, got)
		}
	}
}

func TestTorLikeCertificate(t *testing.T) {
	for _, c := range []struct {
		subject, issuer string
		want            bool
	}{
		{"www.x7kq5abm2cde.net", "www.qjvhzwbk3p.com", true},
		{"www.qjvhzwbk3p.com", "www.abcdefghij.net", true},
		{"www.qjvhzwbk3p.net", "www.abcdefghij.net", false},
		{"www.facebook.com", "DigiCert SHA2 High Assurance Server CA", false},
		{"www.facebook.com", "www.facebook.com", false},
		{"www.facebook.com", "www.facebook.net", false},
		{"www.short.net", "www.qjvhzwbk3p.com", false},
		{"www.x7kq5abm2cde.net", "www.qjvhzwbk9p.com", false},
		{"x7kq5abm2cde.net", "qjvhzwbk3p.com", false},
		{"", "", false},
	} {
		if got := tunnel.TorLikeCertificate(c.subject, c.issuer); got != c.want {
			t.Errorf("%q by %q: %t", c.subject, c.issuer, got)
		}
	}
}

func TestProtocol(t *testing.T) {
	for number, want := range map[uint8]tunnel.Kind{50: tunnel.ESP, 51: tunnel.AH, 47: tunnel.GRE, 4: tunnel.IPinIP, 41: tunnel.IPinIP, 115: tunnel.L2TP, 6: "", 17: ""} {
		if got, ok := tunnel.Protocol(number); got != want || ok != (want != "") || got.CarriesAll() != (want != "") {
			t.Errorf("Protocol(%d) = %q, %t", number, got, ok)
		}
	}
	if tunnel.SSH.CarriesAll() || tunnel.SOCKS.CarriesAll() {
		t.Error("a proxy does not carry everything")
	}
}

// FuzzStream: the state is final once decided, every flow is decided after a
// bounded number of payloads, and TCP does not depend on how bytes are cut.
func FuzzStream(f *testing.F) {
	f.Add(fill(148, "01000000 a1a2a3a4"), fill(92, "02000000 b1b2b3b4 a1a2a3a4"), uint16(51820))
	f.Add(fill(14, "38"+session+"00 00000000"), fill(26, "40"+remote+"01 00000000"+session+"00000000"), uint16(1194))
	f.Add(framed(fill(14, "38"+session+"00 00000000")), framed(fill(26, "40"+remote+"01 00000000"+session+"00000000")), uint16(1194))
	f.Add(fill(80, saInit), fill(80, saReply), uint16(4500))
	f.Add([]byte("\x05\x01\x00\x05\x01\x00\x03\x01a\x00\x50"), []byte("\x05\x00"), uint16(1080))
	f.Add([]byte("\x04\x01\x01\xbb\x00\x00\x00\x01\x00a\x00"), []byte("\x00\x5a"), uint16(1080))
	f.Add([]byte("SSH-2.0-a\r\n"), []byte("SSH-2.0-b\r\n"), uint16(22))
	f.Add(fill(156, "009c 0001 1a2b3c4d 0001 0000 0100"), []byte{}, uint16(1723))
	f.Add(unhex(sccrq), unhex(sccrp), uint16(1701))
	f.Fuzz(func(t *testing.T, a, b []byte, port uint16) {
		udp := tunnel.Meta{Transport: "udp", ServerPort: port}
		var s tunnel.Stream
		last := tunnel.Undecided
		for range 40 {
			for i, p := range [][]byte{a, b} {
				state := s.See(p, i == 0, udp)
				if last != tunnel.Undecided && state != last {
					t.Fatalf("state went from %d to %d", last, state)
				}
				last = state
				if (state == tunnel.Yes) != (s.Found().Kind != "") {
					t.Fatalf("state %d, found %+v", state, s.Found())
				}
			}
		}
		if len(a) > 0 && last == tunnel.Undecided {
			t.Fatal("undecided after 40 datagrams")
		}
		tcp := tunnel.Meta{Transport: "tcp", ServerPort: port}
		var whole, pieces tunnel.Stream
		whole.See(a, true, tcp)
		for i := range a {
			pieces.See(a[i:i+1], true, tcp)
		}
		if len(a) <= 2000 && whole.State() != pieces.State() {
			t.Fatalf("in one piece %d, byte by byte %d", whole.State(), pieces.State())
		}
		whole.See(b, false, tcp)
		for i := range b {
			pieces.See(b[i:i+1], false, tcp)
		}
		if len(a) <= 2000 && len(b) <= 2000 && (whole.State() != pieces.State() || whole.Found() != pieces.Found()) {
			t.Fatalf("in one piece %+v, byte by byte %+v", whole.Found(), pieces.Found())
		}
	})
}

// FuzzSocks: the request lies within the input, and what follows it does not
// change it.
func FuzzSocks(f *testing.F) {
	f.Add([]byte("\x05\x01\x02\x01\x03abc\x02de\x05\x01\x00\x03\x01a\x00\x50"))
	f.Add([]byte("\x04\x01\x01\xbb\x00\x00\x00\x01\x00a\x00"))
	f.Add([]byte("\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"))
	f.Fuzz(func(t *testing.T, p []byte) {
		host, port, rest, ok := tunnel.Socks(p)
		if !ok {
			return
		}
		if rest > len(p) || rest < 8 || host == "" || len(host) > 255 || strings.ToLower(host) != host {
			t.Fatalf("%q %d %d", host, port, rest)
		}
		h, q, r, again := tunnel.Socks(append(p[:len(p):len(p)], 0x16))
		if again && (h != host || q != port || r != rest) && rest != len(p) {
			t.Fatalf("%q %d %d, with a byte more %q %d %d", host, port, rest, h, q, r)
		}
	})
}

func BenchmarkSeeNo(b *testing.B) {
	quic := fill(1200, "c3 00000001 08")
	meta := tunnel.Meta{Transport: "udp", ServerPort: 443}
	b.ReportAllocs()
	for b.Loop() {
		var s tunnel.Stream
		for range 6 {
			s.See(quic, true, meta)
		}
		if s.State() != tunnel.No {
			b.Fatal("not decided")
		}
	}
}

func BenchmarkSeeDecided(b *testing.B) {
	var s tunnel.Stream
	meta := tunnel.Meta{Transport: "tcp"}
	p := []byte("GET / HTTP/1.1\r\n")
	for b.Loop() {
		if s.See(p, true, meta) != tunnel.No {
			b.Fatal("not decided")
		}
	}
}
