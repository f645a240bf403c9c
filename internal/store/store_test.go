package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/store"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fresh(t testing.TB) *store.Store {
	return open(t, filepath.Join(t.TempDir(), "box", "indicators.db"))
}

// change commits what f does.
func change(t testing.TB, s *store.Store, when time.Time, f func(*store.Change)) {
	t.Helper()
	c, err := s.Begin(context.Background(), "admin", when)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Rollback()
	f(c)
	if err := c.Commit(); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isKind(t testing.TB, err error, kind tinycheck.ErrorKind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want one that is %s", err, kind)
	}
}

func name(value string) tinycheck.Observable {
	return tinycheck.Observable{Type: tinycheck.DomainName, Value: value}
}

func c2(value, family string) *tinycheck.Indicator {
	return &tinycheck.Indicator{Observable: name(value), Class: tinycheck.ClassC2, Family: family}
}

func feed(name string) tinycheck.Feed {
	return tinycheck.Feed{Name: name, Kind: tinycheck.FeedHTTP, Enabled: true}
}

// take brings indicators into a feed, in a change of its own.
func take(t testing.TB, s *store.Store, mode store.Mode, to string, list ...*tinycheck.Indicator) (out store.Outcome) {
	t.Helper()
	change(t, s, at, func(c *store.Change) {
		must(t, c.PutFeed(feed(to)))
		in, err := c.Intake(to, mode)
		must(t, err)
		for _, i := range list {
			must(t, in.Put(i))
		}
		out, err = in.Close()
		must(t, err)
	})
	return out
}

func scanned(t testing.TB, s *store.Store) []string {
	t.Helper()
	var list []string
	must(t, s.Scan(t.Context(), func(value, id []byte, kind tinycheck.ObservableType, about *tinycheck.Indicator) error {
		list = append(list, fmt.Sprintf("%s %s %s %s %s %s", about.Feed, kind, value, about.Class, about.Family, id))
		return nil
	}))
	return list
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("- want, + got:\n%s", d)
	}
}

func generation(t testing.TB, s *store.Store) uint64 {
	t.Helper()
	g, err := s.Generation(t.Context())
	must(t, err)
	return g
}

func TestWhatIsPutIsFound(t *testing.T) {
	s := fresh(t)
	i := &tinycheck.Indicator{
		Observable: name("www.evil.example"), Class: tinycheck.ClassC2, Family: "Pegasus", SourceID: "indicator--1",
		Tags: []string{"spy", "ios"}, TLP: "amber", Confidence: 80, ValidFrom: at.Add(-time.Hour), ValidUntil: at.Add(time.Hour), Updated: at,
	}
	same(t, take(t, s, store.Add, "amnesty", i), store.Outcome{Accepted: 1, After: 1})
	want := store.Listed{Indicator: *i, Added: at, Seen: at, By: "admin", State: store.Active}
	want.Feed = "amnesty"
	for _, text := range []string{"", "*", "www.evil.example", "evil.example", "EVIL.example.", "*.evil.example", "*vil.ex*", "*.example", "www*"} {
		list, total, err := s.Find(t.Context(), store.Query{Text: text})
		must(t, err)
		if total != 1 {
			t.Fatalf("%q finds %d", text, total)
		}
		same(t, list, []store.Listed{want})
	}
	for _, text := range []string{"vil.example", "*.www.evil.example", "www.evil.example.com", "evil", "*evil", "192.0.2.1", "\x00", "\xff"} {
		if _, total, err := s.Find(t.Context(), store.Query{Text: text}); total != 0 || err != nil {
			t.Errorf("%q finds %d, %v", text, total, err)
		}
	}
	same(t, scanned(t, s), []string{"amnesty domain-name www.evil.example c2 Pegasus indicator--1"})
}
