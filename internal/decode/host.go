package decode

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"tinycheck"
)

// host is what is known of one address on the device's side.
type host struct {
	addr    netip.Addr
	mac     tinycheck.MAC
	first   int64
	last    int64
	runs    []run
	packets int64
	bytes   int64
	told    map[netip.Addr][]told // what the host was told of remote addresses
	hidden  map[string]string     // names with a published ECH configuration, and its public name
}

// run is a stretch of activity without a pause of more than maxPause, in
// nanoseconds.
type run struct{ from, to int64 }

// hosts holds them, and which of them share a link address.
type hosts struct {
	byAddr    map[netip.Addr]*host
	cards     map[tinycheck.MAC]*card
	list      []*host
	runs      int             // of all hosts
	kept      int             // names of addresses
	hidden    int             // names in host.hidden
	public    map[string]bool // outer names of ECH configurations
	order     int64           // counts what was told
	lost      int64
	namesLost int64
}

func (h *hosts) init() {
	h.byAddr = make(map[netip.Addr]*host)
	h.cards = make(map[tinycheck.MAC]*card)
	h.public = make(map[string]bool)
}

// find returns the host of an address, making it when there is room; else nil.
// Groups are no hosts.
func (h *hosts) find(addr netip.Addr, mac tinycheck.MAC, now int64) *host {
	if addr.IsMulticast() || addr == broadcast || mac.Group() {
		return nil
	}
	if addr.IsUnspecified() {
		return h.nameless(addr, mac, now)
	}
	if one, ok := h.byAddr[addr]; ok {
		h.bind(one, mac)
		return one
	}
	one := h.add(addr, now)
	if one != nil {
		h.byAddr[addr] = one
		h.bind(one, mac)
	}
	return one
}

// nameless finds the host that has no address yet (RFC 2131 section 4.1) by its
// link address.
func (h *hosts) nameless(addr netip.Addr, mac tinycheck.MAC, now int64) *host {
	if addr.Is6() || mac == (tinycheck.MAC{}) {
		return nil
	}
	if c := h.cards[mac]; c != nil {
		if at := slices.IndexFunc(c.hosts, func(o *host) bool { return o.addr == addr }); at >= 0 {
			return c.hosts[at]
		}
	}
	one := h.add(addr, now)
	if one != nil {
		h.bind(one, mac)
	}
	return one
}

func (h *hosts) add(addr netip.Addr, now int64) *host {
	if len(h.list) >= maxHosts {
		h.lost++
		return nil
	}
	one := &host{addr: addr, first: now, last: now}
	h.list = append(h.list, one)
	return one
}

// see counts a packet of the host. Time may run backwards.
func (h *hosts) see(o *host, now int64, bytes int) {
	o.packets++
	o.bytes += int64(bytes)
	o.first, o.last = min(o.first, now), max(o.last, now)
	if n := len(o.runs); n > 0 {
		r := &o.runs[n-1]
		if now <= r.to+int64(maxPause) && now >= r.from-int64(maxPause) {
			r.from, r.to = min(r.from, now), max(r.to, now)
			return
		}
	}
	if h.runs < maxRuns { // beyond, less is claimed to be observed than was
		h.runs++
		o.runs = append(o.runs, run{now, now})
	}
}

// Host is one device of the capture, with all addresses that it used.
type Host struct {
	MAC       tinycheck.MAC // zero when unknown or a router's
	Addresses []netip.Addr  // in the order seen; 0.0.0.0 where it asked for one
	First     time.Time
	Last      time.Time
	Observed  time.Duration // sum of the gaps between its packets, each at most a minute
	Silence   time.Duration // the longest of these gaps, when it is more than a minute; else 0
	Packets   int64
	Bytes     int64                   // from the IP header on
	Names     map[netip.Addr][]string // what it was told of remote addresses, latest first
}

// Hosts returns the devices on the local side: addresses that share a link
// address are one device. In the order seen.
func (d *Decoder) Hosts() []Host {
	var list []Host
	done := make(map[*host]bool)
	for _, o := range d.hosts.list {
		if done[o] {
			continue
		}
		group := d.hosts.same(o)
		for _, one := range group {
			done[one] = true
		}
		list = append(list, d.hosts.merge(group))
	}
	return list
}

func (h *hosts) merge(group []*host) Host {
	one := Host{Names: make(map[netip.Addr][]string)}
	if c := h.cards[group[0].mac]; c != nil && !c.router {
		one.MAC = group[0].mac
	}
	var runs []run
	first, last := group[0].first, group[0].last
	for _, o := range group {
		one.Addresses = append(one.Addresses, o.addr)
		one.Packets += o.packets
		one.Bytes += o.bytes
		first, last = min(first, o.first), max(last, o.last)
		runs = append(runs, o.runs...)
		for addr := range o.told {
			one.Names[addr] = h.told(o, addr)
		}
	}
	one.First, one.Last = nanoTime(first), nanoTime(last)
	one.Observed, one.Silence = observed(runs)
	return one
}

// observed joins the runs of several addresses: the sum of the gaps between
// all their packets, each counted as at most maxPause, and the longest one
// beyond that.
func observed(runs []run) (watched, silence time.Duration) {
	slices.SortFunc(runs, func(a, b run) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var sum, end, longest int64
	for i, r := range runs {
		if i > 0 && r.from > end {
			sum += min(r.from-end, int64(maxPause))
			longest = max(longest, r.from-end)
		}
		if i == 0 || r.from > end {
			end = r.from
		}
		if r.to > end {
			sum += r.to - end
			end = r.to
		}
	}
	if longest <= int64(maxPause) {
		longest = 0
	}
	return time.Duration(sum), time.Duration(longest)
}
