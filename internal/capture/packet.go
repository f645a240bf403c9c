package capture

import (
	"time"

	"tinycheck"
)

// rough is a packet block before its interface is known.
type rough struct {
	id         uint32
	timed      bool
	ticks      uint64
	held, wire uint32
	lost       int64 // packets before this one
	data       []byte
}

// packet reads a packet block of any of the three types. It returns false when
// there is nothing in it that can be shown.
func (g *pcapng) packet(kind uint32, body []byte, p *tinycheck.Packet) bool {
	var r rough
	ok := false
	switch kind {
	case blockEnhanced:
		ok = r.enhanced(g.order, body)
	case blockPacket:
		ok = r.obsolete(g.order, body)
	default:
		ok = r.simple(g.order, body)
	}
	if !ok {
		g.notes.harm(tinycheck.DamageBadBlock, g.at)
		return false
	}
	if uint64(r.id) >= uint64(len(g.faces)) {
		g.notes.harm(tinycheck.DamageNoInterface, g.at)
		return false
	}
	f := &g.faces[r.id]
	if kind == blockSimple && f.snap != 0 {
		r.held = min(r.held, f.snap)
	}
	return g.show(f, &r, p)
}

// show makes the packet and reads what its options say.
func (g *pcapng) show(f *face, r *rough, p *tinycheck.Packet) bool {
	n := r.held
	if uint64(n) > uint64(len(r.data)) {
		g.notes.harm(tinycheck.DamageBadBlock, g.at)
		n = min(uint32(len(r.data)), r.wire)
	}
	if n > MaxPacket {
		g.notes.harm(tinycheck.DamageBadLength, g.at)
		return false
	}
	p.Time = time.Time{}
	if r.timed {
		var ok bool
		if p.Time, ok = f.clock(r.ticks); !ok {
			g.notes.harm(tinycheck.DamageBadTime, g.at)
		}
	}
	p.Data = r.data[:n:n]
	p.Length = onWire(g.notes, r.wire, int(n), g.at)
	p.Interface, p.Link = g.before.faces+int(r.id), f.link
	f.gaps += r.lost
	if more := pad4(int(n)); more+4 <= len(r.data) && r.timed {
		g.packetOptions(f, r.data[more:])
	}
	return true
}

// packetOptions reads the options of a packet (section 4.3).
func (g *pcapng) packetOptions(f *face, b []byte) {
	o := options{g.order, b}
	for code, value, ok := o.next(); ok; code, value, ok = o.next() {
		switch {
		case code == optionComment:
			g.notes.comment(value)
		case code == packetLost && len(value) >= 8: // epb_dropcount
			f.gaps += int64(min(g.order.u64(value), 1<<32))
		}
	}
}

// enhanced reads an enhanced packet block (section 4.3).
func (r *rough) enhanced(o order, b []byte) bool {
	if len(b) < 20 {
		return false
	}
	r.id, r.timed = o.u32(b), true
	r.ticks = uint64(o.u32(b[4:]))<<32 | uint64(o.u32(b[8:]))
	r.held, r.wire = o.u32(b[12:]), o.u32(b[16:])
	r.data = b[20:]
	return true
}

// obsolete reads a packet block (appendix A): like an enhanced one, with 16 bits of
// interface and the drops before the packet, all ones when they are not known.
func (r *rough) obsolete(o order, b []byte) bool {
	if !r.enhanced(o, b) {
		return false
	}
	r.id = uint32(o.u16(b))
	if lost := o.u16(b[2:]); lost != 0xffff {
		r.lost = int64(lost)
	}
	return true
}

// simple reads a simple packet block (section 4.4): of the first interface, without
// a time, as long as the snap length of the interface lets it be.
func (r *rough) simple(o order, b []byte) bool {
	if len(b) < 4 {
		return false
	}
	r.wire = o.u32(b)
	r.data = b[4:]
	r.held = r.wire
	return true
}
