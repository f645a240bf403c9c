package decode

import "slices"

// order puts the segments of one direction of a TCP stream in order (RFC 9293
// section 3.10.7.4): what comes early waits, what comes twice is passed over,
// and a hole that cannot be filled any more is skipped. First come, first
// kept: where segments overlap with different bytes, the earlier one counts.
type order struct {
	next    uint32 // sequence number of the next byte to deliver
	started bool   // next is known
	moved   bool   // something was delivered: next is certain
	waiting []piece
	bytes   int // that wait, with what it costs to keep them
}

// piece is a stretch of the stream: bytes, and how many bytes behind them were
// sent and not recorded.
type piece struct {
	seq  uint32
	data []byte
	lost int
}

func (p piece) size() int   { return len(p.data) + p.lost }
func (p piece) end() uint32 { return p.seq + uint32(p.size()) }

// from is the part of p from a sequence number on, until the one before it.
func (p piece) from(seq uint32) piece {
	n := distance(p.seq, seq)
	switch {
	case n <= 0:
		return p
	case n < len(p.data):
		return piece{seq, p.data[n:], p.lost}
	}
	return piece{seq, nil, max(0, p.size()-n)}
}

func (p piece) until(seq uint32) piece {
	n := max(0, distance(p.seq, seq))
	if n <= len(p.data) {
		return piece{p.seq, p.data[:n], 0}
	}
	return piece{p.seq, p.data, min(p.lost, n-len(p.data))}
}

// distance goes from a to b, negative when b comes before a: sequence numbers
// wrap around (RFC 9293 section 3.4).
func distance(a, b uint32) int { return int(int32(b - a)) }

// farthest is how far ahead a sender may be: the greatest window (RFC 7323
// section 2.3).
const farthest = 1 << 30

// taker receives the bytes of a stream in order, and is told of holes.
type taker interface {
	take(data []byte)
	hole(bytes int)
}

// anchor sets the sequence number of the first byte, unless bytes were
// delivered already. Where several SYNs differ the last one before the data
// counts.
func (o *order) anchor(seq uint32) {
	if !o.moved {
		o.started, o.next = true, seq
	}
}

// acknowledge learns from what the peer has got. Where the SYN was not recorded
// that tells where the stream goes on. Later it tells whether the first hole is
// one of the recording only: then it reports true.
func (o *order) acknowledge(ack uint32) bool {
	if !o.started {
		o.anchor(ack)
	}
	return len(o.waiting) > 0 && distance(o.waiting[0].seq, ack) > 0
}

// foreign reports whether seq cannot belong to the stream that begins at next.
func (o *order) foreign(seq uint32) bool {
	n := distance(o.next, seq)
	return n < 0 || n > farthest
}

// add delivers p, and what waited for it, or lets it wait.
func (o *order) add(p piece, t taker) {
	if !o.started || !o.moved && o.foreign(p.seq) && !o.probes(p) {
		o.anchor(p.seq)
	}
	if distance(o.next, p.seq) > 0 {
		o.keep(p)
		return
	}
	o.deliver(p, t)
}

// probes reports whether p is a keep-alive: the byte before the first one (RFC
// 9293 section 3.8.4).
func (o *order) probes(p piece) bool { return p.size() == 1 && p.end() == o.next }

// deliver hands over what of p is new, up to what came before it and waits;
// then that, and so on.
func (o *order) deliver(p piece, t taker) {
	for len(o.waiting) > 0 {
		first := o.waiting[0]
		o.pass(p.until(first.seq), t)
		if distance(o.next, first.seq) > 0 || len(o.waiting) == 0 {
			return
		}
		o.pass(o.pop(), t)
	}
	o.pass(p, t)
}

// pass hands over what of p has not been delivered.
func (o *order) pass(p piece, t taker) {
	if distance(o.next, p.end()) <= 0 {
		return
	}
	p = p.from(o.next)
	o.moved = true
	if o.next += uint32(len(p.data)); len(p.data) > 0 {
		t.take(p.data)
	}
	if o.next += uint32(p.lost); p.lost > 0 {
		t.hole(p.lost)
	}
}

func (o *order) pop() piece {
	p := o.waiting[0]
	o.waiting = slices.Delete(o.waiting, 0, 1)
	o.bytes -= len(p.data) + pieceCost
	return p
}

// keep lets those parts of p wait that do not wait already.
func (o *order) keep(p piece) {
	for i := 0; p.size() > 0; i++ {
		if i == len(o.waiting) {
			o.insert(i, p)
			return
		}
		w := o.waiting[i]
		if distance(w.end(), p.seq) >= 0 {
			continue
		}
		if head := p.until(w.seq); head.size() > 0 {
			o.insert(i, head)
			i++
		}
		p = p.from(w.end())
	}
}

func (o *order) insert(at int, p piece) {
	p.data = slices.Clone(p.data)
	o.bytes += len(p.data) + pieceCost
	o.waiting = slices.Insert(o.waiting, at, p)
}

// over reports whether more waits than may.
func (o *order) over() bool { return o.bytes > maxPending || len(o.waiting) > maxSegments }

// skip gives the first hole up.
func (o *order) skip(t taker) {
	if len(o.waiting) == 0 {
		return
	}
	p := o.pop()
	if gap := distance(o.next, p.seq); gap > 0 {
		o.next = p.seq
		t.hole(gap)
	}
	o.deliver(p, t)
}

// drop forgets what waits.
func (o *order) drop() { o.waiting, o.bytes = nil, 0 }
