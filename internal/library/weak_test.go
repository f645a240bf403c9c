package library_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/spelling"
)

// listed makes an indicator of a name or address.
func listed(value string, class tinycheck.Class, family string, tags ...string) tinycheck.Indicator {
	o, err := spelling.Address(value)
	if err != nil {
		o = tinycheck.Observable{Type: tinycheck.DomainName, Value: value}
	}
	return tinycheck.Indicator{Observable: o, Class: class, Family: family, Tags: tags}
}

func TestJudgeKnowsWhatCannotMeanC2(t *testing.T) {
	j := library.NewJudge(library.Context())
	for value, want := range map[string]bool{
		"google.com": true, "www.google.com": false, "apple.com": true, "push.apple.com": true, "com": true, "co.uk": true,
		"qq.com": true, "digicert.com": true, "github.com": true, "firebaseio.com": true, "p.firebaseio.com": false,
		"duckdns.org": true, "h.duckdns.org": false, "dynamic-dns.net": true, "dns.google": true, "mspy.com": false,
		"ec2-192-0-2-1.compute-1.amazonaws.com": false, "spyt.co": false, "notgoogle.com": false, "google.com.evil.example": false,
		"8.8.8.8": true, "1.1.1.1": true, "2001:4860:4860::8888": true, "8.8.8.9": false,
		"0.0.0.0": true, "127.0.0.1": true, "224.0.0.1": true, "255.255.255.255": true, "::1": true, "192.168.1.7": false,
		"198.51.0.0/16": false, "198.50.0.0/15": true, "2001:db8::/32": false, "2001:d00::/24": true,
		"172.67.81.216": false, // Cloudflare: match sees at the contact that strangers share it
	} {
		i := listed(value, tinycheck.ClassC2, "Some")
		if why, weak := j.Weak(&i); weak != want || weak == (why == "") {
			t.Errorf("%s is weak: %v, %q", value, weak, why)
		}
		i.Class = tinycheck.ClassWebsite
		if _, weak := j.Weak(&i); weak {
			t.Errorf("%s, a website, is weak", value)
		}
	}
	url := tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.URL, Value: "https://google.com/x"}, Class: tinycheck.ClassC2}
	if _, weak := j.Weak(&url); weak {
		t.Error("one address below google.com means something")
	}
}

// No feed may weaken what another one lists by calling it ordinary.
func TestJudgeTrustsOnlyTheProgramsContext(t *testing.T) {
	mine := tinycheck.Context{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "my.spy.example"}, Class: tinycheck.ContextOS, Owner: "me", Purpose: "x"}
	j := library.NewJudge(append(library.Context(), mine))
	for _, value := range []string{"my.spy.example", "spy.example"} {
		i := listed(value, tinycheck.ClassC2, "Some")
		if why, weak := j.Weak(&i); weak {
			t.Errorf("%s is weak: %s", value, why)
		}
	}
}

func TestJudgeTellsClassesOfFlatLists(t *testing.T) {
	flat := func(value string) tinycheck.Indicator {
		return listed(value, tinycheck.ClassC2, "", "unclassified")
	}
	export := listed("shop.example", tinycheck.ClassC2, "", "stalkerware") // TinyCheck's format names no product
	stix := listed("shop.example", tinycheck.ClassC2, "Some", "stalkerware")
	stix.SourceID = "indicator--1"
	event := listed("kids.example", tinycheck.ClassC2, "Qustodio")
	event.SourceID = "uuid-1"
	all := []tinycheck.Indicator{
		event, flat("shop.example"), flat("apk.example"), flat("both.example"), flat("kids.example"), flat("other.example"), flat("duckdns.org"), export, stix,
		listed("shop.example", tinycheck.ClassWebsite, "Some"), listed("shop.example", tinycheck.ClassDistribution, "Some"),
		listed("apk.example", tinycheck.ClassDistribution, "Some"), listed("kids.example", tinycheck.ClassWatchware, "Kids"),
		listed("both.example", tinycheck.ClassWebsite, "Some"), listed("both.example", tinycheck.ClassC2, "Some"),
	}
	want := []tinycheck.Class{"watchware", "website", "distribution", "c2", "watchware", "c2", "infrastructure", "website", "c2", "website", "distribution", "distribution", "watchware", "website", "c2"}
	for turn := range 2 {
		j := library.NewJudge(library.Context())
		for n := range all {
			j.Hear(&all[n])
		}
		for n, i := range all {
			why, changed := j.Change(&i)
			if i.Class != want[n] || changed != (why != "") || changed != (i.Class != all[n].Class) {
				t.Errorf("turn %d: %s of %q is %s, %q", turn, i.Value, i.Family, i.Class, why)
			}
			if changed != slices.Contains(i.Tags, "listed:c2") || slices.Contains(all[n].Tags, "listed:c2") {
				t.Errorf("tags of %s: %v, before %v", i.Value, i.Tags, all[n].Tags)
			}
			if i.Value == "duckdns.org" && i.Infrastructure != tinycheck.InfraDynamicDNS {
				t.Errorf("infrastructure %q", i.Infrastructure)
			}
		}
		slices.Reverse(all)
		slices.Reverse(want)
	}
}

// Echap's export for TinyCheck calls shops c2; beside the YAML it does not.
func TestExportBesideYAML(t *testing.T) {
	dir := filepath.Join(feeds(t), "AssoEchap+stalkerware-indicators")
	export := load(t, filepath.Join(dir, "generated/indicators-for-tinycheck.json"))
	all := append(load(t, filepath.Join(dir, "ioc.yaml"), filepath.Join(dir, "watchware.yaml")), export...)
	j := library.NewJudge(library.Context())
	for n := range all {
		j.Hear(&all[n])
	}
	classes := map[tinycheck.Class]int{}
	for _, i := range export {
		j.Change(&i)
		classes[i.Class]++
	}
	if classes[tinycheck.ClassWebsite] < 400 || classes[tinycheck.ClassDistribution] < 10 || classes[tinycheck.ClassC2] > 1100 || classes[tinycheck.ClassC2] < 900 {
		t.Errorf("the export means %v", classes)
	}
	t.Logf("the export has %d entries, which mean %v", len(export), classes)
}

func BenchmarkHear(b *testing.B) {
	names := make([]tinycheck.Indicator, 1<<16)
	for n := range names {
		names[n] = listed(fmt.Sprintf("host-%d.some-ordinary-name.example", n), tinycheck.ClassC2, "", "unclassified")
	}
	j := library.NewJudge(library.Context())
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		j.Hear(&names[n%len(names)])
	}
}

func BenchmarkHearStated(b *testing.B) {
	names := make([]tinycheck.Indicator, 1<<19)
	for n := range names {
		names[n] = listed(fmt.Sprintf("host-%d.some-ordinary-name.example", n), tinycheck.ClassC2, "Some")
	}
	j := library.NewJudge(library.Context())
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		j.Hear(&names[n%len(names)])
	}
}

func BenchmarkChange(b *testing.B) {
	j := library.NewJudge(library.Context())
	i := listed("host.some-ordinary-name.example", tinycheck.ClassC2, "Some")
	b.ReportAllocs()
	for b.Loop() {
		j.Change(&i)
	}
}

// What a judge keeps is bounded, and beyond it nothing is changed on half of
// the evidence.
func TestJudgeIsBounded(t *testing.T) {
	j := library.NewJudge(library.Context())
	website, flat := listed("shop.example", tinycheck.ClassWebsite, "Some"), listed("shop.example", tinycheck.ClassC2, "", "unclassified")
	j.Hear(&website)
	if class, _, ok := j.Class(&flat); !ok || class != tinycheck.ClassWebsite {
		t.Fatalf("%s, %v", class, ok)
	}
	one := listed("x.example", tinycheck.ClassC2, "Some")
	for n := range 1 << 20 {
		one.Value = strconv.Itoa(n)
		j.Hear(&one)
	}
	if class, _, ok := j.Class(&flat); ok || class != tinycheck.ClassC2 {
		t.Errorf("a judge that missed statements makes it %s", class)
	}
}
