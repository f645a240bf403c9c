package match_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/match"
	"tinycheck/internal/spelling"
)

// naive is what Name means, said plainly.
func naive(list []tinycheck.Indicator, host string) (found []tinycheck.Indicator) {
	best := ""
	for _, i := range list {
		if i.Type == tinycheck.DomainName && spelling.Under(host, i.Value) && len(i.Value) > len(best) {
			best = i.Value
		}
	}
	for _, i := range list {
		if best != "" && i.Type == tinycheck.DomainName && i.Value == best {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
	return found
}

func all(l match.Listing) (list []tinycheck.Indicator) {
	for n := range l.Len() {
		list = append(list, l.At(n))
	}
	return list
}

func same(a, b []tinycheck.Indicator) bool {
	return slices.EqualFunc(a, b, func(x, y tinycheck.Indicator) bool { return x.Compare(&y) == 0 })
}

// Names of few labels and few letters meet often.
func FuzzIndexName(f *testing.F) {
	f.Add(uint64(1), "a.b.c")
	f.Add(uint64(2), "b.b")
	f.Add(uint64(3), "x")
	f.Add(uint64(4), "..a..b..")
	f.Add(uint64(5), "")
	f.Fuzz(func(t *testing.T, seed uint64, host string) {
		r := rand.New(rand.NewPCG(seed, 7))
		var list []tinycheck.Indicator
		for range r.IntN(40) {
			var labels []string
			for range 1 + r.IntN(4) {
				labels = append(labels, string("abcxyz"[r.IntN(6)]))
			}
			list = append(list, tinycheck.Indicator{Class: []tinycheck.Class{tinycheck.ClassC2, tinycheck.ClassWebsite}[r.IntN(2)],
				Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: strings.Join(labels, ".")}})
		}
		x := match.NewIndex(list, nil)
		for _, name := range []string{host, host + ".a", "x." + host, "a.b.c", "c.x.y.z"} {
			if got, want := all(x.Name(name)), naive(list, name); !same(got, want) {
				t.Fatalf("Name(%q) = %v, want %v", name, got, want)
			}
		}
	})
}

// What goes in comes out, every field, whatever the order.
func TestIndexKeepsEverything(t *testing.T) {
	list := mixed(3000)
	before := slices.Clone(list)
	x := match.NewIndex(list, nil)
	if !same(before, list) {
		t.Error("NewIndex changes the list that it is given")
	}
	slices.SortFunc(list, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].Observable == list[from].Observable {
			to++
		}
		want, _ := json.Marshal(list[from:to])
		if got, _ := json.Marshal(all(lookup(x, list[from].Observable))); string(got) != string(want) {
			t.Fatalf("%v: got\n%s\nwant\n%s", list[from].Observable, got, want)
		}
		from = to
	}
}

func lookup(x *match.Index, o tinycheck.Observable) match.Listing {
	if p, ok := o.Prefix(); ok {
		return x.Address(p.Addr())
	}
	if o.Type == tinycheck.DomainName {
		return x.Name(o.Value)
	}
	return x.Exact(o)
}

// Nothing is what traffic has most of: no fingerprint, no name.
func TestEmptyAndHugeValuesMatchNothing(t *testing.T) {
	long := strings.Repeat("a", 70_000)
	p := newTape([]tinycheck.Indicator{c2("ja3=", "S"), c2("x509-sha1=", "S"), c2("domain-name=", "S"), c2("url="+long, "S"), c2("spy.example", "S")})
	p.quic(server, "weather.example")
	p.certificate(server, "", tinycheck.Certificate{})
	p.query("")
	compare(t, p.told(), nil)
	if x := match.NewIndex([]tinycheck.Indicator{c2("url="+long, "S")}, nil); x.Exact(tinycheck.Observable{Type: tinycheck.URL, Value: long}).Len() != 0 || x.Count(tinycheck.ClassC2) != 0 {
		t.Error("a value that no traffic has is kept")
	}
}

// mixed makes indicators of every type, some observables listed by several.
func mixed(n int) (list []tinycheck.Indicator) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []tinycheck.ObservableType{tinycheck.DomainName, tinycheck.IPv4Addr, tinycheck.IPv6Addr, tinycheck.URL, tinycheck.CertSHA1, tinycheck.JA3}
	for range n {
		k, v := kinds[r.IntN(len(kinds))], r.IntN(n)
		i := tinycheck.Indicator{Observable: tinycheck.Observable{Type: k, Value: value(k, v)}, Class: tinycheck.ClassC2, Family: fmt.Sprint("family", r.IntN(9)),
			Feed: fmt.Sprint("feed", r.IntN(3)), SourceID: fmt.Sprintf("indicator--%d", r.IntN(n)), TLP: "green", Confidence: r.IntN(3), Tags: []string{"a", fmt.Sprint(r.IntN(2))}}
		if r.IntN(2) == 0 {
			i.Updated = noon.Add(time.Duration(r.IntN(5)) * time.Hour)
		}
		list = append(list, i)
	}
	return list
}

func value(k tinycheck.ObservableType, v int) string {
	switch k {
	case tinycheck.IPv4Addr:
		return netip.AddrFrom4([4]byte{203, byte(v >> 16), byte(v >> 8), byte(v)}).String()
	case tinycheck.IPv6Addr:
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{32, 1, byte(v >> 8), byte(v)}), 32).String()
	case tinycheck.URL:
		return fmt.Sprintf("http://host%d.example/gate.php", v)
	case tinycheck.CertSHA1, tinycheck.JA3:
		return fmt.Sprintf("%040x", v)
	}
	return fmt.Sprintf("host%d.example%d.com", v, v%977)
}

func TestAddresses(t *testing.T) {
	x := match.NewIndex([]tinycheck.Indicator{c2("203.0.113.5", "one"), c2("203.0.113.0/24", "net"), c2("203.0.0.0/16", "wide"), c2("2001:db8::5", "six"), c2("2001:db8::/48", "net6")},
		[]tinycheck.Context{platform("198.51.100.0/24"), {Observable: listing("", "192.0.2.0/24", "").Observable, Class: tinycheck.ContextService}})
	for a, want := range map[string]string{
		"203.0.113.5": "one", "::ffff:203.0.113.5": "one", "203.0.113.6": "net", "203.0.2.1": "wide", "203.1.0.1": "",
		"2001:db8::5": "six", "2001:db8::6": "net6", "2001:db8::5%eth0": "six", "2001:db9::1": "",
	} {
		got := ""
		if l := x.Address(netip.MustParseAddr(a)); l.Len() > 0 {
			got = l.At(0).Family
		}
		if got != want {
			t.Errorf("Address(%s) is of %q, want %q", a, got, want)
		}
	}
	for a, want := range map[string]bool{"198.51.100.7": true, "::ffff:198.51.100.7": true, "192.0.2.7": false, "203.0.113.5": false} {
		if got := x.Shared(netip.MustParseAddr(a)); got != want {
			t.Errorf("Shared(%s) = %v", a, got)
		}
	}
	if n := x.Count(tinycheck.ClassC2); n != 5 {
		t.Errorf("Count = %d", n)
	}
}

func TestContext(t *testing.T) {
	of := func(name string, class tinycheck.ContextClass, owner string) tinycheck.Context {
		return tinycheck.Context{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, Class: class, Owner: owner}
	}
	list := []tinycheck.Context{of("example.com", tinycheck.ContextService, "b"), of("push.example.com", tinycheck.ContextOS, "c"), of("example.com", tinycheck.ContextService, "a")}
	for range 2 {
		slices.Reverse(list)
		x := match.NewIndex(nil, list)
		for name, want := range map[string]string{"example.com": "b", "www.example.com": "b", "x.push.example.com": "c", "notexample.com": "", "com": "", "": ""} {
			got := ""
			if c := x.Context(name); c != nil {
				got = c.Owner
			}
			if got != want {
				t.Errorf("Context(%q) is of %q, want %q", name, got, want)
			}
		}
	}
}

// names makes n synthetic c2 names, as long as real ones are.
func names(n int) []tinycheck.Indicator {
	list := make([]tinycheck.Indicator, n)
	for i := range list {
		list[i] = tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: value(tinycheck.DomainName, i)},
			Class: tinycheck.ClassC2, Family: fmt.Sprintf("family%d", i%150), Feed: "feed"}
	}
	return list
}

// The design asks for at most 64 MB per million indicators.
func TestIndexIsSmall(t *testing.T) {
	const most = 64 // bytes per indicator
	for _, n := range []int{100_000, 1_000_000} {
		if n > 100_000 && testing.Short() {
			continue
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := match.NewIndex(names(n), nil)
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
		t.Logf("%d names: %.1f MB, %.1f bytes each", n, each*float64(n)/1e6, each)
		if each > most {
			t.Errorf("%d names take %.1f bytes each, at most %d", n, each, most)
		}
		if x.Name("www.host77.example77.com").Len() != 1 || x.Name("host77.example78.com").Len() != 0 {
			t.Error("a listed name is not found, or another is")
		}
	}
}

// Families that traffic can show, of one class, each once.
func TestFamilies(t *testing.T) {
	one := func(class tinycheck.Class, kind tinycheck.ObservableType, value, family, feed string) tinycheck.Indicator {
		return tinycheck.Indicator{Observable: tinycheck.Observable{Type: kind, Value: value}, Class: class, Family: family, Feed: feed}
	}
	x := match.NewIndex([]tinycheck.Indicator{
		one(tinycheck.ClassC2, tinycheck.DomainName, "b.example", "B", "x"), one(tinycheck.ClassC2, tinycheck.DomainName, "b.example", "B", "y"),
		one(tinycheck.ClassC2, tinycheck.IPv4Addr, "192.0.2.1", "A", "x"), one(tinycheck.ClassC2, tinycheck.DomainName, "c.example", "", "x"),
		one(tinycheck.ClassWebsite, tinycheck.DomainName, "d.example", "D", "x"), one(tinycheck.ClassC2, tinycheck.JA3, strings.Repeat("0", 32), "E", "x"),
	}, nil)
	if got := x.Families(tinycheck.ClassC2); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("families %q", got)
	}
	if got := match.NewIndex(nil, nil).Families(tinycheck.ClassC2); len(got) != 0 {
		t.Errorf("families of nothing %q", got)
	}
}
