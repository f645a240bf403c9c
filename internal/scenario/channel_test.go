package scenario_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/scenario"
)

// said are the names and addresses that decode reads out of a channel.
func said(t testing.TB, c scenario.Channel, name string, addr netip.Addr) (list []string) {
	d := decode.New(decode.Config{}, func(e tinycheck.Event) {
		switch f := e.Fact.(type) {
		case tinycheck.DNSQuery:
			list = append(list, "dns "+f.Name)
		case tinycheck.DNSAnswer:
			list = append(list, "answer "+f.RCode)
			for _, a := range f.CNAME {
				list = append(list, "alias "+a.Alias)
			}
		case tinycheck.ClientHello:
			list = append(list, string(f.Via)+" "+f.SNI)
		case tinycheck.HTTPRequest:
			list = append(list, "http "+f.Host)
		case tinycheck.FlowEnd:
			list = append(list, "remote "+e.Flow.Remote().Addr().String())
		}
	})
	if err := c.Packets(name, addr, func(p *tinycheck.Packet) error { d.Decode(p); return nil }); err != nil {
		t.Fatal(err)
	}
	d.End()
	return list
}

func TestChannels(t *testing.T) {
	want := map[string]string{
		"dns": "dns a.spy.test", "dns-unanswered": "dns a.spy.test", "dns-nxdomain": "answer NXDOMAIN", "dns-alias": "alias a.spy.test",
		"tls": "tls a.spy.test", "quic": "quic a.spy.test", "http": "http a.spy.test", "address": "remote ADDRESS",
	}
	list := scenario.Channels()
	if len(list) != len(want) {
		t.Fatalf("%d channels", len(list))
	}
	for _, c := range list {
		for _, a := range []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")} {
			got := said(t, c, "a.spy.test", a)
			if w := strings.ReplaceAll(want[c.Name], "ADDRESS", a.String()); w == "" || !slices.Contains(got, w) {
				t.Errorf("%s %v: %q, want %q", c.Name, a, got, w)
			}
			shows := slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "a.spy.test") })
			if shows != c.ByName {
				t.Errorf("%s: name shows: %v", c.Name, shows)
			}
			pack := func(emit func(*tinycheck.Packet) error) error { return c.Packets("a.spy.test", a, emit) }
			one, _ := digest(t, pack)
			if two, _ := digest(t, pack); one != two {
				t.Errorf("%s: not the same twice", c.Name)
			}
		}
		if c.ByName && c.Packets("no name", scenario.Neutral(false), nil) == nil {
			t.Errorf("%s took a name with a blank", c.Name)
		}
	}
}

func BenchmarkChannels(b *testing.B) {
	list := scenario.Channels()
	for b.Loop() {
		for i := range 1000 {
			name := fmt.Sprintf("host%d.spy.test", i)
			for _, c := range list {
				for _, six := range []bool{false, true} {
					if err := c.Packets(name, scenario.Neutral(six), func(*tinycheck.Packet) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		s, err := scenario.Find("stalkerware-tls")
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Packets(func(*tinycheck.Packet) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
