package dnsmasq_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
)

func TestReadLeases(t *testing.T) {
	one := dnsmasq.Lease{MAC: tinycheck.MAC{2, 0, 0, 0, 0, 1}, Addr: netip.MustParseAddr("10.77.3.50"), Expires: time.Unix(1795329965, 0)}
	named := one
	named.Name = "phone"
	forever := one
	forever.Expires = time.Time{}
	for _, c := range []struct {
		name, text string
		want       []dnsmasq.Lease
	}{
		{"none", "", nil},
		{"one", "1795329965 02:00:00:00:00:01 10.77.3.50 * 01:02:00:00:00:00:01\n", []dnsmasq.Lease{one}},
		{"with a name", "1795329965 02:00:00:00:00:01 10.77.3.50 phone *\n", []dnsmasq.Lease{named}},
		{"for ever", "0 02:00:00:00:00:01 10.77.3.50 * *\n", []dnsmasq.Lease{forever}},
		{"the rest of an older file", "1795329965 02:00:00:00:00:01 10.77.3.50 * *\n0:00:00:00:01 10.77.3.50 * *\n1 02:00:00:00:00:01 10.77.3.51 * *\n", []dnsmasq.Lease{one}},
		{"IPv6 and what belongs to it", "duid 00:01:00:01:2f:00:00:00:02:00:00:00:00:01\n1795329965 1 fd77:3::50 * 00:01\n1795329965 02:00:00:00:00:01 10.77.3.50 * *\n", []dnsmasq.Lease{one}},
		{"not whole yet", "1795329965 02:00:00:00:00:01 10.77.3.5 * 01:02", nil},
		{"another kind of hardware", "1795329965 06-02:00:00:00:00:01 10.77.3.50 * *\n1795329965 02:00:00:00:00:00:00:01 10.77.3.50 * *\n", nil},
		{"no MAC", "1795329965 00:00:00:00:00:00 10.77.3.50 * *\n", nil},
		{"a time beyond all", "99999999999999 02:00:00:00:00:01 10.77.3.50 * *\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := dnsmasq.ReadLeases([]byte(c.text))
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("read %v, want %v", got, c.want)
			}
		})
	}
}

func TestNamesThatPhonesGiveThemselves(t *testing.T) {
	for name, want := range map[string]string{
		"*":                           "",
		"Annas-iPhone":                "Annas-iPhone",
		"\xff\xfe":                    "\uFFFD\uFFFD",
		"a\x1b[31mred\u202e":          "a\uFFFD[31mred\uFFFD",
		strings.Repeat("é", 60):       strings.Repeat("é", 32),
		"x" + strings.Repeat("é", 60): "x" + strings.Repeat("é", 31),
	} {
		list := dnsmasq.ReadLeases([]byte("1795329965 02:00:00:00:00:01 10.77.3.50 " + name + " *\n"))
		if len(list) != 1 || list[0].Name != want {
			t.Errorf("%q is read as %+v, want %q", name, list, want)
		}
	}
}

func FuzzReadLeases(f *testing.F) {
	f.Add([]byte("1795329965 02:00:00:00:00:01 10.77.3.50 * 01:02:00:00:00:00:01\nduid 00:01\n"))
	f.Add([]byte("0 02:00:00:00:00:02 10.77.3.51 \xff\xfe *\n0 02:00:00:00:00:03 10.77.3.52 x\u202ey *"))
	f.Add([]byte(strings.Repeat("1 02:00:00:00:00:01 1.2.3.4 a b\n", 3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		list := dnsmasq.ReadLeases(data)
		if len(list) > dnsmasq.MaxLeases {
			t.Fatalf("%d leases", len(list))
		}
		seen := make(map[tinycheck.MAC]bool)
		for _, l := range list {
			if seen[l.MAC] || l.MAC == (tinycheck.MAC{}) || !l.Addr.Is4() || l.Expires.Year() > 40000 {
				t.Errorf("read %+v", l)
			}
			seen[l.MAC] = true
			if len(l.Name) > dnsmasq.MaxName || !utf8.ValidString(l.Name) || strings.ContainsFunc(l.Name, func(r rune) bool { return !unicode.IsPrint(r) && r != utf8.RuneError }) {
				t.Errorf("the name %q", l.Name)
			}
		}
	})
}
