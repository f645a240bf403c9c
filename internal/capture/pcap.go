package capture

import (
	"io"

	"tinycheck"
)

// pcapKind is what the magic number of a pcap file says, read as little-endian.
type pcapKind struct {
	order order
	nano  int64 // nanoseconds per unit of the fraction
	head  int   // bytes of a record header
}

// The magic numbers: draft-ietf-opsawg-pcap section 4, and the one of Alexey
// Kuznetzov's libpcap patch, whose record headers end with the interface number,
// protocol and packet type.
var pcapKinds = map[uint32]pcapKind{
	0xa1b2c3d4: {false, 1000, 16},
	0xd4c3b2a1: {true, 1000, 16},
	0xa1b23c4d: {false, 1, 16},
	0x4d3cb2a1: {true, 1, 16},
	0xa1b2cd34: {false, 1000, 24},
	0x34cdb2a1: {true, 1000, 24},
}

const pcapHeader = 24

// openPcap reads the file header.
func openPcap(in *window, n *notes) (*records, error) {
	b := in.peek(pcapHeader)
	if len(b) < pcapHeader {
		return nil, io.ErrUnexpectedEOF
	}
	kind := pcapKinds[order(false).u32(b)]
	o := kind.order
	s := &records{
		in: in, notes: n, head: kind.head,
		limit: longest(o.u32(b[16:])),
		// The upper half of the field says how long the frame check sequence is
		// (section 4); it stays at the end of the packets, where no length covers it.
		link:  tinycheck.LinkType(o.u32(b[20:])),
		parse: kind.parser(o.u16(b[4:]), o.u16(b[6:])),
	}
	n.link(s.link)
	in.skip(pcapHeader)
	return s, nil
}

// parser returns what reads a record header of a file of this version. Before 2.3
// the two lengths stood the other way round, in 2.3 with some programs (libpcap,
// sf-pcap.c, swapped_type_t).
func (k pcapKind) parser(major, minor uint16) func([]byte, *record) {
	always := major == 2 && minor < 3
	greater := major == 2 && minor == 3
	return func(b []byte, r *record) {
		r.moment(k.order.u32(b), k.order.u32(b[4:]), k.nano)
		r.held, r.wire = k.order.u32(b[8:]), k.order.u32(b[12:])
		if always || greater && r.held > r.wire {
			r.held, r.wire = r.wire, r.held
		}
		r.size = int64(k.head) + int64(r.held)
	}
}
