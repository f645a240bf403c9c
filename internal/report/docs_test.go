package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/report"
)

var docs = filepath.Join("..", "..", "docs")

// Every rule has a page that names its version, level and techniques, and there
// is no page without a rule.
func TestEveryRuleHasItsPage(t *testing.T) {
	pages := map[string]bool{}
	for _, rule := range tinycheck.Rules() {
		name := string(rule.ID) + ".md"
		pages[name] = true
		data, err := os.ReadFile(filepath.Join(docs, "rules", name))
		if err != nil {
			t.Error(err)
			continue
		}
		page := string(data)
		want := []string{
			"| rule | `" + string(rule.ID) + "` |", "| version | " + strconv.Itoa(rule.Version) + " |",
			"## What it says\n", "## Why it has this level\n", "## Known false positives\n", "## How to check it by hand\n",
		}
		levels := make([]string, len(rule.Levels))
		for i, l := range rule.Levels {
			levels[i] = string(l)
		}
		techniques := strings.Join(rule.Techniques, ", ")
		if techniques == "" {
			techniques = "none"
		}
		want = append(want, "| level | "+strings.Join(levels, " or ")+" |", "| ATT&CK for Mobile | "+techniques+" |")
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s does not say %q", name, w)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Join(docs, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !pages[e.Name()] {
			t.Errorf("%s is the page of no rule", e.Name())
		}
	}
}

// The contract names every rule, and every key that it names is in the schema.
func TestContractIsTrue(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(docs, "contract.md"))
	if err != nil {
		t.Fatal(err)
	}
	contract := string(data)
	for _, rule := range tinycheck.Rules() {
		if !strings.Contains(contract, "`"+string(rule.ID)+"`") {
			t.Errorf("the contract does not name %s", rule.ID)
		}
	}
	var schema struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(report.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	for key := range schema.Properties {
		if !strings.Contains(contract, "`"+key+"`") {
			t.Errorf("the contract does not name the key %s", key)
		}
	}
	for _, kind := range []string{"answer", "finding", "sighting", "indicator", "remote"} {
		for key := range schema.Defs[kind].Properties {
			if !strings.Contains(contract, "`"+key+"`") {
				t.Errorf("the contract does not name the key %s of %s", key, kind)
			}
		}
	}
	for _, format := range report.Formats() {
		if !strings.Contains(contract, format) {
			t.Errorf("the contract does not name the format %s", format)
		}
	}
}
