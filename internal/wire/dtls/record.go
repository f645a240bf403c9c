package dtls

import "encoding/binary"

// record is one record of a datagram (RFC 6347 section 4.1). payload aliases
// the datagram; it is shorter than length when the datagram was cut.
type record struct {
	kind    uint8
	epoch   uint16
	length  int
	payload []byte
}

// Looks tells whether a datagram begins with a DTLS record of a version up to
// 1.2, in the clear or encrypted. It costs a few comparisons. A datagram of
// DTLS 1.3 that begins with the unified header is not recognised: any byte
// string with a certain first byte would be (see IsUnified).
func Looks(p []byte) bool {
	if len(p) < recordHeader || p[0] < recordFirst || p[0] > recordLast || !knownVersion(p[1], p[2]) {
		return false
	}
	r, _, ok := readRecord(p)
	if !ok {
		return false
	}
	if r.kind != recordHandshake || r.epoch != 0 {
		// Epochs count the changes of keys; nobody gets far.
		return len(r.payload) == r.length && r.epoch < 256
	}
	f, _, ok := readFragment(r.payload)
	return ok && readable(f.kind)
}

// IsUnified tells whether a datagram can begin with the unified header of
// encrypted DTLS 1.3 records (RFC 9147 section 4: 001CSLEE). One byte is no
// proof: use it only on a flow that has shown a hello.
func IsUnified(p []byte) bool {
	return len(p) > 0 && p[0]&0xe0 == 0x20
}

// knownVersion knows DTLS 1.0 and 1.2, and the 0x0100 of old OpenSSL. Records
// of DTLS 1.3 say 1.2 (RFC 9147 section 4).
func knownVersion(major, minor uint8) bool {
	return major == 0xfe && (minor == 0xff || minor == 0xfd) || major == 1 && minor == 0
}

// readRecord takes the first record of p. It fails when no record begins there.
func readRecord(p []byte) (r record, rest []byte, ok bool) {
	if len(p) < recordHeader || p[0] < recordFirst || p[0] > recordLast || !knownVersion(p[1], p[2]) {
		return r, nil, false
	}
	r.kind = p[0]
	r.epoch = binary.BigEndian.Uint16(p[3:])
	r.length = int(binary.BigEndian.Uint16(p[11:]))
	if r.length > maxRecord {
		return r, nil, false
	}
	p = p[recordHeader:]
	n := min(r.length, len(p))
	r.payload = p[:n]
	return r, p[n:], true
}

// fragment is a handshake message or a part of one (RFC 6347 section 4.2.2).
// data aliases the datagram; it is shorter than announced when the datagram was
// cut.
type fragment struct {
	kind   uint8
	length int // of the whole message
	seq    uint16
	offset int
	data   []byte
}

// readFragment takes the first fragment of a handshake record. It fails when
// the header is not whole or contradicts itself.
func readFragment(p []byte) (f fragment, rest []byte, ok bool) {
	if len(p) < handshakeHeader {
		return f, nil, false
	}
	f.kind = p[0]
	f.length = uint24(p[1:])
	f.seq = binary.BigEndian.Uint16(p[4:])
	f.offset = uint24(p[6:])
	size := uint24(p[9:])
	if f.length > MaxMessage || f.offset+size > f.length {
		return f, nil, false
	}
	p = p[handshakeHeader:]
	n := min(size, len(p))
	f.data = p[:n]
	return f, p[n:], true
}

// readable tells the handshake types that travel in the clear (IANA "TLS
// HandshakeType").
func readable(kind uint8) bool {
	return kind <= 6 || kind == 8 || 11 <= kind && kind <= 16 || 20 <= kind && kind <= 25
}

func uint24(b []byte) int {
	return int(b[0])<<16 | int(b[1])<<8 | int(b[2])
}
