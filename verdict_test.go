package tinycheck_test

import (
	"slices"
	"testing"

	"tinycheck"
)

func found(levels ...tinycheck.Level) (list []tinycheck.Finding) {
	for _, l := range levels {
		list = append(list, tinycheck.Finding{Level: l})
	}
	return list
}

// Every level at every grade: what is the level, what is said first.
func TestDecide(t *testing.T) {
	for _, c := range []struct {
		findings      []tinycheck.Finding
		level, answer tinycheck.Level // at grades A, B and C
		levelX        tinycheck.Level
		answerX       tinycheck.Level
		deciding      []int
	}{
		{nil, tinycheck.NothingFound, tinycheck.NothingFound, tinycheck.Inconclusive, tinycheck.Inconclusive, nil},
		{found(tinycheck.Note, tinycheck.Note), tinycheck.Note, tinycheck.NothingFound, tinycheck.Note, tinycheck.Inconclusive, []int{0, 1}},
		{found(tinycheck.Suspicious, tinycheck.Note), tinycheck.Suspicious, tinycheck.Suspicious, tinycheck.Suspicious, tinycheck.Suspicious, []int{0}},
		{found(tinycheck.Detected, tinycheck.Detected, tinycheck.Suspicious, tinycheck.Note), tinycheck.Detected, tinycheck.Detected, tinycheck.Detected, tinycheck.Detected, []int{0, 1}},
	} {
		for _, grade := range []tinycheck.Grade{tinycheck.GradeA, tinycheck.GradeB, tinycheck.GradeC, tinycheck.GradeX} {
			level, answer := c.level, c.answer
			if grade == tinycheck.GradeX {
				level, answer = c.levelX, c.answerX
			}
			v := tinycheck.Decide(c.findings, &tinycheck.Coverage{Grade: grade})
			if v.Level != level || v.Answer != answer || v.Grade != grade || !slices.Equal(v.Deciding, c.deciding) {
				t.Errorf("%d findings at grade %s: %+v, want level %s, answer %s, deciding %v", len(c.findings), grade, v, level, answer, c.deciding)
			}
		}
	}
}

func TestWorst(t *testing.T) {
	order := []tinycheck.Level{tinycheck.NothingFound, tinycheck.Note, tinycheck.Inconclusive, tinycheck.Suspicious, tinycheck.Detected}
	for i, a := range order {
		for j, b := range order {
			if got, want := tinycheck.Worst(a, b), order[max(i, j)]; got != want {
				t.Errorf("Worst(%s, %s) = %s, want %s", a, b, got, want)
			}
		}
	}
	if got := tinycheck.Worst(); got != tinycheck.NothingFound {
		t.Errorf("Worst() = %s", got)
	}
}
