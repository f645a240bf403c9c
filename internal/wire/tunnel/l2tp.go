package tunnel

import "encoding/binary"

const (
	l2tpBits       = 0xc800 // control: type, length and sequence present (RFC 2661 section 3.1)
	l2tpHeaderSize = 12
	// l2tpMessageType is the first attribute of every control message: mandatory,
	// eight bytes, IETF, type 0 (RFC 2661 section 4.4.1; alike in RFC 3931).
	l2tpMessageType = 0x8008_0000_0000
)

type l2tpMemory struct {
	asked bool
	side  int
}

// seeL2TP waits for a request to start a control connection and its reply,
// which may come from another port (RFC 2661 section 8.1).
func seeL2TP(d *datagram) State {
	if len(d.p) < l2tpHeaderSize+8 {
		return No
	}
	bits := binary.BigEndian.Uint16(d.p)
	version := bits & 0xf
	if bits&^0xf != l2tpBits || version != 2 && version != 3 || int(binary.BigEndian.Uint16(d.p[2:])) != d.size {
		return No
	}
	if binary.BigEndian.Uint64(d.p[l2tpHeaderSize:])>>16 != l2tpMessageType {
		return No
	}
	d.found.Version = string('0' + rune(version))
	m := &d.memory.l2tp
	switch message := binary.BigEndian.Uint16(d.p[l2tpHeaderSize+6:]); {
	case message == 1: // Start-Control-Connection-Request
		m.asked, m.side = true, d.side
	case message == 2 && m.asked && m.side != d.side: // -Reply
		return Yes
	}
	return Undecided
}
