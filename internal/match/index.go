package match

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Index finds the indicators of an observable. It is safe for concurrent use,
// and keeps nothing of the list that it was made from: a million names take
// about 60 MB.
type Index struct {
	shelf   shelf
	table   table              // of everything but prefixes
	nets    bart.Table[uint32] // prefixes, to their first row
	context map[string]*tinycheck.Context
	ranges  bart.Table[*tinycheck.Context]
}

// NewIndex reads both lists in an order of its own, so that their order does
// not matter, and changes neither.
func NewIndex(indicators []tinycheck.Indicator, context []tinycheck.Context) *Index {
	x := &Index{context: make(map[string]*tinycheck.Context)}
	x.shelf.fill(indicators)
	x.table.init(len(x.shelf.rows))
	for from := uint32(0); from < uint32(len(x.shelf.rows)); from = x.shelf.end(from) {
		x.put(from)
	}
	context = slices.Clone(context)
	slices.SortFunc(context, compareContexts)
	for i := range context {
		x.putContext(&context[i])
	}
	return x
}

func compareContexts(a, b tinycheck.Context) int {
	return cmp.Or(a.Observable.Compare(b.Observable), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Purpose, b.Purpose))
}

func (x *Index) put(row uint32) {
	o := x.shelf.observable(row)
	if prefix, ok := o.Prefix(); ok && !prefix.IsSingleIP() {
		x.nets.Insert(prefix, row)
		return
	}
	x.table.put(o.Value, row)
}

func (x *Index) putContext(c *tinycheck.Context) {
	if prefix, ok := c.Observable.Prefix(); ok {
		x.ranges.Insert(prefix, c)
		return
	}
	x.context[c.Observable.Value] = c
}

// Count is how many indicators of a class there are.
func (x *Index) Count(class tinycheck.Class) (n int) {
	for i := range x.shelf.rows {
		if x.shelf.common[x.shelf.rows[i].common].Class == class {
			n++
		}
	}
	return n
}

// Name returns the indicators of the most specific listed name that is host or
// stands above it, at a label boundary. The host is in its canonical spelling.
func (x *Index) Name(host string) Listing {
	o := tinycheck.Observable{Type: tinycheck.DomainName}
	for o.Value = host; o.Value != ""; o.Value = spelling.Parent(o.Value) {
		if l := x.Exact(o); l.Len() > 0 {
			return l
		}
	}
	return Listing{}
}

// Address returns the indicators of the address, or of the smallest listed
// prefix around it.
func (x *Index) Address(a netip.Addr) Listing {
	a = a.Unmap().WithZone("")
	o := tinycheck.Observable{Type: tinycheck.IPv6Addr, Value: a.String()}
	if a.Is4() {
		o.Type = tinycheck.IPv4Addr
	}
	if l := x.Exact(o); l.Len() > 0 {
		return l
	}
	row, ok := x.nets.Lookup(a)
	if !ok {
		return Listing{}
	}
	return x.at(row)
}

// Exact returns the indicators of this very observable: a hash, a fingerprint,
// a URL, one name, one address.
func (x *Index) Exact(o tinycheck.Observable) Listing {
	found, ok := x.table.find(o.Value, func(row uint32) bool { return x.shelf.observable(row) == o })
	if !ok {
		return Listing{}
	}
	return x.at(found)
}

func (x *Index) at(row uint32) Listing { return Listing{&x.shelf, row, x.shelf.end(row)} }

// Context returns what is known to be ordinary about a host, nil if nothing.
func (x *Index) Context(host string) *tinycheck.Context {
	for name := host; name != ""; name = spelling.Parent(name) {
		if c, ok := x.context[name]; ok {
			return c
		}
	}
	return nil
}

// Tenant is who is behind a host name: what spelling.Tenant says, and below a
// platform of the context at least one label more. A platform is never an
// identity, its customers are. The host is in its canonical spelling.
func (x *Index) Tenant(host string) string {
	tenant := spelling.Tenant(host)
	below := host
	for at := host; at != "" && len(at) >= len(tenant); at = spelling.Parent(at) {
		if c := x.context[at]; c != nil && c.Class == tinycheck.ContextPlatform {
			return below
		}
		below = at
	}
	return tenant
}

// Shared reports whether strangers share the address: it lies in a range of a
// hosting platform.
func (x *Index) Shared(a netip.Addr) bool {
	c, ok := x.ranges.Lookup(a.Unmap())
	return ok && c.Class == tinycheck.ContextPlatform
}
