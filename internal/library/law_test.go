package library_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
	"tinycheck/internal/spelling"
)

// noLists are the folders and files of the collection that are no lists of c2,
// although some of them read like one.
var noLists = []string{
	"counts.json", "manifest.jsonl", // of the collection itself
	"KasperskyLab+TinyCheck/LICENSE.txt", "KasperskyLab+TinyCheck/NOTICE.txt", "KasperskyLab+TinyCheck/config.yaml",
	"SpyGuard+SpyGuard/LICENSE.txt", "SpyGuard+SpyGuard/NOTICE.txt",
	"KasperskyLab+TinyCheck/assets/whitelist.json", "SpyGuard+SpyGuard/assets/whitelist.json", // what is ordinary
	"Audrey-Randall+stalkerware/bash_scripts/popular_domains.txt", // the most visited sites
	"stamparm+maltrail/data",                                        // allow-lists and ranges
	"stratosphereips+StratosphereLinuxIPS",                          // who owns which address
	"ntop+nDPI",                                                     // gambling, public suffixes
	"dibdot+DoH-IP-blocklists", "SecOps-Institute+Tor-IP-Addresses", // techniques
}

// everything reads each file of the collection that gives c2 indicators. Files
// that are refused give none.
func everything(t *testing.T) (all []tinycheck.Indicator, files int) {
	dir := feeds(t)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || slices.Contains(noLists, filepath.ToSlash(name)) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if d.IsDir() {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		list, _, _ := exchange.Read(filepath.ToSlash(name), f)
		if slices.ContainsFunc(list, isC2) {
			files++
		}
		all = append(all, list...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, files
}

func isC2(i tinycheck.Indicator) bool { return i.Class == tinycheck.ClassC2 }

// The law: no entry of os_core or known_service covers a c2 indicator of any
// feed at hand. The entry that counts is the most specific one of the host.
func TestContextCoversNoC2OfAnyFeed(t *testing.T) {
	all, files := everything(t)
	listed := count(all)
	changed := library.MarkWeak(all)
	left := count(all)
	index := match.NewIndex(nil, library.Context())
	onPlatforms, checked, breaches := 0, map[tinycheck.Observable]bool{}, map[string]bool{}
	for _, i := range all {
		if !isC2(i) || checked[i.Observable] {
			continue
		}
		checked[i.Observable] = true
		switch c := index.Context(host(i.Observable)); {
		case c == nil:
		case c.Class == tinycheck.ContextPlatform:
			onPlatforms++
		default:
			breaches[string(c.Class)+" "+c.Observable.Value+" covers "+i.Value+" of "+i.Feed] = true
		}
	}
	for breach := range breaches {
		t.Error(breach)
	}
	if files < 300 || len(checked) < 100_000 || onPlatforms < 1000 {
		t.Errorf("only %d files, %d c2 observables, %d of them on platforms: is the collection read?", files, len(checked), onPlatforms)
	}
	t.Logf("%d files list c2 %d times; %d entries cannot mean it; %d entries, %d observables stay c2, %d of them customers of platforms",
		files, listed, changed, left, len(checked), onPlatforms)
}

func count(all []tinycheck.Indicator) (n int) {
	for _, i := range all {
		if isC2(i) {
			n++
		}
	}
	return n
}

// host is the name that an observable is about, "" if none.
func host(o tinycheck.Observable) string {
	switch o.Type {
	case tinycheck.DomainName:
		return o.Value
	case tinycheck.URL:
		_, rest, _ := strings.Cut(o.Value, "://")
		rest = rest[:strings.IndexAny(rest+"/", "/?#:")]
		return spelling.Host(rest)
	}
	return ""
}

// A platform is never an identity, its customers are, and what stands above it
// is never taken for either.
func TestPlatformsAreNoIdentity(t *testing.T) {
	index := match.NewIndex(nil, library.Context())
	platforms := 0
	for _, c := range library.Context() {
		if c.Class != tinycheck.ContextPlatform || c.Observable.Type != tinycheck.DomainName {
			continue
		}
		platforms++
		name := c.Observable.Value
		for _, below := range []string{"x." + name, "z.y.x." + name, "f.e.d.c.b.a." + name} {
			if got := index.Tenant(below); got == name || !spelling.Under(got, name) {
				t.Errorf("the tenant of %s is %q", below, got)
			}
		}
	}
	if platforms < 250 {
		t.Errorf("%d platforms", platforms)
	}
}

// The names that the allow-lists of TinyCheck and SpyGuard hid, some for want of
// a label boundary: "t.co" hid spyt.co.
func TestNamesThatAllowListsHid(t *testing.T) {
	index := match.NewIndex(nil, library.Context())
	for _, name := range []string{
		"pctattletalev2.s3.amazonaws.com", "celular007.s3.amazonaws.com", "spytrac-app1.s3.amazonaws.com",
		"d2nipadu1fr4ne.cloudfront.net", "v4vw4ytvo4.execute-api.us-east-2.amazonaws.com",
		"data-webwatcherdata-alb-1451089636.us-west-2.elb.amazonaws.com",
		"spyt.co", "www.spappmonitoring.com", "viptelefonprogrami.com", "sync.xiz4me.com", "alert.xiz4me.com",
		"tun-cos-1258344701.file.myqcloud.com", "catwatchful-e03b8.firebaseio.com",
	} {
		if c := index.Context(name); c != nil && c.Class != tinycheck.ContextPlatform {
			t.Errorf("%s %s covers %s", c.Class, c.Observable.Value, name)
		}
	}
}

// What TinyCheck and SpyGuard hid by their own lists is matched here: each of
// the names that Echap lists and that lies under an element of theirs, with the
// text comparison that they make.
func TestWhatThePeersHid(t *testing.T) {
	dir := feeds(t)
	index := match.NewIndex(nil, library.Context())
	for peer, want := range map[string]int{"KasperskyLab+TinyCheck": 15, "SpyGuard+SpyGuard": 20} {
		suffixes := allowed(t, filepath.Join(dir, peer, "assets/whitelist.json"))
		hidden := 0
		for _, i := range load(t, filepath.Join(dir, "AssoEchap+stalkerware-indicators/ioc.yaml")) {
			if !isC2(i) || i.Type != tinycheck.DomainName || !slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(i.Value, s) }) {
				continue
			}
			hidden++
			if c := index.Context(i.Value); c != nil && c.Class != tinycheck.ContextPlatform {
				t.Errorf("%s %s covers %s, which %s hid", c.Class, c.Observable.Value, i.Value, peer)
			}
		}
		if hidden < want {
			t.Errorf("%s hides only %d names: is its list read?", peer, hidden)
		}
		t.Logf("%s hides %d c2 entries of Echap; here none", peer, hidden)
	}
}

// allowed reads the names of an allow-list of TinyCheck or SpyGuard.
func allowed(t *testing.T, path string) (names []string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Elements []struct{ Type, Element string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, e := range file.Elements {
		if e.Type == "domain" {
			names = append(names, e.Element)
		}
	}
	return names
}

// Content of anybody is a platform, also where it lies under a service.
func TestContentOfAnybodyExcusesNothing(t *testing.T) {
	index := match.NewIndex(nil, library.Context())
	for _, name := range []string{
		"docs.google.com", "drive.google.com", "sites.google.com", "script.google.com", "drive.usercontent.google.com", "x.blogspot.com",
		"raw.githubusercontent.com", "cdn.discordapp.com", "media.discordapp.net", "t.me", "api.telegram.org", "telegra.ph", "cdn.fbsbx.com",
		"onedrive.live.com", "1drv.ms", "content.dropboxapi.com", "dl.dropboxusercontent.com", "smtp.gmail.com", "graph.microsoft.com",
		"example-com.translate.goog", "bit.ly", "pastebin.com", "storage.googleapis.com", "duckdns.org",
	} {
		if c := index.Context(name); c == nil || c.Class != tinycheck.ContextPlatform {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// A c2 indicator that is a public suffix or a whole platform would accuse
// everybody who lives there.
func TestNoRealC2IsAWholePlatform(t *testing.T) {
	all, _ := everything(t)
	starter, _ := library.Starter()
	all = append(all, starter...)
	library.MarkWeak(all)
	for _, i := range all {
		if isC2(i) && i.Type == tinycheck.DomainName && spelling.Shared(i.Value) {
			t.Errorf("%s of %s is shared by strangers", i.Value, i.Feed)
		}
	}
}
