package store_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/store"
)

const (
	benchNames    = 1_000_000
	benchPrefixes = 100_000
)

// big brings a million names and a hundred thousand prefixes, in the order in
// which a list of the world might have them: none.
func big(t testing.TB, s *store.Store, mode store.Mode) store.Outcome {
	var out store.Outcome
	change(t, s, at, func(c *store.Change) {
		must(t, c.PutFeed(feed("big")))
		in, err := c.Intake("big", mode)
		must(t, err)
		i := tinycheck.Indicator{Class: tinycheck.ClassC2, Observable: tinycheck.Observable{Type: tinycheck.DomainName}}
		value := make([]byte, 0, 64)
		for n := range benchNames {
			x := uint32(n) * 2654435761
			value = append(strconv.AppendUint(value[:0], uint64(x), 36), "-tracking.host"...)
			value = append(strconv.AppendUint(value, uint64(n%977), 10), ".example"...)
			i.Value = string(value)
			must(t, in.Put(&i))
		}
		i.Type, i.Class = tinycheck.IPv4Addr, tinycheck.ClassInfrastructure
		i.Infrastructure = tinycheck.InfraVPN
		for n := range benchPrefixes {
			i.Value = fmt.Sprintf("%d.%d.%d.0/24", 1+n>>16, n>>8&0xff, n&0xff)
			must(t, in.Put(&i))
		}
		out, err = in.Close()
		must(t, err)
	})
	return out
}

func resident(b *testing.B) int {
	text, err := os.ReadFile("/proc/self/status")
	must(b, err)
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	n, _ := strconv.Atoi(strings.Fields(rest)[0])
	return n >> 10
}

// BenchmarkIntake: the first intake of a feed, the same again, and one that
// says everything anew.
func BenchmarkIntake(b *testing.B) {
	for b.Loop() {
		s := fresh(b)
		before := resident(b)
		for _, step := range []string{"first", "again"} {
			start := time.Now()
			out := big(b, s, store.Replace)
			if out.Accepted != benchNames+benchPrefixes {
				b.Fatal(out)
			}
			b.ReportMetric(float64(out.Accepted)/time.Since(start).Seconds(), step+"/s")
		}
		b.ReportMetric(float64(resident(b)-before), "MB-peak-growth")
	}
}

func BenchmarkScan(b *testing.B) {
	s := fresh(b)
	big(b, s, store.Replace)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		must(b, s.Scan(b.Context(), func(value, id []byte, kind tinycheck.ObservableType, about *tinycheck.Indicator) error {
			n += len(value)
			return nil
		}))
	}
}

func BenchmarkFind(b *testing.B) {
	s := fresh(b)
	big(b, s, store.Replace)
	for _, text := range []string{"1-tracking.host0.example", "host42.example", "10.0.0.0/24", "*tracking.host42.*"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				_, _, err := s.Find(b.Context(), store.Query{Text: text, Limit: 50})
				must(b, err)
			}
		})
	}
}

// BenchmarkDetails: every entry has a date of its own.
func BenchmarkDetails(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		s := fresh(b)
		start := time.Now()
		change(b, s, at, func(c *store.Change) {
			must(b, c.PutFeed(feed("f")))
			in, err := c.Intake("f", store.Replace)
			must(b, err)
			for i := range n {
				one := c2(fmt.Sprintf("n%d.example", i*7919%n), "F")
				one.Updated = at.Add(time.Duration(i) * time.Second)
				must(b, in.Put(one))
			}
			_, err = in.Close()
			must(b, err)
		})
		b.ReportMetric(n/time.Since(start).Seconds(), "rows/s")
	}
}
