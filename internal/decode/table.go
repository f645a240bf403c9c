package decode

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"tinycheck"
)

// key names a flow whichever way its packets go: the smaller end point first.
// It has no padding, so that the map hashes it in one go.
type key struct {
	a, b  number
	ports uint32 // of a, of b
	proto uint32
}

// number is an IPv6 address, or an IPv4 one in its mapped form, as a number.
type number struct{ high, low uint64 }

func makeNumber(a netip.Addr) number {
	if a.Is4() { // spared the way over sixteen bytes: nearly every packet
		b := a.As4()
		return number{0, 0xffff<<32 | uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return number{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (n number) less(other number) bool {
	return n.high < other.high || n.high == other.high && n.low < other.low
}

// makeKey also reports whether the source is the second end point.
func makeKey(proto uint8, src, dst netip.AddrPort) (k key, swapped bool) {
	a, b := makeNumber(src.Addr()), makeNumber(dst.Addr())
	from, to := uint32(src.Port()), uint32(dst.Port())
	if b.less(a) || a == b && to < from {
		return key{b, a, to<<16 | from, uint32(proto)}, true
	}
	return key{a, b, from<<16 | to, uint32(proto)}, false
}

// distinguish makes the key of a host that has no address yet its own: of
// 0.0.0.0 the upper half is zero.
func (k *key) distinguish(mac tinycheck.MAC) {
	var b [8]byte
	copy(b[2:], mac[:])
	k.a.high = binary.BigEndian.Uint64(b[:])
}

// ring is a list of flows in the order in which they were last touched. A flow
// stands in a ring by one of its knots. The zero value is not ready.
type ring struct{ end knot }

type knot struct {
	prev, next *knot
	flow       *flow
}

func (r *ring) init() { r.end.prev, r.end.next = &r.end, &r.end }

// first is the flow that was touched longest ago, nil when there is none.
func (r *ring) first() *flow { return r.end.next.flow }

// touch puts a knot last, wherever it stood before.
func (r *ring) touch(k *knot) {
	if r.end.prev == k {
		return
	}
	k.cut()
	k.prev, k.next = r.end.prev, &r.end
	k.prev.next, k.next.prev = k, k
}

// cut takes a knot out of its ring, if it stands in one.
func (k *knot) cut() {
	if k.next == nil {
		return
	}
	k.prev.next, k.next.prev = k.next, k.prev
	k.prev, k.next = nil, nil
}

// table holds the open flows, and in which order they were last busy: those
// that are closed and wait for stragglers apart.
type table struct {
	flows      map[key]*flow
	open       ring
	closed     ring
	max        int
	made, lost int64
}

func (t *table) init(limit int) {
	if t.max = limit; limit <= 0 {
		t.max = maxFlows
	}
	t.flows = make(map[key]*flow)
	t.open.init()
	t.closed.init()
}

func (t *table) full() bool { return len(t.flows) >= t.max }

func (t *table) put(f *flow) {
	t.made++
	f.ID = t.made
	f.busy.flow, f.reading.flow = f, f
	t.flows[f.key] = f
	t.open.touch(&f.busy)
}

func (t *table) touch(f *flow) {
	if f.closed {
		t.closed.touch(&f.busy)
		return
	}
	t.open.touch(&f.busy)
}

// idle gives the flow that may go first when room is needed.
func (t *table) idle() *flow { return cmp.Or(t.closed.first(), t.open.first()) }

// remove takes the flow out. It reports whether it was still there.
func (t *table) remove(f *flow) bool {
	if t.flows[f.key] != f {
		return false
	}
	f.busy.cut()
	delete(t.flows, f.key)
	return true
}

// all returns the flows by order of first packet.
func (t *table) all() []*flow {
	list := make([]*flow, 0, len(t.flows))
	for _, f := range t.flows {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *flow) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
