package gateway

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"tinycheck"
)

// Guest is a phone on our network, or one that was.
type Guest struct {
	MAC     tinycheck.MAC
	Addrs   []netip.Addr // that it was given or uses, in the order seen
	Name    string       // as it announced itself; foreign text
	Joined  time.Time    // for the first time
	Present bool
	Left    time.Time // for the last time; zero while it is present
}

// guests are those who were seen.
type guests struct {
	known    map[tinycheck.MAC]*Guest
	overflow int // most at one time that there was no room for
}

// sight is what is seen of one guest at one moment.
type sight struct {
	mac   tinycheck.MAC
	addrs []netip.Addr
	name  string
	here  bool
}

// see takes in who is to be seen now, each at most once, and reports whether
// that is news. Whoever is not among them has left.
func (t *guests) see(now time.Time, seen []sight) (news bool) {
	if t.known == nil {
		t.known = make(map[tinycheck.MAC]*Guest)
	}
	here := make(map[tinycheck.MAC]bool, len(seen))
	for _, s := range seen {
		here[s.mac] = s.here
	}
	for mac, g := range t.known {
		if g.Present && !here[mac] {
			g.Present, g.Left, news = false, now, true
		}
	}
	turned := 0 // away
	for _, s := range seen {
		g := t.known[s.mac]
		if g == nil && s.here {
			if g = t.admit(s.mac, now); g == nil {
				turned++
				continue
			}
			news = true
		}
		if g != nil && g.take(s) {
			news = true
		}
	}
	if turned > t.overflow {
		t.overflow, news = turned, true
	}
	return news
}

// admit makes room by forgetting who left first; nil when everybody is present.
func (t *guests) admit(mac tinycheck.MAC, now time.Time) *Guest {
	if len(t.known) >= maxGuests {
		var first *Guest
		for _, g := range t.known {
			if !g.Present && (first == nil || g.Left.Before(first.Left)) {
				first = g
			}
		}
		if first == nil {
			return nil
		}
		delete(t.known, first.MAC)
	}
	g := &Guest{MAC: mac, Joined: now}
	t.known[mac] = g
	return g
}

// take adds what is new about a guest.
func (g *Guest) take(s sight) (news bool) {
	if s.here && !g.Present {
		g.Present, g.Left, news = true, time.Time{}, true
	}
	for _, a := range s.addrs {
		if len(g.Addrs) < maxAddresses && !slices.Contains(g.Addrs, a) {
			g.Addrs, news = append(g.Addrs, a), true
		}
	}
	if s.name != "" && s.name != g.Name {
		g.Name, news = s.name, true
	}
	return news
}

func (t *guests) list() []Guest {
	list := make([]Guest, 0, len(t.known))
	for _, g := range t.known {
		copied := *g
		copied.Addrs = slices.Clone(g.Addrs)
		list = append(list, copied)
	}
	slices.SortFunc(list, func(a, b Guest) int {
		return cmp.Or(a.Joined.Compare(b.Joined), slices.Compare(a.MAC[:], b.MAC[:]))
	})
	return list
}
