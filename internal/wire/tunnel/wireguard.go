package tunnel

import "encoding/binary"

// The messages of WireGuard, white paper section 5.4: a type, three reserved
// zero bytes, then fixed layouts, little-endian.
//
//	1 initiation  148: sender[4:8]
//	2 response     92: sender[4:8] receiver[8:12]
//	3 cookie       64: receiver[4:8]
//	4 transport ≥  32: receiver[4:8] counter[8:16]
const (
	wgInitiation, wgInitiationSize = 1, 148
	wgResponse, wgResponseSize     = 2, 92
	wgCookie, wgCookieSize         = 3, 64
	wgTransport, wgTransportSize   = 4, 32
)

const (
	// wgPackets is how many transport messages of one direction, with the same
	// receiver and counters that belong together, are believed without the
	// handshake.
	wgPackets = 5
	// wgWindow is how far counters may jump: lost packets and the replay window
	// (white paper section 5.4.6 with RFC 6479).
	wgWindow = 1 << 13
	// warpBits stand above the type in the app of Cloudflare WARP, which also puts
	// the number of its client into the reserved bytes of all messages after the
	// first, and pads nothing. Its handshake is longer than that of the paper.
	// Seen in published recordings of the app (port 2408).
	warpBits = 0xc0
	// wgUnpadded: transport messages are padded to 16 bytes, but not beyond the
	// MTU; those near the smallest MTU in use may have any length.
	wgUnpadded = 1024
)

type wireguardMemory struct {
	sender    [2]uint32 // of the last initiation of each side
	initiated [2]bool
	transport [2]wireguardTransport
	warp      [2]wireguardTransport
	client    [2]uint32 // head of the transport messages of WARP: type and client
}

type wireguardTransport struct {
	receiver uint32
	counter  uint64
	packets  uint8
}

func seeWireGuard(d *datagram) State {
	if len(d.p) < 12 {
		return No
	}
	m := &d.memory.wireguard
	// Some providers put a client number into the reserved bytes (Cloudflare
	// WARP). The index echoed in the response is proof enough without them.
	zero := d.p[1]|d.p[2]|d.p[3] == 0
	index := binary.LittleEndian.Uint32(d.p[4:])
	switch {
	case d.p[0] == wgInitiation && d.size == wgInitiationSize:
		m.sender[d.side], m.initiated[d.side] = index, true
		return Undecided
	case d.p[0] == wgResponse && d.size == wgResponseSize:
		return m.echo(1-d.side, binary.LittleEndian.Uint32(d.p[8:]))
	case d.p[0] == wgCookie && d.size == wgCookieSize && zero:
		return m.echo(1-d.side, index)
	case d.p[0] == wgTransport && d.size >= wgTransportSize && zero && len(d.p) >= 16 && (d.size%16 == 0 || d.size >= wgUnpadded):
		return m.transport[d.side].see(index, binary.LittleEndian.Uint64(d.p[8:]))
	case d.p[0]&^7 == warpBits:
		return m.seeWARP(d, index)
	}
	return No
}

// seeWARP waits for transport messages with the same client and receiver. Long
// headers of QUIC begin alike (RFC 9000 section 17.2), but have no counter there.
func (m *wireguardMemory) seeWARP(d *datagram, index uint32) State {
	switch d.p[0] &^ warpBits {
	case wgInitiation, wgResponse:
		return Undecided
	case wgTransport:
	default:
		return No
	}
	head := binary.LittleEndian.Uint32(d.p)
	if len(d.p) < 16 || d.size < wgTransportSize || head>>8 == 0 {
		return No
	}
	t := &m.warp[d.side]
	if m.client[d.side] != head {
		m.client[d.side], *t = head, wireguardTransport{}
	}
	return t.see(index, binary.LittleEndian.Uint64(d.p[8:]))
}

// echo decides about an answer to an initiation of side.
func (m *wireguardMemory) echo(side int, receiver uint32) State {
	switch {
	case !m.initiated[side]:
		return No
	case m.sender[side] != receiver:
		return Undecided
	}
	return Yes
}

// see counts transport messages of one session. A new receiver or a jump of the
// counter starts over.
func (t *wireguardTransport) see(receiver uint32, counter uint64) State {
	near := counter > t.counter-min(t.counter, wgWindow) && counter < t.counter+wgWindow && counter != t.counter
	if t.packets == 0 || t.receiver != receiver || !near || counter >= 1<<48 {
		*t = wireguardTransport{receiver, counter, 1}
		return Undecided
	}
	t.counter = max(t.counter, counter)
	if t.packets++; t.packets >= wgPackets {
		return Yes
	}
	return Undecided
}
