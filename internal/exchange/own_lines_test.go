package exchange_test

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

func sequence(list []tinycheck.Indicator) iter.Seq2[tinycheck.Indicator, error] {
	return func(yield func(tinycheck.Indicator, error) bool) {
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func samples() ([]tinycheck.Indicator, []tinycheck.Context) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 1, 2, 3, 456789, time.UTC) }
	full := tinycheck.Indicator{
		Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "a.example"}, Class: tinycheck.ClassInfrastructure, Infrastructure: tinycheck.InfraDoH,
		Family: "Sp\u00ffy \"<&>\"", Feed: "other feed", SourceID: "indicator--1", Tags: []string{"one", "two\nlines"}, TLP: "amber", Confidence: 77,
		ValidFrom: at(1), ValidUntil: at(2), Updated: at(3),
	}
	list := []tinycheck.Indicator{full}
	for kind, value := range map[tinycheck.ObservableType]string{
		tinycheck.IPv4Addr: "192.0.2.0/24", tinycheck.IPv6Addr: "2001:db8::1", tinycheck.URL: "http://a.example/x?y=[.]&z=(dot) dot ",
		tinycheck.CertSHA1: strings.Repeat("ab", 20), tinycheck.CertSHA256: strings.Repeat("cd", 32), tinycheck.JA3: strings.Repeat("ef", 16),
		tinycheck.JA4: "t13d1516h2_8daaf6152771_b0da82dd1658",
	} {
		list = append(list, tinycheck.Indicator{Observable: tinycheck.Observable{Type: kind, Value: value}, Class: tinycheck.ClassC2, Feed: "mine"})
	}
	slices.SortFunc(list, func(i, j tinycheck.Indicator) int { return cmp.Compare(i.Type, j.Type) })
	return list, []tinycheck.Context{
		{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "time.example"}, Class: tinycheck.ContextOS, Owner: "Example", Purpose: "time", Source: "https://example.com/x", Expires: at(4)},
		{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "cdn.example"}, Class: tinycheck.ContextPlatform},
	}
}

func TestOwnLinesLoseNothing(t *testing.T) {
	list, context := samples()
	about := tinycheck.Intake{Name: "mine", Licence: "CC0", Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	var text bytes.Buffer
	n, err := exchange.WriteLines(&text, about, sequence(list), context)
	if err != nil || n != len(list)+len(context) {
		t.Fatal(n, err)
	}
	var h heard
	in, err := exchange.Stream("mine", bytes.NewReader(text.Bytes()), h.config())
	if err != nil || in.Format != "tinycheck-ndjson" || in.Licence != "CC0" || !in.Date.Equal(about.Date) || in.RejectedTotal != 0 {
		t.Fatalf("%+v, %v", in, err)
	}
	if diff := gocmp.Diff(list, h.indicators); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(context, h.contexts); diff != "" {
		t.Error(diff)
	}
}

func TestOwnLinesThatAreRefused(t *testing.T) {
	first := "{\"tinycheck-indicators\":1,\"feed\":\"x\"}\n"
	for text, reason := range map[string]string{
		`{"type":"domain-name","value":"A.example","class":"c2"}`:                        "spelling",
		`{"type":"domain-name","value":"a.example","class":"c3"}`:                        "unknown class",
		`{"type":"domain-name","value":"a.example","class":"c2","kind":"doh"}`:           "infrastructure",
		`{"type":"domain-name","value":"a.example","class":"infrastructure","kind":"x"}`: "infrastructure",
		`{"type":"domain-name","value":"a.example","class":"c2","confidence":101}`:       "confidence",
		`{"type":"domain-name","value":"a.example","class":"c2","tlp":"pink"}`:           "traffic light",
		`{"type":"domain-name","value":"a.example","class":"c2","new":1}`:                "newer version",
		`{"type":"domain-name","value":"a.example","class":"c2"} {}`:                     "newer version",
		`{"type":"domain-name"`:                                                                                  "newer version",
		`{"type":"ja3","value":"a.example","class":"c2"}`:                                                        "spelling",
		`{"context":{"type":"ipv4-addr","value":"192.0.2.1","class":"os_core"}}`:                                 "only names",
		`{"context":{"type":"domain-name","value":"a.example","class":"fine"}}`:                                  "class of context",
		`{"type":"domain-name","value":"a.example","class":"c2","tags":[` + strings.Repeat(`"x",`, 99) + `"x"]}`: "tags",
	} {
		var h heard
		in, err := exchange.Stream("x", strings.NewReader(first+text+"\n"), h.config())
		if err != nil || in.Accepted+in.Contexts != 0 || in.RejectedTotal != 1 || !strings.Contains(h.rejected[0].Reason, reason) || h.rejected[0].Line != 2 {
			t.Errorf("%.80s: %+v, %v", text, in, err)
		}
	}
	if _, err := exchange.Stream("x", strings.NewReader("{\"tinycheck-indicators\":2}\n"), exchange.Config{}); !errors.Is(err, tinycheck.Unsupported) {
		t.Errorf("a newer version: %v", err)
	}
	in, err := exchange.Stream("x", strings.NewReader(first+`{"context":{"type":"domain-name","value":"a.example","class":"os_core"}}`), exchange.Config{})
	if err != nil || in.Contexts != 0 || in.RejectedTotal != 1 {
		t.Errorf("context that nobody asks for: %+v, %v", in, err)
	}
}

func TestWriteLinesStopsAtAnError(t *testing.T) {
	gone := errors.New("gone")
	_, err := exchange.WriteLines(&bytes.Buffer{}, tinycheck.Intake{}, func(yield func(tinycheck.Indicator, error) bool) { yield(tinycheck.Indicator{}, gone) }, nil)
	if !errors.Is(err, gone) {
		t.Error(err)
	}
}

// FuzzOwnLines: whatever any reader gives can be written and read again, and is
// the same.
func FuzzOwnLines(f *testing.F) {
	seed(f, "*")
	list, context := samples()
	var text bytes.Buffer
	_, _ = exchange.WriteLines(&text, tinycheck.Intake{Name: "x"}, sequence(list), context)
	f.Add(text.String())
	f.Fuzz(func(t *testing.T, text string) {
		hold(t, text)
		var h heard
		_, _ = exchange.Stream("fuzz.txt", strings.NewReader(text), h.config())
		var written bytes.Buffer
		n, err := exchange.WriteLines(&written, tinycheck.Intake{Name: "x"}, sequence(h.indicators), h.contexts)
		if err != nil || n != len(h.indicators)+len(h.contexts) {
			t.Fatal(n, err)
		}
		var again heard
		in, err := exchange.Stream("other", bytes.NewReader(written.Bytes()), again.config())
		if err != nil || in.RejectedTotal != 0 {
			t.Fatalf("%+v, %v", in, err)
		}
		same := slices.EqualFunc(h.indicators, again.indicators, func(i, j tinycheck.Indicator) bool { return i.Compare(&j) == 0 })
		if !same || !slices.Equal(h.contexts, again.contexts) {
			t.Fatal(gocmp.Diff(h, again, gocmp.AllowUnexported(heard{})))
		}
	})
}
