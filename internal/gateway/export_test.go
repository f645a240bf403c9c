package gateway

import (
	"context"
	"io"
	"net/netip"
	"time"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/netif"
)

// Clock is what a test drives by hand.
type Clock struct {
	Tick, Look <-chan time.Time
	Now        func() time.Time
	At         func(point string) error
}

func OpenWith(ctx context.Context, c Config, k Clock) (*Gateway, error) {
	return open(ctx, c, options{tick: k.Tick, look: k.Look, now: k.Now, at: k.At})
}

// Points are where At is asked, for a network with or without radio and IPv6.
func Points() (list []string) {
	for _, s := range steps() {
		list = append(list, "before "+string(s.name), "after "+string(s.name))
	}
	return list
}

const MaxGuests, MaxAddresses, MaxRestarts, StaleAfter = maxGuests, maxAddresses, maxRestarts, staleAfter

func ChooseFour(taken []netip.Prefix, r io.Reader) (netip.Prefix, error) { return chooseFour(taken, r) }
func ChooseSix(taken []netip.Prefix, r io.Reader) (netip.Prefix, error)  { return chooseSix(taken, r) }

type (
	Around    = around
	Neighbour = neighbour
	Sight     = sight
	Toggle    = toggle
	Crowd     = guests
)

func Survey(guest string, all []netif.Interface, defaults []netif.Route) (uplink string, site []netip.Prefix, six bool) {
	a := survey(guest, all, defaults)
	return a.uplink, a.site, a.six
}

func Neighbours(index int) ([]Neighbour, error) { return neighbours(index) }
func Routes() ([]netip.Prefix, error)           { return routes() }

func NewNeighbour(addr string, mac tinycheck.MAC, here bool) Neighbour {
	return neighbour{addr: netip.MustParseAddr(addr), mac: mac, here: here}
}

func (n neighbour) Addr() netip.Addr   { return n.addr }
func (n neighbour) MAC() tinycheck.MAC { return n.mac }
func (n neighbour) Here() bool         { return n.here }

func NewSight(mac tinycheck.MAC, here bool, addrs ...netip.Addr) Sight {
	return sight{mac: mac, here: here, addrs: addrs}
}

func (t *guests) See(now time.Time, seen []Sight) bool { return t.see(now, seen) }
func (t *guests) List() []Guest                        { return t.list() }
func (t *guests) Overflow() int                        { return t.overflow }

// View is a moment as the machine tells it.
type View struct {
	Now            time.Time
	Prefixes       []netip.Prefix
	Leases         []dnsmasq.Lease
	Neighbours     []Neighbour
	Stations       []tinycheck.MAC
	Wired, Carrier bool
}

func (v View) Sights() []Sight {
	return view{v.Now, v.Prefixes, v.Leases, v.Neighbours, v.Stations, v.Wired, v.Carrier}.sights()
}

func PlanSwitches(c Config, all []netif.Interface, six bool, read func(string) (string, error)) ([]Toggle, error) {
	return planSwitches(c, all, six, read)
}

// Parsed is what a journal says.
type Parsed struct {
	Run     string
	Entries int
	Damage  []string
	Again   []byte // written anew from what was read
}

func Parse(text []byte) Parsed {
	r := parse(text)
	p := Parsed{Run: r.head.Run, Entries: len(r.entries), Damage: r.damage}
	p.Again = append(p.Again, line(r.head)...)
	for _, e := range r.entries {
		p.Again = append(p.Again, line(e)...)
	}
	return p
}

func ForeignToggle(key, old, to, with string) bool { return toggle{key, old, to, with}.foreign() }
