package analysis

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// talk adds a flow to what is known of its remote.
func (l *ledger) talk(p *page, f *tinycheck.Flow) {
	r := l.remote(p, l.identify(f.Name().Value, f.Remote().Addr()))
	if r == nil {
		return
	}
	for _, n := range f.Names {
		l.call(r, n)
	}
	r.Addresses = keep(r.Addresses, f.Remote().Addr())
	if f.Protocol != "" {
		r.Protocols = insert(r.Protocols, f.Protocol)
	}
	if f.App.Name != "" {
		r.Apps = keep(r.Apps, f.App)
	}
	r.Flows++
	r.Sent += f.Up().Payload
	r.Received += f.Down().Payload
	r.First, r.Last = earliest(r.First, f.First), latest(r.Last, f.Last)
}

// remote finds or makes the entry of an identity; nil when there is no room.
func (l *ledger) remote(p *page, id tinycheck.Identity) *tinycheck.Remote {
	r := p.talks[id]
	if r == nil {
		if !l.hold() {
			return nil
		}
		r = &tinycheck.Remote{Identity: id}
		if c := l.index.Context(id.Name); c != nil {
			r.Context, r.Owner = c.Class, c.Owner
		}
		p.talks[id] = r
	}
	return r
}

func (l *ledger) identify(name string, a netip.Addr) tinycheck.Identity {
	if name = spelling.Host(name); name != "" {
		return tinycheck.Identity{Name: l.index.Tenant(name)}
	}
	return tinycheck.Identity{Address: a.String()}
}

// call adds a name, and what is known of it.
func (l *ledger) call(r *tinycheck.Remote, n tinycheck.Name) {
	if before := len(r.Names); len(addName(r, n)) == before {
		return
	}
	c := l.index.Context(spelling.Host(n.Value))
	if c != nil && c.Owner != "" && c.Purpose != "" {
		know(r, tinycheck.Known{Name: c.Observable.Value, Context: c.Class, Owner: c.Owner, Purpose: c.Purpose})
	}
}

// know keeps what is said of a remote. The same of several names is said once.
func know(r *tinycheck.Remote, k tinycheck.Known) {
	same := func(o tinycheck.Known) bool {
		return o.Context == k.Context && o.Owner == k.Owner && o.Purpose == k.Purpose
	}
	if len(r.Known) < maxKnown && !slices.ContainsFunc(r.Known, same) {
		r.Known = append(r.Known, k)
	}
}

func addName(r *tinycheck.Remote, n tinycheck.Name) []tinycheck.Name {
	r.Names = keep(r.Names, n)
	return r.Names
}

// keep keeps a bounded set, in the order seen.
func keep[T comparable](set []T, v T) []T {
	if len(set) >= maxPer || slices.Contains(set, v) {
		return set
	}
	return append(set, v)
}

// remotes gives whom the device talked to, most bytes first, and how many more
// there were.
func (l *ledger) remotes(addresses []netip.Addr) (list []tinycheck.Remote, more int) {
	all := make(map[tinycheck.Identity]*tinycheck.Remote)
	for _, a := range addresses {
		if p := l.pages[a]; p != nil {
			for id, r := range p.talks {
				all[id] = mergeRemote(all[id], r)
			}
		}
	}
	for _, r := range all {
		slices.SortFunc(r.Names, compareNames)
		slices.SortFunc(r.Known, compareKnown)
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b tinycheck.Remote) int {
		return cmp.Or(cmp.Compare(b.Sent+b.Received, a.Sent+a.Received),
			cmp.Compare(a.Identity.Name, b.Identity.Name), cmp.Compare(a.Identity.Address, b.Identity.Address))
	})
	if len(list) > maxRemotes {
		return list[:maxRemotes], len(list) - maxRemotes
	}
	return list, 0
}

func compareNames(a, b tinycheck.Name) int {
	return cmp.Or(cmp.Compare(a.Source.Rank(), b.Source.Rank()), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Source, b.Source))
}

func compareKnown(a, b tinycheck.Known) int {
	return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Context, b.Context))
}

func mergeRemote(into, r *tinycheck.Remote) *tinycheck.Remote {
	if into == nil {
		one := *r
		one.Names, one.Addresses = slices.Clone(r.Names), slices.Clone(r.Addresses)
		one.Protocols, one.Apps, one.Known = slices.Clone(r.Protocols), slices.Clone(r.Apps), slices.Clone(r.Known)
		return &one
	}
	for _, n := range r.Names {
		addName(into, n)
	}
	for _, a := range r.Addresses {
		into.Addresses = keep(into.Addresses, a)
	}
	for _, p := range r.Protocols {
		into.Protocols = insert(into.Protocols, p)
	}
	for _, a := range r.Apps {
		into.Apps = keep(into.Apps, a)
	}
	for _, k := range r.Known {
		know(into, k)
	}
	into.Flows += r.Flows
	into.Sent += r.Sent
	into.Received += r.Received
	into.First, into.Last = earliest(into.First, r.First), latest(into.Last, r.Last)
	return into
}

// earliest and latest take the zero time for "not known yet".
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
