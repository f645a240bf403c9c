package firewall_test

import (
	"net/netip"
	"testing"

	"tinycheck/internal/firewall"
)

func TestScratch(t *testing.T) {
	w := newWorld(t)
	listen(t, w.site, 80)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, mode := range []string{"replace"} {
		var r firewall.Ruleset
		r = plan(t, firewall.Config{Prefixes: prefixes(six, four)})
		done := make(chan struct{})
		w.box.Go(t, func() {
			defer close(done)
			for range 50 {
				if err := r.Apply(); err != nil {
					t.Error(err)
				}
			}
		})
		tries, reached := 0, 0
		w.phone.Do(t, func() {
			for ; ; tries++ {
				select {
				case <-done:
					return
				default:
				}
				if open, _ := knockAt(t, netip.MustParseAddr(site4), 80); open {
					reached++
				}
			}
		})
		t.Log(mode, tries, reached)
	}
}
