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
	runs    []run
	packets int64
	bytes   int64
	names   map[netip.Addr][]string // what the host was told of remote addresses
	hidden  map[string]bool         // names with a published ECH configuration, and its public names
}

// run is a stretch of activity without a pause of more than maxSeconds, in
// nanoseconds.
type run struct{ from, to int64 }

// hosts holds them, and which of them share a link address.
type hosts struct {
	byAddr    map[netip.Addr]*host
	byMAC     map[tinycheck.MAC][]*host
	list      []*host
	lost      int64
	namesLost int64
}

func (h *hosts) init() {
	h.byAddr = make(map[netip.Addr]*host)
	h.byMAC = make(map[tinycheck.MAC][]*host)
}

// find returns the host of an address, making it when there is room; else nil.
func (h *hosts) find(addr netip.Addr, mac tinycheck.MAC, now int64) *host {
	if one, ok := h.byAddr[addr]; ok {
		if one.mac == (tinycheck.MAC{}) {
			h.bind(one, mac)
		}
		return one
	}
	if len(h.list) >= maxHosts {
		h.lost++
		return nil
	}
	one := &host{addr: addr, first: now}
	h.byAddr[addr] = one
	h.list = append(h.list, one)
	h.bind(one, mac)
	return one
}

func (h *hosts) bind(one *host, mac tinycheck.MAC) {
	if mac != (tinycheck.MAC{}) && !mac.Group() {
		one.mac = mac
		h.byMAC[mac] = append(h.byMAC[mac], one)
	}
}

// see counts a packet of the host.
func (o *host) see(now int64, bytes int) {
	o.packets++
	o.bytes += int64(bytes)
	last := len(o.runs) - 1
	if last < 0 || now-o.runs[last].to > int64(maxSeconds) && len(o.runs) < maxRuns {
		o.runs = append(o.runs, run{now, now})
		return
	}
	o.runs[last].to = max(o.runs[last].to, now)
}

// learn remembers that the host was told that name is at addr.
func (h *hosts) learn(o *host, addr netip.Addr, name string) {
	if o.names == nil {
		o.names = make(map[netip.Addr][]string)
	}
	list, known := o.names[addr]
	switch {
	case slices.Contains(list, name):
	case !known && len(o.names) >= maxAddresses, len(list) >= maxPerAddr:
		h.namesLost++
	default:
		o.names[addr] = append(list, name)
	}
}

// ech remembers that DNS published an ECH configuration for name (RFC 9849
// section 4), so that an outer hello to it is probably real.
func (h *hosts) ech(o *host, names ...string) {
	if o.hidden == nil {
		o.hidden = make(map[string]bool)
	}
	for _, name := range names {
		if len(o.hidden) >= maxAddresses {
			h.namesLost++
			return
		}
		if name != "" {
			o.hidden[name] = true
		}
	}
}

// told returns the names that the host, or the same device under another
// address, was told for addr: latest first.
func (h *hosts) told(o *host, addr netip.Addr) []string {
	if list := o.names[addr]; len(list) > 0 {
		return latestFirst(list)
	}
	for _, other := range h.same(o) {
		if list := other.names[addr]; len(list) > 0 {
			return latestFirst(list)
		}
	}
	return nil
}

func latestFirst(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// same returns the addresses that share the host's link address, unless the
// link address is a router's: behind it there are several IPv4 addresses.
func (h *hosts) same(o *host) []*host {
	if o.mac == (tinycheck.MAC{}) || router(h.byMAC[o.mac]) {
		return nil
	}
	return h.byMAC[o.mac]
}

func router(list []*host) bool {
	v4 := 0
	for _, o := range list {
		if o.addr.Is4() && !o.addr.IsLinkLocalUnicast() && !o.addr.IsUnspecified() {
			v4++
		}
	}
	return v4 > 1
}

// Host is one device of the capture, with all addresses that it used.
type Host struct {
	MAC       tinycheck.MAC // zero when unknown or a router's
	Addresses []netip.Addr  // in the order seen
	First     time.Time
	Last      time.Time
	Observed  time.Duration // sum of the gaps between its packets, each at most a minute
	Packets   int64
	Bytes     int64 // from the IP header on
	Names     map[netip.Addr][]string
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
		if group == nil {
			group = []*host{o}
		}
		for _, one := range group {
			done[one] = true
		}
		list = append(list, merge(group, len(group) > 1 || !router(d.hosts.byMAC[o.mac])))
	}
	return list
}

func merge(group []*host, own bool) Host {
	h := Host{Names: make(map[netip.Addr][]string)}
	if own {
		h.MAC = group[0].mac
	}
	var runs []run
	first := group[0].first
	for _, o := range group {
		h.Addresses = append(h.Addresses, o.addr)
		h.Packets += o.packets
		h.Bytes += o.bytes
		first = min(first, o.first)
		runs = append(runs, o.runs...)
		for addr, names := range o.names {
			h.Names[addr] = append(h.Names[addr], names...)
		}
	}
	h.First = nanoTime(first)
	h.Observed, h.Last = observed(runs, first)
	return h
}

// observed joins the runs of several addresses: the sum of the gaps between
// all their packets, each counted as at most maxSeconds.
func observed(runs []run, first int64) (time.Duration, time.Time) {
	slices.SortFunc(runs, func(a, b run) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var sum, end int64 = 0, first
	for _, r := range runs {
		if r.from > end {
			sum += min(r.from-end, int64(maxSeconds))
			end = r.from
		}
		if r.to > end {
			sum += r.to - end
			end = r.to
		}
	}
	return time.Duration(sum), nanoTime(end)
}
