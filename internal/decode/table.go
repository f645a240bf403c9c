package decode

import (
	"cmp"
	"net/netip"
	"slices"
)

// key names a flow whichever way its packets go: the smaller end point first.
// It has no padding, so that the map hashes it in one go.
type key struct {
	a, b         [16]byte
	aPort, bPort uint16
	proto        uint16
}

// makeKey also reports whether the source is the second end point.
func makeKey(proto uint8, src, dst netip.AddrPort) (k key, swapped bool) {
	k = key{src.Addr().As16(), dst.Addr().As16(), src.Port(), dst.Port(), uint16(proto)}
	order := cmp.Or(src.Addr().Compare(dst.Addr()), cmp.Compare(src.Port(), dst.Port()))
	if order > 0 {
		k.a, k.b, k.aPort, k.bPort = k.b, k.a, k.bPort, k.aPort
	}
	return k, order > 0
}

// table holds the open flows, and in which order they were last busy.
type table struct {
	flows      map[key]*flow
	ring       flow // sentinel: ring.next is the longest idle, ring.prev the latest busy
	max        int
	made, lost int64
}

func (t *table) init(limit int) {
	t.max = cmp.Or(limit, maxFlows)
	t.flows = make(map[key]*flow)
	t.ring.next, t.ring.prev = &t.ring, &t.ring
}

func (t *table) full() bool { return len(t.flows) >= t.max }

func (t *table) oldest() *flow {
	if t.ring.next == &t.ring {
		return nil
	}
	return t.ring.next
}

func (t *table) put(f *flow) {
	t.made++
	f.ID = t.made
	t.flows[f.key] = f
	t.link(f)
}

func (t *table) link(f *flow) {
	f.prev, f.next = t.ring.prev, &t.ring
	f.prev.next, f.next.prev = f, f
}

func (t *table) unlink(f *flow) {
	f.prev.next, f.next.prev = f.next, f.prev
	f.prev, f.next = nil, nil
}

// touch makes f the latest busy one.
func (t *table) touch(f *flow) {
	if t.ring.prev == f {
		return
	}
	t.unlink(f)
	t.link(f)
}

func (t *table) remove(f *flow) {
	if f.next == nil {
		return
	}
	t.unlink(f)
	if t.flows[f.key] == f {
		delete(t.flows, f.key)
	}
}

// all returns the open flows by order of first packet.
func (t *table) all() []*flow {
	list := make([]*flow, 0, len(t.flows))
	for f := t.ring.next; f != &t.ring; f = f.next {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *flow) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
