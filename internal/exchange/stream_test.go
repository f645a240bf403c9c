package exchange_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// heard is everything that a source said.
type heard struct {
	indicators []tinycheck.Indicator
	lines      []int
	contexts   []tinycheck.Context
	withdrawn  []tinycheck.Observable
	rejected   []tinycheck.Rejected
}

func (h *heard) config() exchange.Config {
	return exchange.Config{
		Indicator: func(line int, i *tinycheck.Indicator) error {
			h.indicators, h.lines = append(h.indicators, *i), append(h.lines, line)
			return nil
		},
		Context:   func(_ int, c *tinycheck.Context) error { h.contexts = append(h.contexts, *c); return nil },
		Withdrawn: func(o tinycheck.Observable) error { h.withdrawn = append(h.withdrawn, o); return nil },
		Rejected:  func(r tinycheck.Rejected) { h.rejected = append(h.rejected, r) },
	}
}

func TestStreamGivesInTheOrderOfTheFile(t *testing.T) {
	var h heard
	in, err := exchange.Stream("x.txt", strings.NewReader("# list\nb.example\na.example:443\n\nnonsense\nb.example\n"), h.config())
	if err != nil || in.Accepted != 3 || in.Merged != 0 || in.RejectedTotal != 1 {
		t.Fatalf("%+v, %v", in, err)
	}
	want := "c2 domain-name b.example tags=unclassified\nc2 domain-name a.example tags=unclassified,port:443\nc2 domain-name b.example tags=unclassified\n"
	if diff := cmp.Diff(want, sayAll(h.indicators)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2, 3, 6}, h.lines); diff != "" {
		t.Error(diff)
	}
	if h.indicators[0].Feed != "x.txt" || len(h.rejected) != 1 || h.rejected[0].Line != 5 {
		t.Errorf("%+v %+v", h.indicators[0], h.rejected)
	}
}

func TestAnErrorOfACallbackEndsTheReading(t *testing.T) {
	full := errors.New("full")
	for name, text := range map[string]string{
		"x.txt":  "a.example\nb.example\nc.example\n",
		"x.csv":  "domain,app\na.example,x\nb.example,y\nc.example,z\n",
		"x.json": `{"iocs":[{"type":"domain","value":"a.example"},{"type":"domain","value":"b.example"},{"type":"domain","value":"c.example"}]}`,
	} {
		n := 0
		in, err := exchange.Stream(name, strings.NewReader(text), exchange.Config{Indicator: func(int, *tinycheck.Indicator) error {
			if n++; n == 2 {
				return full
			}
			return nil
		}})
		if err != full || n != 2 || in.SHA256 != "" { //nolint:errorlint // it must be the same error
			t.Errorf("%s: %v after %d", name, err, n)
		}
	}
}

func TestLikeSpeaksOnlyWhereTheSourceIsSilent(t *testing.T) {
	like := tinycheck.Indicator{Class: tinycheck.ClassTracker, Family: "Ads", Tags: []string{"mine"}}
	for text, want := range map[string]string{
		"a.example\n":                         "tracker domain-name a.example family=Ads tags=mine\n",
		"a.example:80\n":                      "tracker domain-name a.example family=Ads tags=mine,port:80\n",
		"domain,app\na.example,Spy\n":         "tracker domain-name a.example family=Spy tags=mine\n",
		"domain,app,tag\na.example,Spy,doh\n": "infrastructure/doh domain-name a.example family=Spy tags=doh\n",
		`{"iocs":[{"type":"domain","tag":"stalkerware","value":"a.example"}]}`: "c2 domain-name a.example tags=stalkerware\n",
		`{"iocs":[{"type":"domain","value":"a.example"}]}`:                     "tracker domain-name a.example family=Ads tags=mine\n",
		"# Copyright (c) Maltrail developers\na.example\n":                     "c2 domain-name a.example family=doh tags=malware\n",
		`["a.example"]`: "tracker domain-name a.example family=Ads tags=mine\n",
		"ExitNode 00\nExitAddress 192.0.2.7 2026-11-21 10:01:02\n": "infrastructure/tor ipv4-addr 192.0.2.7 tags=tor,exit\n",
	} {
		var h heard
		c := h.config()
		c.Like = like
		if _, err := exchange.Stream("doh.txt", strings.NewReader(text), c); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		got := strings.ReplaceAll(sayAll(h.indicators), "tags=port:80,mine", "tags=mine,port:80")
		if got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestNameHints(t *testing.T) {
	for name, want := range map[string]string{
		"https://x.example/doh-ipv4.txt?a=b": "infrastructure/doh",
		"tor-exit-nodes.lst":                 "infrastructure/tor",
		"torbulkexitlist":                    "infrastructure/tor",
		"monitor.txt":                        "c2",
		"doha.txt":                           "c2",
		"history.txt":                        "c2",
	} {
		list, _ := read(t, name, "192.0.2.7\n192.0.2.8 # a.example\n")
		if got := sayAll(list); len(list) != 2 || !strings.HasPrefix(got, want+" ") {
			t.Errorf("%s gives %q, want %s", name, got, want)
		}
	}
}

func TestFormatCanBeAsked(t *testing.T) {
	in, err := exchange.Stream("x", strings.NewReader("YS5leGFtcGxl\n"), exchange.Config{Format: "list"})
	if err != nil || in.Format != "list" || in.RejectedTotal != 1 {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := exchange.Stream("x", strings.NewReader("a.example"), exchange.Config{Format: "xls"}); !errors.Is(err, tinycheck.Unsupported) {
		t.Errorf("unknown format: %v", err)
	}
	if _, err := exchange.Stream("x", strings.NewReader("no header\n"), exchange.Config{Format: "csv"}); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("no header: %v", err)
	}
}

func TestWhatTheSourceTakesBack(t *testing.T) {
	for text, want := range map[string]string{
		`{"iocs":[{"type":"domain","value":"a.example"}],"to_delete":[{"type":"domain","value":"a.example"},"192.0.2.7"]}`: "a.example 192.0.2.7",
		`{"type":"bundle","objects":[
			{"type":"indicator","id":"indicator--1","revoked":true,"pattern":"[domain-name:value='a.example' OR ipv4-addr:value='192.0.2.7']"},
			{"type":"indicator","id":"indicator--2","pattern":"[domain-name:value='b.example']"},
			{"type":"indicator","id":"indicator--2","revoked":true,"pattern":"[domain-name:value='b.example']"},
			{"type":"indicator","id":"indicator--3","revoked":true,"pattern":"[domain-name:value='c.example']"},
			{"type":"indicator","id":"indicator--4","pattern":"[domain-name:value='c.example']"}]}`: "a.example b.example 192.0.2.7",
	} {
		var h heard
		in, err := exchange.Stream("x", strings.NewReader(text), h.config())
		var got []string
		for _, o := range h.withdrawn {
			got = append(got, o.Value)
		}
		if err != nil || strings.Join(got, " ") != want || in.Withdrawn != len(got) {
			t.Errorf("%v: withdrawn %v (%d), want %s", err, got, in.Withdrawn, want)
		}
	}
}

func TestReasonsAreCounted(t *testing.T) {
	var text strings.Builder
	text.WriteString("good.example\n")
	for n := range 5000 {
		fmt.Fprintf(&text, "single%d\n", n)
		if n%5 == 0 {
			fmt.Fprintf(&text, "a%d@b.example\n\u00ad%d..example\n", n, n)
		}
	}
	_, in := read(t, "x.txt", text.String())
	if in.RejectedTotal != 7000 || len(in.Reasons) > 5 || in.Reasons[0].Count != 5000 {
		t.Errorf("%d rejected: %+v", in.RejectedTotal, in.Reasons)
	}
	kinds := strings.Builder{}
	kinds.WriteString("type,value\n")
	for n := range 500 {
		fmt.Fprintf(&kinds, "kind%d,x\n", n)
	}
	_, in = read(t, "x.csv", kinds.String())
	if len(in.Reasons) != 65 || in.Reasons[0] != (tinycheck.Reason{Reason: "other", Count: 500 - 64}) {
		t.Errorf("%d reasons, first %+v", len(in.Reasons), in.Reasons[0])
	}
}

// endless gives the same bytes again and again, until so many are given.
type endless struct {
	part string
	left int
	at   int
}

func (e *endless) Read(to []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(copy(to, e.part[e.at:]), e.left)
	e.at = (e.at + n) % len(e.part)
	e.left -= n
	return n, nil
}

// Memory does not depend on the number of lines, nor on the length of one.
func TestMemoryIsThatOfOneLine(t *testing.T) {
	for name, c := range map[string]struct {
		source endless
		fails  bool
	}{
		"names.txt": {source: endless{part: strings.Repeat("a.example\n", 100), left: 12 << 20}},
		"hosts":     {source: endless{part: strings.Repeat("0.0.0.0 a.example\n", 100), left: 12 << 20}},
		"x.csv":     {source: endless{part: "domain,app\n" + strings.Repeat("a.example,x\n", 100), left: 12 << 20}},
		"line.txt":  {source: endless{part: strings.Repeat("x", 1<<16), left: 1 << 30}, fails: true},
	} {
		var before, most runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n, peak := 0, uint64(0)
		look := func() {
			runtime.GC()
			runtime.ReadMemStats(&most)
			peak = max(peak, most.HeapAlloc)
		}
		_, err := exchange.Stream(name, &c.source, exchange.Config{
			Format: map[bool]string{true: "list"}[c.fails],
			Indicator: func(int, *tinycheck.Indicator) error {
				if n++; n%500_000 == 0 {
					look()
				}
				return nil
			},
		})
		look()
		if c.fails != errors.Is(err, tinycheck.Invalid) || peak > before.HeapAlloc+8<<20 {
			t.Errorf("%s: %v after %d, the heap grew from %d to %d", name, err, n, before.HeapAlloc, peak)
		}
	}
}
