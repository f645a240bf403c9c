package dns_test

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"tinycheck/internal/wire/dns"
)

const (
	fooCom = "03666f6f 076578616d706c65 03636f6d 00"
	fooOrg = "03666f6f 076578616d706c65 036f7267 00"
	// An ECHConfigList with one configuration whose public name is
	// cloudflare-ech.com.
	echList = "0045 fe0d 0041 a5 0020 0020 7f454e61002e665dedee399b4d639f0173c514d5c778401c50cea8ab3255997900040001000100 12 636c6f7564666c6172652d6563682e636f6d 0000"
)

func addrs(s ...string) (out []netip.Addr) {
	for _, a := range s {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

// The vectors of RFC 9460 appendix D, and what real resolvers send.
func TestSVCB(t *testing.T) {
	ech := []dns.ECHConfig{{ConfigID: 0xa5, KEM: 0x20, PublicName: "cloudflare-ech.com"}}
	tests := []struct {
		what, data string
		want       dns.SVCB
		err        error
	}{
		{"D.1 alias", "0000" + fooCom, dns.SVCB{Target: "foo.example.com"}, nil},
		{"D.2 figure 3: the owner itself", "0001 00", dns.SVCB{Priority: 1}, nil},
		{"D.2 figure 4: port", "0010" + fooCom + "0003 0002 0035", dns.SVCB{Priority: 16, Target: "foo.example.com", Port: 53}, nil},
		{"D.2 figure 5: unknown key", "0001" + fooCom + "029b 0005 68656c6c6f", dns.SVCB{Priority: 1, Target: "foo.example.com"}, nil},
		{"D.2 figure 7: ipv6hint", "0001" + fooCom + "0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001",
			dns.SVCB{Priority: 1, Target: "foo.example.com", IPv6Hint: addrs("2001:db8::1", "2001:db8::53:1")}, nil},
		{"D.2 figure 9: mandatory, alpn, ipv4hint", "0010" + fooOrg + "0000 0004 0001 0004 0001 0009 026832 0568332d3139 0004 0004 c0000201",
			dns.SVCB{Priority: 16, Target: "foo.example.org", ALPN: []string{"h2", "h3-19"}, IPv4Hint: addrs("192.0.2.1")}, nil},
		{"D.2 figure 10: comma and backslash in alpn", "0010" + fooOrg + "0001 000c 08665c6f6f2c626172 026832",
			dns.SVCB{Priority: 16, Target: "foo.example.org", ALPN: []string{`f\oo,bar`, "h2"}}, nil},
		{"ech", "0001 00 0001 0006 026833 026832 0002 0000 0005 0047" + echList,
			dns.SVCB{Priority: 1, ALPN: []string{"h3", "h2"}, NoDefault: true, ECHPresent: true, ECH: ech}, nil},
		{"ech of zeros", "0001 00 0005 0004 00000000", dns.SVCB{Priority: 1, ECHPresent: true}, dns.ErrData},
		{"alias mode ignores parameters", "0000 00 0003 0002 0035", dns.SVCB{}, nil},
		{"keys not ascending", "0001 00 0003 0002 0035 0001 0003 026832", dns.SVCB{Priority: 1, Port: 53, ALPN: []string{"h2"}}, dns.ErrData},
		{"a key twice", "0001 00 0003 0002 0035 0003 0002 0036", dns.SVCB{Priority: 1, Port: 54}, dns.ErrData},
		{"alpn beyond its value", "0001 00 0001 0004 026832 09", dns.SVCB{Priority: 1, ALPN: []string{"h2"}}, dns.ErrData},
		{"value beyond the data", "0001 00 0001 0009 026832", dns.SVCB{Priority: 1, ALPN: []string{"h2"}}, dns.ErrData},
		{"half a hint", "0001 00 0004 0006 c00002010000", dns.SVCB{Priority: 1, IPv4Hint: addrs("192.0.2.1")}, dns.ErrData},
		{"half a key", "0001 00 0001", dns.SVCB{Priority: 1}, dns.ErrData},
	}
	for _, tt := range tests {
		for _, typ := range []dns.Type{dns.TypeSVCB, dns.TypeHTTPS} {
			t.Run(tt.what, func(t *testing.T) {
				data := unhex(t, tt.data)
				msg := unhex(t, fmt.Sprintf("0001 8180 0000 0001 0000 0000 0161 00 %04x 0001 00000001 %04x %x", int(typ), len(data), data))
				m, err := dns.Parse(msg)
				if !errors.Is(err, tt.err) || len(m.Records) != 1 || m.Records[0].Damaged != (tt.err != nil) {
					t.Fatalf("%+v, %v, want error %v", m.Records, err, tt.err)
				}
				got := *m.Records[0].SVCB
				if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", tt.want) {
					t.Fatalf("got  %+v\nwant %+v", got, tt.want)
				}
			})
		}
	}
}

// Several records of one message keep apart what they share in memory.
func TestManySVCB(t *testing.T) {
	msg := unhex(t, "0001 8180 0000 0028 0000 0000")
	for i := range byte(40) {
		msg = append(msg, 0, 0, 65, 0, 1, 0, 0, 0, 1, 0, 20, 0, 1, 0, 0, 1, 0, 5, 2, 'h', '2', 1, 'a'+i%26, 0, 4, 0, 4, 10, 0, 0, i)
	}
	var m dns.Message
	for range 3 {
		if err := m.Unpack(msg); err != nil {
			t.Fatal(err)
		}
		for i, r := range m.Records {
			want := dns.SVCB{Priority: 1, ALPN: []string{"h2", string(rune('a' + i%26))}, IPv4Hint: []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}}
			if !reflect.DeepEqual(r.SVCB.ALPN, want.ALPN) || !reflect.DeepEqual(r.SVCB.IPv4Hint, want.IPv4Hint) {
				t.Fatalf("record %d: %+v", i, *r.SVCB)
			}
		}
	}
}

func TestECHConfigList(t *testing.T) {
	one := dns.ECHConfig{ConfigID: 0xa5, KEM: 0x20, PublicName: "cloudflare-ech.com"}
	config := echList[4:]
	tests := []struct {
		what, list string
		want       []dns.ECHConfig
		err        error
	}{
		{"one", echList, []dns.ECHConfig{one}, nil},
		{"two", "008a" + config + config, []dns.ECHConfig{one, one}, nil},
		{"unknown version is skipped", "004b fe0c 0002 0000" + config, []dns.ECHConfig{one}, nil},
		{"cut in the second", "008a" + config + "fe0d 0041 a5", []dns.ECHConfig{one}, dns.ErrECH},
		{"broken contents do not hide the next", "004b fe0d 0002 0000" + config, []dns.ECHConfig{one}, dns.ErrECH},
		{"list longer than said", echList + "00", []dns.ECHConfig{one}, dns.ErrECH},
		{"empty", "0000", nil, dns.ErrECH},
		{"nothing", "", nil, dns.ErrECH},
	}
	for _, tt := range tests {
		got, err := dns.ParseECHConfigList(unhex(t, tt.list))
		if !errors.Is(err, tt.err) || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v", tt.what, got, err)
		}
	}
}

func FuzzECHConfigList(f *testing.F) {
	f.Add(unhex(f, echList))
	f.Add(unhex(f, "004b fe0c 0002 0000"+echList[4:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, _ := dns.ParseECHConfigList(b)
		if len(list)*13 > len(b) {
			t.Fatalf("%d configurations in %d bytes", len(list), len(b))
		}
		for _, c := range list {
			checkName(t, c.PublicName)
		}
	})
}
