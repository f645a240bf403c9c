package dhcp_test

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"tinycheck/internal/wire/dhcp"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// message puts options behind a fixed part of zeros, from 02:00:5e:10:00:01.
func message(t testing.TB, options string) []byte {
	p := make([]byte, 240)
	p[0], p[1], p[2] = 1, 1, 6
	copy(p[4:], unhex(t, "deadbeef 0003 8000"))
	copy(p[28:], unhex(t, "02005e100001"))
	copy(p[236:], unhex(t, "63825363"))
	return append(p, unhex(t, options)...)
}

// What an Android phone asks, in the order of its options.
var discover = dhcp.V4{
	Op: dhcp.FromClient, Type: dhcp.Discover, TransactionID: 0xdeadbeef, Seconds: 3, Broadcast: true,
	ClientMAC: dhcp.MAC{0x02, 0, 0x5e, 0x10, 0, 1}, ClientID: []byte{1, 2, 0, 0x5e, 0x10, 0, 1}, MaxSize: 1500,
	VendorClass: "android-dhcp-14", HostName: "Annas-Pixel", ParameterList: []uint8{1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108}, RapidCommit: true,
	Options: []uint8{53, 61, 57, 60, 12, 55, 80},
}

var ack = dhcp.V4{
	Op: dhcp.FromServer, Type: dhcp.Ack, TransactionID: 7, ClientMAC: dhcp.MAC{2, 1, 1, 1, 1, 1},
	Client: netip.MustParseAddr("192.0.2.7"), Your: netip.MustParseAddr("192.0.2.7"), Next: netip.MustParseAddr("192.0.2.1"), Relay: netip.MustParseAddr("192.0.2.2"),
	Server: netip.MustParseAddr("192.0.2.1"), SubnetMask: netip.MustParseAddr("255.255.255.0"), Lease: 3600, Domain: "home.example",
	Routers: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, DNS: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.3")},
	Options: []uint8{53, 54, 51, 1, 3, 6, 15},
}

var request = dhcp.V4{
	Op: dhcp.FromClient, Type: dhcp.Request, TransactionID: 8, ClientMAC: dhcp.MAC{2, 1, 1, 1, 1, 1}, Requested: netip.MustParseAddr("192.0.2.7"),
	HostName: `M\195\188llers iPhone \092`, FQDN: "iphone.home.example", ParameterList: []uint8{1, 121, 3, 6, 15, 119, 252}, Options: []uint8{53, 55, 50, 12, 81},
}

func TestRoundTrip(t *testing.T) {
	for _, m := range []dhcp.V4{discover, ack, request} {
		out, err := dhcp.AppendV4([]byte("x"), m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dhcp.ParseV4(out[1:])
		want := m
		want.HostName = strings.ReplaceAll(m.HostName, `\195\188`, "ü") // letters stay
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
		}
		if len(out) != 301 && len(out) < 301 {
			t.Errorf("%d bytes", len(out)-1)
		}
	}
}

func TestDefaultOrder(t *testing.T) {
	m := discover
	m.Options = nil
	out, err := dhcp.AppendV4(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := dhcp.ParseV4(out)
	if want := []uint8{53, 12, 55, 57, 60, 61, 80}; !reflect.DeepEqual(got.Options, want) {
		t.Errorf("options %v, want %v", got.Options, want)
	}
}

func TestAppendRefuses(t *testing.T) {
	six := netip.MustParseAddr("::1")
	for what, m := range map[string]dhcp.V4{
		"unknown code": {Options: []uint8{200}},
		"empty field":  {Options: []uint8{12}},
		"family":       {Requested: six, Options: []uint8{50}},
		"fixed family": {Client: six},
		"escape":       {HostName: `\9`, Options: []uint8{12}},
		"big escape":   {HostName: `\256`, Options: []uint8{12}},
		"empty label":  {FQDN: "a..b", Options: []uint8{81}},
		"default":      {FQDN: "a..b"},
	} {
		if out, err := dhcp.AppendV4([]byte("x"), m); err == nil || string(out) != "x" {
			t.Errorf("%s: %d bytes, %v", what, len(out), err)
		}
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		what, options string
		check         func(m dhcp.V4) bool
		err           error
	}{
		{"pieces are joined, RFC 3396", "350101 0c03416e6e 370101 0c0361732d 370103 0c0150 ff",
			func(m dhcp.V4) bool {
				return m.HostName == "Annas-P" && reflect.DeepEqual(m.ParameterList, []uint8{1, 3}) && reflect.DeepEqual(m.Options, []uint8{53, 12, 55})
			}, nil},
		{"trailing zeros go, RFC 2132 2", "0c0441620000 ff", func(m dhcp.V4) bool { return m.HostName == "Ab" }, nil},
		{"control bytes are escaped", "0c03411b5c ff", func(m dhcp.V4) bool { return m.HostName == `A\027\092` }, nil},
		{"right-to-left override is escaped", "0c0441e280ae ff", func(m dhcp.V4) bool { return m.HostName == `A\226\128\174` }, nil},
		{"fqdn in ascii", "510a 000000 6d792e7063 2e00 ff", func(m dhcp.V4) bool { return m.FQDN == "my.pc" }, nil},
		{"fqdn in labels", "510a 050000 026d79 027063 00 ff", func(m dhcp.V4) bool { return m.FQDN == "my.pc" }, nil},
		{"fqdn in labels, first one only", "5106 040000 026d79 ff", func(m dhcp.V4) bool { return m.FQDN == "my" }, nil},
		{"fqdn in labels, broken", "5107 040000 026d7909 ff", func(m dhcp.V4) bool { return m.FQDN == "my" }, dhcp.ErrData},
		{"fqdn too short", "510100 0c0141 ff", func(m dhcp.V4) bool { return m.FQDN == "" && m.HostName == "A" }, dhcp.ErrData},
		{"padding", "000000350103 00 0c0141 ff 0c0142", func(m dhcp.V4) bool { return m.Type == dhcp.Request && m.HostName == "A" }, nil},
		{"address of five bytes", "3205c000020101 0c0141 ff", func(m dhcp.V4) bool { return !m.Requested.IsValid() && m.HostName == "A" }, dhcp.ErrData},
		{"servers of six bytes", "0606c0000201c000 0c0141 ff", func(m dhcp.V4) bool { return len(m.DNS) == 1 && m.HostName == "A" }, dhcp.ErrData},
		{"cut in the name", "350101 0c0b416e6e6173", func(m dhcp.V4) bool { return m.Type == dhcp.Discover && m.HostName == "Annas" }, dhcp.ErrCut},
		{"cut behind a code", "350101 0c", func(m dhcp.V4) bool { return m.Type == dhcp.Discover }, dhcp.ErrCut},
		{"no end, as some send it", "350101", func(m dhcp.V4) bool { return m.Type == dhcp.Discover }, nil},
		{"unknown codes", "fa0100 e0021234 ff", func(m dhcp.V4) bool { return reflect.DeepEqual(m.Options, []uint8{250, 224}) }, nil},
	}
	for _, tt := range tests {
		m, err := dhcp.ParseV4(message(t, tt.options))
		if !errors.Is(err, tt.err) || !tt.check(m) {
			t.Errorf("%s: %+v, %v", tt.what, m, err)
		}
		if m.ClientMAC.String() != "02:00:5e:10:00:01" || m.TransactionID != 0xdeadbeef || m.Seconds != 3 || !m.Broadcast {
			t.Errorf("%s: fixed part %+v", tt.what, m)
		}
	}
}

// Options go on in file (first) and server name, RFC 2131 4.1 and RFC 3396.
func TestOverload(t *testing.T) {
	p := message(t, "340103 0c0141 ff")
	copy(p[108:], unhex(t, "0c0142 ff"))
	copy(p[44:], unhex(t, "0c0143 3c0144 ff"))
	if m, err := dhcp.ParseV4(p); err != nil || m.HostName != "ABC" || m.VendorClass != "D" || !reflect.DeepEqual(m.Options, []uint8{52, 12, 60}) {
		t.Errorf("%+v, %v", m, err)
	}
	p[242] = 1
	if m, _ := dhcp.ParseV4(p); m.HostName != "AB" {
		t.Errorf("file only: %+v", m)
	}
	p[242] = 0
	if m, _ := dhcp.ParseV4(p); m.HostName != "A" {
		t.Errorf("neither: %+v", m)
	}
}

func TestForeign(t *testing.T) {
	whole := message(t, "350101 ff")
	for n := range 240 {
		m, err := dhcp.ParseV4(whole[:n])
		if !errors.Is(err, dhcp.ErrCut) || n >= 44 && m.ClientMAC == (dhcp.MAC{}) {
			t.Fatalf("%d bytes: %+v, %v", n, m, err)
		}
	}
	bad := message(t, "350101 ff")
	bad[0] = 3
	if _, err := dhcp.ParseV4(bad); !errors.Is(err, dhcp.ErrForeign) {
		t.Error("op 3:", err)
	}
	bad[0], bad[236] = 1, 0
	if m, err := dhcp.ParseV4(bad); !errors.Is(err, dhcp.ErrForeign) || m.ClientMAC == (dhcp.MAC{}) {
		t.Error("cookie:", err)
	}
	hardware := message(t, "ff")
	hardware[1], hardware[2] = 32, 16 // InfiniBand
	if m, err := dhcp.ParseV4(hardware); err != nil || m.ClientMAC != (dhcp.MAC{}) {
		t.Error("InfiniBand:", m, err)
	}
}

func FuzzParseV4(f *testing.F) {
	for _, m := range []dhcp.V4{discover, ack, request} {
		p, err := dhcp.AppendV4(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
	}
	f.Add(message(f, "350101 0c03416e6e 0c0361732d 510a 050000 026d79 027063 00 ff"))
	p := message(f, "340103 0c0141 ff")
	copy(p[108:], unhex(f, "0c0142 ff"))
	f.Add(p)
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := dhcp.ParseV4(p)
		for _, s := range []string{m.HostName, m.FQDN, m.Domain, m.VendorClass} {
			checkText(t, s)
		}
		checkOracle(t, p, &m, err)
		checkWritten(t, &m)
	})
}

// checkText wants bounded text without control bytes.
func checkText(t *testing.T, s string) {
	t.Helper()
	if len(s) > 4*320 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd || r == 0x202e }) {
		t.Fatalf("text %q", s)
	}
}

// checkWritten writes what was read and reads it again.
func checkWritten(t *testing.T, m *dhcp.V4) {
	m.Options = nil
	if m.Op != dhcp.FromClient && m.Op != dhcp.FromServer {
		return
	}
	m.FQDN = "" // its labels may hold anything
	out, err := dhcp.AppendV4(nil, *m)
	if err != nil {
		t.Fatalf("%v: %+v", err, m)
	}
	again, err := dhcp.ParseV4(out)
	again.Options = nil
	if err != nil || !reflect.DeepEqual(&again, m) {
		t.Fatalf("%v\ngot  %+v\nwant %+v", err, again, *m)
	}
}

// checkOracle compares with gopacket what it reads without complaint.
func checkOracle(t *testing.T, p []byte, m *dhcp.V4, err error) {
	var o layers.DHCPv4
	if o.DecodeFromBytes(p, gopacket.NilDecodeFeedback) != nil || m.Op != uint8(o.Operation) || errors.Is(err, dhcp.ErrForeign) || errors.Is(err, dhcp.ErrCut) {
		return
	}
	if m.TransactionID != o.Xid || m.Seconds != o.Secs || !same(m.Client, o.ClientIP) || !same(m.Your, o.YourClientIP) || !same(m.Relay, o.RelayAgentIP) || !same(m.Next, o.NextServerIP) {
		t.Fatalf("fixed part %+v, oracle %+v", m, o)
	}
	var order []uint8
	values, seen := map[uint8][]byte{}, map[uint8]bool{}
	for _, opt := range o.Options {
		code := uint8(opt.Type)
		if code == 0 || code == 255 {
			continue
		}
		if !seen[code] {
			seen[code] = true
			order = append(order, code)
		}
		values[code] = append(values[code], opt.Data...)
	}
	if seen[dhcp.OptionOverload] {
		return // the oracle does not look there
	}
	if !reflect.DeepEqual(order, m.Options) {
		t.Fatalf("options %v, oracle %v", m.Options, order)
	}
	if v := values[53]; len(v) == 1 && uint8(m.Type) != v[0] {
		t.Fatalf("type %d, oracle %v", m.Type, v)
	}
	if string(m.ParameterList) != string(values[55]) || string(m.ClientID) != string(values[61]) {
		t.Fatalf("%+v, oracle %v", m, values)
	}
	if v := values[50]; len(v) == 4 && !same(m.Requested, v) {
		t.Fatalf("requested %v, oracle %v", m.Requested, v)
	}
}

// same says whether an address is what the oracle read; zeros are none.
func same(a netip.Addr, o []byte) bool {
	b, ok := netip.AddrFromSlice(o)
	if b = b.Unmap(); !ok || b.IsUnspecified() {
		return !a.IsValid()
	}
	return a == b
}

func TestOracle(t *testing.T) {
	for _, m := range []dhcp.V4{discover, ack, request} {
		p, err := dhcp.AppendV4(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		var o layers.DHCPv4
		if err := o.DecodeFromBytes(p, gopacket.NilDecodeFeedback); err != nil {
			t.Fatal(err)
		}
		got, err := dhcp.ParseV4(p)
		checkOracle(t, p, &got, err)
		if dhcp.MAC(o.ClientHWAddr) != got.ClientMAC {
			t.Errorf("%v, oracle %v", got.ClientMAC, o.ClientHWAddr)
		}
	}
}
