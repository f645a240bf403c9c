package library_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/spelling"
)

// feeds finds the collection of real feeds, which lies beside the repository.
func feeds(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	dir = filepath.Join(dir, "..", "shared", "feeds")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no real feeds: ../shared/feeds is not there")
	}
	return dir
}

func load(t *testing.T, files ...string) []tinycheck.Indicator {
	t.Helper()
	list, _, err := library.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestStarter(t *testing.T) {
	list, feed := library.Starter()
	if feed.SHA256 != library.StarterSum() {
		t.Errorf("the starter has SHA-256 %s, and a library looks for %s", feed.SHA256, library.StarterSum())
	}
	if feed.RejectedTotal != 0 || feed.Merged != 0 {
		t.Errorf("entries of starter.yaml that are not taken: %+v", feed)
	}
	if feed.Name != "starter" || feed.Licence == "" || !feed.Date.Equal(time.Date(2026, 6, 21, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("feed %+v", feed)
	}
	families, names, kinds := map[string]bool{}, 0, map[tinycheck.Infrastructure]bool{}
	for n, i := range list {
		if n > 0 && list[n-1].Compare(&list[n]) >= 0 {
			t.Errorf("not sorted: %+v", i)
		}
		if i.Class == tinycheck.ClassInfrastructure {
			kinds[i.Infrastructure] = true
			continue
		}
		families[i.Family] = true
		names++
		if i.Family == "" {
			t.Errorf("no family: %+v", i)
		}
	}
	if len(families) < 40 || names < 150 || names > 400 || len(kinds) < 5 {
		t.Errorf("%d families, %d names, infrastructure %v", len(families), names, kinds)
	}
	changed := slices.Clone(list)
	if n := library.MarkWeak(changed); n != 0 {
		t.Errorf("%d starter indicators are weak", n)
	}
}

// What the starter says must be what Echap says, where both speak: a name that
// the starter called a website and Echap c2 would weaken every sighting of it.
func TestStarterAgreesWithEchap(t *testing.T) {
	type said map[string]map[tinycheck.Class]bool
	collect := func(list []tinycheck.Indicator) said {
		all := said{}
		for _, i := range list {
			if i.Class == tinycheck.ClassC2 || i.Class == tinycheck.ClassWebsite {
				if all[i.Value] == nil {
					all[i.Value] = map[tinycheck.Class]bool{}
				}
				all[i.Value][i.Class] = true
			}
		}
		return all
	}
	list, _ := library.Starter()
	echap := collect(load(t, filepath.Join(feeds(t), "AssoEchap+stalkerware-indicators/ioc.yaml")))
	unknown := 0
	for name, classes := range collect(list) {
		switch theirs := echap[name]; {
		case theirs == nil:
			unknown++
			t.Logf("not in Echap's list: %s", name)
		case !reflect.DeepEqual(theirs, classes):
			t.Errorf("%s: the starter says %v, Echap %v", name, classes, theirs)
		}
	}
	if unknown > 10 {
		t.Errorf("%d names are not in Echap's list", unknown)
	}
}

// covers is what "covered by context" means: equal, or below at a label boundary.
func covers(c tinycheck.Context, i tinycheck.Indicator) bool {
	if c.Observable.Type == tinycheck.DomainName {
		name := i.Value
		if i.Type == tinycheck.URL {
			name = strings.Split(strings.TrimPrefix(strings.TrimPrefix(name, "https://"), "http://"), "/")[0]
		}
		return spelling.Under(name, c.Observable.Value)
	}
	a, ok := c.Observable.Prefix()
	b, too := i.Prefix()
	return ok && too && a.Overlaps(b)
}

// uncovered is the law: context of a class that can excuse a behaviour covers
// no c2 indicator. It gives the breaches, and how many c2 lie on platforms.
func uncovered(indicators []tinycheck.Indicator) (breaches []string, onPlatforms int) {
	context := library.Context()
	for _, i := range indicators {
		if i.Class != tinycheck.ClassC2 {
			continue
		}
		platform := false
		for _, c := range context {
			if !covers(c, i) {
				continue
			}
			if platform = true; c.Class != tinycheck.ContextPlatform {
				breaches = append(breaches, string(c.Class)+" "+c.Observable.Value+" covers "+i.Value+" of "+i.Family)
			}
		}
		if platform {
			onPlatforms++
		}
	}
	return breaches, onPlatforms
}

func TestContextCoversNoStarterC2(t *testing.T) {
	list, _ := library.Starter()
	if breaches, _ := uncovered(list); len(breaches) > 0 {
		t.Errorf("%s", strings.Join(breaches, "\n"))
	}
}

func TestMarkWeak(t *testing.T) {
	c2 := func(name string) tinycheck.Indicator {
		return tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, Class: tinycheck.ClassC2, Tags: []string{"stalkerware"}}
	}
	list := []tinycheck.Indicator{
		c2("e2c64.firebaseio.com"), c2("1ca43.appspot.com"), c2("alog.umeng.com"), c2("amazonaws.com"), // weak
		c2("phonecontrolapp-e2c64.firebaseio.com"), c2("microtracker-1ca43.firebaseio.com"),
		c2("all-tracker.appspot.com"), c2("staging-all-tracker.appspot.com"), // a real pair
		c2("83dd4.appspot.com"),                               // nothing longer is listed
		c2("x.e2c64.firebaseio.com"), c2("e2c64.spy.example"), // not the platform's
		c2("other.umeng.com"), c2("abcde.spy.example"), c2("a-abcde.spy.example"),
	}
	website := c2("apprtc.appspot.com")
	website.Class = tinycheck.ClassWebsite
	list = append(list, website)
	if n := library.MarkWeak(list); n != 4 {
		t.Errorf("%d marked", n)
	}
	for n, i := range list {
		if weak := i.Class == tinycheck.ClassWeak; weak != (n < 4) || weak && !reflect.DeepEqual(i.Tags, []string{"stalkerware", "listed:c2"}) {
			t.Errorf("%s is %s %v", i.Value, i.Class, i.Tags)
		}
	}
	if n := library.MarkWeak(list); n != 0 {
		t.Errorf("%d marked a second time", n)
	}
}

func TestEchapsWeakEntries(t *testing.T) {
	var got []string
	for _, i := range load(t, filepath.Join(feeds(t), "AssoEchap+stalkerware-indicators/ioc.yaml")) {
		if i.Class == tinycheck.ClassWeak {
			got = append(got, i.Value)
		}
	}
	want := []string{
		"12d60.appspot.com", "12d60.firebaseio.com", "1ca43.appspot.com", "8916f.appspot.com", "89685.firebaseio.com",
		"a342f.appspot.com", "a71f4.firebaseio.com", "ac480.firebaseio.com", "alog.umeng.com", "apprtc.appspot.com",
		"e2c64.firebaseio.com", "mtechn.zendesk.com",
	}
	if !slices.Equal(got, want) {
		t.Errorf("weak: %v", got)
	}
}

func TestLoadDoesNotDependOnOrder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := []string{
		write("b.txt", "b.example\na.example\n"),
		write("a.yaml", "- name: A\n  type: stalkerware\n  c2:\n    domains: [a.example, q-12abc.firebaseio.com]\n"),
		write("other/b.txt", "b.example\nc.example\n"),
		write("copy/b.txt", "b.example\na.example\n"),
		write("c.txt", "12abc.firebaseio.com\n"),
	}
	list, from, err := library.Load(files)
	if err != nil || len(from) != 4 || len(list) != 6 {
		t.Fatalf("%d indicators, %d feeds, %v", len(list), len(from), err)
	}
	for range files {
		files = append(files[1:], files[0])
		again, fromAgain, err := library.Load(append(files, files[2]))
		if err != nil || !reflect.DeepEqual(list, again) || !reflect.DeepEqual(from, fromAgain) {
			t.Fatalf("another order gives %+v %+v, %v", again, fromAgain, err)
		}
	}
	for _, i := range list {
		if weak := i.Value == "12abc.firebaseio.com"; weak != (i.Class == tinycheck.ClassWeak) {
			t.Errorf("%s is %s", i.Value, i.Class)
		}
	}
}

func TestLoadGivesWhatCanBeRead(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.txt")
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := errors.Join(os.WriteFile(good, []byte("a.example\n"), 0o644), os.WriteFile(bad, []byte(`{"x":1}`), 0o644)); err != nil {
		t.Fatal(err)
	}
	list, from, err := library.Load([]string{bad, good, "/nowhere/x.txt"})
	if len(list) != 1 || len(from) != 2 || !errors.Is(err, tinycheck.NotFound) || !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("%v, %v, %v", list, from, err)
	}
	if _, _, err := library.Load([]string{t.TempDir()}); !errors.Is(err, tinycheck.Unavailable) {
		t.Errorf("a folder: %v", err)
	}
}

// Shared addresses: what is listed as c2 and lies in a delivery network's range.
func TestSharedAddresses(t *testing.T) {
	context := library.Context()
	for text, want := range map[string]bool{"172.67.81.216": true, "104.25.28.15": true, "35.201.97.85": true, "2606:4700::1": true, "69.64.74.239": false, "192.0.2.1": false} {
		addr, got := netip.MustParseAddr(text), false
		for _, c := range context {
			if p, ok := c.Observable.Prefix(); ok && p.Contains(addr) {
				got = true
			}
		}
		if got != want {
			t.Errorf("%s shared: %v", text, got)
		}
	}
}
