package library

import (
	"context"
	"net/netip"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Overlap is an indicator and what is known to be ordinary that covers it, or
// that it covers.
type Overlap struct {
	Indicator tinycheck.Indicator
	Context   tinycheck.Context
	Kind      OverlapKind
	Why       string // of a weak one: in words
}

// OverlapKind is how the two meet. In every case the indicator is matched.
type OverlapKind string

// The kinds of overlap.
const (
	// OverlapCovered: the ordinary covers the indicator, which wins. When a feed
	// brought the ordinary along, it is left out, so that it excuses nothing.
	OverlapCovered OverlapKind = "covered"
	// OverlapTenant: the indicator is a customer of a shared platform.
	OverlapTenant OverlapKind = "tenant"
	// OverlapWeak: the indicator is listed as c2 and cannot mean it.
	OverlapWeak OverlapKind = "weak"
	// OverlapExpired: the ordinary covers the indicator, and must be checked again.
	OverlapExpired OverlapKind = "expired"
)

// Audit finds every overlap of the indicators in force with the context: each
// is handed to see. Tenants of platforms are ordinary and many: they are given
// too.
func (l *Library) Audit(ctx context.Context, see func(Overlap) error) error {
	brought, err := l.store.Context(ctx)
	if err != nil {
		return err
	}
	excuses := newExcuses(brought)
	a := audit{library: l, judge: NewJudge(excuses.own), names: map[string]tinycheck.Context{}, ranges: map[netip.Prefix]tinycheck.Context{}, see: see}
	hear := func(value, _ []byte, kind tinycheck.ObservableType, about *tinycheck.Indicator) error {
		i := *about
		i.Observable = tinycheck.Observable{Type: kind, Value: string(value)}
		a.judge.Hear(&i)
		excuses.hear(&i)
		return nil
	}
	if err := l.store.Scan(ctx, hear); err != nil {
		return err
	}
	for _, c := range excuses.all() {
		a.put(c)
	}
	return l.store.Scan(ctx, a.row)
}

// audit compares indicators with the context.
type audit struct {
	library *Library
	judge   *Judge
	names   map[string]tinycheck.Context
	ranges  map[netip.Prefix]tinycheck.Context
	see     func(Overlap) error
}

func (a *audit) put(c tinycheck.Context) {
	if c.Observable.Type == tinycheck.DomainName {
		a.names[c.Observable.Value] = c
		return
	}
	if prefix, ok := c.Observable.Prefix(); ok {
		a.ranges[prefix] = c
	}
}

func (a *audit) row(value, source []byte, kind tinycheck.ObservableType, about *tinycheck.Indicator) error {
	i := *about
	i.Observable = tinycheck.Observable{Type: kind, Value: string(value)}
	i.SourceID = string(source)
	was := i.Class
	why, changed := a.judge.Change(&i)
	c, covered := a.covering(&i)
	o := Overlap{Indicator: i, Context: c, Why: why}
	switch {
	case changed && was == tinycheck.ClassC2 && i.Class == tinycheck.ClassWeak:
		o.Kind = OverlapWeak
	case !covered:
		return nil
	case c.Class == tinycheck.ContextPlatform:
		o.Kind = OverlapTenant
	case expired(&c, a.library.config.Now()):
		o.Kind = OverlapExpired
	default:
		o.Kind = OverlapCovered
	}
	return a.see(o)
}

// covering is the most specific entry of the context that covers an indicator,
// or, where none does, the first that a network covers.
func (a *audit) covering(i *tinycheck.Indicator) (tinycheck.Context, bool) {
	if prefix, ok := i.Prefix(); ok {
		return a.around(prefix)
	}
	for name := i.Host(); name != ""; name = spelling.Parent(name) {
		if c, ok := a.names[name]; ok {
			return c, true
		}
	}
	return tinycheck.Context{}, false
}

// around asks for every width, which is as quick with many ranges as with few.
// Only networks, which are seldom listed, are compared with each of them.
func (a *audit) around(p netip.Prefix) (found tinycheck.Context, ok bool) {
	for bits := p.Bits(); bits >= 0; bits-- {
		if c, ok := a.ranges[netip.PrefixFrom(p.Addr(), bits).Masked()]; ok {
			return c, true
		}
	}
	if p.IsSingleIP() {
		return found, false
	}
	for inside, c := range a.ranges {
		if p.Overlaps(inside) && (!ok || c.Observable.Compare(found.Observable) < 0) {
			found, ok = c, true
		}
	}
	return found, ok
}
