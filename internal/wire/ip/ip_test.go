package ip_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/link"
)

func unhex(parts ...string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(strings.Join(parts, "")), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// packet4 builds an IPv4 packet without options.
func packet4(proto uint8, payload []byte) []byte {
	b := unhex("45000000 00070000 40000000 c0000201 c0000202")
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(payload)))
	b[9] = proto
	return append(b, payload...)
}

// packet6 builds an IPv6 packet without extension headers.
func packet6(next uint8, payload []byte) []byte {
	b := unhex("60000000 00000040 20010db8000000000000000000000001 20010db8000000000000000000000002")
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	b[6] = next
	return append(b, payload...)
}

func udpBytes(src, dst uint16, payload []byte) []byte {
	b := make([]byte, 8)
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(payload)))
	return append(b, payload...)
}

var data = []byte("the payload")

func TestParse(t *testing.T) {
	four, six := "192.0.2.1", "2001:db8::1"
	with := func(b []byte, change func([]byte)) []byte { b = bytes.Clone(b); change(b); return b }
	tests := []struct {
		name   string
		data   []byte
		src    string
		proto  uint8
		header int
		want   string // payload
		cut    bool
		extra  string // trailer
	}{
		{"v4", packet4(17, data), four, 17, 20, "the payload", false, ""},
		{"v4 padded", append(packet4(17, data), "\x00\x00"...), four, 17, 20, "the payload", false, "\x00\x00"},
		{"v4 cut", packet4(17, data)[:27], four, 17, 20, "the pay", true, ""},
		{"v4 offload", with(packet4(6, data), func(b []byte) { b[2], b[3] = 0, 0 }), four, 6, 20, "the payload", false, ""},
		{"v4 options", append(unhex("46000023 00070000 40110000 c0000201 c0000202 94040000"), data...), four, 17, 24, "the payload", false, ""},
		{"v4 authenticated", packet4(51, append(unhex("06 01 0000 00000001 00000001"), data...)), four, 6, 32, "the payload", false, ""},
		{"v4 hop-by-hop number", packet4(0, append(unhex("06 00 000000000000"), data...)), four, 0, 20, "\x06\x00\x00\x00\x00\x00\x00\x00the payload", false, ""},
		{"v6", packet6(17, data), six, 17, 40, "the payload", false, ""},
		{"v6 padded", append(packet6(17, data), 7), six, 17, 40, "the payload", false, "\x07"},
		{"v6 cut", packet6(17, data)[:43], six, 17, 40, "the", true, ""},
		{"v6 offload", with(packet6(6, data), func(b []byte) { b[4], b[5] = 0, 0 }), six, 6, 40, "the payload", false, ""},
		{"v6 mapped", with(packet6(6, data), func(b []byte) { copy(b[8:], unhex("00000000000000000000ffffc0000201")) }), four, 6, 40, "the payload", false, ""},
		{"v6 chain", packet6(0, append(unhex("3c 00 010400000000", "2b 01 010c000000000000000000000000", "33 00 000000000000", "2c 01 0000 00000001 00000001", "87 00 0000 00000009", "8b 00 000000000000", "8c 00 000000000000", "11 00 000000000000"), data...)), six, 17, 116, "the payload", false, ""},
		{"v6 encrypted", packet6(50, data), six, 50, 40, "the payload", false, ""},
		{"v6 nothing follows", packet6(60, unhex("3b 00 010400000000")), six, 59, 48, "", false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d ip.Datagram
			if err := ip.Parse(test.data, &d); err != nil {
				t.Fatal(err)
			}
			if d.Src != netip.MustParseAddr(test.src) || d.Proto != test.proto || d.HeaderLen != test.header || d.Cut != test.cut {
				t.Errorf("%+v", d)
			}
			if string(d.Payload) != test.want || string(d.Trailer) != test.extra || d.TTL != 64 || d.Fragmented() {
				t.Errorf("payload %q, trailer %q, ttl %d", d.Payload, d.Trailer, d.TTL)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want error
		dst  string // known in spite of the damage
	}{
		{"empty", nil, ip.ErrShort, ""},
		{"version", unhex("5500"), ip.ErrVersion, ""},
		{"v4 short", packet4(17, nil)[:19], ip.ErrShort, ""},
		{"v4 header length", unhex("44000014 00070000 40110000 c0000201 c0000202"), ip.ErrMalformed, "192.0.2.2"},
		{"v4 options cut", unhex("4f00003c 00070000 40110000 c0000201 c0000202"), ip.ErrShort, "192.0.2.2"},
		{"v4 total below header", unhex("46000014 00070000 40110000 c0000201 c0000202 00000000"), ip.ErrMalformed, "192.0.2.2"},
		{"v6 short", packet6(17, nil)[:39], ip.ErrShort, ""},
		{"v6 extension cut", packet6(0, unhex("3c 01 010400000000")), ip.ErrShort, "2001:db8::2"},
		{"v6 extension missing", packet6(43, nil), ip.ErrShort, "2001:db8::2"},
		{"v6 chain without end", packet6(60, unhex(strings.Repeat("3c 00 010400000000", 40))), ip.ErrDeep, "2001:db8::2"},
	}
	for _, test := range tests {
		var d ip.Datagram
		if err := ip.Parse(test.data, &d); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if test.dst != "" && d.Dst != netip.MustParseAddr(test.dst) {
			t.Errorf("%s: destination %v", test.name, d.Dst)
		}
	}
}

func TestFragmentFields(t *testing.T) {
	var d ip.Datagram
	if err := ip.Parse(unhex("45000014 beef2003 40110000 c0000201 c0000202"), &d); err != nil {
		t.Fatal(err)
	}
	if d.ID != 0xbeef || d.Fragment != (ip.Fragment{Offset: 24, More: true}) || !d.Fragmented() {
		t.Errorf("v4 %+v", d)
	}
	if err := ip.Parse(packet6(44, append(unhex("3c 00 0018 deadbeef"), data...)), &d); err != nil {
		t.Fatal(err)
	}
	if d.ID != 0xdeadbeef || d.Fragment != (ip.Fragment{Offset: 24}) || d.Proto != 60 || string(d.Payload) != "the payload" {
		t.Errorf("v6 %+v", d)
	}
}

func TestParseTCP(t *testing.T) {
	header := "d43101bb 00000001 00000002 %s002 ffff 0000 0000"
	syn := unhex(strings.Replace(header, "%s", "8", 1), "01 01 08 06 00000000 020405b4", "")
	syn = append(syn[:20], unhex("01 01 0204 05b4 0000 0000 0000")...)
	tests := []struct {
		name string
		data []byte
		want ip.TCP
		err  error
	}{
		{"plain", append(unhex("d43101bb 00000001 00000002 5018 ffff 0000 0000"), data...),
			ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1, Ack: 2, Flags: ip.ACK | ip.PSH, Window: 65535, HeaderLen: 20, Payload: data}, nil},
		{"syn", syn, ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1, Ack: 2, Flags: ip.SYN, Window: 65535, MSS: 1460, HeaderLen: 32, Payload: []byte{}}, nil},
		{"option length zero", unhex("d43101bb 00000001 00000002 6002 ffff 0000 0000 08000000"),
			ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1, Ack: 2, Flags: ip.SYN, Window: 65535, HeaderLen: 24, Payload: []byte{}}, nil},
		{"offset too small", unhex("d43101bb 00000001 00000002 4002 ffff 0000 0000"),
			ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1, Ack: 2, Flags: ip.SYN, Window: 65535}, ip.ErrMalformed},
		{"options cut", unhex("d43101bb 00000001 00000002 f002 ffff 0000 0000 020405b4 08"),
			ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1, Ack: 2, Flags: ip.SYN, Window: 65535, MSS: 1460}, ip.ErrShort},
		{"cut after flags", unhex("d43101bb 00000001 00000002 5002"),
			ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1, Ack: 2, Flags: ip.SYN}, ip.ErrShort},
		{"cut after sequence", unhex("d43101bb 00000001"), ip.TCP{SrcPort: 54321, DstPort: 443, Seq: 1}, ip.ErrShort},
		{"nothing", nil, ip.TCP{}, ip.ErrShort},
	}
	for _, test := range tests {
		var got ip.TCP
		err := ip.ParseTCP(test.data, &got)
		if !errors.Is(err, test.err) || !bytes.Equal(got.Payload, test.want.Payload) {
			t.Errorf("%s: %v, payload %q", test.name, err, got.Payload)
		}
		got.Payload, test.want.Payload = nil, nil
		if a, b := got, test.want; a.SrcPort != b.SrcPort || a.DstPort != b.DstPort || a.Seq != b.Seq || a.Ack != b.Ack ||
			a.Flags != b.Flags || a.Window != b.Window || a.MSS != b.MSS || a.HeaderLen != b.HeaderLen {
			t.Errorf("%s: %+v, want %+v", test.name, a, b)
		}
	}
}

func TestParseUDP(t *testing.T) {
	tests := []struct {
		name    string
		data    []byte
		payload string
		cut     bool
		err     error
	}{
		{"plain", udpBytes(1, 2, data), "the payload", false, nil},
		{"padding", append(udpBytes(1, 2, data), 0, 0), "the payload", false, nil},
		{"cut", udpBytes(1, 2, data)[:11], "the", true, nil},
		{"length zero", append(unhex("0001 0002 0000 0000"), data...), "the payload", false, nil},
		{"length seven", unhex("0001 0002 0007 0000"), "", false, ip.ErrMalformed},
		{"header cut", unhex("0001 0002 00"), "", false, ip.ErrShort},
	}
	for _, test := range tests {
		var u ip.UDP
		err := ip.ParseUDP(test.data, &u)
		if !errors.Is(err, test.err) || string(u.Payload) != test.payload || u.Cut != test.cut || u.SrcPort != 1 || u.DstPort != 2 {
			t.Errorf("%s: %v %+v", test.name, err, u)
		}
	}
}

// FuzzParse: the parts of a datagram lie side by side in the packet and never
// exceed it.
func FuzzParse(f *testing.F) {
	f.Add(packet4(17, udpBytes(1, 53, data)))
	f.Add(packet6(0, unhex("3c 00 010400000000", "2c 00 010400000000", "06 00 0008 00000001")))
	f.Add(packet4(51, unhex("06 01 0000 00000001 00000001")))
	f.Fuzz(func(t *testing.T, packet []byte) {
		var d ip.Datagram
		err := ip.Parse(packet, &d)
		if err != nil {
			return
		}
		if sum := d.HeaderLen + len(d.Payload) + len(d.Trailer); sum != len(packet) {
			t.Fatalf("%d of %d bytes: %+v", sum, len(packet), d)
		}
		if !bytes.Equal(d.Payload, packet[d.HeaderLen:d.HeaderLen+len(d.Payload)]) {
			t.Fatal("payload is not behind the header")
		}
		if d.Cut && len(d.Trailer) > 0 || !d.Src.IsValid() || d.Version == 4 && !d.Src.Is4() || d.Fragment.Offset%8 != 0 {
			t.Fatalf("%+v", d)
		}
		var tcp ip.TCP
		if ip.ParseTCP(d.Payload, &tcp) == nil && tcp.HeaderLen+len(tcp.Payload) != len(d.Payload) {
			t.Fatalf("%+v", tcp)
		}
		var u ip.UDP
		if ip.ParseUDP(d.Payload, &u) == nil && 8+len(u.Payload) > len(d.Payload) {
			t.Fatalf("%+v", u)
		}
	})
}

// BenchmarkLine is the way of one TCP packet from the Ethernet frame to the
// segment.
func BenchmarkLine(b *testing.B) {
	tcp := append(unhex("d43101bb 00000001 00000002 8018 ffff 0000 0000 0101080a0000000100000002"), make([]byte, 1400)...)
	frames := map[string][]byte{
		"v4": append(unhex("020000000002 020000000001 0800"), packet4(6, tcp)...),
		"v6": append(unhex("020000000002 020000000001 86dd"), packet6(6, tcp)...),
	}
	for name, frame := range frames {
		b.Run(name, func(b *testing.B) {
			var (
				f link.Frame
				d ip.Datagram
				s ip.TCP
			)
			b.ReportAllocs()
			for b.Loop() {
				if link.Parse(tinycheck.LinkEthernet, frame, &f) != nil || ip.Parse(f.Payload, &d) != nil || ip.ParseTCP(d.Payload, &s) != nil {
					b.Fatal("not parsed")
				}
			}
		})
	}
}
