package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"tinycheck"
	"tinycheck/internal/locale"
	"tinycheck/internal/report"
)

var cases = filepath.Join("..", "..", "testdata", "cases")

// warnings are the ids of both programs, as their source has them.
var warnings = []string{
	"PROTO-01", "PROTO-02", "PROTO-03", "PROTO-04", "PROTO-05",
	"IOC-01", "IOC-02", "IOC-03", "IOC-04", "IOC-05", "IOC-06", "IOC-07", "IOC-08", "IOC-09", "IOC-10", "IOC-11", "IOC-12", "IOC-13",
	"ACT-01", "ACT-02", "SSL-01", "SSL-02", "SSL-03", "SSL-04", "SSL-05", "ADV-01", "SNORT-01",
}

func TestParityHasEveryWarning(t *testing.T) {
	var ids []string
	for _, row := range report.Parities() {
		ids = append(ids, row.ID)
		if len(row.Ours) == 0 {
			t.Errorf("%s does not say what became of it", row.ID)
		}
		for _, l := range []*locale.Language{find(t, "en"), find(t, "fr")} {
			for _, key := range []string{"parity." + row.ID + ".was", "parity." + row.ID + ".why", "parity.level." + string(row.TinyCheck), "parity.level." + string(row.SpyGuard)} {
				if !l.Has(key) {
					t.Errorf("%s: no words for %s", l.Tag(), key)
				}
			}
		}
	}
	if !slices.Equal(ids, warnings) {
		t.Errorf("rows %v, want %v", ids, warnings)
	}
}

// Each answer of the table is what its case wants, and internal/analysis shows
// that the program gives what the case wants. No case of parity stands alone.
func TestParityIsWhatTheCasesSay(t *testing.T) {
	named := map[string]bool{}
	for _, row := range report.Parities() {
		for _, c := range row.Ours {
			named[c.Case] = true
			if err := agrees(c); err != nil {
				t.Errorf("%s: %v", row.ID, err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(cases, "parity-*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases of parity: %v", err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".txtar"); !named[name] {
			t.Errorf("the case %s is of no row", name)
		}
	}
}

func agrees(c report.Counterpart) error {
	archive, err := txtar.ParseFile(filepath.Join(cases, c.Case+".txtar"))
	if err != nil {
		return err
	}
	var want []string
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = strings.Split(string(f.Data), "\n")
		}
	}
	has := func(begin string) bool {
		return slices.ContainsFunc(want, func(line string) bool { return strings.HasPrefix(line, begin) })
	}
	switch {
	case c.Rule != "":
		if rule, ok := tinycheck.FindRule(c.Rule); !ok || !slices.Contains(rule.Levels, c.Level) {
			return fmt.Errorf("rule %s does not give %s", c.Rule, c.Level)
		}
		if !has("  " + string(c.Level) + " " + string(c.Rule) + ": ") {
			return fmt.Errorf("case %s does not want %s of %s", c.Case, c.Level, c.Rule)
		}
	case c.Limit != "":
		if !slices.ContainsFunc(want, func(line string) bool {
			limits, ok := strings.CutPrefix(line, "  limits: ")
			return ok && slices.Contains(strings.Fields(limits), string(c.Limit))
		}) {
			return fmt.Errorf("case %s does not want the limit %s", c.Case, c.Limit)
		}
	case c.Level != tinycheck.NothingFound || len(want) == 0 || !strings.Contains(want[0], ": nothing-found, answer nothing-found, "):
		return fmt.Errorf("case %s does not want that nothing is said", c.Case)
	}
	return nil
}

// The page for people is made of the table.
func TestParityPage(t *testing.T) {
	path := filepath.Join(docs, "behaviours", "parity.md")
	page := parityPage(locale.English())
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page {
		t.Errorf("%s is not what the table says: run go test ./internal/report -run ParityPage -update", path)
	}
}

const parityHead = `# What became of each warning of TinyCheck and SpyGuard

This page is made of the table in ` + "`internal/report/parity.go`" + `; ` + "`tinycheck explain parity`" + ` prints the same, and
` + "`tinycheck explain IOC-03`" + ` one row. The levels there are those of TinyCheck at commit 4f989dc (2023) and SpyGuard at commit
cb93165 (2024). Each row names the case in ` + "`testdata/cases`" + ` that shows our answer to the traffic.

| id | it reacted to | TinyCheck | SpyGuard | here | why | case |
|---|---|---|---|---|---|---|
`

func parityPage(l *locale.Language) string {
	var b strings.Builder
	b.WriteString(parityHead)
	for _, row := range report.Parities() {
		var here, names []string
		for _, c := range row.Ours {
			switch {
			case c.Rule != "":
				here = append(here, fmt.Sprintf("[`%s`](../rules/%s.md): %s", c.Rule, c.Rule, c.Level))
			case c.Limit != "":
				here = append(here, fmt.Sprintf("limit `%s`", c.Limit))
			default:
				here = append(here, "nothing")
			}
			if name := "`" + c.Case + "`"; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		say := func(key string) string { return l.Say("parity."+key, nil) }
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", row.ID, say(row.ID+".was"), say("level."+string(row.TinyCheck)),
			say("level."+string(row.SpyGuard)), strings.Join(here, "; "), say(row.ID+".why"), strings.Join(names, ", "))
	}
	return b.String()
}

func TestExplainParity(t *testing.T) {
	for _, tag := range locale.Languages() {
		l := find(t, tag)
		var all bytes.Buffer
		if err := report.ListParity(&all, l, 100); err != nil {
			t.Fatal(err)
		}
		for _, row := range report.Parities() {
			var one, small bytes.Buffer
			if err := errors.Join(report.Explain(&one, row.ID, l, 100), report.Explain(&small, strings.ToLower(row.ID), l, 100)); err != nil {
				t.Fatal(err)
			}
			if one.String() != small.String() || !strings.Contains(all.String(), one.String()) {
				t.Errorf("%s %s: the row is told in several ways", tag, row.ID)
			}
			page := squeeze(one.String())
			want := []string{row.ID, l.Say("parity."+row.ID+".was", nil), l.Say("parity."+row.ID+".why", nil)}
			for _, c := range row.Ours {
				if c.Rule != "" {
					want = append(want, string(c.Rule), l.Say("level."+string(c.Level), nil))
				}
				want = append(want, string(c.Limit))
			}
			for _, w := range want {
				if !strings.Contains(page, squeeze(w)) {
					t.Errorf("%s %s: %q is not said", tag, row.ID, w)
				}
			}
		}
		var word bytes.Buffer
		if err := report.Explain(&word, "Parity", l, 100); err != nil || word.String() != all.String() {
			t.Errorf("%s: the word parity gives %v and another list", tag, err)
		}
		var one bytes.Buffer
		_ = report.Explain(&one, "ioc-01", l, 80)
		golden(t, "parity."+tag+".txt", one.String())
	}
}

// A rule, a limit, a grade and a level have words of both lengths.
func TestExplainHasBothLengths(t *testing.T) {
	type word struct{ say, person, expert string }
	var words []word
	for _, rule := range tinycheck.Rules() {
		words = append(words, word{string(rule.ID), "rule." + string(rule.ID) + ".means", "rule." + string(rule.ID) + ".expert"})
	}
	for _, key := range locale.English().Keys() {
		if id, ok := strings.CutPrefix(key, "limit."); ok {
			if id, ok := strings.CutSuffix(id, ".means"); ok {
				words = append(words, word{id, key, "limit." + id + ".expert"})
			}
		}
	}
	for _, grade := range []string{"A", "b", "C", "x"} {
		words = append(words, word{grade, "grade." + strings.ToUpper(grade), "grade-expert." + strings.ToUpper(grade)})
	}
	for _, level := range []string{"detected", "Suspicious", "note", "nothing-found", "inconclusive"} {
		words = append(words, word{level, "level." + strings.ToLower(level), "level-expert." + strings.ToLower(level)})
	}
	for _, tag := range locale.Languages() {
		l := find(t, tag)
		for _, w := range words {
			var b bytes.Buffer
			if err := report.Explain(&b, w.say, l, 80); err != nil {
				t.Error(err)
				continue
			}
			for _, key := range []string{w.person, w.expert} {
				if !l.Has(key) || !strings.Contains(squeeze(b.String()), squeeze(l.Say(key, nil))) {
					t.Errorf("%s: explain %s does not say %s", tag, w.say, key)
				}
			}
			if len(l.Say(w.expert, nil)) <= len(l.Say(w.person, nil))*3/4 {
				t.Errorf("%s: %s is hardly longer than %s", tag, w.expert, w.person)
			}
		}
	}
	for _, bad := range []string{"", ".", "short.means", "IOC-99", "level"} {
		if err := report.Explain(io.Discard, bad, nil, 0); !errors.Is(err, tinycheck.NotFound) {
			t.Errorf("explain %q gives %v", bad, err)
		}
	}
}

// The first page speaks to the person and the technical part to the expert.
func TestEachReaderHasTheirPart(t *testing.T) {
	for name, r := range examples() {
		for _, tag := range locale.Languages() {
			l := find(t, tag)
			page := squeeze(write(t, r, report.Config{Format: "text", Language: l}))
			person, expert, _ := strings.Cut(page, squeeze(l.Say("report.annex", nil)))
			only := func(key string) {
				if text := squeeze(l.Say(key, nil)); strings.Contains(person, text) || !strings.Contains(expert, text) {
					t.Errorf("%s %s: %s does not stand in the technical part alone", name, tag, key)
				}
			}
			for i := range r.Devices {
				a := &r.Devices[i]
				for j := range a.Findings {
					only("rule." + string(a.Findings[j].Rule) + ".expert")
				}
				for _, limit := range a.Coverage.Limits {
					only("limit." + string(limit) + ".expert")
				}
				only("grade-expert." + string(a.Verdict.Grade))
				only("level-expert." + string(a.Verdict.Level))
			}
		}
	}
}

// A name that sources list for several products names all of them.
func TestEveryProductIsNamed(t *testing.T) {
	families := []string{"Ada", "Bee", "Cat", "Dog", "Eel", "Fox", "Gnu", "Hen"}
	for _, tag := range locale.Languages() {
		a := tinycheck.Answer{Coverage: goodCoverage(), Findings: []tinycheck.Finding{
			finding(tinycheck.RuleC2Name, tinycheck.Detected, "x.example", tinycheck.ClassC2, families...)}}
		page := squeeze(write(t, basic(a), report.Config{Format: "text", Language: find(t, tag)}))
		for _, family := range families {
			if !strings.Contains(page, family) {
				t.Errorf("%s: %s is not named in:\n%s", tag, family, page)
			}
		}
	}
}

// A page of a rule names the warnings that it stands for.
func TestRulePagesNameWarnings(t *testing.T) {
	ids := map[tinycheck.RuleID][]string{}
	for _, row := range report.Parities() {
		for _, c := range row.Ours {
			if c.Rule != "" && !slices.Contains(ids[c.Rule], row.ID) {
				ids[c.Rule] = append(ids[c.Rule], row.ID)
			}
		}
	}
	for rule, list := range ids {
		page, err := os.ReadFile(filepath.Join(docs, "rules", string(rule)+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		if want := "| [TinyCheck, SpyGuard](../behaviours/parity.md) | " + strings.Join(list, ", ") + " |"; !strings.Contains(string(page), want) {
			t.Errorf("the page of %s does not say %q", rule, want)
		}
	}
}

// The table of levels in the contract and the rules agree: each rule stands in
// one row, in the order of the rules, and the row has its levels.
func TestLevelTableIsTheRules(t *testing.T) {
	var listed []string
	for _, row := range levelTable(t) {
		var levels []string
		for _, word := range strings.FieldsFunc(row.level, func(r rune) bool { return r < 'a' || r > 'z' }) {
			if slices.Contains([]string{"detected", "suspicious", "note"}, word) {
				levels = append(levels, word)
			}
		}
		slices.Sort(levels)
		for _, id := range row.rules {
			listed = append(listed, id)
			rule, ok := tinycheck.FindRule(tinycheck.RuleID(id))
			if !ok {
				t.Errorf("the contract names %s, which is no rule", id)
				continue
			}
			var have []string
			for _, l := range rule.Levels {
				have = append(have, string(l))
			}
			slices.Sort(have)
			if !slices.Equal(have, slices.Compact(levels)) {
				t.Errorf("%s gives %v, the contract says %q", id, have, row.level)
			}
		}
	}
	var rules []string
	for _, r := range tinycheck.Rules() {
		rules = append(rules, string(r.ID))
	}
	if !slices.Equal(rules, listed) {
		t.Errorf("rules %v\ncontract %v", rules, listed)
	}
}

type levelRow struct {
	level string
	rules []string
}

func levelTable(t *testing.T) (rows []levelRow) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(docs, "contract.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(data), "| what was seen, per identity (host or tenant) | level | rules |\n|---|---|---|\n")
	if !ok {
		t.Fatal("the contract has no table of levels")
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			break
		}
		row := levelRow{level: cells[2]}
		for i, part := range strings.Split(cells[3], "`") {
			if i%2 == 1 {
				row.rules = append(row.rules, part)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
