package library_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

func TestContext(t *testing.T) {
	made := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	months := map[tinycheck.ContextClass]int{tinycheck.ContextOS: 24, tinycheck.ContextService: 12, tinycheck.ContextPlatform: 24}
	classes := map[tinycheck.ContextClass]int{}
	for _, c := range library.Context() {
		classes[c.Class]++
		if c.Owner == "" || c.Purpose == "" {
			t.Errorf("no owner or purpose: %+v", c)
		}
		if u, err := url.Parse(c.Source); err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") {
			t.Errorf("%s: source %q", c.Observable.Value, c.Source)
		}
		want := made.AddDate(0, months[c.Class], 0)
		if _, address := c.Observable.Prefix(); address {
			want = made.AddDate(1, 0, 0)
		}
		if !c.Expires.Equal(want) {
			t.Errorf("%s %s expires %s, want %s", c.Class, c.Observable.Value, c.Expires, want)
		}
	}
	if classes[tinycheck.ContextOS] < 80 || classes[tinycheck.ContextService] < 80 || classes[tinycheck.ContextPlatform] < 300 {
		t.Errorf("entries: %v", classes)
	}
	t.Logf("entries: %v", classes)
	again := library.Context()
	again[0].Owner = "changed"
	if library.Context()[0].Owner == "changed" {
		t.Error("callers share one context")
	}
}

func TestContextThatIsRefused(t *testing.T) {
	const good = "tinycheck-context: 1\nentries:\n  - {class: os_core, owner: A, purpose: time, source: \"https://a.example/x\", expires: 2027-01-31, names: [time.a.example]}\n"
	if list, err := library.ParseContext(good); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	for change, reason := range map[string]string{
		`source: "https://a.example/x", =>`:                                  "no https address",
		`"https://a.example/x" => "http://a.example/x"`:                      "no https address",
		`"https://a.example/x" => "addresses that a name answers with"`:      "no https address",
		`"https://a.example/x" => "https:///x"`:                              "no https address",
		`expires: 2027-01-31, =>`:                                            "no date",
		`2027-01-31 => next year`:                                            "no date",
		`owner: A => owner: ""`:                                              "without owner or purpose",
		`os_core => trusted`:                                                 "unknown class",
		`owner: A => owner: A, note: x`:                                      "note",
		`names: [time.a.example] => addresses: [192.0.2.1]`:                  "no address is known to be ordinary",
		`names: [time.a.example] => names: [time.a.example, TIME.a.example]`: "listed twice",
		`names: [time.a.example] => names: [example]`:                        "single label",
		`class: os_core => class: shared_platform, addresses: [192.0.2.300]`: "not an address",
	} {
		from, to, _ := strings.Cut(change, " =>")
		text := strings.Replace(good, from, strings.TrimSpace(to), 1)
		if _, err := library.ParseContext(text); text == good || err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %q", change, err, reason)
		}
	}
}

// What has expired excuses nothing; a platform, which excuses nothing anyway,
// still keeps strangers apart.
func TestExpiredContext(t *testing.T) {
	context := library.Context()
	today := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if old := library.Expired(context, today); len(old) > 0 {
		t.Errorf("%d entries expired before they began", len(old))
	}
	if now := library.Current(context, today); len(now) != len(context) {
		t.Errorf("%d of %d are current", len(now), len(context))
	}
	last := time.Date(2027, 11, 21, 23, 59, 59, 0, time.UTC)
	if old := library.Expired(context, last); len(old) > 0 {
		t.Errorf("%d entries expired a second early", len(old))
	}
	for _, c := range library.Expired(context, last.Add(time.Second)) {
		if _, address := c.Observable.Prefix(); c.Class != tinycheck.ContextService && !address {
			t.Errorf("%s %s expired after a year", c.Class, c.Observable.Value)
		}
	}
	late := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	if old := library.Expired(context, late); len(old) != len(context) {
		t.Errorf("%d of %d expired", len(old), len(context))
	}
	left := match.NewIndex(nil, library.Current(context, late))
	for name, want := range map[string]bool{"google.com": false, "push.apple.com": false, "x.firebaseio.com": true} {
		if got := left.Context(name) != nil; got != want {
			t.Errorf("%s is still known: %v", name, got)
		}
	}
	if !left.Shared(netip.MustParseAddr("104.16.0.1")) {
		t.Error("an address of Cloudflare is nobody's any more")
	}
	forever := []tinycheck.Context{{Class: tinycheck.ContextOS}}
	if len(library.Expired(forever, late)) != 0 || len(library.Current(forever, late)) != 1 {
		t.Error("what has no date expires")
	}
}

// The places that phones ask most must be explained.
func TestContextKnowsTheUsual(t *testing.T) {
	index := match.NewIndex(nil, library.Context())
	for name, want := range map[string]tinycheck.ContextClass{
		"connectivitycheck.gstatic.com":     tinycheck.ContextOS,
		"mtalk.google.com":                  tinycheck.ContextOS,
		"1-courier.push.apple.com":          tinycheck.ContextOS,
		"captive.apple.com":                 tinycheck.ContextOS,
		"time.android.com":                  tinycheck.ContextOS,
		"2.android.pool.ntp.org":            tinycheck.ContextOS,
		"ocsp.digicert.com":                 tinycheck.ContextOS,
		"g.whatsapp.net":                    tinycheck.ContextService,
		"rr3---sn-4g5edn6r.googlevideo.com": tinycheck.ContextService,
		"chat.signal.org":                   tinycheck.ContextService,
		"api.telegram.org":                  tinycheck.ContextPlatform,
		"anything.firebaseio.com":           tinycheck.ContextPlatform,
		"firestore.googleapis.com":          tinycheck.ContextPlatform,
		"x.s3.eu-west-1.amazonaws.com":      tinycheck.ContextPlatform,
		"notgoogle.com":                     "",
		"com":                               "",
	} {
		var got tinycheck.ContextClass
		if c := index.Context(name); c != nil {
			got = c.Class
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Catalogue and families are refused whole when something is wrong with them.
func TestCompiledInFilesThatAreRefused(t *testing.T) {
	const feed = "feeds:\n  - {name: a, title: A, url: \"https://a.example/x\", licence: MIT, attribution: A}\n"
	if list, err := library.ParseCatalogue(feed); err != nil || len(list) != 1 || list[0].Enabled {
		t.Fatalf("%v, %v", list, err)
	}
	for _, broken := range []string{
		strings.Replace(feed, "https:", "http:", 1), strings.Replace(feed, "licence: MIT, ", "", 1),
		strings.Replace(feed, ", attribution: A", "", 1), strings.Replace(feed, "name: a", "name: a, x: y", 1), feed + feed[len("feeds:\n"):],
	} {
		if _, err := library.ParseCatalogue(broken); err == nil {
			t.Errorf("taken: %s", broken)
		}
	}
	const family = "kinds: {adware: {about: x, source: y}}\nfamilies:\n  - {name: Ab, kind: adware, aliases: [A-B, C]}\n"
	if err := library.ParseFamilies(family); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{
		family + "  - {name: c!, kind: adware}\n", family + "  - {name: D, kind: good}\n", family + "  - {name: \"..\", kind: adware}\n",
	} {
		if err := library.ParseFamilies(broken); err == nil {
			t.Errorf("taken: %s", broken)
		}
	}
}
