package stun_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"tinycheck/internal/wire/stun"
)

func unhex(s string) []byte {
	p, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return p
}

// The test vectors of RFC 5769 sections 2.1 to 2.4.
var (
	vectorRequest = unhex(`00010058 2112a442 b7e7a701bc34d686fa87dfae
		80220010 5354554e207465737420636c69656e74 00240004 6e0001ff 80290008 932ff9b151263b36
		00060009 6576746a3a68367659202020 00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf`)
	vectorIPv4 = unhex(`0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
		00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96`)
	vectorIPv6 = unhex(`01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
		00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9 00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c`)
	vectorLongTerm = unhex(`00010060 2112a442 78ad3433c6ad72c029da412e
		00060012 e3839ee38388e383aae38383e382afe382b90000 0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341
		0014000b 6578616d706c652e6f726700 00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666`)
)

func TestVectors(t *testing.T) {
	id := [12]byte(unhex("b7e7a701bc34d686fa87dfae"))
	mapped4 := netip.MustParseAddrPort("192.0.2.1:32853")
	mapped6 := netip.MustParseAddrPort("[2001:db8:1234:5678:11:2233:4455:6677]:32853")
	tests := []struct {
		name string
		p    []byte
		want stun.Message
	}{
		{"2.1 request", vectorRequest, stun.Message{Method: stun.Binding, Cookie: true, Transaction: id, Size: 108,
			Software: "STUN test client", Username: true, Signed: true, Print: stun.GoodPrint, ICE: true}},
		{"2.2 IPv4 response", vectorIPv4, stun.Message{Class: stun.Success, Method: stun.Binding, Cookie: true, Transaction: id, Size: 80,
			Software: "test vector", Signed: true, Print: stun.GoodPrint, Mapped: mapped4}},
		{"2.3 IPv6 response", vectorIPv6, stun.Message{Class: stun.Success, Method: stun.Binding, Cookie: true, Transaction: id, Size: 92,
			Software: "test vector", Signed: true, Print: stun.GoodPrint, Mapped: mapped6}},
		{"2.4 long-term credentials", vectorLongTerm, stun.Message{Method: stun.Binding, Cookie: true,
			Transaction: [12]byte(unhex("78ad3433c6ad72c029da412e")), Size: 116, Username: true, Realm: "example.org", Signed: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := stun.Parse(append(tt.p[:len(tt.p):len(tt.p)], "next message"...))
			if err != nil || got != tt.want || !stun.Looks(tt.p) {
				t.Errorf("%v\ngot  %+v\nwant %+v", err, got, tt.want)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	for n := 20; n < len(vectorIPv4); n++ {
		m, err := stun.Parse(vectorIPv4[:n])
		if !errors.Is(err, stun.ErrCutOff) {
			t.Errorf("cut at %d: %v", n, err)
		}
		if has := m.Mapped.IsValid(); has != (n >= 20+16+12) {
			t.Errorf("cut at %d: address %v", n, m.Mapped)
		}
	}
	bad := append([]byte(nil), vectorIPv4...)
	bad[30] ^= 1
	if m, err := stun.Parse(bad); err != nil || m.Print != stun.BadPrint {
		t.Errorf("changed byte: %v, %v", m.Print, err)
	}
	bad = append([]byte(nil), vectorIPv4...)
	bad[23] = 0xff // an attribute longer than the message
	if m, err := stun.Parse(bad); !errors.Is(err, stun.ErrAttribute) || m.Size != 80 {
		t.Errorf("attribute beyond the end: %+v, %v", m, err)
	}
	many := binary.BigEndian.AppendUint16([]byte{0, 1}, 4*100)
	many = append(many, vectorIPv4[4:20]...)
	many = append(many, make([]byte, 4*100)...)
	if _, err := stun.Parse(many); !errors.Is(err, stun.ErrAttributes) {
		t.Errorf("100 attributes: %v", err)
	}
	for _, p := range []string{"", "GET / HTTP/1.1\r\n\r\n0123456789", "\x80\x01\x00\x00\x21\x12\xa4\x42aaaaaaaaaaaa", "\x00\x01\x00\x03\x21\x12\xa4\x42aaaaaaaaaaaa"} {
		if _, err := stun.Parse([]byte(p)); !errors.Is(err, stun.ErrNotSTUN) || stun.Looks([]byte(p)) {
			t.Errorf("Parse(%q): %v", p, err)
		}
	}
}

// message builds a message around attributes.
func message(kind uint16, attributes string) []byte {
	a := unhex(attributes)
	p := binary.BigEndian.AppendUint16(nil, kind)
	p = binary.BigEndian.AppendUint16(p, uint16(len(a)))
	return append(append(p, vectorIPv4[4:20]...), a...)
}

func TestTURN(t *testing.T) {
	// Allocate success: the type bits of RFC 8489 figure 3 give 0x0103.
	m, err := stun.Parse(message(0x0103, "00160008 0001a147e112a643 000d0004 00000258 00200008 0001a147e112a640"))
	relay, ok := m.Allocated()
	if err != nil || !ok || relay != netip.MustParseAddrPort("192.0.2.1:32853") || m.Lifetime != 600 || m.Mapped.Addr() != netip.MustParseAddr("192.0.2.2") {
		t.Errorf("allocate: %+v, %v", m, err)
	}
	m, err = stun.Parse(message(0x0113, "00090010 00000401 556e617574686f72697a6564"))
	if _, ok := m.Allocated(); err != nil || ok || m.Class != stun.Failure || m.Method != stun.Allocate || m.Error != 401 {
		t.Errorf("refused allocate: %+v, %v", m, err)
	}
	m, err = stun.Parse(message(0x0009, "000c0004 40000000 00120008 0001a147e112a643 00120008 0001a147e112a640"))
	if err != nil || m.Method != stun.ChannelBind || m.Channel != 0x4000 || m.Peer != netip.MustParseAddrPort("192.0.2.1:32853") {
		t.Errorf("channel bind: %+v, %v", m, err)
	}
	m, _ = stun.Parse(message(0x0017, ""))
	if m.Class != stun.Indication || m.Method != stun.Data || !m.Method.IsTURN() || stun.Binding.IsTURN() {
		t.Errorf("data indication: %+v", m)
	}
}

// The plain address must not displace the masked one, whatever their order.
func TestMappedOrder(t *testing.T) {
	xor, plain := "00200008 0001a147e112a643", "00010008 00010001 0a000001"
	for _, a := range []string{xor + plain, plain + xor} {
		if m, err := stun.Parse(message(0x0101, a)); err != nil || m.Mapped.String() != "192.0.2.1:32853" {
			t.Errorf("%s: %v, %v", a, m.Mapped, err)
		}
	}
}

func TestRFC3489(t *testing.T) {
	p := unhex("01010024 00000000000000000000000000000001 00010008 00011234c0000201 00040008 00010d96c0000202 00050008 00010d97c0000203")
	m, err := stun.Parse(p)
	if err != nil || m.Cookie || m.Mapped != netip.MustParseAddrPort("192.0.2.1:4660") || stun.Looks(p) {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := stun.Parse(append(p, 0)); !errors.Is(err, stun.ErrNotSTUN) {
		t.Errorf("a byte too many without the cookie: %v", err)
	}
}

func TestChannelData(t *testing.T) {
	tests := []struct {
		p    string
		size int
		want stun.ChannelData
		ok   bool
	}{
		{"40010005 0102030405", 9, stun.ChannelData{Channel: 0x4001, Length: 5}, true},
		{"40010005 0102030405 000000", 12, stun.ChannelData{Channel: 0x4001, Length: 5}, true},
		{"40010005 0102", 9, stun.ChannelData{Channel: 0x4001, Length: 5}, true}, // cut by the snap length
		{"40010005 01020304", 8, stun.ChannelData{}, false},
		{"40010005 0102030405 00000000", 13, stun.ChannelData{}, false},
		{"50010005 0102030405", 9, stun.ChannelData{}, false}, // RFC 8656 reserves 0x5000 up
		{"4001", 2, stun.ChannelData{}, false},
	}
	for _, tt := range tests {
		got, ok := stun.ParseChannelData(unhex(tt.p), tt.size)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %+v, %t", tt.p, got, ok)
		}
	}
}

// FuzzParse: what is read comes from within the message, and bytes behind the
// message do not matter.
func FuzzParse(f *testing.F) {
	for _, v := range [][]byte{vectorRequest, vectorIPv4, vectorIPv6, vectorLongTerm, message(0x0103, "00160008 0001a147e112a643 000d0004 00000258")} {
		f.Add(v)
		f.Add(v[:len(v)-7])
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := stun.Parse(p)
		if errors.Is(err, stun.ErrNotSTUN) {
			if stun.Looks(p) || m != (stun.Message{}) {
				t.Fatalf("Looks and Parse disagree: %+v", m)
			}
			return
		}
		if m.Cookie != stun.Looks(p) || m.Size < 20 || m.Class > stun.Failure || m.Method > 0xfff || len(m.Software) > stun.MaxText {
			t.Fatalf("%+v", m)
		}
		if errors.Is(err, stun.ErrCutOff) != (m.Size > len(p)) && err == nil {
			t.Fatalf("size %d of %d: %v", m.Size, len(p), err)
		}
		if _, ok := m.Allocated(); ok && !m.Relayed.IsValid() {
			t.Fatal("a relay without an address")
		}
		if err == nil && m.Cookie {
			again, err := stun.Parse(append(p[:m.Size:m.Size], 0xff))
			if err != nil || again != m {
				t.Fatalf("%v\n%+v\n%+v", err, m, again)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := stun.Parse(vectorIPv4); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLooksNo(b *testing.B) {
	p := vectorIPv4[1:]
	for b.Loop() {
		if stun.Looks(p) {
			b.Fatal("looks like STUN")
		}
	}
}
