package quic

import "bytes"

// assembler puts the CRYPTO bytes of one side in order, RFC 9000 sections 2.2
// and 19.6. What arrived first stays. Its memory grows with the bytes that
// arrived, never with an offset.
type assembler struct {
	prefix  []byte  // everything from offset zero on, without a gap
	held    []byte  // bytes beyond a gap
	pieces  []piece // where they belong
	dropped int     // bytes beyond the bounds
	differ  int     // frames that contradict what arrived before
}

type piece struct {
	offset   int
	from, to int // within held
}

func (p piece) end() int { return p.offset + p.to - p.from }

// add takes the data of one frame, copies it, and reports whether the prefix
// grew.
func (a *assembler) add(offset uint64, data []byte) bool {
	if offset > maxCrypto || uint64(len(data)) > maxCrypto-offset {
		a.dropped += len(data)
		return false
	}
	if at := int(offset); at > len(a.prefix) {
		a.hold(at, data)
		return false
	}
	if !a.extend(int(offset), data) {
		return false
	}
	a.drain()
	return true
}

// extend appends what of data lies beyond the prefix, which it touches.
func (a *assembler) extend(at int, data []byte) bool {
	known := min(len(a.prefix)-at, len(data))
	if !bytes.Equal(a.prefix[at:at+known], data[:known]) {
		a.differ++
	}
	a.prefix = append(a.prefix, data[known:]...)
	return known < len(data)
}

// hold keeps data until the gap before it closes.
func (a *assembler) hold(at int, data []byte) {
	for _, p := range a.pieces {
		if p.offset <= at && at+len(data) <= p.end() {
			return
		}
	}
	if len(a.pieces) >= maxPieces || len(a.held)+len(data) > maxCrypto {
		a.dropped += len(data)
		return
	}
	a.pieces = append(a.pieces, piece{at, len(a.held), len(a.held) + len(data)})
	a.held = append(a.held, data...)
}

// drain moves held pieces to the prefix until none touches it any more. The
// order of arrival decides between pieces, so the result is always the same.
func (a *assembler) drain() {
	for i := 0; i < len(a.pieces); {
		p := a.pieces[i]
		if p.offset > len(a.prefix) {
			i++
			continue
		}
		a.pieces = append(a.pieces[:i], a.pieces[i+1:]...)
		if a.extend(p.offset, a.held[p.from:p.to]) {
			i = 0 // a longer prefix may touch an earlier piece
		}
	}
	if len(a.pieces) == 0 {
		a.held = a.held[:0]
	}
}
