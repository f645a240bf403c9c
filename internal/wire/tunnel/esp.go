package tunnel

import "encoding/binary"

const (
	// espSmallest is header, one block of the smallest cipher and the shortest
	// integrity value that are in use (RFC 4303 section 2).
	espSmallest = 8 + 8 + 4 + 12
	espReserved = 256 // SPIs up to 255 are reserved, RFC 4303 section 2.1
	// espPackets is how many packets of one direction with one SPI and ascending
	// numbers are believed.
	espPackets = 4
	espStep    = 1 << 10
)

type espMemory [2]struct {
	spi, number uint32
	packets     uint8
}

// seeESP reads ESP in UDP on port 4500 (RFC 3948 section 2.1).
func seeESP(d *datagram) State {
	if !d.meta.port(portNATT) {
		return No
	}
	if d.size == 1 && d.p[0] == 0xff { // NAT-keepalive, RFC 3948 section 2.3
		return Undecided
	}
	// Cipher text, padding and integrity value end on four bytes.
	if len(d.p) < 8 || d.size < espSmallest || d.size%4 != 0 {
		return No
	}
	spi, number := binary.BigEndian.Uint32(d.p), binary.BigEndian.Uint32(d.p[4:])
	if spi < espReserved {
		return No
	}
	m := &d.memory.esp[d.side]
	if m.spi != spi || number <= m.number || number-m.number > espStep {
		m.spi, m.packets = spi, 0
	}
	m.number = number
	if m.packets++; m.packets >= espPackets {
		return Yes
	}
	return Undecided
}
