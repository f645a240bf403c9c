package tinycheck_test

import (
	"testing"
	"time"

	"tinycheck"
)

func TestShares(t *testing.T) {
	c := tinycheck.Coverage{External: 200, Tunnelled: 180, Unexplained: 30,
		Named: map[tinycheck.NameSource]int64{tinycheck.NameTLS: 100, tinycheck.NameDNS: 70}}
	if c.NamedShare() != 0.85 || c.TunnelShare() != 0.9 || c.UnexplainedShare() != 0.15 {
		t.Errorf("named %v, tunnel %v, unexplained %v", c.NamedShare(), c.TunnelShare(), c.UnexplainedShare())
	}
	var none tinycheck.Coverage
	if none.NamedShare() != 0 || none.TunnelShare() != 0 || none.UnexplainedShare() != 0 {
		t.Error("shares of nothing are not 0")
	}
}

// Every share and chance lies between nothing and all.
func TestChance(t *testing.T) {
	c := tinycheck.Coverage{Observed: 15 * time.Minute, External: 200, Identified: 100, LargestSink: 50}
	if c.IdentifiedShare() != 0.5 || c.SinkShare() != 0.25 || c.Share(20) != 0.1 {
		t.Errorf("identified %v, sink %v, share %v", c.IdentifiedShare(), c.SinkShare(), c.Share(20))
	}
	for every, want := range map[time.Duration]float64{
		time.Hour: 0.25, 15 * time.Minute: 1, time.Minute: 1, 6 * time.Hour: 15.0 / 360, 0: 0, -time.Minute: 0,
	} {
		if got := c.Chance(every); got != want {
			t.Errorf("every %v: %v, want %v", every, got, want)
		}
	}
	c.Observed = 0
	if c.Chance(time.Minute) != 0 {
		t.Error("nothing observed has a chance")
	}
}
