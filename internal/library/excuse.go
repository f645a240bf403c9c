package library

import (
	"slices"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// excuses is the context of the program and of feeds. The law that a test holds
// for the program's own, that nothing ordinary covers a c2 indicator, is held
// here for what feeds bring along: such an entry is left out. An allow-list of
// somebody else's may name a whole cloud, and a spy lives there.
type excuses struct {
	own     []tinycheck.Context
	brought map[tinycheck.Observable]tinycheck.Context
	broken  []tinycheck.Context // entries of feeds that cover a c2 indicator
}

// newExcuses joins the two. Where both speak of the same, the program's is taken.
func newExcuses(brought []tinycheck.Context) *excuses {
	e := &excuses{own: Context(), brought: map[tinycheck.Observable]tinycheck.Context{}}
	known := map[tinycheck.Observable]bool{}
	for _, c := range e.own {
		known[c.Observable] = true
	}
	for _, c := range brought {
		if !known[c.Observable] {
			e.brought[c.Observable] = c
		}
	}
	return e
}

// hear leaves out what excuses a c2 indicator.
func (e *excuses) hear(i *tinycheck.Indicator) {
	if len(e.brought) == 0 || i.Class != tinycheck.ClassC2 {
		return
	}
	for name := i.Host(); name != ""; name = spelling.Parent(name) {
		at := tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
		if c, there := e.brought[at]; there && c.Class != tinycheck.ContextPlatform {
			delete(e.brought, at)
			e.broken = append(e.broken, c)
		}
	}
}

// kept is what may be called ordinary, sorted.
func (e *excuses) kept() []tinycheck.Context {
	all := slices.Clone(e.own)
	for _, c := range e.brought {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b tinycheck.Context) int { return a.Observable.Compare(b.Observable) })
	return all
}

// all is everything that anybody calls ordinary, also what is left out.
func (e *excuses) all() []tinycheck.Context { return append(e.kept(), e.broken...) }
