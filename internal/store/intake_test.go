package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/store"
)

func TestOutcomeSaysWhatBecameOfEachEntry(t *testing.T) {
	a, b, c := c2("a.example", "F"), c2("b.example", "F"), c2("c.example", "F")
	a2 := c2("a.example", "F")
	a2.SourceID = "7"
	weak := &tinycheck.Indicator{Observable: name("a.example"), Class: tinycheck.ClassWeak}
	type step struct {
		mode store.Mode
		put  []*tinycheck.Indicator
		want store.Outcome
	}
	tests := map[string][]step{
		"twice the same": {
			{store.Add, []*tinycheck.Indicator{a, b}, store.Outcome{Accepted: 2, After: 2}},
			{store.Add, []*tinycheck.Indicator{a, b}, store.Outcome{Accepted: 2, Before: 2, After: 2}},
			{store.Replace, []*tinycheck.Indicator{b, a}, store.Outcome{Accepted: 2, Before: 2, After: 2}},
		},
		"said twice in one": {{store.Add, []*tinycheck.Indicator{a, b, a, a}, store.Outcome{Accepted: 2, Merged: 2, After: 2}}},
		"two meanings":      {{store.Add, []*tinycheck.Indicator{a, weak}, store.Outcome{Accepted: 2, After: 2}}},
		"another id": {
			{store.Add, []*tinycheck.Indicator{a, b}, store.Outcome{Accepted: 2, After: 2}},
			{store.Add, []*tinycheck.Indicator{a2}, store.Outcome{Replaced: 1, Before: 2, After: 2}},
		},
		"no longer said": {
			{store.Replace, []*tinycheck.Indicator{a, b, c}, store.Outcome{Accepted: 3, After: 3}},
			{store.Add, []*tinycheck.Indicator{c}, store.Outcome{Accepted: 1, Before: 3, After: 3}},
			{store.Replace, []*tinycheck.Indicator{b}, store.Outcome{Accepted: 1, Withdrawn: 2, Before: 3, After: 1}},
			{store.Replace, nil, store.Outcome{Withdrawn: 1, Before: 1}},
		},
		"a meaning no longer said": {
			{store.Replace, []*tinycheck.Indicator{a, weak}, store.Outcome{Accepted: 2, After: 2}},
			{store.Replace, []*tinycheck.Indicator{weak}, store.Outcome{Accepted: 1, Withdrawn: 1, Before: 2, After: 1}},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			for _, step := range steps {
				same(t, take(t, s, step.mode, "f", step.put...), step.want)
				f, err := s.Feed(t.Context(), "f")
				must(t, err)
				same(t, f.Indicators, step.want.After)
			}
			must(t, s.Check(t.Context()))
		})
	}
}

func TestMergedEntriesKeepTheFirstAndTheLongestValidity(t *testing.T) {
	s := fresh(t)
	first, second := c2("a.example", "F"), c2("a.example", "F")
	first.Tags, first.TLP, first.ValidFrom, first.ValidUntil, first.Updated = []string{"one"}, "green", at, at.Add(time.Hour), at
	second.Tags, second.TLP, second.ValidFrom, second.ValidUntil, second.Updated = []string{"two"}, "red", at.Add(-time.Hour), at.Add(2*time.Hour), at.Add(time.Minute)
	second.SourceID = "id"
	same(t, take(t, s, store.Add, "f", first, second), store.Outcome{Accepted: 1, Merged: 1, After: 1})
	list, _, err := s.Find(t.Context(), store.Query{})
	must(t, err)
	want := *first
	want.Feed, want.SourceID, want.ValidFrom, want.ValidUntil, want.Updated = "f", "id", second.ValidFrom, second.ValidUntil, second.Updated
	same(t, list[0].Indicator, want)
}

func TestWithdrawTakesOutWhatWasSaidBeforeIt(t *testing.T) {
	s := fresh(t)
	take(t, s, store.Add, "other", c2("a.example", "F"))
	take(t, s, store.Add, "f", c2("a.example", "F"), c2("a.example", "G"), c2("b.example", "F"))
	var out store.Outcome
	change(t, s, at, func(c *store.Change) {
		in, err := c.Intake("f", store.Add)
		must(t, err)
		must(t, in.Put(c2("a.example", "H")))
		must(t, in.Withdraw(name("a.example")))
		must(t, in.Put(c2("a.example", "G")))
		must(t, in.Withdraw(name("nothing.example")))
		out, err = in.Close()
		must(t, err)
	})
	same(t, out, store.Outcome{Accepted: 2, Withdrawn: 2, Before: 3, After: 2})
	same(t, scanned(t, s), []string{
		"f domain-name a.example c2 G ", "f domain-name b.example c2 F ", "other domain-name a.example c2 F ",
	})
}

func TestWhatCannotBeKeptIsRefusedAlone(t *testing.T) {
	s := fresh(t)
	long := make([]byte, 9000)
	change(t, s, at, func(c *store.Change) {
		must(t, c.PutFeed(feed("f")))
		in, err := c.Intake("f", store.Add)
		must(t, err)
		for _, i := range []*tinycheck.Indicator{
			c2("", "F"), c2("a\x00b", "F"), c2("\xff.example", "F"), c2(string(long), "F"),
			{Observable: name("a.example")},
			{Observable: tinycheck.Observable{Type: "mutex", Value: "x"}, Class: tinycheck.ClassC2},
			{Observable: name("a.example"), Class: tinycheck.ClassC2, SourceID: "\xff"},
		} {
			isKind(t, in.Put(i), tinycheck.Invalid)
		}
		must(t, in.Put(c2("a.example", "F")))
		out, err := in.Close()
		must(t, err)
		same(t, out, store.Outcome{Accepted: 1, After: 1})
		isKind(t, in.Put(c2("b.example", "F")), tinycheck.Conflict)
	})
}

func TestAnIntakeThatIsNotClosedChangesNothing(t *testing.T) {
	s := fresh(t)
	take(t, s, store.Add, "f", c2("a.example", "F"))
	before := generation(t, s)
	change(t, s, at, func(c *store.Change) {
		in, err := c.Intake("f", store.Replace)
		must(t, err)
		must(t, in.Put(c2("b.example", "F")))
		must(t, in.PutContext(&tinycheck.Context{Observable: name("c.example"), Class: tinycheck.ContextOS}))
		in.Abandon()
	})
	same(t, scanned(t, s), []string{"f domain-name a.example c2 F "})
	same(t, generation(t, s), before)
}

// TestIntakesAgreeWithAModel brings random entries in both modes, with runs so
// short that they are merged from a file, and compares with a map.
func TestIntakesAgreeWithAModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := fresh(t)
	type key struct{ feed, value, family string }
	model := make(map[key]string)
	runs := 0
	for round := range 60 {
		f := []string{"one", "two"}[r.IntN(2)]
		mode := store.Mode(r.IntN(2))
		n := r.IntN(400)
		if mode == store.Add {
			n = r.IntN(12) // few enough to be looked up, one by one
		}
		before := 0
		for k := range model {
			if k.feed == f {
				before++
			}
		}
		next := make(map[key]string)
		var out store.Outcome
		change(t, s, at.Add(time.Duration(round)*time.Hour), func(c *store.Change) {
			must(t, c.PutFeed(feed(f)))
			in, err := c.Intake(f, mode)
			must(t, err)
			in.SetArena(1 + r.IntN(4000))
			withdrawn := make(map[string]bool)
			for range n {
				value := fmt.Sprintf("%d.x%d.example", r.IntN(20), r.IntN(20))
				if r.IntN(10) == 0 {
					must(t, in.Withdraw(name(value)))
					withdrawn[value] = true
					for family := range 3 {
						delete(next, key{f, value, fmt.Sprint(family)})
					}
					continue
				}
				i := c2(value, fmt.Sprint(r.IntN(3)))
				i.SourceID = fmt.Sprint(r.IntN(2))
				must(t, in.Put(i))
				if k := (key{f, value, i.Family}); next[k] == "" {
					next[k] = i.SourceID // the first stays
				}
			}
			out, err = in.Close()
			must(t, err)
			runs += in.Runs()
			for k := range model {
				if k.feed == f && (mode == store.Replace || withdrawn[k.value]) {
					delete(model, k)
				}
			}
		})
		for k, id := range next {
			model[k] = id
		}
		var want []string
		for k, id := range model {
			want = append(want, fmt.Sprintf("%s domain-name %s c2 %s %s", k.feed, k.value, k.family, id))
		}
		got := scanned(t, s)
		after := 0
		for _, line := range got {
			if line[:3] == f {
				after++
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		same(t, got, want)
		same(t, [2]int{out.Before, out.After}, [2]int{before, after})
	}
	if runs == 0 {
		t.Fatal("no run was written: the model did not see the merging of runs")
	}
	must(t, s.Check(t.Context()))
	same(t, len(model), must1(t)(s.Number(t.Context(), "SELECT count(*) FROM entry")))
}

func must1(t *testing.T) func(int, error) int {
	return func(n int, err error) int {
		must(t, err)
		return n
	}
}

func TestDetailsThatNobodyHasAreSwept(t *testing.T) {
	s := fresh(t)
	for round := range 3 {
		var list []*tinycheck.Indicator
		for n := range 1500 {
			i := c2(fmt.Sprintf("n%d.example", n), "F")
			i.Updated = at.Add(time.Duration(round*1500+n) * time.Second)
			list = append(list, i)
		}
		take(t, s, store.Replace, "f", list...)
	}
	if n := must1(t)(s.Number(t.Context(), "SELECT count(*) FROM detail")); n > 4200 {
		t.Fatalf("%d details for 1500 entries", n)
	}
	must(t, s.Check(t.Context()))
}

func TestSeenIsTheLastTime(t *testing.T) {
	s := fresh(t)
	day := func(n int) time.Time { return at.AddDate(0, 0, n) }
	step := func(n int, mode store.Mode, list ...*tinycheck.Indicator) {
		change(t, s, day(n), func(c *store.Change) {
			must(t, c.PutFeed(feed("f")))
			in, err := c.Intake("f", mode)
			must(t, err)
			for _, i := range list {
				must(t, in.Put(i))
			}
			_, err = in.Close()
			must(t, err)
		})
	}
	seen := func() (list []string) {
		must(t, s.Each(t.Context(), store.Query{}, func(l *store.Listed) error {
			list = append(list, fmt.Sprintf("%s %d %d", l.Value, l.Added.Sub(at)/24/time.Hour, l.Seen.Sub(at)/24/time.Hour))
			return nil
		}))
		return list
	}
	a, b := c2("a.example", "F"), c2("b.example", "F")
	step(0, store.Add, a, b)
	step(1, store.Add, b)
	same(t, seen(), []string{"a.example 0 0", "b.example 0 1"})
	step(2, store.Replace, a, b)
	same(t, seen(), []string{"a.example 0 2", "b.example 0 2"})
	step(3, store.Add, a)
	same(t, seen(), []string{"a.example 0 3", "b.example 0 2"})
}

func TestGenerationGrowsWithWhatMatters(t *testing.T) {
	s := fresh(t)
	take(t, s, store.Replace, "f", c2("a.example", "F"))
	ctx := tinycheck.Context{Observable: name("apple.example"), Class: tinycheck.ContextOS, Owner: "A", Expires: at}
	off := feed("f")
	off.Enabled = false
	failed := feed("f")
	failed.Problem, failed.Tried = "no answer", at
	intake := func(mode store.Mode, f func(*store.Intake)) func(*store.Change) {
		return func(c *store.Change) {
			in, err := c.Intake("f", mode)
			must(t, err)
			f(in)
			_, err = in.Close()
			must(t, err)
		}
	}
	putA := func(in *store.Intake) { must(t, in.Put(c2("a.example", "F"))) }
	withContext := func(in *store.Intake) { putA(in); must(t, in.PutContext(&ctx)) }
	steps := []struct {
		name  string
		f     func(*store.Change)
		grows bool
	}{
		{"nothing", func(c *store.Change) {}, false},
		{"a failed attempt", func(c *store.Change) { must(t, c.PutFeed(failed)) }, false},
		{"the same again", intake(store.Replace, putA), false},
		{"a context", intake(store.Replace, withContext), true},
		{"the same context", intake(store.Replace, withContext), false},
		{"context withdrawn", intake(store.Replace, putA), true},
		{"a new entry", intake(store.Add, func(in *store.Intake) { must(t, in.Put(c2("b.example", "F"))) }), true},
		{"an entry withdrawn", intake(store.Add, func(in *store.Intake) { must(t, in.Withdraw(name("b.example"))) }), true},
		{"a decision", func(c *store.Change) {
			must(t, c.Decide(store.Decision{Observable: name("a.example"), State: store.Disabled}))
		}, true},
		{"its end", func(c *store.Change) { must(t, c.Restore(name("a.example"), "")) }, true},
		{"off", func(c *store.Change) { must(t, c.PutFeed(off)) }, true},
		{"a version", func(c *store.Change) { must(t, c.SetApplied("b", 3)) }, false},
		{"feed deleted", func(c *store.Change) { must(t, c.DeleteFeed("f")) }, true},
	}
	for _, step := range steps {
		before := generation(t, s)
		change(t, s, at, step.f)
		if after := generation(t, s); cmp.Compare(after, before) != map[bool]int{true: 1, false: 0}[step.grows] {
			t.Errorf("%s: generation from %d to %d", step.name, before, after)
		}
	}
}
