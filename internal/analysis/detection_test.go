package analysis_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/library"
	"tinycheck/internal/spelling"
)

// What the first issue asked of the lists of Echap holds with every list at
// hand: spied-on phones are found, ordinary applications accuse nobody, and few
// words are made about those. "make benchmark-detection" prints the figures.
//
// SpyGuard, measured on 107 captures of ordinary applications: 41 % "might be
// compromised", 75 % with an alert.
func TestDetection(t *testing.T) {
	dir := shared(t, "corpus")
	collection := shared(t, "feeds")
	for _, set := range []struct {
		name string
		fill func(testing.TB, *library.Library, string) int
	}{{"catalogue", importCatalogue}, {"everything", importEverything}} {
		t.Run(set.name, func(t *testing.T) {
			began := time.Now()
			known := knowing(t, collection, set.fill)
			cfg := analysis.Config{Index: known.Index, Feeds: known.Feeds}
			indicators := 0
			for _, f := range known.Feeds {
				indicators += f.Indicators
			}
			t.Logf("%d feeds, %d indicators, made in %.1f s", len(known.Feeds), indicators, time.Since(began).Seconds())
			kinds := make(kinds)
			spiedOn(t, dir, cfg, kinds)
			sessions(t, dir, cfg, kinds)
			ordinary(t, dir, cfg, kinds)
			kinds.print(t)
		})
	}
}

// knowing fills a library and gives what it knows.
func knowing(t testing.TB, collection string, fill func(testing.TB, *library.Library, string) int) *library.Knowledge {
	t.Helper()
	l, err := library.Open(t.Context(), library.Config{Folder: t.TempDir(), By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if n := fill(t, l, collection); n < 40 {
		t.Errorf("only %d files of feeds", n)
	}
	known, err := l.Knowledge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// collected finds the file of each address in the collection.
func collected(t testing.TB, collection string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, row := range rows[struct{ Repo, Path, File string }](t, filepath.Join(collection, "manifest.jsonl")) {
		files[row.Repo+"/"+row.Path] = filepath.Join(collection, "..", row.File)
	}
	return files
}

// importCatalogue takes in every feed of the catalogue that was collected, on or
// off by itself, as a fetch would. It returns how many there were.
func importCatalogue(t testing.TB, l *library.Library, collection string) (taken int) {
	t.Helper()
	files := collected(t, collection)
	for _, f := range library.Catalogue() {
		parts := strings.SplitN(strings.TrimPrefix(f.URL, "https://raw.githubusercontent.com/"), "/", 4)
		file := ""
		if len(parts) == 4 { // owner, repository, branch, path
			file = files[parts[0]+"/"+parts[1]+"/"+parts[3]]
		}
		if file == "" {
			t.Logf("%s was not collected: %s", f.Name, f.URL)
			continue
		}
		if err := take(t, l, file, library.Source{Feed: f.Name, Whole: true, Loss: true}); err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if err := l.Switch(t.Context(), []string{f.Name}, true); err != nil {
			t.Fatal(err)
		}
		taken++
	}
	return taken
}

func take(t testing.TB, l *library.Library, file string, s library.Source) error {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = l.Import(t.Context(), filepath.Base(file), bufio.NewReader(f), s)
	return err
}

// noLists are files of the collection that nobody would take for indicators of
// spies, although some can be read as such: what is ordinary, and what is popular.
var noLists = []string{
	"counts.json", "manifest.jsonl",
	"KasperskyLab+TinyCheck/LICENSE.txt", "KasperskyLab+TinyCheck/NOTICE.txt", "KasperskyLab+TinyCheck/config.yaml",
	"SpyGuard+SpyGuard/LICENSE.txt", "SpyGuard+SpyGuard/NOTICE.txt",
	"KasperskyLab+TinyCheck/assets/whitelist.json", "SpyGuard+SpyGuard/assets/whitelist.json",
	"Audrey-Randall+stalkerware/bash_scripts/popular_domains.txt",
	"stamparm+maltrail/data", "stratosphereips+StratosphereLinuxIPS", "ntop+nDPI",
	"dibdot+DoH-IP-blocklists", "SecOps-Institute+Tor-IP-Addresses", // of the catalogue, with their own class
}

// importEverything takes in the catalogue and then each other file that can be
// read, as somebody would who is in a hurry: without a word about what it means.
func importEverything(t testing.TB, l *library.Library, collection string) (taken int) {
	t.Helper()
	taken = importCatalogue(t, l, collection)
	refused := 0
	err := filepath.WalkDir(collection, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(collection, path)
		if slices.Contains(noLists, filepath.ToSlash(name)) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		if take(t, l, path, library.Source{Feed: fmt.Sprintf("%d.%s", taken+refused, spelling.Slug(d.Name()))}) == nil {
			taken++
		} else {
			refused++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files taken, %d refused", taken, refused)
	return taken
}

// spiedOn holds that the phones of the stalkerware captures get at least the
// level that the table asks for.
func spiedOn(t *testing.T, dir string, cfg analysis.Config, kinds kinds) {
	reached, products, answers := 0, 0, map[tinycheck.Level]int{}
	var unnamed []string // the most specific indicator decides, and the list that has it may name no product
	captures := rows[label](t, filepath.Join(dir, "stalkerware_labels.jsonl"))
	for _, want := range captures {
		r := analyze(t, filepath.Join(dir, want.Pcap), cfg)
		kinds.count(t, want.Pcap, &r)
		levels, families := []tinycheck.Level{tinycheck.NothingFound}, []string{}
		for _, d := range r.Devices {
			for _, f := range d.Findings {
				levels, families = append(levels, f.Level), append(families, f.Families...)
			}
		}
		answers[r.Answer]++
		if tinycheck.Worst(levels...).Rank() < leastLevel(want.Least).Rank() {
			t.Errorf("%s: levels %s, want at least %s", want.Pcap, levels, want.Least)
			continue
		}
		for _, f := range want.Families {
			if products++; !slices.Contains(families, f) {
				unnamed = append(unnamed, f)
			}
		}
		reached++
	}
	t.Logf("spied on: %d of %d at least the level of the table, answers %v; %d of %d products named, not %q", reached, len(captures), answers, products-len(unnamed), products, unnamed)
	if named := len(unnamed) == 0; !named && strings.HasSuffix(t.Name(), "/catalogue") {
		t.Errorf("not named: %q", unnamed)
	}
	if len(captures) != 15 {
		t.Errorf("%d captures, want 15", len(captures))
	}
}

// sessions tells what becomes of sessions of remote-access tools to addresses
// that no list has.
func sessions(t *testing.T, dir string, cfg analysis.Config, kinds kinds) {
	for _, row := range rows[struct{ Pcap, RAT string }](t, filepath.Join(dir, "rat_labels.jsonl")) {
		r := analyze(t, filepath.Join(dir, row.Pcap), cfg)
		kinds.count(t, row.Pcap, &r)
		for _, d := range r.Devices {
			t.Logf("session %s: %s, grade %s %v: %s", row.RAT, d.Verdict.Answer, d.Coverage.Grade, d.Coverage.Limits, said(d.Findings))
		}
	}
}

// tally counts what was said about ordinary applications.
type tally struct {
	notes                               []int
	rules, identities, reasons, sources map[string]int
	known, strange                      map[string]int // hosts with and without context, by captures
	grades                              map[tinycheck.Grade]int
	answers                             map[tinycheck.Level]int
	captures, devices, inconclusive     int
}

// ordinary holds that ordinary applications accuse nobody and cause few notes.
func ordinary(t *testing.T, dir string, cfg analysis.Config, kinds kinds) {
	n := tally{rules: map[string]int{}, identities: map[string]int{}, reasons: map[string]int{}, sources: map[string]int{}, known: map[string]int{}, strange: map[string]int{},
		grades: map[tinycheck.Grade]int{}, answers: map[tinycheck.Level]int{}}
	captures := rows[label](t, filepath.Join(dir, "benign_mobile.jsonl"))
	for _, c := range captures {
		r := analyze(t, filepath.Join(dir, c.Pcap), cfg)
		n.count(t, c.Pcap, &r)
		n.explain(&r)
		kinds.count(t, c.Pcap, &r)
	}
	if len(captures) != 48 {
		t.Errorf("%d captures, want 48", len(captures))
	}
	n.print(t)
}

func (n *tally) count(t *testing.T, name string, r *tinycheck.Report) {
	notes := 0
	n.captures++
	n.answers[r.Answer]++
	if r.Answer == tinycheck.Detected || r.Answer == tinycheck.Suspicious {
		t.Errorf("%s: %s", name, r.Answer)
	}
	for _, d := range r.Devices {
		n.devices++
		n.grades[d.Coverage.Grade]++
		notes += len(d.Findings)
		for _, f := range d.Findings {
			if f.Level != tinycheck.Note {
				t.Errorf("%s: %s %s %s %q: %+v", name, f.Level, f.Rule, f.Identity, f.Families, f.Sightings[0].Indicators[0])
			}
			n.rules[string(f.Rule)]++
			n.identities[f.Identity.String()+" ("+string(f.Class)+")"]++
			n.sources[f.Sightings[0].Indicators[0].Feed]++
		}
		if d.Verdict.Answer == tinycheck.Inconclusive {
			n.inconclusive++
			for _, l := range d.Coverage.Limits {
				if blinds(l) {
					n.reasons[string(l)]++
				}
			}
		}
	}
	n.notes = append(n.notes, notes)
}

// blinds are the limits for which a device gets grade X.
func blinds(l tinycheck.Limit) bool {
	return slices.Contains([]tinycheck.Limit{tinycheck.LimitNoTraffic, tinycheck.LimitTooShort, tinycheck.LimitTunnel, tinycheck.LimitNoIndicators}, l)
}

// explain counts the hosts that the report can explain to people, and the others.
func (n *tally) explain(r *tinycheck.Report) {
	known, strange := map[string]bool{}, map[string]bool{}
	for _, d := range r.Devices {
		for _, remote := range d.Remotes {
			switch {
			case remote.Identity.Name == "":
			case remote.Context == "" && len(remote.Known) == 0:
				strange[remote.Identity.Name] = true
			default:
				known[remote.Identity.Name] = true
			}
		}
	}
	for name := range known {
		n.known[name]++
	}
	for name := range strange {
		n.strange[name]++
	}
}

func (n *tally) print(t *testing.T) {
	slices.Sort(n.notes)
	sum, some := 0, 0
	distribution := map[int]int{}
	for _, v := range n.notes {
		sum += v
		distribution[v]++
		if v > 0 {
			some++
		}
	}
	average := float64(sum) / float64(n.captures)
	t.Logf("ordinary applications: %d captures, %d devices, answers %v, grades %v", n.captures, n.devices, n.answers, n.grades)
	t.Logf("notes: %.2f per capture, median %d, most %d; captures by notes %v", average, n.notes[n.captures/2], n.notes[n.captures-1], distribution)
	t.Logf("accused: %d of %d; with a note: %d %% (SpyGuard, on 107 such captures: 41 %% \"might be compromised\", 75 %% with an alert)",
		n.answers[tinycheck.Detected]+n.answers[tinycheck.Suspicious], n.captures, 100*some/n.captures)
	t.Logf("rules: %s", most(n.rules, 20))
	t.Logf("identities: %s", most(n.identities, 20))
	t.Logf("feeds: %s", most(n.sources, 20))
	t.Logf("inconclusive: %d of %d devices (%d %%), because of: %s", n.inconclusive, n.devices, 100*n.inconclusive/n.devices, most(n.reasons, 20))
	t.Logf("identities with context: %d, without: %d; most frequent without: %s", len(n.known), len(n.strange), most(n.strange, 30))
	if average > 3 {
		t.Errorf("%.2f notes per ordinary capture, want at most 3", average)
	}
}

// most gives the most frequent entries of a count.
func most(count map[string]int, n int) string {
	keys := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	var words []string
	for _, k := range keys[:min(n, len(keys))] {
		words = append(words, fmt.Sprintf("%s %d", k, count[k]))
	}
	return strings.Join(words, ", ")
}
