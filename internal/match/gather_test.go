package match_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/match"
)

// What a finding says of its evidence.
func TestFindingSaysItsEvidence(t *testing.T) {
	p := newTape([]tinycheck.Indicator{c2("thd.cc", "mSpy")})
	p.answer("b.thd.cc", "NOERROR") // packets 1 to 3
	p.answer("a.thd.cc", "NOERROR") // 4 to 6
	p.answer("b.thd.cc", "NOERROR") // 7 to 9
	p.tls(server, "a.thd.cc")       // 10, 11
	list := p.Findings([]netip.Addr{phone})
	if len(list) != 1 {
		t.Fatalf("%d findings", len(list))
	}
	f := list[0]
	if f.Weight != 20 || f.Version != 1 || f.Class != tinycheck.ClassC2 || !slices.Equal(f.Names, []string{"a.thd.cc", "b.thd.cc"}) || f.Sent != 600 || f.Received != 2000 {
		t.Errorf("finding %+v", f)
	}
	if !f.First.Equal(noon.Add(time.Second)) || !f.Last.Equal(noon.Add(11*time.Second)) {
		t.Errorf("from %v to %v", f.First, f.Last)
	}
	var lines []string
	for _, s := range f.Sightings {
		lines = append(lines, fmt.Sprintf("%s %s x%d %v %s", s.Channel, s.Seen.Value, s.Count, s.Packets, s.Indicators[0].Value))
	}
	compare(t, lines, []string{"dns-query b.thd.cc x2 [1 7] thd.cc", "dns-query a.thd.cc x1 [4] thd.cc", "tls-sni a.thd.cc x1 [10] thd.cc"})
}

func TestWeights(t *testing.T) {
	list := []tinycheck.Indicator{c2("one.example", "S"), c2("two.example", "S"), c2("three.example", "S"), listing(tinycheck.ClassWatchware, "kid.example", "K")}
	p := newTape(list)
	p.tls(server, "kid.example")
	p.query("one.example")
	p.tls(server, "two.example")
	p.tls(server, "three.example")
	p.tls(server, "three.example")
	var got []string
	for _, f := range p.Findings([]netip.Addr{phone}) {
		got = append(got, fmt.Sprint(f.Identity, " ", f.Weight))
	}
	compare(t, got, []string{"three.example 30", "two.example 20", "one.example 8", "kid.example 1"})
}

// A device that uses IPv4 and IPv6 has one finding, with the evidence of both.
func TestAddressesOfOneDevice(t *testing.T) {
	p := newTape([]tinycheck.Indicator{c2("spy.example", "S"), website("spy.example", "S")})
	p.tls(server, "spy.example")
	p.tls(server6, "spy.example")
	compare(t, p.told(), []string{"detected c2-also-website spy.example S flows=2 via tls-sni"})
	list := p.Findings([]netip.Addr{phone, sixth})
	if s := list[0].Sightings; len(s) != 1 || s[0].Count != 2 || !slices.Equal(s[0].Packets, []int64{1, 3}) {
		t.Errorf("sightings %+v", s)
	}
	one := p.Findings([]netip.Addr{sixth})
	if len(one) != 1 || one[0].Level != tinycheck.Suspicious || one[0].Flows != 1 {
		t.Errorf("of one address: %+v", one)
	}
	if none := p.Findings([]netip.Addr{netip.MustParseAddr("192.168.2.11")}); none != nil {
		t.Errorf("of somebody else: %+v", none)
	}
	if got := p.Sources(); !slices.Equal(got, []netip.Addr{phone, sixth}) {
		t.Errorf("sources %v", got)
	}
}

// Only what can decide an answer makes a source that is never overlooked.
func TestSources(t *testing.T) {
	for _, rule := range tinycheck.Rules() {
		decides := rule.Levels[0].Rank() >= tinycheck.Suspicious.Rank()
		for _, level := range rule.Levels {
			if decides != (level.Rank() >= tinycheck.Suspicious.Rank()) {
				t.Errorf("rule %s gives notes and more: Sources must look at levels", rule.ID)
			}
		}
	}
	p := newTape([]tinycheck.Indicator{listing(tinycheck.ClassWatchware, "kid.example", "K"), website("shop.example", "S")})
	p.tls(server, "kid.example")
	p.tls(server, "shop.example")
	if got := p.Sources(); got != nil {
		t.Errorf("sources %v of notes", got)
	}
}

// The same events give the same bytes, in whatever order the indicators came.
func TestTheOrderOfIndicatorsDoesNotShow(t *testing.T) {
	var list []tinycheck.Indicator
	for i := range 300 {
		one := c2(fmt.Sprintf("h%d.example%d.com", i%40, i%7), fmt.Sprint("F", i%5))
		one.Feed, one.SourceID, one.TLP = fmt.Sprint("feed", i%3), fmt.Sprint("id", i%4), []string{"", "green"}[i%2]
		one.Tags, one.Confidence, one.ValidUntil = []string{fmt.Sprint(i % 6)}, i%11, noon.Add(time.Duration(i)*time.Hour)
		list = append(list, one, c2(fmt.Sprintf("203.0.113.%d", i%9), fmt.Sprint("F", i%5)))
	}
	var first string
	for seed := range uint64(5) {
		rand.New(rand.NewPCG(seed, seed)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		p := newTape(list)
		for i := range 60 {
			p.answer(fmt.Sprintf("x.h%d.example%d.com", i%40, i%7), "NOERROR", fmt.Sprintf("h%d.example%d.com", (i+1)%40, (i+1)%7))
			p.tls(fmt.Sprintf("203.0.113.%d:443", i%9), fmt.Sprintf("h%d.example%d.com", i%40, i%7))
			p.silent(fmt.Sprintf("203.0.113.%d:443", i%9))
			p.tls(fmt.Sprintf("[2001:db8::%d]:443", i), fmt.Sprintf("h%d.example%d.com", i%40, i%7))
		}
		text, err := json.Marshal(p.Findings([]netip.Addr{phone, sixth}))
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(text)
		}
		if string(text) != first {
			t.Fatalf("seed %d gives other bytes", seed)
		}
		again, _ := json.Marshal(p.Findings([]netip.Addr{phone, sixth}))
		if string(again) != first {
			t.Fatal("asking twice gives other bytes")
		}
	}
}

// Floods are bounded and counted, and cost nothing that can decide an answer.
func TestBounds(t *testing.T) {
	p := newTape([]tinycheck.Indicator{listing(tinycheck.ClassTracker, "ads.example", ""), c2("dyn.example", "S"), listing("infrastructure:dynamic-dns", "duckdns.org", "")})
	f := p.flow("192.168.2.1:53")
	query := func(name string) { p.see(f, tinycheck.DNSQuery{Name: name, Via: tinycheck.ProtocolDNS}) }
	for i := range 200 {
		query(fmt.Sprintf("n%d.ads.example", i)) // one subject, many names
	}
	if got := p.Lost(); got != 200-64 {
		t.Errorf("%d lost of 200 names of one subject", got)
	}
	one := p.Findings([]netip.Addr{phone})[0]
	if len(one.Names) != 32 || len(one.Sightings) != 64 {
		t.Errorf("%d names, %d sightings", len(one.Names), len(one.Sightings))
	}
	for range 100 {
		query("n1.ads.example")
	}
	one = p.Findings([]netip.Addr{phone})[0]
	for _, s := range one.Sightings {
		if s.Seen.Value == "n1.ads.example" && (len(s.Packets) != 16 || s.Count != 101) {
			t.Errorf("%d packets, count %d", len(s.Packets), s.Count)
		}
	}
	before := p.Lost()
	for i := range 10_000 {
		query(fmt.Sprintf("t%d.duckdns.org", i)) // many subjects
	}
	if p.Lost() == before {
		t.Error("10,000 subjects fit")
	}
	if n := len(p.Findings([]netip.Addr{phone})); n != 4096 {
		t.Errorf("%d findings", n)
	}
	before = p.Lost()
	query("a.dyn.example")
	if got := p.Findings([]netip.Addr{phone})[0]; got.Level != tinycheck.Detected || p.Lost() != before {
		t.Errorf("after a flood of notes: %+v", got)
	}
}

// Flows that never end are forgotten at some point, and counted.
func TestFlowsThatNeverEnd(t *testing.T) {
	p := newTape([]tinycheck.Indicator{c2("spy.example", "S")})
	for range 20_000 {
		p.hello(p.flow(server), "spy.example")
	}
	if p.Lost() != 20_000-16384 {
		t.Errorf("%d lost", p.Lost())
	}
	p = newTape([]tinycheck.Indicator{c2("spy.example", "S")})
	for range 20_000 {
		p.tls(server, "spy.example")
	}
	if got := p.Findings([]netip.Addr{phone})[0].Flows; p.Lost() != 0 || got != 20_000 {
		t.Errorf("of flows that end, %d lost and %d counted", p.Lost(), got)
	}
}

// Whatever comes, a gatherer keeps its word: notes stay notes, levels are those
// of the rule, nothing is found that is not listed.
func FuzzGatherer(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{255, 17, 33, 129, 64, 2, 90, 200, 14})
	list := []tinycheck.Indicator{c2("spy.example", "S"), website("spy.example", "S"), c2("api.other.example", "T"), website("other.example", "T"),
		listing(tinycheck.ClassWatchware, "kid.example", "K"), c2("203.0.113.5", "S"), c2("203.0.113.0/28", "T"), listing("infrastructure:doh", "203.0.113.53", ""),
		listing(tinycheck.ClassTracker, "ads.example", "")}
	hosts := []string{"spy.example", "www.spy.example", "api.other.example", "other.example", "kid.example", "ads.example", "weather.example", "notspy.example", "", "SPY.example."}
	remotes := []string{server, server6, "203.0.113.6:80", "203.0.113.53:443", "198.51.100.1:443"}
	index := match.NewIndex(list, []tinycheck.Context{platform("198.51.100.0/24")})
	f.Fuzz(func(t *testing.T, steps []byte) {
		p := &tape{Gatherer: match.NewGatherer(index), port: 40000}
		for i, b := range steps[:min(len(steps), 500)] {
			host, remote := hosts[int(b)%len(hosts)], remotes[i%len(remotes)]
			switch b >> 5 {
			case 0:
				p.answer(host, "NOERROR", hosts[i%len(hosts)])
			case 1:
				p.tls(remote, host)
			case 2:
				p.http(remote, host, "/", int64(i%2))
			case 3:
				p.silent(remote, host)
			case 4:
				p.certificate(remote, hosts[i%len(hosts)], tinycheck.Certificate{Names: []string{"*." + host}})
			case 5:
				p.socks(remote, host)
			case 6:
				p.query(host)
			default:
				p.hello(p.flow(remote), host)
			}
		}
		findings := p.Findings([]netip.Addr{phone, sixth})
		for i, one := range findings {
			row, ok := tinycheck.FindRule(one.Rule)
			if !ok || !slices.Contains(row.Levels, one.Level) || one.Weight > row.Weight {
				t.Errorf("%s gives %s of weight %d", one.Rule, one.Level, one.Weight)
			}
			if one.Class != tinycheck.ClassC2 && one.Level != tinycheck.Note {
				t.Errorf("%s of class %s is %s", one.Rule, one.Class, one.Level)
			}
			if len(one.Sightings) == 0 || len(one.Channels) == 0 || one.Last.Before(one.First) {
				t.Errorf("no evidence: %+v", one)
			}
			for _, s := range one.Sightings {
				if len(s.Indicators) == 0 || s.Count < 1 || !slices.IsSorted(s.Packets) {
					t.Errorf("sighting %+v", s)
				}
			}
			if i > 0 && tinycheck.CompareFindings(&findings[i-1], &findings[i]) >= 0 {
				t.Error("findings are not in order")
			}
		}
	})
}
