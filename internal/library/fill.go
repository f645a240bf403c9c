package library

import (
	"time"

	"tinycheck"
	"tinycheck/internal/match"
)

// filler puts what is in the store into a builder. While it does, the judge and
// the excuses hear every indicator; close then knows which cannot mean what their
// feed says, and what may not be called ordinary.
type filler struct {
	builder *match.Builder
	judge   *Judge
	excuses *excuses
	commons map[meant]match.Common
	of      map[match.Common]meant
	last    meant // rows of one meaning stand together
	common  match.Common
}

// meant is what many rows have in common.
type meant struct {
	about          *tinycheck.Indicator
	kind           tinycheck.ObservableType
	class          tinycheck.Class
	infrastructure tinycheck.Infrastructure
}

func newFiller(brought []tinycheck.Context) *filler {
	return &filler{builder: match.NewBuilder(), judge: NewJudge(Context()), excuses: newExcuses(brought), commons: map[meant]match.Common{}, of: map[match.Common]meant{}}
}

// put takes one row, as its feed says it (store.Visit).
func (f *filler) put(value, source []byte, kind tinycheck.ObservableType, about *tinycheck.Indicator) error {
	i := *about
	i.Observable = tinycheck.Observable{Type: kind, Value: string(value)}
	f.judge.Hear(&i)
	f.excuses.hear(&i)
	if m := (meant{about, kind, i.Class, i.Infrastructure}); m != f.last {
		f.last, f.common = m, f.handle(m, &i)
	}
	f.builder.Add(f.common, value, source)
	return nil
}

// handle gives what the builder calls a meaning.
func (f *filler) handle(m meant, i *tinycheck.Indicator) match.Common {
	common, known := f.commons[m]
	if known {
		return common
	}
	common = f.builder.Common(i)
	f.commons[m], f.of[common] = common, m
	return common
}

// close lets the judge say what every row can mean.
func (f *filler) close(now time.Time) *match.Builder {
	f.builder.Context(Current(f.excuses.kept(), now))
	f.builder.Revise(func(c match.Common, value []byte) match.Common {
		m := f.of[c]
		i := *m.about
		i.Observable = tinycheck.Observable{Type: m.kind, Value: string(value)}
		if _, changed := f.judge.Change(&i); !changed {
			return c
		}
		return f.handle(meant{m.about, m.kind, i.Class, i.Infrastructure}, &i)
	})
	return f.builder
}
