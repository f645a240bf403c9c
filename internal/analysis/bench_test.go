package analysis_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/capture"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

// many is the starter with n synthetic c2 names, as long as real ones are.
func many(n int) *match.Index {
	list, _ := library.Starter()
	for i := range n {
		list = append(list, tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: fmt.Sprintf("host%d.example%d.com", i, i%977)},
			Class: tinycheck.ClassC2, Family: fmt.Sprintf("family%d", i%150), Feed: "synthetic"})
	}
	return match.NewIndex(list, library.Context())
}

// mixed is traffic of one phone: questions, TLS flows and data in proportions as
// phones have them, n flows.
func mixed(n int) *tap {
	w := newTap()
	for i := range n {
		name := fmt.Sprintf("cdn%d.shop%d.example", i%50, i%400)
		there := outside.at(netip.AddrFrom4([4]byte{203, 0, byte(i % 400 >> 8), byte(i % 400)}).String())
		if i%3 == 0 {
			w.ask(phone, name, there.v4)
		}
		src, dst := phone.four(w.next()), there.four(443)
		w.tls(phone, there, src, dst, name)
		src = phone.four(w.next())
		w.bulk(phone, there, src, there.four(9000), 3000)
		w.bulk(there, phone, there.four(9000), src, 20_000)
		w.now = w.now.Add(100 * time.Millisecond)
	}
	return w
}

// real is the packets of the captures of phones.
func phones(b *testing.B) *tap {
	dir := shared(b, "corpus")
	w := newTap()
	for _, list := range []string{"stalkerware_labels.jsonl", "benign_mobile.jsonl"} {
		for _, row := range rows[label](b, filepath.Join(dir, list)) {
			r, err := capture.Open(filepath.Join(dir, row.Pcap), capture.Config{})
			if err != nil {
				b.Fatal(err)
			}
			var p tinycheck.Packet
			for r.Next(&p) == nil {
				p.Data = slices.Clone(p.Data)
				w.packets = append(w.packets, p)
			}
			r.Close()
		}
	}
	slices.SortStableFunc(w.packets, func(a, b tinycheck.Packet) int { return a.Time.Compare(b.Time) })
	return w
}

// BenchmarkLine measures the whole line with 100,000 indicators: packets per
// second, what the index takes, and the most that the line holds while it reads,
// without the packets. The traffic is once as long and ten times as long.
func BenchmarkLine(b *testing.B) {
	for _, c := range []struct {
		name   string
		record func(b *testing.B) *tap
	}{
		{"mixed", func(*testing.B) *tap { return mixed(2_000) }},
		{"mixed10x", func(*testing.B) *tap { return mixed(20_000) }},
		{"phones", phones},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := c.record(b)
			before := live()
			index := many(100_000)
			indexed := live()
			for b.Loop() {
				line := analysis.New(analysis.Config{Index: index})
				for i := range w.packets {
					line.See(&w.packets[i])
				}
				if _, err := line.Report(w.capture()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(w.packets))/b.Elapsed().Seconds(), "packets/s")
			b.ReportMetric(float64(indexed-before)/1e6, "index-MB")
			b.ReportMetric(float64(held(w, index)-indexed)/1e6, "line-MB")
		})
	}
}

// held is the most that the heap holds while a line reads.
func held(w *tap, index *match.Index) (most int64) {
	line := analysis.New(analysis.Config{Index: index})
	for i := range w.packets {
		line.See(&w.packets[i])
		if i%(len(w.packets)/20) == 0 {
			most = max(most, live())
		}
	}
	line.End()
	most = max(most, live())
	runtime.KeepAlive(w)
	runtime.KeepAlive(line)
	return most
}

// live is what the heap holds.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
