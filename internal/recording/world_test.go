package recording_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"tinycheck"
	"tinycheck/internal/match"
	"tinycheck/internal/recording"
)

// remove takes an interface away, if it is there.
func remove(name string) {
	if link, err := netlink.LinkByName(name); err == nil {
		netlink.LinkDel(link)
	}
}

// BenchmarkNotice measures how long it takes from a question for a listed name on
// the cable until it is told, while the recording runs and nothing else happens.
func BenchmarkNotice(b *testing.B) {
	s := newStage(b)
	name := func(n int) string { return fmt.Sprintf("spy-%d.test", n) }
	var list []tinycheck.Indicator
	for n := range 1000 {
		list = append(list, tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: name(n)}, Class: tinycheck.ClassC2, Feed: "test"})
	}
	s.cfg.Analysis.Index = match.NewIndex(list, nil)
	r := s.start(b.Context())
	defer r.Stop()
	var longest time.Duration
	n := 0
	for b.Loop() {
		asked := name(n % len(list))
		n++
		words := fmt.Sprintf("phone 192.168.4.%d\nresolver 192.168.4.1\nat 0s ask %s", 20+n/len(list), asked)
		start := time.Now()
		s.send(words)
		until(b, r, "the notice", func(now recording.Snapshot) bool {
			return slices.ContainsFunc(now.Contacts, func(c recording.Contact) bool { return c.Name == asked && c.Listed == tinycheck.Detected })
		})
		longest = max(longest, time.Since(start))
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
}
