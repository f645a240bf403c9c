package tinycheck_test

import (
	"slices"
	"testing"

	"tinycheck"
)

func TestRules(t *testing.T) {
	seen := make(map[tinycheck.RuleID]bool)
	for _, r := range tinycheck.Rules() {
		if seen[r.ID] {
			t.Errorf("%s stands in the table twice", r.ID)
		}
		seen[r.ID] = true
		if r.Version < 1 || r.Weight < 0 || len(r.Levels) == 0 {
			t.Errorf("%s has version %d, weight %d, levels %v", r.ID, r.Version, r.Weight, r.Levels)
		}
		if !slices.IsSortedFunc(r.Levels, func(a, b tinycheck.Level) int { return b.Rank() - a.Rank() }) {
			t.Errorf("%s: levels %v are not highest first", r.ID, r.Levels)
		}
		for _, l := range r.Levels {
			if l != tinycheck.Detected && l != tinycheck.Suspicious && l != tinycheck.Note {
				t.Errorf("%s gives %s", r.ID, l)
			}
		}
		if found, ok := tinycheck.FindRule(r.ID); !ok || found.ID != r.ID {
			t.Errorf("FindRule(%s) = %v, %v", r.ID, found, ok)
		}
	}
	if _, ok := tinycheck.FindRule("none"); ok {
		t.Error("a rule that is not there was found")
	}
}
