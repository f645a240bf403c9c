package dhcp_test

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"tinycheck/internal/wire/dhcp"
)

// What a Windows computer solicits: elapsed time, DUID-LLT, an association
// with an address, FQDN, vendor class, option request.
const solicit = "01 10e2c3" +
	"0008 0002 0c1c" +
	"0001 000e 0001 0001 1a2b3c4d 02005e100001" +
	"0003 0028 0e000c29 00000000 00000000 0005 0018 20010db8000000000000000000000007 0000003c 00000078" +
	"0027 000b 00 04 57494e31 04 68006f6d" +
	"0010 000e 00000137 0008 4d53465420352e30" +
	"0006 0008 0018 0017 0011 0027"

func TestParseV6(t *testing.T) {
	want := dhcp.V6{
		Type: dhcp.Solicit, TransactionID: 0x10e2c3, ClientDUID: unhex(t, "0001 0001 1a2b3c4d 02005e100001"), ClientMAC: dhcp.MAC{2, 0, 0x5e, 0x10, 0, 1},
		FQDN: `WIN1.h\000om`, VendorEnterprise: 311, VendorClass: []string{"MSFT 5.0"}, Requested: []uint16{24, 23, 17, 39},
		Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::7")}, Options: []uint16{8, 1, 3, 39, 16, 6},
	}
	got, err := dhcp.ParseV6(unhex(t, solicit))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
	relay := unhex(t, "0c00 20010db8000000000000000000000001 fe800000000000000000000000000001 004f 0008 0001 02005e100002 0009 0013 07 000001 0001 000b 0002 0000 0009 0102030405 06 17")
	relay = relay[:len(relay)-1]
	got, err = dhcp.ParseV6(relay)
	if !errors.Is(err, dhcp.ErrCut) { // one byte short
		t.Error(err)
	}
	want = dhcp.V6{Type: dhcp.Reply, TransactionID: 1, Relays: 1, ClientMAC: dhcp.MAC{2, 0, 0x5e, 0x10, 0, 2}, ClientDUID: unhex(t, "0002 0000 0009 0102030405"), Options: []uint16{1}}
	if got.Type != want.Type || got.Relays != 1 || got.ClientMAC != want.ClientMAC || !reflect.DeepEqual(got.Options, want.Options) {
		t.Errorf("got %+v", got)
	}
}

func TestOptions6(t *testing.T) {
	head := "07 000001"
	tests := []struct {
		what, options string
		check         func(m dhcp.V6) bool
		err           error
	}{
		{"DUID-LL", "0001 000a 0003 0001 02005e100003", func(m dhcp.V6) bool { return m.ClientMAC.String() == "02:00:5e:10:00:03" }, nil},
		{"DUID-UUID has no MAC", "0001 0012 0004 00112233445566778899aabbccddeeff", func(m dhcp.V6) bool { return m.ClientMAC == dhcp.MAC{} && len(m.ClientDUID) == 18 }, nil},
		{"DUID-LL of InfiniBand", "0001 000a 0003 0020 02005e100003", func(m dhcp.V6) bool { return m.ClientMAC == dhcp.MAC{} }, nil},
		{"prefix", "0019 0029 00000001 00000000 00000000 001a 0019 00000001 00000002 38 20010db8010000000000000000000000",
			func(m dhcp.V6) bool {
				return len(m.Prefixes) == 1 && m.Prefixes[0] == netip.MustParsePrefix("2001:db8:100::/56")
			}, nil},
		{"temporary address", "0004 0020 00000001 0005 0018 20010db8000000000000000000000009 00000001 00000002", func(m dhcp.V6) bool { return len(m.Addresses) == 1 }, nil},
		{"DNS servers", "0017 0010 20010db8000000000000000000000001", func(m dhcp.V6) bool { return len(m.DNS) == 1 && m.DNS[0].String() == "2001:db8::1" }, nil},
		{"half a request", "0006 0003 001700 0001 0002 0004", func(m dhcp.V6) bool { return len(m.Requested) == 1 && len(m.ClientDUID) == 2 }, dhcp.ErrData},
		{"vendor class beyond its option", "0010 0008 00000137 0009 4142", func(m dhcp.V6) bool { return len(m.VendorClass) == 1 && m.VendorClass[0] == "AB" }, dhcp.ErrData},
		{"cut option", "0027 0009 00 04 57494e31", func(m dhcp.V6) bool { return m.FQDN == "WIN1" }, dhcp.ErrCut},
		{"cut option head", "0027 00", func(m dhcp.V6) bool { return m.FQDN == "" }, dhcp.ErrCut},
		{"empty DUID", "0001 0000", func(m dhcp.V6) bool { return len(m.ClientDUID) == 0 }, dhcp.ErrData},
		{"association too short", "0003 0004 00000001", func(m dhcp.V6) bool { return true }, dhcp.ErrData},
		{"unknown option", "ffff 0001 00", func(m dhcp.V6) bool { return m.Options[0] == 0xffff }, nil},
	}
	for _, tt := range tests {
		m, err := dhcp.ParseV6(unhex(t, head+tt.options))
		if !errors.Is(err, tt.err) || !tt.check(m) {
			t.Errorf("%s: %+v, %v", tt.what, m, err)
		}
	}
	for msg, want := range map[string]error{"": dhcp.ErrCut, "07 0000": dhcp.ErrCut, "00 000001": dhcp.ErrForeign, "ff 000001": dhcp.ErrForeign, "0c 00 00 00": dhcp.ErrCut} {
		if _, err := dhcp.ParseV6(unhex(t, msg)); !errors.Is(err, want) {
			t.Errorf("%q: %v", msg, err)
		}
	}
}

// nested wraps a message in n relay messages.
func nested(msg []byte, n int) []byte {
	for range n {
		head := make([]byte, 34)
		head[0] = 12
		msg = append(append(head, 0, 9, byte(len(msg)>>8), byte(len(msg))), msg...)
	}
	return msg
}

func TestRelayDepth(t *testing.T) {
	inner := unhex(t, solicit)
	if m, err := dhcp.ParseV6(nested(inner, 8)); err != nil || m.Relays != 8 || m.Type != dhcp.Solicit || m.ClientMAC == (dhcp.MAC{}) {
		t.Errorf("eight: %+v, %v", m, err)
	}
	if m, err := dhcp.ParseV6(nested(inner, 9)); !errors.Is(err, dhcp.ErrData) || len(m.Options) != 0 {
		t.Errorf("nine: %+v, %v", m, err)
	}
}

func FuzzParseV6(f *testing.F) {
	f.Add(unhex(f, solicit))
	f.Add(nested(unhex(f, solicit), 2))
	f.Add(unhex(f, "07 000001 0019 0029 00000001 00000000 00000000 001a 0019 00000001 00000002 38 20010db8010000000000000000000000"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := dhcp.ParseV6(p)
		checkText(t, m.FQDN)
		for _, s := range m.VendorClass {
			checkText(t, s)
		}
		if m.Relays > 9 || len(m.Addresses)+len(m.Prefixes) > 256 || len(m.Options)*4 > len(p) || len(m.Requested)*2 > len(p) || len(m.VendorClass)*2 > len(p) {
			t.Fatalf("more than there can be: %+v", m)
		}
		checkOracle6(t, p, &m, err)
	})
}

// checkOracle6 compares with gopacket what it reads without complaint.
func checkOracle6(t *testing.T, p []byte, m *dhcp.V6, err error) {
	var o layers.DHCPv6
	if err != nil || m.Relays > 0 || o.DecodeFromBytes(p, gopacket.NilDecodeFeedback) != nil {
		return
	}
	var order []uint16
	var requested []uint16
	for _, opt := range o.Options {
		order = append(order, uint16(opt.Code))
		if opt.Code == layers.DHCPv6OptOro {
			for b := opt.Data; len(b) >= 2; b = b[2:] {
				requested = append(requested, uint16(b[0])<<8|uint16(b[1]))
			}
		}
	}
	if uint8(m.Type) != uint8(o.MsgType) || !reflect.DeepEqual(m.Options, order) || !reflect.DeepEqual(m.Requested, requested) {
		t.Fatalf("%+v, oracle %+v", m, o)
	}
}

func TestOracle6(t *testing.T) {
	var o layers.DHCPv6
	p := unhex(t, solicit)
	if err := o.DecodeFromBytes(p, gopacket.NilDecodeFeedback); err != nil {
		t.Fatal(err)
	}
	m, err := dhcp.ParseV6(p)
	checkOracle6(t, p, &m, err)
}
