package quic

import "encoding/binary"

// Looks says whether a UDP payload may be a QUIC packet with a long header, a
// Version Negotiation or a Google QUIC packet that names its version. It asks
// for the fixed bit (RFC 9000 section 17.2), a version that somebody speaks and
// lengths that fit together, and does not allocate. A cut payload still looks
// like QUIC when its header is whole. Packets with a short header never do:
// nothing in them is recognisable.
func Looks(p []byte) bool {
	if len(p) < 7 {
		return false
	}
	if p[0]&0x80 == 0 {
		return publicVersion(p) != 0
	}
	v := Version(binary.BigEndian.Uint32(p[1:]))
	switch {
	case v == Negotiation:
		return looksNegotiation(p)
	case p[0]&0x40 == 0, !v.plausible():
		return false
	case v.Readable():
		_, err := parseHeader(p)
		return err == nil
	}
	return v.google() || looksCIDs(p)
}

// looksCIDs checks the connection IDs of a version whose layout is not known.
func looksCIDs(p []byte) bool {
	var h header
	_, err := h.parseCIDs(p)
	return err == nil
}

// looksNegotiation wants a list of versions with one that somebody speaks: the
// four zero bytes alone are too common.
func looksNegotiation(p []byte) bool {
	h, err := parseHeader(p)
	if err != nil {
		return false
	}
	for l := h.list; len(l) >= 4; l = l[4:] {
		if v := Version(binary.BigEndian.Uint32(l)); v.plausible() && !v.greased() {
			return true
		}
	}
	return false
}

// publicVersion reads the version of a Google QUIC public header, zero if there
// is none. One byte of flags, of which 0x01 says that a version follows, 0x02 is
// a reset, 0x08 an eight-byte connection ID (0x0c before Q034) and 0xc0 is not in
// use (draft-hamilton-early-deployment-quic-00 section 6.1).
func publicVersion(p []byte) Version {
	if len(p) < 13 || p[0]&0xcb != 0x09 {
		return 0
	}
	v := Version(binary.BigEndian.Uint32(p[9:]))
	if !v.google() {
		return 0
	}
	return v
}
