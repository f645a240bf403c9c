package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/spelling"
	"tinycheck/internal/store"
)

func found(t testing.TB, s *store.Store, q store.Query) (values []string, total int) {
	t.Helper()
	list, total, err := s.Find(t.Context(), q)
	must(t, err)
	for _, l := range list {
		values = append(values, l.Feed+":"+l.Value)
	}
	return values, total
}

func observable(kind tinycheck.ObservableType, value string, class tinycheck.Class) *tinycheck.Indicator {
	return &tinycheck.Indicator{Observable: tinycheck.Observable{Type: kind, Value: value}, Class: class}
}

func library(t testing.TB) *store.Store {
	s := fresh(t)
	take(t, s, store.Add, "a", c2("spy.example", "Pegasus"), c2("www.spy.example", "Pegasus"), c2("my-spy.example", "Cerberus"),
		observable(tinycheck.IPv4Addr, "192.0.2.0/24", tinycheck.ClassWeak), observable(tinycheck.IPv6Addr, "2001:db8::1", tinycheck.ClassC2),
		observable(tinycheck.URL, "https://spy.example/Setup.apk", tinycheck.ClassDistribution))
	take(t, s, store.Add, "b", c2("spy.example", "pegasus"), c2("spy.example.net", "X"),
		observable(tinycheck.CertSHA1, "0123456789abcdef0123456789abcdef01234567", tinycheck.ClassC2),
		observable(tinycheck.JA4, "t13d1516h2_8daaf6152771_02713d6af862", tinycheck.ClassWeak))
	return s
}

func TestFind(t *testing.T) {
	s := library(t)
	tests := []struct {
		q    store.Query
		want string
	}{
		{store.Query{Text: "spy.example"}, "a:spy.example b:spy.example a:www.spy.example"},
		{store.Query{Text: "*.spy.example"}, "a:www.spy.example"},
		{store.Query{Text: "*spy.example"}, "a:my-spy.example a:spy.example b:spy.example a:www.spy.example"},
		{store.Query{Text: "example"}, "a:my-spy.example a:spy.example b:spy.example a:www.spy.example"},
		{store.Query{Text: "192.0.2.77/24"}, "a:192.0.2.0/24"},
		{store.Query{Text: "192.0.2.77"}, ""},
		{store.Query{Text: "2001:DB8:0::1"}, "a:2001:db8::1"},
		{store.Query{Text: "https://spy.example/Setup.apk"}, "a:https://spy.example/Setup.apk"},
		{store.Query{Text: "*SETUP*"}, "a:https://spy.example/Setup.apk"},
		{store.Query{Text: "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67"}, "b:0123456789abcdef0123456789abcdef01234567"},
		{store.Query{Text: "t13d1516h2_8daaf6152771_02713d6af862"}, "b:t13d1516h2_8daaf6152771_02713d6af862"},
		{store.Query{Family: "Pegasus"}, "a:spy.example b:spy.example a:www.spy.example"},
		{store.Query{Class: tinycheck.ClassWeak}, "a:192.0.2.0/24 b:t13d1516h2_8daaf6152771_02713d6af862"},
		{store.Query{Type: tinycheck.DomainName, Feed: "b"}, "b:spy.example b:spy.example.net"},
		{store.Query{Text: "spy.example", Type: tinycheck.URL}, ""},
		{store.Query{Feed: "none"}, ""},
		{store.Query{Text: "spy.example", Limit: 1, Offset: 1}, "b:spy.example"},
		{store.Query{Text: "*spy.example", Limit: 2, Offset: 3}, "a:www.spy.example"},
	}
	for _, test := range tests {
		values, total := found(t, s, test.q)
		same(t, strings.Join(values, " "), test.want)
		all := test.q
		all.Limit, all.Offset = 0, 0
		if everything, n := found(t, s, all); n != total || len(everything) != total {
			t.Errorf("%+v: total %d, but %d of %d", test.q, total, len(everything), n)
		}
		var each []string
		must(t, s.Each(t.Context(), test.q, func(l *store.Listed) error {
			each = append(each, l.Feed+":"+l.Value)
			return nil
		}))
		same(t, strings.Join(each, " "), test.want)
	}
	_, _, err := s.Find(t.Context(), store.Query{Type: "mutex"})
	isKind(t, err, tinycheck.Invalid)
}

func TestTheirErrorComesBackAsItIs(t *testing.T) {
	s := library(t)
	enough := errors.New("enough")
	if err := s.Each(t.Context(), store.Query{}, func(*store.Listed) error { return enough }); err != enough {
		t.Errorf("Each gives %v", err)
	}
	err := s.Scan(t.Context(), func([]byte, []byte, tinycheck.ObservableType, *tinycheck.Indicator) error { return enough })
	if err != enough {
		t.Errorf("Scan gives %v", err)
	}
	same(t, len(scanned(t, s)), 10) // the connection is still good
}

func TestDecisionsOutliveUpdates(t *testing.T) {
	s := fresh(t)
	fill := func() {
		take(t, s, store.Replace, "a", c2("x.example", "F"), c2("y.example", "F"))
		take(t, s, store.Replace, "b", c2("x.example", "F"), c2("y.example", "F"))
	}
	fill()
	decide := func(value, feed string, state store.State) {
		change(t, s, at, func(c *store.Change) {
			must(t, c.Decide(store.Decision{Observable: name(value), Feed: feed, State: state, By: "admin", At: at, Why: "ours"}))
		})
	}
	decide("x.example", "", store.Disabled)
	decide("x.example", "b", store.Removed)
	decide("y.example", "a", store.Removed)
	for range 2 {
		same(t, scanned(t, s), []string{"b domain-name y.example c2 F "})
		for state, want := range map[store.State]string{
			"": "a:x.example b:x.example a:y.example b:y.example", store.Active: "b:y.example",
			store.Disabled: "a:x.example", store.Removed: "b:x.example a:y.example",
		} {
			list, total, err := s.Find(t.Context(), store.Query{State: state})
			must(t, err)
			var values []string
			for _, l := range list {
				values = append(values, l.Feed+":"+l.Value)
				if state != "" && l.State != state {
					t.Errorf("%s is %s, asked for %s", l.Value, l.State, state)
				}
			}
			same(t, strings.Join(values, " "), want)
			same(t, total, len(values))
		}
		fill()
	}
	list, err := s.Decisions(t.Context())
	must(t, err)
	same(t, list, []store.Decision{
		{Observable: name("x.example"), State: store.Disabled, By: "admin", At: at, Why: "ours"},
		{Observable: name("x.example"), Feed: "b", State: store.Removed, By: "admin", At: at, Why: "ours"},
		{Observable: name("y.example"), Feed: "a", State: store.Removed, By: "admin", At: at, Why: "ours"},
	})
	change(t, s, at, func(c *store.Change) {
		must(t, c.Restore(name("x.example"), ""))
		isKind(t, c.Restore(name("x.example"), ""), tinycheck.NotFound)
		isKind(t, c.Restore(name("x.example"), "none"), tinycheck.NotFound)
		isKind(t, c.Decide(store.Decision{Observable: name("x.example"), State: store.Active}), tinycheck.Invalid)
		must(t, c.DeleteFeed("a"))
		isKind(t, c.DeleteFeed("a"), tinycheck.NotFound)
	})
	same(t, scanned(t, s), []string{"b domain-name y.example c2 F "})
}

func TestScanSharesWhatIsSaid(t *testing.T) {
	s := library(t)
	abouts := make(map[string]map[*tinycheck.Indicator]bool)
	must(t, s.Scan(t.Context(), func(_, _ []byte, _ tinycheck.ObservableType, about *tinycheck.Indicator) error {
		k := fmt.Sprint(about.Feed, about.Class, about.Family)
		if abouts[k] == nil {
			abouts[k] = make(map[*tinycheck.Indicator]bool)
		}
		abouts[k][about] = true
		return nil
	}))
	for k, pointers := range abouts {
		if len(pointers) != 1 {
			t.Errorf("%s is said by %d pointers", k, len(pointers))
		}
	}
	off := feed("a")
	off.Enabled = false
	change(t, s, at, func(c *store.Change) { must(t, c.PutFeed(off)) })
	for _, line := range scanned(t, s) {
		if strings.HasPrefix(line, "a ") {
			t.Errorf("of a feed that is off: %s", line)
		}
	}
}

func TestStats(t *testing.T) {
	st, err := library(t).Stats(t.Context())
	must(t, err)
	same(t, st, store.Stats{
		Feeds: 2, Enabled: 2, Indicators: 10,
		ByClass:  map[tinycheck.Class]int{tinycheck.ClassC2: 7, tinycheck.ClassWeak: 2, tinycheck.ClassDistribution: 1},
		ByType:   map[tinycheck.ObservableType]int{tinycheck.DomainName: 5, tinycheck.IPv4Addr: 1, tinycheck.IPv6Addr: 1, tinycheck.URL: 1, tinycheck.CertSHA1: 1, tinycheck.JA4: 1},
		ByFeed:   map[string]int{"a": 6, "b": 4},
		ByFamily: map[string]int{"": 5, "Pegasus": 2, "pegasus": 1, "Cerberus": 1, "X": 1},
	})
}

// FuzzFind compares with looking at every entry.
func FuzzFind(f *testing.F) {
	s := library(f)
	var all []string
	must(f, s.Each(f.Context(), store.Query{}, func(l *store.Listed) error {
		all = append(all, l.Value)
		return nil
	}))
	for _, seed := range []string{"", "*", "spy.example", "*.example", "*spy*", "w*y.example", "**", "*.*.*", "192.0.2.0/24", "%", "_", "[a-z]", "'", "SPY.EXAMPLE"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, total, err := s.Find(t.Context(), store.Query{Text: text})
		must(t, err)
		same(t, total, len(list))
		trimmed := strings.TrimSpace(text)
		simple := trimmed != "" && !strings.ContainsFunc(trimmed, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r == '.' || r == '*' || r == '-')
		})
		if !simple {
			return
		}
		n := 0
		for _, value := range all {
			if strings.Contains(trimmed, "*") {
				// path.Match's star does not cross a slash: there is none then.
				if ok, _ := path.Match(trimmed, strings.ReplaceAll(strings.ToLower(value), "/", "!")); ok {
					n++
				}
			} else if spelling.Under(value, strings.TrimSuffix(trimmed, ".")) && !strings.Contains(value, "/") {
				n++
			}
		}
		if strings.HasPrefix(trimmed, "*.") && strings.HasSuffix(trimmed, ".") {
			return // "*.example." is read as a name, and as a pattern has no match
		}
		same(t, total, n)
	})
}

func TestListsComeInOneOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := fresh(t)
	for _, f := range []string{"c", "a", "b"} {
		var list []*tinycheck.Indicator
		for range 300 {
			list = append(list, c2(fmt.Sprintf("%d.%d.example", r.IntN(9), r.IntN(99)), "F"))
		}
		take(t, s, store.Replace, f, list...)
	}
	all, total := found(t, s, store.Query{})
	var pages []string
	for offset := 0; offset < total; offset += 37 {
		page, _ := found(t, s, store.Query{Limit: 37, Offset: offset})
		pages = append(pages, page...)
	}
	same(t, pages, all)
	key := func(l string) string {
		feed, value, _ := strings.Cut(l, ":")
		labels := strings.Split(value, ".")
		slices.Reverse(labels)
		return strings.Join(labels, ".") + " " + feed
	}
	if !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(key(a), key(b)) }) {
		t.Fatal("not in order")
	}
}
