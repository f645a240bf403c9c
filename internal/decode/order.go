package decode

import (
	"cmp"
	"slices"
)

// order puts the segments of one direction of a TCP stream in order (RFC 9293
// section 3.10.7.4): what comes early waits, what comes twice is passed over,
// and a hole that cannot be filled any more is skipped. First come, first
// kept: where segments overlap with different bytes, the earlier one counts.
type order struct {
	started bool
	next    uint32 // sequence number of the next byte to deliver
	waiting []piece
	bytes   int
}

type piece struct {
	seq  uint32
	data []byte
	lost int // bytes behind data that were sent and not recorded
}

// taker receives the bytes of a stream in order, and is told of holes.
type taker interface {
	take(data []byte)
	hole(bytes int)
}

// start sets the first sequence number, once.
func (o *order) start(seq uint32) {
	if !o.started {
		o.started, o.next = true, seq
	}
}

// add delivers p, and what waited for it, or lets it wait. It reports how many
// bytes more (or fewer) wait now.
func (o *order) add(p piece, t taker) (waiting int) {
	before := o.bytes
	if o.ahead(p.seq) > 0 {
		o.keep(p)
	} else {
		o.deliver(p, t)
		o.drain(t)
	}
	return o.bytes - before
}

// ahead is the distance from the next byte to seq, negative for old bytes.
func (o *order) ahead(seq uint32) int { return int(int32(seq - o.next)) }

func (o *order) deliver(p piece, t taker) {
	skip := -o.ahead(p.seq)
	if total := len(p.data) + p.lost; skip >= total {
		return
	}
	if skip < len(p.data) {
		t.take(p.data[skip:])
		o.next += uint32(len(p.data) - skip)
		skip = len(p.data)
	}
	if rest := len(p.data) + p.lost - skip; rest > 0 {
		t.hole(rest)
		o.next += uint32(rest)
	}
}

func (o *order) keep(p piece) {
	at, found := slices.BinarySearchFunc(o.waiting, p, func(w, p piece) int {
		return cmp.Compare(int32(w.seq-o.next), int32(p.seq-o.next))
	})
	if found && len(o.waiting[at].data) >= len(p.data) {
		return
	}
	p.data = slices.Clone(p.data)
	o.bytes += len(p.data)
	o.waiting = slices.Insert(o.waiting, at, p)
}

// drain delivers what waits and has become due.
func (o *order) drain(t taker) {
	for len(o.waiting) > 0 && o.ahead(o.waiting[0].seq) <= 0 {
		p := o.waiting[0]
		o.waiting = slices.Delete(o.waiting, 0, 1)
		o.bytes -= len(p.data)
		o.deliver(p, t)
	}
}

// over reports whether more waits than may.
func (o *order) over() bool { return o.bytes > maxPending || len(o.waiting) > maxSegments }

// lostFor reports whether the peer has acknowledged bytes behind the first
// hole: it got them, so they were sent, and the recorder missed them.
func (o *order) lostFor(ack uint32) bool {
	return len(o.waiting) > 0 && int32(ack-o.waiting[0].seq) > 0
}

// skip gives the first hole up.
func (o *order) skip(t taker) {
	if len(o.waiting) == 0 {
		return
	}
	gap := o.ahead(o.waiting[0].seq)
	o.next = o.waiting[0].seq
	if gap > 0 {
		t.hole(gap)
	}
	o.drain(t)
}

// drop forgets what waits.
func (o *order) drop() (bytes int) {
	bytes = o.bytes
	o.waiting, o.bytes = nil, 0
	return bytes
}
