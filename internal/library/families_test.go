package library_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/library"
)

func TestFamilies(t *testing.T) {
	all := library.Families()
	kinds := map[library.FamilyKind]int{}
	for _, f := range all {
		kinds[f.Kind]++
		if f.Name == "" || !strings.HasPrefix(f.Source, "https://") {
			t.Errorf("name or source: %+v", f)
		}
		if f.About == "" || strings.ContainsAny(f.About, "!\n") || len(f.About) > 200 || f.About != strings.TrimRight(f.About, ". ") {
			t.Errorf("%s: about %q is not one plain line", f.Name, f.About)
		}
		for word := range strings.FieldsFuncSeq(strings.ToLower(f.About), func(r rune) bool { return r < 'a' || r > 'z' }) {
			for _, forbidden := range []string{"clean", "compromise", "victim", "hacker", "infect", "target", "malicious", "illegal", "evil"} {
				if strings.HasPrefix(word, forbidden) {
					t.Errorf("%s: %q in %q", f.Name, word, f.About)
				}
			}
		}
		for _, name := range append(f.Aliases, f.Name) {
			if got, ok := library.FindFamily(name); !ok || got.Name != f.Name {
				t.Errorf("%s leads to %q, not to %s", name, got.Name, f.Name)
			}
		}
	}
	if len(all) < 150 || kinds[library.Stalkerware] < 90 || kinds[library.MercenarySpyware] < 8 || kinds[library.Watchware] < 25 {
		t.Errorf("%d families: %v", len(all), kinds)
	}
	t.Logf("%d families: %v", len(all), kinds)
	all[0].Name, all[0].Aliases = "changed", append(all[0].Aliases, "x")
	if library.Families()[0].Name == "changed" {
		t.Error("callers share the families")
	}
}

func TestCanonical(t *testing.T) {
	for name, want := range map[string]string{
		"copy9": "TheTruthSpy", "The Truth-Spy": "TheTruthSpy", "SECOND CLONE": "TheTruthSpy", "mLite": "mSpy", "XnSpy": "XNSPY",
		"spyic": "Cocospy", "Refog": "Hoverwatch", "NSO Group": "Pegasus", "cytrox": "Predator", "KingSpawn": "QuaDream",
		"RCSLab": "Hermit", "SpyMax": "SpyNote", "Cerberus": "Cerberus", "android_cerberus": "Cerberus banking trojan",
		"HighsterMobile": "Highster Mobile", "ClevGuard": "KidsGuard", "": "", "Something New": "Something New", "...": "...",
	} {
		if got := library.Canonical(name); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", name, got, want)
		}
		if again := library.Canonical(want); again != want {
			t.Errorf("Canonical(%q) = %q", want, again)
		}
	}
	if f, ok := library.FindFamily(""); ok {
		t.Errorf("no name is %+v", f)
	}
}

// The same word names two things in two feeds.
func TestFamilyOf(t *testing.T) {
	for _, c := range []struct {
		family string
		tags   []string
		want   string
	}{
		{"cerberus", []string{"android"}, "Cerberus banking trojan"}, {"cerberus", []string{"watchware"}, "Cerberus"},
		{"phonespy", []string{"android"}, "PhoneSpy campaign"}, {"PhoneSpy", nil, "PhoneSpy"},
		{"pegasus", []string{"apt"}, "Pegasus"}, {"mazar", []string{"android"}, "mazar"}, {"", []string{"android"}, ""},
	} {
		if got := library.FamilyOf(&tinycheck.Indicator{Family: c.family, Tags: c.tags}); got != c.want {
			t.Errorf("%s %v is %q, want %q", c.family, c.tags, got, c.want)
		}
	}
}

func TestFamiliesOfTheStarterAreKnown(t *testing.T) {
	list, _ := library.Starter()
	for _, i := range list {
		f, ok := library.FindFamily(i.Family)
		if i.Family == "" || i.Class == tinycheck.ClassInfrastructure {
			continue
		}
		if !ok || f.Name != i.Family {
			t.Errorf("%s of the starter is %+v", i.Family, f)
		}
		if watch := i.Class == tinycheck.ClassWatchware; ok && watch != (f.Kind == library.Watchware) {
			t.Errorf("%s is listed as %s and is %s", i.Family, i.Class, f.Kind)
		}
	}
}

func TestFamiliesOfTheFeedsAreKnown(t *testing.T) {
	dir := feeds(t)
	entries := map[string]int{}
	for _, i := range load(t, filepath.Join(dir, "AssoEchap+stalkerware-indicators/ioc.yaml"), filepath.Join(dir, "AssoEchap+stalkerware-indicators/watchware.yaml")) {
		entries[i.Family]++
	}
	var names []string
	for name := range entries {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(entries[b]-entries[a], strings.Compare(a, b)) })
	unknown := 0
	for n, name := range names {
		if _, ok := library.FindFamily(name); !ok {
			unknown++
			if n < 100 {
				t.Errorf("%s, number %d of Echap with %d entries, is unknown", name, n+1, entries[name])
			}
		}
	}
	t.Logf("%d of Echap's %d families with indicators are known", len(names)-unknown, len(names))
	bundles, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.stix2"))
	if err != nil || len(bundles) < 10 {
		t.Fatal(len(bundles), err)
	}
	for _, i := range load(t, bundles...) {
		if _, ok := library.FindFamily(i.Family); !ok && i.Feed != "stalkerware.stix2" {
			t.Errorf("%s of %s is unknown", i.Family, i.Feed)
		}
	}
}

// What is known of intervals has a source, and those who watch people are told.
func TestHabits(t *testing.T) {
	habits := map[string]time.Duration{}
	for _, h := range library.Habits() {
		habits[h.Family] = h.Every
	}
	for _, f := range library.Families() {
		every, told := habits[f.Name]
		watches := f.Kind == library.Stalkerware || f.Kind == library.MercenarySpyware || f.Kind == library.StateSpyware || f.Kind == library.RemoteTrojan
		if told != watches || told && every != f.Every || (f.Every > 0) != strings.HasPrefix(f.EverySource, "https://") {
			t.Errorf("%s: %v told %v, every %v by %q", f.Name, every, told, f.Every, f.EverySource)
		}
	}
	if habits["SPYERA"] != time.Hour || habits["mSpy"] != 0 {
		t.Errorf("SPYERA reports every %v, mSpy every %v", habits["SPYERA"], habits["mSpy"])
	}
}
