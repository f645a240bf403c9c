package exchange_test

import (
	"fmt"
	"strings"
	"testing"

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
