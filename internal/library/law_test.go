package library_test

import (
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/spelling"
)

// The names that the allow-lists of TinyCheck and SpyGuard hid, some for want of
// a label boundary: "t.co" hid spyt.co.
func TestNamesThatAllowListsHid(t *testing.T) {
	context := library.Context()
	for _, name := range []string{
		"pctattletalev2.s3.amazonaws.com", "celular007.s3.amazonaws.com", "spytrac-app1.s3.amazonaws.com",
		"d2nipadu1fr4ne.cloudfront.net", "v4vw4ytvo4.execute-api.us-east-2.amazonaws.com",
		"data-webwatcherdata-alb-1451089636.us-west-2.elb.amazonaws.com",
		"spyt.co", "www.spappmonitoring.com", "viptelefonprogrami.com", "sync.xiz4me.com", "alert.xiz4me.com",
		"tun-cos-1258344701.file.myqcloud.com", "catwatchful-e03b8.firebaseio.com",
	} {
		for _, c := range context {
			i := tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: name}}
			if covers(c, i) && c.Class != tinycheck.ContextPlatform {
				t.Errorf("%s %s covers %s", c.Class, c.Observable.Value, name)
			}
		}
	}
}

func TestContext(t *testing.T) {
	classes := map[tinycheck.ContextClass]int{}
	for _, c := range library.Context() {
		classes[c.Class]++
		if c.Owner == "" || c.Purpose == "" {
			t.Errorf("no owner or purpose: %+v", c)
		}
		if c.Observable.Type == tinycheck.DomainName && spelling.Tenant("x."+c.Observable.Value) == "x."+c.Observable.Value && c.Class != tinycheck.ContextPlatform {
			t.Errorf("%s is shared by strangers: it cannot be %s", c.Observable.Value, c.Class)
		}
	}
	if classes[tinycheck.ContextOS] < 80 || classes[tinycheck.ContextService] < 80 || classes[tinycheck.ContextPlatform] < 120 {
		t.Errorf("entries: %v", classes)
	}
	again := library.Context()
	again[0].Owner = "changed"
	if library.Context()[0].Owner == "changed" {
		t.Error("callers share one context")
	}
}

// The places that phones ask most must be explained.
func TestContextKnowsTheUsual(t *testing.T) {
	context := library.Context()
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
		for at := name; at != "" && got == ""; at = spelling.Parent(at) {
			for _, c := range context {
				if c.Observable.Value == at {
					got = c.Class
				}
			}
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestContextCoversNoRealC2(t *testing.T) {
	list := load(t, realFiles(t)...)
	breaches, onPlatforms := uncovered(list)
	if len(breaches) > 0 {
		t.Errorf("%s", strings.Join(breaches, "\n"))
	}
	if onPlatforms < 100 {
		t.Errorf("only %d c2 indicators lie on platforms: the platforms are not known", onPlatforms)
	}
	t.Logf("%d c2 indicators on shared platforms, which hide nothing", onPlatforms)
}

// A c2 indicator that is a public suffix or a whole platform would accuse
// everybody who lives there. One name only looks like a platform: a bucket of
// Tencent in the short form BUCKET.file.myqcloud.com.
func TestNoRealC2IsAWholePlatform(t *testing.T) {
	starter, _ := library.Starter()
	for _, i := range append(load(t, realFiles(t)...), starter...) {
		if i.Class == tinycheck.ClassC2 && i.Type == tinycheck.DomainName && spelling.Tenant("x."+i.Value) == "x."+i.Value &&
			i.Value != "tun-cos-1258344701.file.myqcloud.com" {
			t.Errorf("%s of %s is shared by strangers", i.Value, i.Family)
		}
	}
}
