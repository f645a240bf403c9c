package analysis_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
	"tinycheck/internal/scenario"
)

// TestChannels sends every c2 name and address through every channel, over
// IPv4 and IPv6, each alone in a capture of its own, and wants exactly the
// level that the table of docs/contract.md gives. The indicators are ECHAP's
// where they lie beside the repository, else those compiled in.
// "make benchmark-channels" prints the table.
func TestChannels(t *testing.T) {
	indicators, source := c2Indicators(t)
	indicators = withTwins(indicators)
	index := match.NewIndex(indicators, library.Context())
	all := wanted(index, indicators)
	t.Logf("%d c2 names and addresses of %s, those that cannot mean it (weak) among them", len(all), source)
	t.Logf("%-16s %-5s %9s %9s %9s", "channel", "", "sent", "as wanted", "")
	for _, c := range scenario.Channels() {
		for _, six := range []bool{false, true} {
			sent, right := 0, 0
			for _, w := range all {
				if w.named() != c.ByName || !w.named() && w.six() != six {
					continue
				}
				sent++
				want := w.level(c)
				if got := w.send(t, index, c, six); got == want {
					right++
				} else {
					t.Errorf("%s through %s (IPv6 %v): %s, want %s", w.value, c.Name, six, got, want)
				}
			}
			t.Logf("%-16s IPv%d %9d %9d %8.2f%%", c.Name, ipVersion(six), sent, right, 100*float64(right)/float64(max(1, sent)))
			if sent == 0 {
				t.Errorf("nothing was sent through %s", c.Name)
			}
		}
	}
}

// listed is one c2 name or address and the classes that it is listed with.
type listed struct {
	value   string
	addr    netip.Addr // invalid for names
	classes []tinycheck.Class
	shared  bool
}

func (w listed) named() bool { return !w.addr.IsValid() }
func (w listed) six() bool   { return w.addr.Is6() }

// level is the table, told once more.
func (w listed) level(c scenario.Channel) tinycheck.Level {
	c2, website := slices.Contains(w.classes, tinycheck.ClassC2), slices.Contains(w.classes, tinycheck.ClassWebsite)
	switch {
	case !c2 || w.shared:
		return tinycheck.Note
	case !c.ByName || website: // one question, or one flow that sends nothing away
		return tinycheck.Suspicious
	}
	return tinycheck.Detected
}

// send analyzes a capture of nothing but this contact.
func (w listed) send(t *testing.T, index *match.Index, c scenario.Channel, six bool) tinycheck.Level {
	t.Helper()
	addr := w.addr
	if w.named() {
		addr = scenario.Neutral(six)
	}
	line := analysis.New(analysis.Config{Index: index, Feeds: []tinycheck.FeedUse{{Name: "c2", Indicators: 1}}})
	err := c.Packets(w.value, addr, func(p *tinycheck.Packet) error {
		line.See(p)
		return nil
	})
	if err != nil {
		t.Fatalf("%s through %s: %v", w.value, c.Name, err)
	}
	r, err := line.Report(tinycheck.Capture{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Devices) == 0 {
		return "no device"
	}
	return r.Devices[0].Verdict.Level
}

// wanted lists what was c2 when it was read, with all classes of the same value.
func wanted(index *match.Index, indicators []tinycheck.Indicator) (all []listed) {
	for i := 0; i < len(indicators); {
		w := listed{value: indicators[i].Value}
		c2 := false
		j := i
		for ; j < len(indicators) && indicators[j].Observable == indicators[i].Observable; j++ {
			w.classes = append(w.classes, indicators[j].Class)
			c2 = c2 || indicators[j].Class == tinycheck.ClassC2 || slices.Contains(indicators[j].Tags, "listed:c2")
		}
		p, address := indicators[i].Prefix()
		if address {
			w.addr = p.Addr()
			w.shared = index.Shared(w.addr)
		}
		if c2 && (address || indicators[i].Type == tinycheck.DomainName) {
			all = append(all, w)
		}
		i = j
	}
	return all
}

// withTwins lists an IPv6 address beside each IPv4 one, since no published list
// has any, and sorts.
func withTwins(indicators []tinycheck.Indicator) []tinycheck.Indicator {
	for _, i := range slices.Clone(indicators) {
		if p, ok := i.Prefix(); ok && i.Class == tinycheck.ClassC2 && p.Addr().Is4() {
			twin := netip.MustParseAddr("2001:db8:c2::").As16()
			four := p.Addr().As4()
			copy(twin[12:], four[:])
			i.Type, i.Value = tinycheck.IPv6Addr, netip.AddrFrom16(twin).String()
			indicators = append(indicators, i)
		}
	}
	slices.SortFunc(indicators, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
	return indicators
}

func c2Indicators(t *testing.T) ([]tinycheck.Indicator, string) {
	t.Helper()
	const echap = "../../../shared/feeds/AssoEchap+stalkerware-indicators/"
	if _, err := os.Stat(echap + "ioc.yaml"); err != nil {
		indicators, feed := library.Starter()
		own := tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.IPv4Addr, Value: "192.0.2.66"}, Class: tinycheck.ClassC2, Family: "Example"}
		return append(indicators, own), fmt.Sprintf("%s and one address", feed.Name)
	}
	indicators, _, err := library.Load([]string{echap + "ioc.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return indicators, "ECHAP's ioc.yaml"
}

func ipVersion(six bool) int {
	if six {
		return 6
	}
	return 4
}
