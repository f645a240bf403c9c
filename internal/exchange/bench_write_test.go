package exchange_test

import (
	"fmt"
	"io"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// BenchmarkWrite writes 100,000 names of 1,000 families.
func BenchmarkWrite(b *testing.B) {
	list := make([]tinycheck.Indicator, 100_000)
	for n := range list {
		list[n] = tinycheck.Indicator{
			Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: fmt.Sprintf("host-%d.spy.example", n)},
			Class:      tinycheck.ClassC2, Family: fmt.Sprintf("Family %d", n%1000), Feed: "feed",
		}
	}
	for _, format := range exchange.Writers() {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if in, err := exchange.Write(format, io.Discard, about, each(list)); err != nil || in.Accepted != len(list) {
					b.Fatal(in, err)
				}
			}
		})
	}
}
