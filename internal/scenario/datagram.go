package scenario

import "encoding/binary"

// The types of payload behind a link header.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherIPv6 = 0x86dd
)

func (p *packet) etherType() uint16 {
	switch {
	case p.path.proto == protoARP:
		return etherARP
	case p.path.near.Addr().Is4():
		return etherIPv4
	}
	return etherIPv6
}

// hops is what is left of the time to live at the box.
func (p *packet) hops() uint8 {
	switch {
	case p.ttl != 0:
		return p.ttl
	case p.back:
		return 64 - p.path.distance
	}
	return 64
}

// part is one IP datagram, or one fragment of it.
type part struct {
	payload []byte
	offset  int
	more    bool
	whole   bool
	id      uint32
}

// parts cuts the payload of the IP datagram as the path wants it.
func (p *packet) parts(payload []byte, id uint32) []part {
	size := p.path.pieces
	if size == 0 || len(payload) <= size || p.path.proto == protoARP {
		return []part{{payload: payload, whole: true, id: id}}
	}
	var list []part
	for at := 0; at < len(payload); at += size {
		end := min(at+size, len(payload))
		list = append(list, part{payload[at:end], at, end < len(payload), false, id})
	}
	return list
}

// count is how many datagrams parts gives.
func (p *packet) count() int {
	size, n := p.path.pieces, p.size()-sizeIPv4
	if p.path.near.Addr().Is6() {
		n = p.size() - sizeIPv6
	}
	if size == 0 || n <= size || p.path.proto == protoARP {
		return 1
	}
	return (n + size - 1) / size
}

// appendIP writes an IP header and the part behind it.
func (p *packet) appendIP(dst []byte, x part) []byte {
	switch p.etherType() {
	case etherARP:
		return append(dst, x.payload...)
	case etherIPv4:
		return p.appendIPv4(dst, x)
	}
	return p.appendIPv6(dst, x)
}

// appendIPv4 follows RFC 791 section 3.1.
func (p *packet) appendIPv4(dst []byte, x part) []byte {
	be, start := binary.BigEndian, len(dst)
	flags := uint16(0x4000) // do not fragment
	if !x.whole {
		flags = uint16(x.offset / 8)
		if x.more {
			flags |= 0x2000
		}
	}
	src, to := p.ends()
	dst = append(dst, 0x45, 0)
	dst = be.AppendUint16(dst, uint16(sizeIPv4+len(x.payload)))
	dst = be.AppendUint16(dst, uint16(x.id))
	dst = be.AppendUint16(dst, flags)
	dst = append(dst, p.hops(), p.path.proto, 0, 0)
	dst = append(dst, src.Addr().AsSlice()...)
	dst = append(dst, to.Addr().AsSlice()...)
	be.PutUint16(dst[start+10:], fold(partial(dst[start:])))
	return append(dst, x.payload...)
}

// appendIPv6 follows RFC 8200 sections 3 and 4.5.
func (p *packet) appendIPv6(dst []byte, x part) []byte {
	be := binary.BigEndian
	next, size := p.path.proto, len(x.payload)
	if !x.whole {
		next, size = 44, size+sizeFragment
	}
	src, to := p.ends()
	dst = be.AppendUint32(dst, 6<<28|p.path.label&0xfffff)
	dst = be.AppendUint16(dst, uint16(size))
	dst = append(dst, next, p.hops())
	dst = append(dst, src.Addr().AsSlice()...)
	dst = append(dst, to.Addr().AsSlice()...)
	if !x.whole {
		more := uint16(0)
		if x.more {
			more = 1
		}
		dst = append(dst, p.path.proto, 0)
		dst = be.AppendUint16(dst, uint16(x.offset)|more)
		dst = be.AppendUint32(dst, x.id)
	}
	return append(dst, x.payload...)
}
