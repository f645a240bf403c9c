package ip

import "net/netip"

// The bounds of a Reassembler. A real phone has a handful of fragmented
// datagrams at a time; more is an attack or damage.
const (
	MaxHeldBytes     = 4 << 20            // received bytes that are held
	MaxHeldDatagrams = 256                // incomplete datagrams
	MaxPieces        = 256                // fragments of one datagram
	FragmentLife     = 30 * 1_000_000_000 // nanoseconds of packet time from the first fragment; Linux waits as long
	maxDatagram      = 65535              // bytes, IPv4 with header and IPv6 without
	initialPieces    = 8
)

// Losses counts what a Reassembler gave up.
type Losses struct {
	Expired   int64 // datagrams that were not complete within FragmentLife
	Overflow  int64 // datagrams given up because a bound was reached
	Overlaps  int64 // fragments that overlapped others with a different extent
	Malformed int64 // fragments that cannot be part of a datagram
	Cut       int64 // fragments of which the recorder kept only the beginning
}

// Reassembler puts fragments together (RFC 791 section 3.2, RFC 8200 section
// 4.5). The zero value is ready for use. It is not safe for concurrent use.
//
// What it holds is bounded by the constants above: beyond them the oldest
// datagram is given up. Fragments are kept as received, so that an offset alone
// reserves no memory.
//
// Overlaps: IPv6 datagrams with any overlap are discarded whole, later fragments
// included, as RFC 5722 section 4 demands; an exact repetition is ignored (RFC
// 8200 section 4.5). For IPv4 RFC 791 lets the later bytes win, which RFC 1858
// and RFC 3128 show to be the tool of attackers: here the first bytes win, and
// the overlap is counted.
type Reassembler struct {
	Losses         Losses
	held           map[origin]*assembly
	oldest, newest *assembly
	bytes          int
	whole          []byte
}

// origin tells datagrams apart: RFC 791 with protocol, RFC 8200 without.
type origin struct {
	src, dst netip.Addr
	id       uint32
	version  uint8
	proto    uint8
}

// assembly is one datagram that is not complete yet.
type assembly struct {
	origin       origin
	older, newer *assembly
	first        int64   // time of the first fragment
	pieces       []piece // by start, without overlap
	data         []byte  // in the order of arrival
	covered      int     // bytes of payload that are there
	total        int     // length of the payload, -1 until the last fragment
	proto        uint8   // of the fragment at offset 0
	dead         bool    // overlapping IPv6: takes nothing more
}

// piece is data[at:at+end-start], which belongs at start of the payload.
type piece struct{ start, end, at int }

// Held gives the number of incomplete datagrams and the bytes kept for them.
func (r *Reassembler) Held() (datagrams, bytes int) { return len(r.held), r.bytes }

// Add takes a fragment; now is its packet time in nanoseconds. When it completes
// its datagram, ok is true, whole is the payload, and d is the whole datagram:
// its Payload is whole, its Proto that behind any extension headers. whole is
// valid until the next Add. A datagram that is no fragment is given back as it
// is.
func (r *Reassembler) Add(d *Datagram, now int64) (whole []byte, ok bool) {
	r.expire(now)
	if !d.Fragmented() {
		return d.Payload, true
	}
	if !r.accepts(d) {
		return nil, false
	}
	a := r.find(d, now)
	if a == nil || a.dead {
		return nil, false
	}
	r.insert(a, d)
	if a.dead || a.covered != a.total {
		return nil, false
	}
	return r.finish(a, d)
}

// accepts refuses what no sender may send: parts in the middle that are no
// multiple of eight bytes, and ends beyond the largest datagram.
func (r *Reassembler) accepts(d *Datagram) bool {
	n := len(d.Payload)
	switch {
	case d.Cut:
		r.Losses.Cut++
	case n == 0, d.Fragment.More && n%8 != 0, d.Fragment.Offset+n > maxDatagram:
		r.Losses.Malformed++
	default:
		return true
	}
	return false
}

// find gives the assembly that d belongs to, a new one if need be.
func (r *Reassembler) find(d *Datagram, now int64) *assembly {
	key := origin{d.Src, d.Dst, d.ID, d.Version, d.Proto}
	if d.Version == 6 {
		key.proto = 0
	}
	if a := r.held[key]; a != nil {
		return a
	}
	if r.held == nil {
		r.held = make(map[origin]*assembly)
	}
	for len(r.held) >= MaxHeldDatagrams {
		r.Losses.Overflow++
		r.drop(r.oldest)
	}
	a := &assembly{origin: key, first: now, total: -1, pieces: make([]piece, 0, initialPieces)}
	r.held[key] = a
	a.older, r.newest = r.newest, a
	if a.older != nil {
		a.older.newer = a
	} else {
		r.oldest = a
	}
	return a
}

// insert puts the fragment in its place.
func (r *Reassembler) insert(a *assembly, d *Datagram) {
	start, end := d.Fragment.Offset, d.Fragment.Offset+len(d.Payload)
	if !a.fits(end, d.Fragment.More) {
		r.Losses.Malformed++
		return
	}
	if !d.Fragment.More {
		a.total = end
	}
	repeated, overlap := a.compare(start, end)
	if repeated {
		return
	}
	if overlap {
		r.Losses.Overlaps++
		if a.origin.version == 6 {
			r.kill(a)
			return
		}
	}
	if start == 0 {
		a.proto = d.Proto
	}
	before := cap(a.data)
	a.fill(start, end, d.Payload)
	r.bytes += cap(a.data) - before
	r.bound(a)
}

// fits reports whether a fragment agrees with the end of the datagram as far as
// that is known.
func (a *assembly) fits(end int, more bool) bool {
	if a.total >= 0 {
		return end < a.total || end == a.total && !more
	}
	if more || len(a.pieces) == 0 {
		return true
	}
	return a.pieces[len(a.pieces)-1].end <= end
}

// compare says whether the range is there already in the same extent, and
// whether it overlaps anything.
func (a *assembly) compare(start, end int) (repeated, overlap bool) {
	for _, p := range a.pieces {
		if p.start >= end {
			break
		}
		if p.end <= start {
			continue
		}
		if p.start == start && p.end == end {
			return true, false
		}
		overlap = true
	}
	return false, overlap
}

// fill copies those parts of the range that are not there yet: the hole list of
// RFC 815 seen from the other side.
func (a *assembly) fill(start, end int, payload []byte) {
	offset := start
	for i := 0; start < end; i++ {
		stop := end
		if i < len(a.pieces) {
			stop = min(end, a.pieces[i].start)
		}
		if start < stop {
			a.insertPiece(i, start, payload[start-offset:stop-offset])
			i++
		}
		if i >= len(a.pieces) {
			return
		}
		start = max(start, a.pieces[i].end)
	}
}

func (a *assembly) insertPiece(i, start int, bytes []byte) {
	a.pieces = append(a.pieces, piece{})
	copy(a.pieces[i+1:], a.pieces[i:])
	a.pieces[i] = piece{start, start + len(bytes), len(a.data)}
	a.data = append(a.data, bytes...)
	a.covered += len(bytes)
}

// bound gives up a datagram of too many pieces, and the oldest ones until the
// bytes fit.
func (r *Reassembler) bound(a *assembly) {
	if len(a.pieces) > MaxPieces {
		r.Losses.Overflow++
		r.kill(a)
	}
	for r.bytes > MaxHeldBytes {
		r.Losses.Overflow++
		r.kill(r.oldest)
		r.drop(r.oldest)
	}
}

// finish writes the payload in order and makes d the whole datagram.
func (r *Reassembler) finish(a *assembly, d *Datagram) ([]byte, bool) {
	r.whole = r.whole[:0]
	for _, p := range a.pieces {
		r.whole = append(r.whole, a.data[p.at:p.at+p.end-p.start]...)
	}
	proto := a.proto
	r.drop(a)
	d.Payload, d.Proto, d.Fragment, d.Trailer = r.whole, proto, Fragment{}, nil
	if isExtension(d.Proto) && (d.walk() != nil || d.Fragmented()) { // a fragment of a fragment is refused
		r.Losses.Malformed++
		return nil, false
	}
	return d.Payload, true
}

// kill empties an assembly but keeps its name, so that later fragments of it are
// recognised and refused.
func (r *Reassembler) kill(a *assembly) {
	r.bytes -= cap(a.data)
	a.data, a.pieces, a.dead = nil, nil, true
}

func (r *Reassembler) drop(a *assembly) {
	r.bytes -= cap(a.data)
	a.data = nil
	delete(r.held, a.origin)
	if a.older != nil {
		a.older.newer = a.newer
	} else {
		r.oldest = a.newer
	}
	if a.newer != nil {
		a.newer.older = a.older
	} else {
		r.newest = a.older
	}
}

// expire drops the datagrams whose first fragment is too old. Time that runs
// backwards drops nothing.
func (r *Reassembler) expire(now int64) {
	for r.oldest != nil && now-r.oldest.first > FragmentLife {
		if !r.oldest.dead {
			r.Losses.Expired++
		}
		r.drop(r.oldest)
	}
}
