package tls

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// reader takes fields off the front of a message. A field that is not wholly
// there sets cut; vectors then give the bytes that are there. All slices alias
// the input.
type reader struct {
	rest []byte
	cut  bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		n, r.cut = len(r.rest), true
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

func (r *reader) uint8() uint8 {
	field := r.bytes(1)
	if len(field) < 1 {
		return 0
	}
	return field[0]
}

func (r *reader) uint16() uint16 {
	field := r.bytes(2)
	if len(field) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(field)
}

func (r *reader) uint24() int {
	field := r.bytes(3)
	if len(field) < 3 {
		return 0
	}
	return uint24(field)
}

// vector8, vector16 and vector24 read a vector with a length of 1, 2 or 3 bytes
// (RFC 8446 section 3.4).
func (r *reader) vector8() []byte  { return r.bytes(int(r.uint8())) }
func (r *reader) vector16() []byte { return r.bytes(int(r.uint16())) }
func (r *reader) vector24() []byte { return r.bytes(r.uint24()) }

func uint24(b []byte) int {
	return int(b[0])<<16 | int(b[1])<<8 | int(b[2])
}

// uint16s reads a list of 16-bit numbers; an odd last byte is left out.
func uint16s(b []byte) []uint16 {
	if len(b) < 2 {
		return nil
	}
	list := make([]uint16, len(b)/2)
	for i := range list {
		list[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return list
}

var errOverrun = errors.New("extensions overrun their block")

// readExtensions walks the extensions of a hello (RFC 8446 section 4.2), gives
// each to read, which tells whether it is well formed, and returns the types.
// It goes on after a damaged extension and reports the first one. An extension
// that is not wholly there is listed but not read: half a name is a wrong name.
func readExtensions(r *reader, read func(kind uint16, data []byte) bool) (kinds []uint16, err error) {
	block := reader{rest: r.vector16()}
	kinds = make([]uint16, 0, 20)
	for len(block.rest) > 0 {
		kind := block.uint16()
		if block.cut {
			break
		}
		kinds = append(kinds, kind)
		data := block.vector16()
		if block.cut {
			break
		}
		if !read(kind, data) && err == nil {
			err = fmt.Errorf("extension %d is malformed", kind)
		}
	}
	switch {
	case r.cut:
		return kinds, err
	case block.cut:
		return kinds, errOverrun
	case err != nil:
		return kinds, err
	case len(r.rest) > 0:
		return kinds, fmt.Errorf("%d bytes after the extensions", len(r.rest))
	}
	return kinds, nil
}
