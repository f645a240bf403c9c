package analysis_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

// The same packets give the same bytes, whatever the order of indicators,
// context and feeds, and however often one asks.
func TestTheSameBytes(t *testing.T) {
	indicators, _ := library.Starter()
	context := library.Context()
	feeds := []tinycheck.FeedUse{{Name: "b", Indicators: 1, Date: dawn}, {Name: "a", Indicators: 2}, {Name: "c", Indicators: 3, Date: dawn}}
	w := crowd(indicators)
	var first string
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		r.Shuffle(len(indicators), func(i, j int) { indicators[i], indicators[j] = indicators[j], indicators[i] })
		r.Shuffle(len(context), func(i, j int) { context[i], context[j] = context[j], context[i] })
		r.Shuffle(len(feeds), func(i, j int) { feeds[i], feeds[j] = feeds[j], feeds[i] })
		cfg := analysis.Config{Index: match.NewIndex(indicators, context), Feeds: feeds, Version: "test"}
		for range 2 {
			text, err := json.Marshal(w.report(t, cfg))
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(text)
			}
			if string(text) != first {
				t.Fatalf("seed %d gives other bytes: %s", seed, difference(first, string(text)))
			}
		}
	}
	var r tinycheck.Report
	if err := json.Unmarshal([]byte(first), &r); err != nil || len(r.Devices) < 10 || r.Answer != tinycheck.Detected {
		t.Errorf("%d devices, answer %s, %v", len(r.Devices), r.Answer, err)
	}
}

func difference(a, b string) string {
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	return fmt.Sprintf("%.200q against %.200q", a[max(0, at-80):], b[max(0, at-80):])
}

// crowd is traffic of twenty devices with every second indicator of a list.
func crowd(indicators []tinycheck.Indicator) *tap {
	w := newTap()
	for i, one := range indicators {
		if one.Type != tinycheck.DomainName {
			continue
		}
		who := station{tinycheck.MAC{0xac, 0, 0, 0, 1, byte(i % 20)}, netip.AddrFrom4([4]byte{192, 168, 3, byte(i%20 + 1)}), netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i % 20)})}
		there := outside.at(netip.AddrFrom4([4]byte{203, 0, 113, byte(i % 7)}).String())
		switch i % 4 {
		case 0:
			w.ask(who, one.Value, there.v4)
		case 1:
			w.tls(who, there, who.four(w.next()), there.four(443), one.Value)
		case 2:
			w.tls(who, there, who.six(w.next()), there.six(443), "www."+one.Value)
		default:
			w.bulk(who, there, who.four(w.next()), there.four(9000), 300)
		}
	}
	return w
}

// Real captures give the same bytes, too.
func TestTheSameBytesOfRealCaptures(t *testing.T) {
	dir, index := shared(t, "corpus"), echap(t)
	for _, row := range rows[label](t, filepath.Join(dir, "stalkerware_labels.jsonl")) {
		cfg := analysis.Config{Index: index}
		one, _ := json.Marshal(analyze(t, filepath.Join(dir, row.Pcap), cfg))
		two, _ := json.Marshal(analyze(t, filepath.Join(dir, row.Pcap), cfg))
		if string(one) != string(two) {
			t.Errorf("%s: %s", row.Pcap, difference(string(one), string(two)))
		}
	}
}

// More devices than a report holds: the worst is in it, and counts.
func TestMoreDevicesThanAReportHolds(t *testing.T) {
	w := newTap()
	who := func(i int) station {
		return station{mac: tinycheck.MAC{0xac, 0, 0, 1, byte(i >> 8), byte(i)}, v4: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})}
	}
	for i := 1; i <= 100; i++ {
		w.web(who(i), "weather.example")
	}
	w.web(who(101), "spy.example")
	r := w.report(t, analysis.Config{})
	if len(r.Devices) != 64 || r.Others != 37 || r.Answer != tinycheck.Detected || r.Devices[0].Device.MAC != who(101).mac {
		t.Errorf("%d devices and %d others, answer %s, first %s", len(r.Devices), r.Others, r.Answer, r.Devices[0].Device.ID)
	}
	if r.Devices[0].Coverage.Devices != 101 {
		t.Errorf("%d devices counted", r.Devices[0].Coverage.Devices)
	}
}

// More local addresses than anything is kept of: one that is caught is told of
// nevertheless, and that something is missing.
func TestMoreAddressesThanAreKept(t *testing.T) {
	w := newTap()
	w.link = tinycheck.LinkRaw
	for i := range 5000 {
		from := phone.at(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String())
		w.bulk(from, outside, from.four(5000), outside.four(9000), 60)
	}
	last := phone.at("10.200.0.1")
	w.web(last, "spy.example")
	r := w.report(t, analysis.Config{})
	a := r.Devices[0]
	if r.Answer != tinycheck.Detected || a.Device.ID != "10.200.0.1" || a.Verdict.Grade != tinycheck.GradeX || !slices.Contains(a.Coverage.Limits, tinycheck.LimitOverflow) {
		t.Errorf("answer %s, first %s at grade %s %v", r.Answer, a.Device.ID, a.Verdict.Grade, a.Coverage.Limits)
	}
}

// More remotes than are told apart.
func TestMoreRemotesThanAreKept(t *testing.T) {
	w := newTap()
	for i := range 40_000 {
		w.udp(phone, router, phone.four(5000), router.four(53), question(fmt.Sprintf("name%d.example", i)))
	}
	a := only(t, w.report(t, analysis.Config{}))
	if len(a.Remotes) != 200 || a.More == 0 || !slices.Contains(a.Coverage.Limits, tinycheck.LimitOverflow) {
		t.Errorf("%d remotes and %d more, limits %v", len(a.Remotes), a.More, a.Coverage.Limits)
	}
}

// More sightings than are kept.
func TestMoreSightingsThanAreKept(t *testing.T) {
	w := newTap()
	for i := range 100 {
		w.udp(phone, router, phone.four(5000), router.four(53), question(fmt.Sprintf("name%d.spy.example", i)))
	}
	if a := only(t, w.report(t, analysis.Config{})); a.Verdict.Answer != tinycheck.Detected || a.Coverage.FlowsLost != 36 || !slices.Contains(a.Coverage.Limits, tinycheck.LimitOverflow) {
		t.Errorf("answer %s, %d lost, limits %v", a.Verdict.Answer, a.Coverage.FlowsLost, a.Coverage.Limits)
	}
}

// A report says what made it; asking twice gives the same.
func TestReportSaysWhatMadeIt(t *testing.T) {
	line := analysis.New(analysis.Config{Index: lists(), Version: "1.2.3", Feeds: dated()})
	w := newTap()
	w.web(phone, "spy.example")
	for i := range w.packets {
		line.See(&w.packets[i])
	}
	line.End()
	one, err := line.Report(w.capture())
	if err != nil {
		t.Fatal(err)
	}
	two, _ := line.Report(w.capture())
	a, _ := json.Marshal(one)
	if b, _ := json.Marshal(two); string(a) != string(b) {
		t.Error("asking twice gives other bytes")
	}
	if one.Program.Version != "1.2.3" || one.Program.Rules < len(tinycheck.Rules()) || one.Capture.Name != "test" || len(one.Feeds) != 1 {
		t.Errorf("report %+v", one.Program)
	}
}
