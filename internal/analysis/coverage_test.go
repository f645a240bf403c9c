package analysis_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

// watched records a phone for exactly so long, with external bytes that have a
// name, none, and that a tunnel carries.
func watched(observed time.Duration, named, unnamed, tunnel int) *tap {
	w := newTap()
	w.ask(phone, "weather.example", outside.v4)
	if named > 0 {
		w.bulk(phone, outside, phone.four(5000), outside.four(4443), named)
	}
	if unnamed > 0 {
		w.bulk(phone, outside, phone.four(5001), outside.at("203.0.113.77").four(4443), unnamed)
	}
	if tunnel > 0 {
		w.wireguard(tunnel)
	}
	for end := dawn.Add(observed); w.last().Before(end); {
		w.now = w.last().Add(min(time.Minute, end.Sub(w.last())))
		w.udp(phone, router, phone.four(5002), router.four(123), nil) // never outside
	}
	return w
}

// wireguard sends exactly size bytes in a tunnel (white paper section 5.4).
func (w *tap) wireguard(size int) {
	there := outside.at("203.0.113.99")
	one := func(from, to station, kind byte, n int) {
		p := make([]byte, n-28)
		p[0] = kind
		if from == phone {
			w.udp(from, to, phone.four(51000), there.four(51820), p)
		} else {
			w.udp(from, to, there.four(51820), phone.four(51000), p)
		}
		size -= n
	}
	one(phone, there, 1, 28+148)
	one(there, phone, 2, 28+92)
	for size > 0 {
		n := min(size, 28+32+64*16)
		if rest := size - n; rest > 0 && rest < 28+32 {
			n -= 64
		}
		one(phone, there, 4, n)
	}
}

func only(t *testing.T, r tinycheck.Report) tinycheck.Answer {
	t.Helper()
	if len(r.Devices) != 1 {
		t.Fatalf("%d devices, want 1", len(r.Devices))
	}
	return r.Devices[0]
}

// The thresholds of the grades, each at its exact value and just beside it.
func TestGrades(t *testing.T) {
	const enough = 12 * time.Minute
	for _, c := range []struct {
		observed               time.Duration
		named, unnamed, tunnel int
		grade                  tinycheck.Grade
		limits                 []tinycheck.Limit
	}{
		{enough, 8500, 1500, 0, tinycheck.GradeB, nil},
		{enough, 8499, 1501, 0, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitUnnamed}},
		{enough - time.Millisecond, 8500, 1500, 0, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitShort}},
		{3 * time.Minute, 10000, 0, 0, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitShort}},
		{3*time.Minute - time.Millisecond, 10000, 0, 0, tinycheck.GradeX, []tinycheck.Limit{tinycheck.LimitTooShort}},
		{enough, 5000, 5000, 0, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitUnnamed}},
		{enough, 4999, 5001, 0, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitUnexplained, tinycheck.LimitUnnamed}},
		{enough, 0, 0, 0, tinycheck.GradeX, []tinycheck.Limit{tinycheck.LimitNoTraffic}},
		{enough, 1000, 0, 9000, tinycheck.GradeX, []tinycheck.Limit{tinycheck.LimitTunnel}},
		{enough, 1001, 0, 8999, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitSomeTunnel, tinycheck.LimitUnexplained, tinycheck.LimitUnnamed}},
		{enough, 9000, 0, 1000, tinycheck.GradeB, []tinycheck.Limit{tinycheck.LimitSomeTunnel}},
		{enough, 0, 10000, 0, tinycheck.GradeC, []tinycheck.Limit{tinycheck.LimitSingleSink, tinycheck.LimitUnexplained, tinycheck.LimitUnnamed}},
		{2 * time.Minute, 0, 0, 10000, tinycheck.GradeX, []tinycheck.Limit{tinycheck.LimitTunnel, tinycheck.LimitTooShort}},
	} {
		t.Run(fmt.Sprintf("%v-%d-%d-%d", c.observed, c.named, c.unnamed, c.tunnel), func(t *testing.T) {
			a := only(t, watched(c.observed, c.named, c.unnamed, c.tunnel).report(t, analysis.Config{Feeds: dated()}))
			if a.Coverage.Observed != c.observed {
				t.Fatalf("observed %v", a.Coverage.Observed)
			}
			if all := int64(c.named + c.unnamed + c.tunnel); a.Coverage.External != all {
				t.Fatalf("%d external bytes, want %d", a.Coverage.External, all)
			}
			if want := append(c.limits, tinycheck.LimitIdle); a.Coverage.Grade != c.grade || !slices.Equal(a.Coverage.Limits, want) {
				t.Errorf("grade %s %v, want %s %v", a.Coverage.Grade, a.Coverage.Limits, c.grade, want)
			}
			want := tinycheck.NothingFound
			if c.grade == tinycheck.GradeX {
				want = tinycheck.Inconclusive
			}
			if a.Verdict.Answer != want || a.Verdict.Level != want {
				t.Errorf("verdict %+v, want %s", a.Verdict, want)
			}
		})
	}
}

// Gaps count as at most a minute.
func TestObserved(t *testing.T) {
	w := newTap()
	w.ask(phone, "weather.example")
	for _, gap := range []time.Duration{10 * time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		w.now = w.packets[len(w.packets)-1].Time.Add(gap)
		w.ask(phone, "weather.example")
	}
	a := only(t, w.report(t, analysis.Config{}))
	if want := 10*time.Second + 3*time.Minute; a.Coverage.Observed != want || a.Coverage.Span != 10*time.Second+time.Minute+25*time.Hour {
		t.Errorf("observed %v of %v, want %v", a.Coverage.Observed, a.Coverage.Span, want)
	}
}

// Poor coverage never lowers what was found, and is told beside it.
func TestFoundAtGradeX(t *testing.T) {
	for _, c := range []struct {
		name          string
		play          func(*tap)
		level, answer tinycheck.Level
	}{
		{"c2 name", func(w *tap) { w.ask(phone, "spy.example") }, tinycheck.Detected, tinycheck.Detected},
		{"c2 address", func(w *tap) { w.bulk(phone, outside, phone.four(5000), outside.at("198.51.100.66").four(9000), 500) }, tinycheck.Suspicious, tinycheck.Suspicious},
		{"c2 address, IPv6", func(w *tap) {
			there := outside
			there.v6 = outside.v6.Next()
			for there.v6.String() != "2001:db8:ffff::66" {
				there.v6 = there.v6.Next()
			}
			w.bulk(phone, there, phone.six(5000), there.six(9000), 500)
		}, tinycheck.Suspicious, tinycheck.Suspicious},
		{"watchware", func(w *tap) { w.ask(phone, "kid.example") }, tinycheck.Note, tinycheck.Inconclusive},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watched(12*time.Minute, 100, 0, 20000)
			c.play(w)
			r := w.report(t, analysis.Config{Feeds: dated()})
			a := only(t, r)
			if a.Coverage.Grade != tinycheck.GradeX || !slices.Contains(a.Coverage.Limits, tinycheck.LimitTunnel) {
				t.Fatalf("grade %s %v", a.Coverage.Grade, a.Coverage.Limits)
			}
			if a.Verdict.Level != c.level || a.Verdict.Answer != c.answer || r.Answer != c.answer || len(a.Verdict.Deciding) != 1 {
				t.Errorf("verdict %+v, want %s, answer %s", a.Verdict, c.level, c.answer)
			}
		})
	}
	w := watched(12*time.Minute, 10000, 0, 0)
	w.ask(phone, "kid.example")
	if a := only(t, w.report(t, analysis.Config{Feeds: dated()})); a.Verdict.Level != tinycheck.Note || a.Verdict.Answer != tinycheck.NothingFound {
		t.Errorf("a note at grade %s: %+v", a.Coverage.Grade, a.Verdict)
	}
}

// Calls over Wi-Fi are a tunnel of the phone company, which hides nothing else.
func TestCallsOverWiFiBlindNobody(t *testing.T) {
	w := watched(12*time.Minute, 100, 0, 0)
	there := outside.at("203.0.113.44")
	w.ask(phone, "epdg.epc.mnc001.mcc262.pub.3gppnetwork.org", there.v4)
	ike := make([]byte, 400)
	ike[0], ike[16], ike[17], ike[18], ike[19] = 1, 33, 0x20, 34, 0x08
	ike[26], ike[27] = 1, 0x90
	w.udp(phone, there, phone.four(500), there.four(500), ike)
	esp := make([]byte, 1200)
	esp[3], esp[7] = 9, 1
	for i := range 50 {
		esp[7] = byte(i + 1)
		w.udp(phone, there, phone.four(4500), there.four(4500), esp)
		w.ip(phone, there, phone.v4, there.v4, 50, esp)
	}
	c := only(t, w.report(t, analysis.Config{Feeds: dated()})).Coverage
	if c.Grade != tinycheck.GradeB || c.Tunnelled != 0 || !slices.Equal(c.Tunnels, []tinycheck.TunnelKind{tinycheck.TunnelCalling}) || slices.Contains(c.Limits, tinycheck.LimitSomeTunnel) {
		t.Errorf("grade %s %v, %d bytes in %v", c.Grade, c.Limits, c.Tunnelled, c.Tunnels)
	}
	w = watched(12*time.Minute, 100, 0, 0)
	w.ask(phone, "vpn.example", there.v4)
	w.udp(phone, there, phone.four(500), there.four(500), ike)
	for range 50 {
		w.ip(phone, there, phone.v4, there.v4, 50, esp)
	}
	c = only(t, w.report(t, analysis.Config{Feeds: dated()})).Coverage
	if c.Grade != tinycheck.GradeX || !slices.Equal(c.Tunnels, []tinycheck.TunnelKind{tinycheck.TunnelIPsec}) {
		t.Errorf("a VPN of the same kind: grade %s %v, %v", c.Grade, c.Limits, c.Tunnels)
	}
}

// Names asked for out of sight are told, with whom.
func TestEncryptedDNSIsTold(t *testing.T) {
	known, _ := library.Starter()
	index := match.NewIndex(known, nil)
	for _, c := range []struct {
		name      string
		play      func(*tap)
		by        []tinycheck.Protocol
		resolvers []string
	}{
		{"DoT", func(w *tap) { w.tls(phone, outside, phone.four(w.next()), outside.four(853), "dns.example") }, []tinycheck.Protocol{tinycheck.ProtocolDoT}, []string{"dns.example"}},
		{"DoT without a name", func(w *tap) { w.tls(phone, outside, phone.four(w.next()), outside.four(853), "") }, []tinycheck.Protocol{tinycheck.ProtocolDoT}, []string{"203.0.113.5"}},
		{"DoH by name", func(w *tap) { w.web(phone, "dns.google") }, []tinycheck.Protocol{tinycheck.ProtocolDoH}, []string{"dns.google"}},
		{"DoH by address", func(w *tap) {
			there := outside.at("8.8.8.8")
			w.tls(phone, there, phone.four(w.next()), there.four(443), "")
		}, []tinycheck.Protocol{tinycheck.ProtocolDoH}, []string{"8.8.8.8"}},
		{"plain DNS to the same resolver", func(w *tap) {
			there := outside.at("8.8.8.8")
			w.udp(phone, there, phone.four(w.next()), there.four(53), question("weather.example"))
		}, nil, nil},
		{"a neighbour of a resolver, asked for before", func(w *tap) {
			w.ask(phone, "dns.google", outside.v4)
			w.web(phone, "weather.example")
		}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTap()
			c.play(w)
			got := only(t, w.report(t, analysis.Config{Index: index})).Coverage
			if !slices.Equal(got.EncryptedBy, c.by) || !slices.Equal(got.Resolvers, c.resolvers) || slices.Contains(got.Limits, tinycheck.LimitEncryptedDNS) != (c.by != nil) {
				t.Errorf("by %v of %v, limits %v; want by %v of %v", got.EncryptedBy, got.Resolvers, got.Limits, c.by, c.resolvers)
			}
		})
	}
}

// A hello whose name is encrypted (RFC 9849) is a blind spot where DNS had
// published how; where it had not, it is GREASE.
func TestECHIsTold(t *testing.T) {
	for _, published := range []bool{true, false} {
		w := newTap()
		src, dst := phone.four(w.next()), router.four(53)
		w.udp(phone, router, src, dst, question("weather.example"))
		w.udp(router, phone, dst, src, answerECH("weather.example", published))
		src, dst = phone.four(w.next()), outside.four(443)
		w.tcp(phone, outside, src, dst, syn, 100, 0, nil)
		w.tcp(outside, phone, dst, src, syn|ack, 900, 101, nil)
		w.tcp(phone, outside, src, dst, ack, 101, 901, helloECH("front.example"))
		c := only(t, w.report(t, analysis.Config{})).Coverage
		if got := slices.Contains(c.Limits, tinycheck.LimitECH); got != published || (c.ECH == 1) != published || (c.ECHOffered == 1) == published {
			t.Errorf("published %v: %d likely, %d offered, limits %v", published, c.ECH, c.ECHOffered, c.Limits)
		}
	}
}

// Plain questions to a resolver outside need no name to be understood.
func TestPlainDNSExplainsItself(t *testing.T) {
	w := newTap()
	there := outside.at("203.0.113.53")
	w.udp(phone, there, phone.four(5000), there.four(53), question("weather.example"))
	c := only(t, w.report(t, analysis.Config{})).Coverage
	if c.Unexplained != 0 || c.External == 0 || c.Named[tinycheck.NameDNS] != c.External {
		t.Errorf("%d of %d bytes unexplained, named %v", c.Unexplained, c.External, c.Named)
	}
}

// Relays are tunnels by the name of their entrance.
func TestRelay(t *testing.T) {
	known, _ := library.Starter()
	w := watched(12*time.Minute, 100, 0, 0)
	relay := outside.at("203.0.113.50")
	w.ask(phone, "mask.icloud.com", relay.v4)
	w.bulk(phone, relay, phone.four(5005), relay.four(443), 5000)
	c := only(t, w.report(t, analysis.Config{Index: match.NewIndex(known, nil), Feeds: dated()})).Coverage
	if c.Grade != tinycheck.GradeX || c.Tunnelled != 5000 || !slices.Equal(c.Tunnels, []tinycheck.TunnelKind{tinycheck.TunnelRelay}) {
		t.Errorf("grade %s %v, %d bytes in %v", c.Grade, c.Limits, c.Tunnelled, c.Tunnels)
	}
}

// What the capture itself lacks, and how old the lists are.
func TestLimitsOfTheCaptureAndTheLists(t *testing.T) {
	w := watched(12*time.Minute, 10000, 0, 0)
	end := w.capture().End
	month := 30 * 24 * time.Hour
	techniques := match.NewIndex([]tinycheck.Indicator{{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "dns.example"},
		Class: tinycheck.ClassInfrastructure, Infrastructure: tinycheck.InfraDoH}}, nil)
	for _, c := range []struct {
		name    string
		feeds   []tinycheck.FeedUse
		index   *match.Index
		capture func(*tinycheck.Capture)
		limits  []tinycheck.Limit
		oldest  time.Duration
	}{
		{"nothing", dated(), nil, nil, nil, 12 * time.Minute},
		{"lost", dated(), nil, func(c *tinycheck.Capture) { c.Dropped.Kernel = 1 }, []tinycheck.Limit{tinycheck.LimitDrops}, 12 * time.Minute},
		{"cut", dated(), nil, func(c *tinycheck.Capture) { c.Dropped.Truncated = 1 }, []tinycheck.Limit{tinycheck.LimitDrops}, 12 * time.Minute},
		{"damaged", dated(), nil, func(c *tinycheck.Capture) {
			c.Damage = []tinycheck.Damage{{Kind: tinycheck.DamageCutOff, Count: 1}}
		}, []tinycheck.Limit{tinycheck.LimitDamage}, 12 * time.Minute},
		{"a month old", []tinycheck.FeedUse{{Name: "a", Indicators: 1, Date: end.Add(-month)}}, nil, nil, nil, month},
		{"older", []tinycheck.FeedUse{{Name: "a", Indicators: 1, Date: end.Add(-month - 1)}, {Name: "b", Indicators: 1, Date: end}}, nil, nil, []tinycheck.Limit{tinycheck.LimitOldFeeds}, month + 1},
		{"newer than the capture", []tinycheck.FeedUse{{Name: "a", Indicators: 1, Date: end.Add(month)}}, nil, nil, nil, 0},
		{"without a date", []tinycheck.FeedUse{{Name: "a", Indicators: 1}}, nil, nil, []tinycheck.Limit{tinycheck.LimitUndatedFeeds}, 0},
		{"never fetched", []tinycheck.FeedUse{{Name: "a", Indicators: 1, Date: end}, {Name: "b", Missing: true}}, nil, nil, []tinycheck.Limit{tinycheck.LimitMissingFeeds}, 0},
		{"older, and typed in by hand", []tinycheck.FeedUse{{Name: "a", Indicators: 1, Date: end.Add(-2 * month), Timeless: true}, {Name: "b", Indicators: 1, Timeless: true}}, nil, nil, nil, 0},
		{"an empty list", []tinycheck.FeedUse{{Name: "a", Indicators: 9, Date: end}, {Name: "b", Date: end}}, techniques, nil, []tinycheck.Limit{tinycheck.LimitNoIndicators}, 0},
		{"a list of techniques", []tinycheck.FeedUse{{Name: "a", Indicators: 9, Date: end}}, techniques, nil, nil, 0},
		{"no list at all", nil, match.NewIndex(nil, nil), nil, []tinycheck.Limit{tinycheck.LimitNoIndicators}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.index == nil {
				c.index = lists()
			}
			line := analysis.New(analysis.Config{Index: c.index, Feeds: c.feeds})
			for i := range w.packets {
				line.See(&w.packets[i])
			}
			capture := w.capture()
			if c.capture != nil {
				c.capture(&capture)
			}
			r, err := line.Report(capture)
			if err != nil {
				t.Fatal(err)
			}
			got, grade := only(t, r).Coverage, tinycheck.GradeB
			if slices.Contains(c.limits, tinycheck.LimitNoIndicators) {
				grade = tinycheck.GradeX
			}
			if want := append(c.limits, tinycheck.LimitIdle); !slices.Equal(got.Limits, want) || got.OldestFeed != c.oldest || got.Grade != grade {
				t.Errorf("limits %v, oldest %v, grade %s; want %v, %v, %s", got.Limits, got.OldestFeed, got.Grade, want, c.oldest, grade)
			}
		})
	}
}

// One remote is one sink, whichever of the phone's addresses talks to it.
func TestSingleSinkOfSeveralAddresses(t *testing.T) {
	w := newTap()
	second := phone.at("169.254.7.7")
	w.bulk(phone, outside, phone.four(5000), outside.four(9000), 10000)
	w.bulk(second, outside, second.four(5000), outside.four(9000), 10000)
	w.bulk(phone, outside, phone.four(5001), outside.at("203.0.113.6").four(9000), 500)
	c := only(t, w.report(t, analysis.Config{})).Coverage
	if c.LargestSink != 20000 || !slices.Contains(c.Limits, tinycheck.LimitSingleSink) {
		t.Errorf("largest sink %d of %d, limits %v", c.LargestSink, c.External, c.Limits)
	}
}
