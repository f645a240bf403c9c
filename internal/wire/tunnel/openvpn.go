package tunnel

import (
	"bytes"
	"encoding/binary"
)

// The opcodes of OpenVPN, in the upper five bits of the first byte (source
// ssl_pkt.h; draft-openvpn-wire-protocol section 3). The lower three bits are
// the key id. A control packet goes on with the session id of its sender, eight
// bytes; then with authentication, if configured, and what is acknowledged.
const (
	ovpnControl     = 4
	ovpnAck         = 5
	ovpnClientReset = 7  // P_CONTROL_HARD_RESET_CLIENT_V2, first byte 0x38
	ovpnServerReset = 8  // P_CONTROL_HARD_RESET_SERVER_V2, first byte 0x40
	ovpnData        = 9  // P_DATA_V2: peer id, three bytes
	ovpnClientV3    = 10 // P_CONTROL_HARD_RESET_CLIENT_V3, first byte 0x50
	ovpnControlKey  = 11 // P_CONTROL_WKC_V1
)

const (
	ovpnResetSize  = 14   // opcode, session, no acknowledgement, packet id
	ovpnAnswerSize = 26   // the same, with one acknowledgement and its session
	ovpnLongest    = 1700 // of a reset: V3 carries a wrapped key of up to 1024 bytes
	// ovpnPackets is how many data packets of each direction, with the same peer
	// id and ascending packet ids, are believed without the handshake.
	ovpnPackets = 4
	ovpnStep    = 64 // by how much the packet id may grow
)

type openvpnMemory struct {
	sides [2]openvpnSide
	data  [2]openvpnData
}

// openvpnSide is what was seen of the handshake in one direction.
// Who is the server is told by the opcode, not by the direction, which may be a
// guess when the capture began late.
type openvpnSide struct {
	session [8]byte
	opcode  uint8 // of the reset, 0 before it
	packets uint8 // control packets of the session after the reset
}

// answers tells whether one side is the server of the other.
func (s *openvpnSide) answers(other *openvpnSide) bool {
	return s.opcode != 0 && other.opcode != 0 && (s.opcode == ovpnServerReset) != (other.opcode == ovpnServerReset)
}

type openvpnData struct {
	head    uint32 // opcode, key id, peer id
	number  uint32
	packets uint8
}

func seeOpenVPN(d *datagram) State { return d.memory.openvpn.see(d.p, d.size, d.side) }

// see reads one packet of either direction.
func (m *openvpnMemory) see(p []byte, size, side int) State {
	if len(p) < 9 {
		return No
	}
	switch opcode := p[0] >> 3; {
	case isReset(p[0], size):
		s, other := &m.sides[side], &m.sides[1-side]
		*s = openvpnSide{session: [8]byte(p[1:9]), opcode: opcode}
		// Unless it is encrypted (tls-crypt), the acknowledgement of the server
		// ends with the session id of the client.
		if opcode == ovpnServerReset && s.answers(other) && bytes.Contains(p[9:], other.session[:]) {
			return Yes
		}
		return Undecided
	case opcode == ovpnControl || opcode == ovpnAck || opcode == ovpnControlKey:
		return m.seeControl([8]byte(p[1:9]), side)
	case opcode == ovpnData && len(p) >= 24:
		return m.seeData(p, side)
	}
	return No
}

// isReset knows the first packet of a client or of a server.
func isReset(first byte, size int) bool {
	smallest := ovpnResetSize
	switch first {
	case ovpnClientReset << 3, ovpnClientV3 << 3:
	case ovpnServerReset << 3:
		smallest = ovpnAnswerSize
	default:
		return false
	}
	return size >= smallest && size <= ovpnLongest
}

// seeControl compares the session of a control packet with that of the reset of
// the same side. One is proof when the other side was reset too; two are when
// that one is not in the capture.
func (m *openvpnMemory) seeControl(session [8]byte, side int) State {
	s := &m.sides[side]
	if s.opcode == 0 || s.session != session {
		return No
	}
	if s.packets++; s.packets >= 2 || s.answers(&m.sides[1-side]) {
		return Yes
	}
	return Undecided
}

// seeData reads P_DATA_V2 with an AEAD cipher: a packet id follows the peer id.
func (m *openvpnMemory) seeData(p []byte, side int) State {
	t := &m.data[side]
	head, number := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
	if t.packets == 0 || t.head != head || number <= t.number || number-t.number > ovpnStep {
		*t = openvpnData{head, number, 1}
		return Undecided
	}
	t.number = number
	t.packets = min(t.packets+1, ovpnPackets)
	if m.data[0].packets == ovpnPackets && m.data[1].packets == ovpnPackets && m.data[0].head>>24 == m.data[1].head>>24 {
		return Yes
	}
	return Undecided
}

// seeOpenVPNStream reads the packets of TCP, which have their length, two bytes,
// in front. The client speaks first.
func seeOpenVPNStream(h *heads) State {
	if len(h.client) == 0 {
		return No
	}
	var m openvpnMemory
	state := m.walk(h.client, 0, 1)
	if state != Undecided || m.sides[0].opcode == 0 {
		return state
	}
	if state = m.walk(h.server, 1, 1); state != Undecided {
		return state
	}
	m.sides[0] = openvpnSide{}
	return m.walk(h.client, 0, 4)
}

// walk reads up to n packets of a direction.
func (m *openvpnMemory) walk(p []byte, side, n int) State {
	for ; n > 0 && len(p) >= 3; n-- {
		size := int(binary.BigEndian.Uint16(p))
		opcode := p[2] >> 3
		control := opcode == ovpnControl || opcode == ovpnAck || opcode == ovpnControlKey
		if !isReset(p[2], size) && (m.sides[side].opcode == 0 || !control || size < ovpnResetSize || size > ovpnLongest) {
			return No
		}
		if len(p)-2 < min(size, ovpnAnswerSize+80) { // a digest of 64 bytes may stand before the acknowledgement
			return Undecided
		}
		end := min(2+size, len(p))
		if state := m.see(p[2:end], size, side); state != Undecided {
			return state
		}
		p = p[end:]
	}
	return Undecided
}
