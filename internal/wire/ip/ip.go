package ip

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// The ways in which a packet cannot be read.
var (
	ErrShort     = errors.New("parse ip: header cut off")
	ErrMalformed = errors.New("parse ip: header contradicts itself")
	ErrVersion   = errors.New("parse ip: neither version 4 nor 6")
	ErrDeep      = errors.New("parse ip: too many extension headers")
)

// MaxHeaders bounds the chain of extension headers of one packet.
const MaxHeaders = 16

// Protocol numbers (IANA) that matter here.
const (
	ProtoICMP   = 1
	ProtoTCP    = 6
	ProtoUDP    = 17
	ProtoESP    = 50
	ProtoICMPv6 = 58
	ProtoNone   = 59 // nothing follows
	ProtoSCTP   = 132

	protoHopByHop    = 0
	protoIPv4        = 4
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoAH          = 51
	protoDestination = 60
	protoEtherIP     = 97
	protoMobility    = 135
	protoMPLS        = 137
	protoHIP         = 139
	protoShim6       = 140
)

// Fragment says where the payload of a Datagram belongs.
type Fragment struct {
	Offset int  // bytes into the whole payload
	More   bool // not the last one
}

// Datagram is one IP packet. Slices alias the packet.
type Datagram struct {
	Src, Dst  netip.Addr // IPv4-mapped IPv6 addresses are given as IPv4
	Payload   []byte     // behind all headers, without padding
	Trailer   []byte     // bytes behind the total length: padding, check sequence, PCAPdroid's trailer
	HeaderLen int        // bytes before Payload
	Fragment  Fragment
	ID        uint32 // IPv4 identification, or that of an IPv6 fragment header
	Version   uint8  // 4 or 6
	Proto     uint8  // of Payload
	TTL       uint8  // or hop limit
	Cut       bool   // the recorder kept only the beginning of the packet
}

// Fragmented reports whether the datagram is a part of a larger one. An IPv6
// "atomic fragment" is none (RFC 6946).
func (d *Datagram) Fragmented() bool { return d.Fragment.More || d.Fragment.Offset != 0 }

// Parse reads the IPv4 or IPv6 packet at the beginning of data into d, which it
// resets.
func Parse(data []byte, d *Datagram) error {
	*d = Datagram{}
	if len(data) < 1 {
		return ErrShort
	}
	switch data[0] >> 4 {
	case 4:
		return parse4(data, d)
	case 6:
		return parse6(data, d)
	}
	return ErrVersion
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// clip divides data at the total length. A length of zero is a packet that the
// network card was to cut into pieces (segmentation offload), or a jumbogram
// (RFC 2675): all of data counts.
func (d *Datagram) clip(data []byte, total int) []byte {
	switch {
	case total == 0 || total == len(data):
		return data
	case total > len(data):
		d.Cut = true
		return data
	}
	d.Trailer = data[total:]
	return data[:total]
}

// parse4 reads RFC 791 section 3.1. Options are passed over.
func parse4(data []byte, d *Datagram) error {
	d.Version = 4
	if len(data) < 20 {
		return ErrShort
	}
	header, total := int(data[0]&15)*4, int(be16(data[2:]))
	flags := be16(data[6:])
	d.ID = uint32(be16(data[4:]))
	d.Fragment = Fragment{Offset: int(flags&0x1fff) * 8, More: flags&0x2000 != 0}
	d.TTL, d.Proto = data[8], data[9]
	d.Src, d.Dst = netip.AddrFrom4([4]byte(data[12:])), netip.AddrFrom4([4]byte(data[16:]))
	if header < 20 || total != 0 && total < header {
		return ErrMalformed
	}
	data = d.clip(data, total)
	if len(data) < header {
		d.Cut = true
		return ErrShort
	}
	d.HeaderLen, d.Payload = header, data[header:]
	if d.Proto == protoAH && !d.Fragmented() {
		return d.walk()
	}
	return nil
}

// parse6 reads RFC 8200 section 3 and the extension headers.
func parse6(data []byte, d *Datagram) error {
	const header = 40
	d.Version = 6
	if len(data) < header {
		return ErrShort
	}
	d.Proto, d.TTL = data[6], data[7]
	d.Src = netip.AddrFrom16([16]byte(data[8:])).Unmap()
	d.Dst = netip.AddrFrom16([16]byte(data[24:])).Unmap()
	total := int(be16(data[4:]))
	if total != 0 {
		total += header
	}
	d.HeaderLen, d.Payload = header, d.clip(data, total)[header:]
	if isExtension(d.Proto) {
		return d.walk()
	}
	return nil
}

func isExtension(proto uint8) bool {
	switch proto {
	case protoHopByHop, protoRouting, protoFragment, protoDestination, protoAH,
		protoMobility, protoHIP, protoShim6:
		return true
	}
	return false
}

// walk passes over extension headers (RFC 8200 section 4) until Proto is none. It
// ends at a fragment: what follows there belongs to the whole datagram.
func (d *Datagram) walk() error {
	for range MaxHeaders {
		if !isExtension(d.Proto) {
			return nil
		}
		if d.Version == 4 && d.Proto != protoAH { // IPv4 has no other one
			return nil
		}
		if len(d.Payload) < 8 {
			return ErrShort
		}
		if d.Proto == protoFragment {
			d.readFragment()
			if d.Fragmented() {
				return nil
			}
			continue
		}
		n := extensionLength(d.Proto, d.Payload)
		if n > len(d.Payload) {
			return ErrShort
		}
		d.skip(n)
	}
	return ErrDeep
}

// extensionLength: units of eight bytes without the first eight (RFC 8200 section
// 4.2), but of four bytes without the first eight for AH (RFC 4302 section 2.2).
func extensionLength(proto uint8, p []byte) int {
	if proto == protoAH {
		return (int(p[1]) + 2) * 4
	}
	return (int(p[1]) + 1) * 8
}

// skip passes over an extension header, whose first byte is the next protocol.
func (d *Datagram) skip(n int) {
	d.Proto = d.Payload[0]
	d.Payload = d.Payload[n:]
	d.HeaderLen += n
}

// readFragment reads the fragment header, RFC 8200 section 4.5.
func (d *Datagram) readFragment() {
	field := be16(d.Payload[2:])
	d.Fragment = Fragment{Offset: int(field &^ 7), More: field&1 != 0}
	d.ID = be32(d.Payload[4:])
	d.skip(8)
}
