package match

import (
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Index finds the indicators of an observable. It is safe for concurrent use.
type Index struct {
	all     []tinycheck.Indicator // sorted, so that those of one observable stand together
	names   map[string]span
	nets    bart.Table[span]
	exact   map[tinycheck.Observable]span // hashes, fingerprints, URLs
	context map[string]*tinycheck.Context
	ranges  bart.Table[*tinycheck.Context]
}

// span is a range of Index.all.
type span struct{ from, to int32 }

// NewIndex sorts the indicators, so that their order does not matter.
func NewIndex(indicators []tinycheck.Indicator, context []tinycheck.Context) *Index {
	x := &Index{all: slices.Clone(indicators), names: make(map[string]span), exact: make(map[tinycheck.Observable]span), context: make(map[string]*tinycheck.Context)}
	slices.SortFunc(x.all, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
	for from := 0; from < len(x.all); {
		to := from + 1
		for to < len(x.all) && x.all[to].Observable == x.all[from].Observable {
			to++
		}
		x.put(x.all[from].Observable, span{int32(from), int32(to)})
		from = to
	}
	for i := range context {
		x.putContext(&context[i])
	}
	return x
}

func (x *Index) put(o tinycheck.Observable, s span) {
	if prefix, ok := o.Prefix(); ok {
		x.nets.Insert(prefix, s)
		return
	}
	if o.Type == tinycheck.DomainName {
		x.names[o.Value] = s
		return
	}
	x.exact[o] = s
}

func (x *Index) putContext(c *tinycheck.Context) {
	if prefix, ok := c.Observable.Prefix(); ok {
		x.ranges.Insert(prefix, c)
		return
	}
	x.context[c.Observable.Value] = c
}

func (x *Index) at(s span) []tinycheck.Indicator { return x.all[s.from:s.to] }

// Name returns the indicators of the most specific listed name that is host or
// stands above it.
func (x *Index) Name(host string) []tinycheck.Indicator {
	for name := host; name != ""; name = spelling.Parent(name) {
		if s, ok := x.names[name]; ok {
			return x.at(s)
		}
	}
	return nil
}

// Address returns the indicators of the address, or of the smallest listed
// prefix around it.
func (x *Index) Address(a netip.Addr) []tinycheck.Indicator {
	s, ok := x.nets.Lookup(a)
	if !ok {
		return nil
	}
	return x.at(s)
}

// Exact returns the indicators of a hash, a fingerprint or a URL.
func (x *Index) Exact(o tinycheck.Observable) []tinycheck.Indicator {
	s, ok := x.exact[o]
	if !ok {
		return nil
	}
	return x.at(s)
}

// Context returns what is known to be ordinary about a host, nil if nothing.
func (x *Index) Context(host string) *tinycheck.Context {
	for name := host; name != ""; name = spelling.Parent(name) {
		if c, ok := x.context[name]; ok {
			return c
		}
	}
	return nil
}

// Shared reports whether strangers share the address: it lies in a range of a
// hosting platform.
func (x *Index) Shared(a netip.Addr) bool {
	c, ok := x.ranges.Lookup(a)
	return ok && c.Class == tinycheck.ContextPlatform
}
