package link_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/wire/link"
)

// The network packets inside: the shortest UDP ones.
var (
	v4 = unhex("4500001c 00010000 4011 0000 c0000201 c0000202 1234 0035 0008 0000")
	v6 = unhex("60000000 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 1234 0035 0008 0000")
)

const (
	dst  = "020000000002"
	src  = "020000000001"
	snap = "aaaa03000000"
)

func unhex(parts ...string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(strings.Join(parts, "")), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// wrap puts headers in hex before a packet.
func wrap(packet []byte, headers ...string) []byte { return append(unhex(headers...), packet...) }

type parseTest struct {
	name     string
	link     tinycheck.LinkType
	data     []byte
	protocol link.Protocol
	payload  []byte
	wrappers link.Wrappers
}

var parseTests = []parseTest{
	{"ethernet", 1, wrap(v4, dst, src, "0800"), link.IPv4, v4, 0},
	{"ethernet v6", 1, wrap(v6, dst, src, "86dd"), link.IPv6, v6, 0},
	{"ethernet arp", 1, wrap(v4, dst, src, "0806"), link.ARP, v4, 0},
	{"ethernet other", 1, wrap(v4, dst, src, "88cc"), link.Other, v4, 0},
	{"802.3 snap with padding", 1, wrap(append(slices.Clone(v4), 0, 0, 0), dst, src, "0024", snap, "0800"), link.IPv4, v4, link.WrapLLC},
	{"802.3 ip sap", 1, wrap(v4, dst, src, "001f 060603"), link.IPv4, v4, link.WrapLLC},
	{"802.3 spanning tree", 1, wrap(v4, dst, src, "001f 424203"), link.Other, wrap(v4, "424203"), link.WrapLLC},
	{"802.1h snap", 1, wrap(v4, dst, src, "0024 aaaa030000f8 0800"), link.IPv4, v4, link.WrapLLC},
	{"jumbo llc", 1, wrap(v4, dst, src, "8870", snap, "0800"), link.IPv4, v4, link.WrapLLC},
	{"vlan", 1, wrap(v4, dst, src, "8100 6064 0800"), link.IPv4, v4, link.WrapVLAN},
	{"qinq", 1, wrap(v6, dst, src, "88a8 0064 8100 00c8 86dd"), link.IPv6, v6, link.WrapVLAN},
	{"old qinq", 1, wrap(v6, dst, src, "9100 0064 8100 00c8 86dd"), link.IPv6, v6, link.WrapVLAN},
	{"vlan 802.3", 1, wrap(v4, dst, src, "8100 6064 0024", snap, "0800"), link.IPv4, v4, link.WrapVLAN | link.WrapLLC},
	{"mpls", 1, wrap(v4, dst, src, "8847 000100ff 000111ff"), link.IPv4, v4, link.WrapMPLS},
	{"mpls v6", 1, wrap(v6, dst, src, "8848 000111ff"), link.IPv6, v6, link.WrapMPLS},
	{"pseudowire", 1, wrap(v4, dst, src, "8847 000111ff 00000000", dst, src, "0800"), link.IPv4, v4, link.WrapMPLS | link.WrapPseudo},
	{"pseudowire without control word", 1, wrap(v4, dst, src, "8847 000111ff", dst, src, "0800"), link.IPv4, v4, link.WrapMPLS | link.WrapPseudo},
	{"pppoe", 1, wrap(append(slices.Clone(v4), 9, 9), dst, src, "8864 1100 0001 001e 0021"), link.IPv4, v4, link.WrapPPPoE | link.WrapPPP},
	{"pppoe v6", 1, wrap(v6, dst, src, "8864 1100 0001 0032 0057"), link.IPv6, v6, link.WrapPPPoE | link.WrapPPP},
	{"macsec integrity only", 1, wrap(append(slices.Clone(v4), make([]byte, 16)...), dst, src, "88e5 00 00 00000001 0800"), link.IPv4, v4, link.WrapMACsec},
	{"macsec with channel", 1, wrap(append(slices.Clone(v4), make([]byte, 16)...), dst, src, "88e5 20 00 00000001 0102030405060708 0800"), link.IPv4, v4, link.WrapMACsec},
	{"raw 101", 101, v4, link.IPv4, v4, 0},
	{"raw 12", 12, v6, link.IPv6, v6, 0},
	{"raw 14", 14, v4, link.IPv4, v4, 0},
	{"raw 228", 228, v4, link.IPv4, v4, 0},
	{"raw 229", 229, v6, link.IPv6, v6, 0},
	{"null little", 0, wrap(v4, "02000000"), link.IPv4, v4, 0},
	{"null big", 0, wrap(v4, "00000002"), link.IPv4, v4, 0},
	{"null linux v6", 0, wrap(v6, "0a000000"), link.IPv6, v6, 0},
	{"null openbsd v6", 0, wrap(v6, "00000018"), link.IPv6, v6, 0},
	{"null freebsd v6", 0, wrap(v6, "1c000000"), link.IPv6, v6, 0},
	{"null darwin v6", 0, wrap(v6, "1e000000"), link.IPv6, v6, 0},
	{"null ethertype", 0, wrap(v6, "000086dd"), link.IPv6, v6, 0},
	{"null other", 0, wrap(v6, "00000007"), link.Other, v6, 0},
	{"null ppp", 0, wrap(v4, "ff030021"), link.IPv4, v4, link.WrapPPP},
	{"loop", 108, wrap(v4, "00000002"), link.IPv4, v4, 0},
	{"sll", 113, wrap(v4, "0004 0001 0006", src, "0000 0800"), link.IPv4, v4, 0},
	{"sll vlan", 113, wrap(v4, "0000 0001 0006", src, "0000 8100 0007 0800"), link.IPv4, v4, link.WrapVLAN},
	{"sll llc", 113, wrap(v4, "0000 0001 0006", src, "0000 0004", snap, "0800"), link.IPv4, v4, link.WrapLLC},
	{"sll raw ip device", 113, wrap(v6, "0004 0207 0000 0000000000000000 0000"), link.IPv6, v6, 0},
	{"sll monitor device", 113, wrap(v4, "0000 0321 0006", src, "0000 0004 0802 0000", dst, src, src, "0000", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"sll2", 276, wrap(v6, "86dd 0000 00000002 0001 00 06", src, "0000"), link.IPv6, v6, 0},
	{"ppp", 9, wrap(v4, "0021"), link.IPv4, v4, link.WrapPPP},
	{"ppp framed", 9, wrap(v6, "ff030057"), link.IPv6, v6, link.WrapPPP},
	{"ppp compressed protocol", 9, wrap(v4, "ff0321"), link.IPv4, v4, link.WrapPPP},
	{"ppp mpls", 9, wrap(v4, "0281 000111ff"), link.IPv4, v4, link.WrapPPP | link.WrapMPLS},
	{"cisco as ppp", 9, wrap(v4, "0f000800"), link.IPv4, v4, 0},
	{"ppp lcp", 9, wrap(v4, "c021"), link.Other, v4, link.WrapPPP},
	{"ppp sent", 204, wrap(v4, "01 ff030021"), link.IPv4, v4, link.WrapPPP},
	{"ppp hdlc", 50, wrap(v4, "ff030021"), link.IPv4, v4, link.WrapPPP},
	{"cisco in ppp hdlc", 50, wrap(v4, "0f000800"), link.IPv4, v4, 0},
	{"pppoe link", 51, wrap(v4, "1100 0001 001e 0021"), link.IPv4, v4, link.WrapPPPoE | link.WrapPPP},
	{"cisco hdlc", 104, wrap(v6, "8f0086dd"), link.IPv6, v6, 0},
	{"cisco hdlc sent", 205, wrap(v4, "01 0f000800"), link.IPv4, v4, 0},
	{"frame relay nlpid", 107, wrap(v4, "1841 03 cc"), link.IPv4, v4, 0},
	{"frame relay padded nlpid", 107, wrap(v6, "1841 03 00 8e"), link.IPv6, v6, 0},
	{"frame relay snap", 107, wrap(v4, "1841 03 80 000000 0800"), link.IPv4, v4, 0},
	{"frame relay ppp", 107, wrap(v4, "1841 03 cf 0021"), link.IPv4, v4, link.WrapPPP},
	{"frame relay cisco", 107, wrap(v4, "1861 0800"), link.IPv4, v4, 0},
	{"frame relay long address", 107, wrap(v4, "18600041 03 cc"), link.IPv4, v4, 0},
	{"frame relay sent", 206, wrap(v4, "01 1841 03 cc"), link.IPv4, v4, 0},
	{"nflog", 239, wrap(v4, "02 00 0000", "0800 0100 0800 03 00", "0500 0a00 00 000000", "2000 0900"), link.IPv4, v4, 0},
	{"nflog big endian", 239, wrap(v6, "0a 00 0000", "0008 0001 86dd 01 00", "0034 0009"), link.IPv6, v6, 0},
	{"slip", 8, wrap(v4, "00 45", strings.Repeat("00", 14)), link.IPv4, v4, 0},
	{"fddi", 10, wrap(v4, "50", dst, src, snap, "0800"), link.IPv4, v4, link.WrapLLC},
	{"atm", 100, wrap(v4, snap, "0800"), link.IPv4, v4, link.WrapLLC},
	{"sunatm", 123, wrap(v4, "82 00 0021", snap, "0800"), link.IPv4, v4, link.WrapLLC},
	{"arcnet", 129, wrap(v4, "be 50 a8e7 d4 00 0166"), link.IPv4, v4, 0},
	{"arcnet v6", 129, wrap(v6, "be 50 a8e7 c4 00 0166"), link.IPv6, v6, 0},
	{"arcnet rfc 1051", 129, wrap(v4, "be 50 a8e7 f0"), link.IPv4, v4, 0},
	{"ipnet", 226, wrap(v4, "01 02 0000 00000054 00000002 00000000 ffffffff 00000000"), link.IPv4, v4, 0},
	{"mpacket", 274, wrap(v4, "55555555555555d5", dst, src, "0800"), link.IPv4, v4, 0},
	{"wifi from access point", 105, wrap(v4, "0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"wifi to access point", 105, wrap(v4, "0801 0000 020000000003", src, dst, "1000", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"wifi ad hoc", 105, wrap(v4, "0800 0000", dst, src, "020000000003 1000", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"wifi four addresses", 105, wrap(v4, "0803 0000 020000000003 020000000004", dst, "1000", src, snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"wifi qos", 105, wrap(v4, "8802 0000", dst, "020000000003", src, "1000 0000", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"wifi qos ht control", 105, wrap(v4, "8882 0000", dst, "020000000003", src, "1000 0000 00000000", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"wifi decrypted by the card", 105, wrap(v4, "0842 0000", dst, "020000000003", src, "1000 0102002003040506", snap, "0800"), link.IPv4, v4, link.WrapWiFi | link.WrapLLC},
	{"radiotap", 127, wrap(v4, "00 00 0800 00000000 0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"radiotap check sequence", 127, wrap(append(slices.Clone(v4), 1, 2, 3, 4), "00 00 0900 02000000 10 0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"radiotap time, two words, padded", 127, wrap(append(slices.Clone(v4), 1, 2, 3, 4), "00 00 1900 030000a0 00000000 00000000 0000000000000000 30 8802 0000", dst, "020000000003", src, "1000 0000 0000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"prism", 119, wrap(v4, "44000000 10000000 0000000000000000 0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"prism big endian", 119, wrap(v4, "00000044 00000010 0000000000000000 0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"avs", 163, wrap(v4, "80211001 00000010 0000000000000000 0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"avs as prism", 119, wrap(v4, "80211001 00000010 0000000000000000 0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapRadio | link.WrapWiFi | link.WrapLLC},
	{"ppi ethernet", 192, wrap(v4, "00 00 0800 01000000", dst, src, "0800"), link.IPv4, v4, link.WrapMetadata},
	{"ppi wifi check sequence", 192, wrap(append(slices.Clone(v4), 1, 2, 3, 4), "00 00 2000 69000000 0200 1400 0000000000000000 0100 00000000000000000000", "0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.IPv4, v4, link.WrapMetadata | link.WrapWiFi | link.WrapLLC},
	{"pktap", 258, wrap(v4, pktap(1, "nsurlsessiond", "Spy"), dst, src, "0800"), link.IPv4, v4, link.WrapMetadata},
	{"pktap raw with prefix", 149, wrap(v4, pktap(12, "x", ""), "1e000000"), link.IPv4, v4, link.WrapMetadata},
}

// pktap builds an Apple header of 156 bytes: outgoing, four bytes of prefix.
func pktap(kind byte, name, actsFor string) string {
	h := make([]byte, 156)
	h[0], h[4], h[8], h[36], h[44] = 156, 1, kind, 2, 4
	copy(h[56:], name)
	copy(h[88:], actsFor)
	return hex.EncodeToString(h)
}

func TestParse(t *testing.T) {
	for _, test := range parseTests {
		t.Run(test.name, func(t *testing.T) {
			var f link.Frame
			if err := link.Parse(test.link, test.data, &f); err != nil {
				t.Fatal(err)
			}
			if f.Protocol != test.protocol || f.Wrappers != test.wrappers {
				t.Errorf("protocol %d wrappers %b, want %d %b", f.Protocol, f.Wrappers, test.protocol, test.wrappers)
			}
			if !bytes.Equal(f.Payload, test.payload) {
				t.Errorf("payload %x, want %x", f.Payload, test.payload)
			}
			if f.HasMAC && f.Src != [6]byte{2, 0, 0, 0, 0, 1} {
				t.Errorf("source %x", f.Src)
			}
			if f.HasMAC && f.Dst != [6]byte{} && f.Dst != [6]byte{2, 0, 0, 0, 0, 2} {
				t.Errorf("destination %x", f.Dst)
			}
			if f.Next() {
				t.Error("one packet became two")
			}
		})
	}
}

// TestCut: a header that is cut anywhere is an error, never a guess, and the
// payload is never longer than what is there.
func TestCut(t *testing.T) {
	for _, test := range parseTests {
		header := bytes.Index(test.data, test.payload)
		for n := range header {
			var f link.Frame
			if err := link.Parse(test.link, test.data[:n], &f); err == nil && f.Protocol != link.Other {
				t.Errorf("%s cut to %d of %d bytes: protocol %d, payload %x", test.name, n, header, f.Protocol, f.Payload)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	wifi := func(control string) []byte {
		return wrap(v4, control, "0000", dst, "020000000003", src, "1000", snap, "0800")
	}
	tests := []struct {
		name string
		link tinycheck.LinkType
		data []byte
		want error
	}{
		{"unknown", 195, v4, link.ErrUnknown},
		{"far unknown", 65535, v4, link.ErrUnknown},
		{"empty ethernet", 1, nil, link.ErrShort},
		{"macsec", 1, wrap(v4, dst, src, "88e5 0c 00 00000001 0800"), link.ErrEncrypted},
		{"tags without end", 1, wrap(v4, dst, src, strings.Repeat("8100 0001", 40), "0800"), link.ErrDeep},
		{"labels without end", 1, wrap(v4, dst, src, "8847", strings.Repeat("00010040", 40)), link.ErrDeep},
		{"pppoe discovery code", 51, wrap(v4, "1109 0001 001e 0021"), link.ErrNotData},
		{"pppoe version", 51, wrap(v4, "2100 0001 001e 0021"), link.ErrMalformed},
		{"raw version 5", 101, unhex("5000"), link.ErrMalformed},
		{"beacon", 105, wifi("8000"), link.ErrNotData},
		{"acknowledgement", 105, wifi("d400"), link.ErrNotData},
		{"null data", 105, wifi("4801"), link.ErrNotData},
		{"qos null data", 105, wifi("c801"), link.ErrNotData},
		{"wifi version", 105, wifi("0902"), link.ErrMalformed},
		{"protected", 105, wrap(v4, "0842 0000", dst, "020000000003", src, "1000 0102002003040506 1122334455667788"), link.ErrEncrypted},
		{"second fragment", 105, wrap(v4, "0802 0000", dst, "020000000003", src, "1100", snap, "0800"), link.ErrFragment},
		{"radiotap bad check sequence", 127, wrap(v4, "00 00 0900 02000000 50", "0802 0000", dst, "020000000003", src, "1000", snap, "0800"), link.ErrDamaged},
		{"radiotap length", 127, wrap(v4, "00 00 0400 00000000"), link.ErrMalformed},
		{"radiotap longer than the packet", 127, wrap(v4, "00 00 ffff 00000000"), link.ErrShort},
		{"radiotap words without end", 127, unhex("00 00 0c00 020000a0 000000a0"), link.ErrShort},
		{"prism length", 119, wrap(v4, "44000000 ffffffff"), link.ErrShort},
		{"ppi in ppi", 192, wrap(v4, "00 00 0800 c0000000 00 00 0800 01000000"), link.ErrUnknown},
		{"nflog without payload", 239, unhex("02 00 0000 0800 0100 0800 0300"), link.ErrShort},
		{"nflog attribute length", 239, unhex("02 00 0000 0000 0100 0800 0300"), link.ErrMalformed},
		{"frame relay address without end", 107, unhex("1860606060 03cc"), link.ErrMalformed},
		{"arcnet second part", 129, wrap(v4, "be 50 a8e7 d4 02 0166"), link.ErrFragment},
		{"mpacket continuation", 274, wrap(v4, "5555555555555561"), link.ErrFragment},
		{"fddi token", 10, wrap(v4, "80", dst, src), link.ErrNotData},
	}
	for _, test := range tests {
		var f link.Frame
		if err := link.Parse(test.link, test.data, &f); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestDetails(t *testing.T) {
	var f link.Frame
	parse := func(kind tinycheck.LinkType, data []byte) {
		t.Helper()
		if err := link.Parse(kind, data, &f); err != nil {
			t.Fatal(err)
		}
	}
	parse(1, wrap(v4, dst, src, "88a8 a064 8100 00c8 0800"))
	if f.VLANs != 2 || f.Outer != 100 || f.Inner != 200 || f.EtherType != 0x0800 {
		t.Errorf("tags %d %d %d, type %x", f.VLANs, f.Outer, f.Inner, f.EtherType)
	}
	parse(1, wrap(v4, dst, src, "8100 0fff 0800"))
	if f.VLANs != 1 || f.Outer != 4095 || f.Inner != 4095 {
		t.Errorf("one tag: %d %d %d", f.VLANs, f.Outer, f.Inner)
	}
	parse(1, wrap(v4, "000000000000 000000000000 0800"))
	if f.HasMAC {
		t.Error("a made-up header gave a hardware address")
	}
	directions := []struct {
		link tinycheck.LinkType
		data []byte
		want link.Direction
	}{
		{113, wrap(v4, "0000 0001 0006", src, "0000 0800"), link.Incoming},
		{113, wrap(v4, "0003 0001 0006", src, "0000 0800"), link.Passing},
		{113, wrap(v4, "0004 0001 0006", src, "0000 0800"), link.Outgoing},
		{276, wrap(v4, "0800 0000 00000002 0001 04 06", src, "0000"), link.Outgoing},
		{204, wrap(v4, "00 0021"), link.Incoming},
		{239, wrap(v4, "02 00 0000 0800 0100 0800 03 00 2000 0900"), link.Outgoing},
		{258, wrap(v4, pktap(1, "", ""), dst, src, "0800"), link.Outgoing},
		{1, wrap(v4, dst, src, "0800"), link.Unstated},
	}
	for i, test := range directions {
		if parse(test.link, test.data); f.Direction != test.want {
			t.Errorf("direction %d: %d, want %d", i, f.Direction, test.want)
		}
	}
	parse(258, wrap(v4, pktap(1, "nsurlsessiond", "Spy"), dst, src, "0800"))
	if string(f.App) != "Spy" {
		t.Errorf("program %q", f.App)
	}
	parse(258, wrap(v4, pktap(1, "Safari", ""), dst, src, "0800"))
	if string(f.App) != "Safari" {
		t.Errorf("program %q", f.App)
	}
	parse(239, wrap(v4, "02 00 0000 1000 0800 0006 0000", src, "0000 2000 0900"))
	if !f.HasMAC || f.Src != [6]byte{2, 0, 0, 0, 0, 1} {
		t.Errorf("nflog sender %x", f.Src)
	}
}

// TestAMSDU: two packets and one that is none, in one frame.
func TestAMSDU(t *testing.T) {
	first := append(unhex("020000000005 020000000006 0024", snap, "0800"), v4...) // 50 bytes, two of padding
	junk := unhex("020000000005 020000000006 0001 aa 0000")                       // an LLC header of one byte; padding
	second := append(unhex("020000000007 020000000008 0038", snap, "86dd"), v6...)
	data := slices.Concat(unhex("8802 0000", dst, "020000000003", src, "1000 8000"), first, []byte{0, 0}, junk[:15], []byte{0}, second)
	var f link.Frame
	if err := link.Parse(105, data, &f); err != nil {
		t.Fatal(err)
	}
	if f.Protocol != link.IPv4 || !bytes.Equal(f.Payload, v4) || f.Src[5] != 6 || f.Dst[5] != 5 {
		t.Errorf("first: %+v", f)
	}
	if !f.Next() || f.Protocol != link.IPv6 || !bytes.Equal(f.Payload, v6) || f.Src[5] != 8 {
		t.Errorf("second: %+v", f)
	}
	if f.Wrappers&link.WrapAMSDU == 0 {
		t.Error("not marked as A-MSDU")
	}
	if f.Next() {
		t.Error("third of two")
	}
}

func TestParseTrailer(t *testing.T) {
	tail := unhex("01072021 00002774 4368726f6d65 0000000000000000000000000000 deadbeef")
	unknown := unhex("01072021 ffffffff", strings.Repeat("00", 24))
	full := append(unhex("01072021 00000001"), "abcdefghijklmnopqrs\xc3\xde\xad\xbe\xef"...)
	tests := []struct {
		name  string
		extra []byte
		uid   int32
		app   string
		ok    bool
	}{
		{"plain", tail, 10100, "Chrome", true},
		{"padded", append([]byte{0, 0, 0}, tail...), 10100, "Chrome", true},
		{"without check sequence", tail[:28], 10100, "Chrome", true},
		{"unknown app", unknown, -1, "", true},
		{"name cut inside a character", full, 1, "abcdefghijklmnopqrs", true},
		{"cut", tail[:27], 0, "", false},
		{"too much padding", append([]byte{0, 0, 0, 0}, tail...), 0, "", false},
		{"padding of something else", append([]byte{1}, tail...), 0, "", false},
		{"none", nil, 0, "", false},
		{"ethernet padding", make([]byte, 40), 0, "", false},
	}
	for _, test := range tests {
		uid, app, ok := link.ParseTrailer(test.extra)
		if uid != test.uid || app != test.app || ok != test.ok {
			t.Errorf("%s: %d %q %v", test.name, uid, app, ok)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	var f link.Frame
	for _, test := range parseTests {
		n := testing.AllocsPerRun(10, func() {
			_ = link.Parse(test.link, test.data, &f)
			for f.Next() {
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", test.name, n)
		}
	}
}

// FuzzParse: whatever comes in under whatever link type, the payload lies within
// the packet, nothing is read twice, and the result is the same each time.
func FuzzParse(f *testing.F) {
	for _, test := range parseTests {
		f.Add(uint16(test.link), test.data)
	}
	f.Fuzz(func(t *testing.T, kind uint16, data []byte) {
		var one, two link.Frame
		err := link.Parse(tinycheck.LinkType(kind), data, &one)
		if !link.Known(tinycheck.LinkType(kind)) && err != link.ErrUnknown {
			t.Fatalf("unknown type %d: %v", kind, err)
		}
		if again := link.Parse(tinycheck.LinkType(kind), bytes.Clone(data), &two); again != err || !bytes.Equal(one.Payload, two.Payload) || one.Protocol != two.Protocol {
			t.Fatal("two readings differ")
		}
		checkFrame(t, data, &one, err)
		packets := 0
		for one.Next() {
			if packets++; packets > len(data)/14 {
				t.Fatal("more packets than bytes for their headers")
			}
			checkFrame(t, data, &one, nil)
		}
	})
}

func checkFrame(t *testing.T, data []byte, f *link.Frame, err error) {
	t.Helper()
	if !within(data, f.Payload) || !within(data, f.App) {
		t.Fatal("slice outside the packet")
	}
	if err == nil && f.Protocol == link.IPv4 && f.EtherType == 0x86dd {
		t.Fatal("protocol contradicts type")
	}
	if f.VLANs > link.MaxDepth {
		t.Fatalf("%d tags", f.VLANs)
	}
	if (f.VLANs > 0) != (f.Wrappers&link.WrapVLAN != 0) && err == nil && f.Wrappers&link.WrapAMSDU == 0 {
		t.Fatalf("%d tags, wrappers %b", f.VLANs, f.Wrappers)
	}
}

// within reports whether part is a piece of whole's memory.
func within(whole, part []byte) bool {
	if len(part) == 0 {
		return true
	}
	for i := range whole {
		if &whole[i] == &part[0] {
			return i+len(part) <= len(whole)
		}
	}
	return false
}

// FuzzParseTrailer: a trailer is only found where its magic is.
func FuzzParseTrailer(f *testing.F) {
	f.Add(unhex("01072021 00002774 4368726f6d65 0000000000000000000000000000 deadbeef"))
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, extra []byte) {
		_, app, ok := link.ParseTrailer(extra)
		at := bytes.Index(extra, unhex("01072021"))
		want := at >= 0 && at <= 3 && len(extra)-at >= 28 && bytes.Count(extra[:at], []byte{0}) == at
		if ok != want || len(app) > 20 || strings.ContainsRune(app, 0) {
			t.Fatalf("%q %v, magic at %d", app, ok, at)
		}
	})
}

func BenchmarkEthernet(b *testing.B) {
	data := wrap(v4, dst, src, "0800")
	var f link.Frame
	b.ReportAllocs()
	for b.Loop() {
		_ = link.Parse(tinycheck.LinkEthernet, data, &f)
	}
}
