package exchange_test

import (
	"fmt"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// BenchmarkList reads a list of 100,000 names.
func BenchmarkList(b *testing.B) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "host-%d.spy%d.example\n", i, i%977)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if list, _, err := exchange.Read("x.txt", strings.NewReader(text.String())); err != nil || len(list) != 100_000 {
			b.Fatal(len(list), err)
		}
	}
}

// BenchmarkStreamList streams a list of a million names.
func BenchmarkStreamList(b *testing.B) {
	var text strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "host-%d.spy%d.example\n", i, i%977)
	}
	stream(b, "x.txt", text.String(), 1_000_000)
}

// BenchmarkStreamCSV streams a table of 100,000 rows.
func BenchmarkStreamCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString("type,indicator,app\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "domain,host-%d.spy%d.example,Spy%d\n", i, i%977, i%31)
	}
	stream(b, "x.csv", text.String(), 100_000)
}

func stream(b *testing.B, name, text string, want int) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	n := 0
	count := func(int, *tinycheck.Indicator) error { n++; return nil }
	for b.Loop() {
		n = 0
		if in, err := exchange.Stream(name, strings.NewReader(text), exchange.Config{Indicator: count}); err != nil || n != want || in.Accepted != want {
			b.Fatal(n, in.Accepted, err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(want)/b.Elapsed().Seconds(), "entries/s")
}
