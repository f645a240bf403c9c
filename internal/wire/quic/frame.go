package quic

import "errors"

var (
	errFrame    = errors.New("parse frame: ends inside")
	errForeign  = errors.New("parse frame: type does not belong into an initial packet")
	errNoFrames = errors.New("parse frame: packet without frames")
)

// Frame types that an Initial may hold, RFC 9000 section 17.2.2. Types are sent
// in the shortest form (section 12.4), which is one byte for all of these.
const (
	framePadding = 0x00
	framePing    = 0x01
	frameACK     = 0x02
	frameACKECN  = 0x03
	frameCrypto  = 0x06
	frameClose   = 0x1c
)

// eachCrypto calls see with every CRYPTO frame in the payload of an Initial and
// stops at the first damage. The data aliases p.
func eachCrypto(p []byte, see func(offset uint64, data []byte)) error {
	if len(p) == 0 {
		return errNoFrames
	}
	for len(p) > 0 {
		typ := p[0]
		f := fields{rest: p[1:]}
		switch typ {
		case framePadding, framePing:
		case frameACK, frameACKECN:
			f.skipACK(typ == frameACKECN)
		case frameCrypto:
			if offset, data := f.next(), f.bytes(); !f.bad {
				see(offset, data)
			}
		case frameClose: // error code, frame type, reason; section 19.19
			f.next()
			f.next()
			f.bytes()
		default:
			return errForeign
		}
		if f.bad {
			return errFrame
		}
		p = f.rest
	}
	return nil
}

// fields reads the integers of a frame; after the first one that is missing all
// are zero.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) next() uint64 {
	n, size := varint(f.rest)
	if size == 0 {
		f.bad, f.rest = true, nil
		return 0
	}
	f.rest = f.rest[size:]
	return n
}

// bytes reads a length and as many bytes.
func (f *fields) bytes() []byte {
	n := f.next()
	if n > uint64(len(f.rest)) {
		f.bad = true
		return nil
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

// skipACK passes over an ACK frame, RFC 9000 section 19.3.
func (f *fields) skipACK(ecn bool) {
	f.next() // largest acknowledged
	f.next() // delay
	count := f.next()
	f.next() // first range
	for ; count > 0 && !f.bad; count-- {
		f.next() // gap
		f.next() // range
	}
	if ecn {
		f.next()
		f.next()
		f.next()
	}
}
