package quic

import (
	"encoding/binary"
	"errors"
)

// What may be wrong with a packet.
var (
	errShort    = errors.New("parse packet: too short")
	errCIDLen   = errors.New("parse packet: connection ID longer than 20 bytes")
	errLength   = errors.New("parse packet: length leaves no room for a sample")
	errVersions = errors.New("parse version negotiation: not a list of versions")
)

// maxCIDLen is the longest connection ID of the versions that are read, RFC 9000
// section 17.2.
const maxCIDLen = 20

// minProtected is the least an Initial says as its length: packet number and
// payload reach four bytes before the sample of sixteen, RFC 9001 section 5.4.2.
const minProtected = 4 + 16

// kind is the type of a long-header packet, numbered as in version 1.
type kind byte

const (
	initial     kind = iota // RFC 9000 section 17.2.2
	zeroRTT                 // section 17.2.3
	secret                  // Handshake, section 17.2.4
	retry                   // section 17.2.5
	negotiation             // section 17.2.1
	opaque                  // a version that is labelled only
)

// cid is a connection ID that can be compared and kept.
type cid struct {
	length byte
	bytes  [maxCIDLen]byte
}

// toCID copies at most 20 bytes.
func toCID(b []byte) (c cid) {
	c.length = byte(copy(c.bytes[:], b))
	return c
}

func (c *cid) slice() []byte { return c.bytes[:c.length] }

func (c *cid) is(b []byte) bool { return string(c.slice()) == string(b) }

// header is a long header, RFC 9000 section 17.2. Slices alias the datagram.
type header struct {
	version    Version
	kind       kind
	dcid, scid []byte
	token      []byte // of Initial and Retry
	list       []byte // of versions, four bytes each, in a negotiation
	number     int    // where the packet number begins
	end        int    // where the packet ends
	cut        bool   // the packet says that it is longer than what there is
}

// parseHeader reads the long header at the beginning of p. With an error, what
// was read before the damage is in the header.
func parseHeader(p []byte) (header, error) {
	h := header{kind: opaque, end: len(p)}
	if len(p) < 5 {
		return h, errShort
	}
	h.version = Version(binary.BigEndian.Uint32(p[1:]))
	// Google QUIC up to Q046 packs both lengths into one byte: nothing beyond
	// the version is read of versions that are labelled only.
	if h.version != Negotiation && !h.version.Readable() {
		return h, nil
	}
	at, err := h.parseCIDs(p)
	if err != nil {
		return h, err
	}
	if h.version == Negotiation {
		h.kind, h.list = negotiation, p[at:]
		if len(h.list) == 0 || len(h.list)%4 != 0 {
			return h, errVersions
		}
		return h, nil
	}
	h.kind = kind((p[0]>>4 + h.version.protection().turn) & 3)
	if h.kind == retry {
		return h, h.parseRetry(p, at)
	}
	return h, h.parseLength(p, at)
}

func (h *header) parseCIDs(p []byte) (at int, err error) {
	if h.dcid, at, err = parseCID(p, 5); err != nil {
		return at, err
	}
	h.scid, at, err = parseCID(p, at)
	return at, err
}

// parseCID reads a connection ID behind its length byte, RFC 8999 section 5.1.
func parseCID(p []byte, at int) ([]byte, int, error) {
	if at >= len(p) {
		return nil, at, errShort
	}
	n := int(p[at])
	if n > maxCIDLen {
		return nil, at, errCIDLen
	}
	if at++; len(p)-at < n {
		return nil, at, errShort
	}
	return p[at : at+n], at + n, nil
}

// parseRetry reads what stands before the integrity tag, RFC 9000 section 17.2.5.
func (h *header) parseRetry(p []byte, at int) error {
	if len(p)-at < tagLen {
		return errShort
	}
	h.token = p[at : len(p)-tagLen]
	return nil
}

// parseLength reads the token of an Initial and the length that Initial, 0-RTT
// and Handshake packets share.
func (h *header) parseLength(p []byte, at int) error {
	if h.kind == initial {
		n, size := varint(p[at:])
		if size == 0 || n > uint64(len(p)-at-size) {
			return errShort
		}
		h.token = p[at+size:][:n]
		at += size + int(n)
	}
	n, size := varint(p[at:])
	if size == 0 {
		return errShort
	}
	if at += size; n < minProtected {
		return errLength
	}
	h.number = at
	if n > uint64(len(p)-at) {
		h.cut = true
		return nil
	}
	h.end = at + int(n)
	return nil
}

// varint reads a variable-length integer and its size, which is zero when p ends
// inside of it, RFC 9000 section 16.
func varint(p []byte) (n uint64, size int) {
	if len(p) == 0 {
		return 0, 0
	}
	switch size = 1 << (p[0] >> 6); {
	case len(p) < size:
		return 0, 0
	case size == 1:
		return uint64(p[0]), 1
	case size == 2:
		return uint64(binary.BigEndian.Uint16(p)) & 0x3fff, 2
	case size == 4:
		return uint64(binary.BigEndian.Uint32(p)) & 0x3fffffff, 4
	}
	return binary.BigEndian.Uint64(p) & 0x3fffffffffffffff, 8
}
