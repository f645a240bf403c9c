package scenario

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// path is who talks to whom, over what: the parts that all packets of one
// conversation share. The device is always the near end.
type path struct {
	device    *device
	near, far netip.AddrPort
	proto     uint8  // IP protocol number; 0 is ARP
	distance  uint8  // routers between the box and the far end
	pieces    int    // bytes of IP payload after which datagrams are fragmented; 0: never
	label     uint32 // IPv6 flow label
}

// IP protocol numbers (IANA), and one of our own.
const (
	protoARP    = 0
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoESP    = 50
	protoICMPv6 = 58
)

// packet is what is known of one packet before its bytes are written.
type packet struct {
	at     time.Duration // since the start
	path   *path
	back   bool    // from the far end
	ttl    uint8   // 0: as the path has it
	tcp    segment // when the path is TCP
	head   []byte  // begins the payload
	filler int     // bytes of noise behind it
	seed   noise
}

// segment is the header of TCP, RFC 9293 section 3.1.
type segment struct {
	seq, ack uint32
	flags    uint8
	darwin   bool // a SYN of an iPhone
}

const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagPSH = 8
	flagACK = 16
)

// The sizes of headers.
const (
	sizeIPv4     = 20
	sizeIPv6     = 40
	sizeFragment = 8
	sizeUDP      = 8
	sizeTCP      = 32 // with time stamps, RFC 7323
	sizeSYN      = 40 // with maximum segment size, time stamps, window scale
	sizeDarwin   = 44 // the same in the order of an iPhone
)

func (p *packet) ends() (src, dst netip.AddrPort) {
	if p.back {
		return p.path.far, p.path.near
	}
	return p.path.near, p.path.far
}

// size is the length from the IP header on, without fragmentation.
func (p *packet) size() int {
	n := len(p.head) + p.filler
	switch p.path.proto {
	case protoARP:
		return n
	case protoTCP:
		n += p.tcp.size()
	case protoUDP:
		n += sizeUDP
	}
	if p.path.near.Addr().Is4() {
		return n + sizeIPv4
	}
	return n + sizeIPv6
}

func (s *segment) size() int {
	switch {
	case s.darwin:
		return sizeDarwin
	case s.flags&flagSYN != 0:
		return sizeSYN
	}
	return sizeTCP
}

// appendTransport writes everything behind the IP header, with its checksum.
func (p *packet) appendTransport(dst []byte) []byte {
	start := len(dst)
	sum := -1
	switch p.path.proto {
	case protoTCP:
		dst, sum = p.appendTCP(dst), start+16
	case protoUDP:
		dst, sum = p.appendUDP(dst), start+6
	case protoICMP, protoICMPv6:
		sum = start + 2
	}
	dst = append(dst, p.head...)
	at := len(dst)
	dst = append(dst, make([]byte, p.filler)...)
	n := p.seed
	n.fill(dst[at:])
	if sum >= 0 {
		binary.BigEndian.PutUint16(dst[sum:], p.checksum(dst[start:]))
	}
	return dst
}

func (p *packet) appendUDP(dst []byte) []byte {
	src, to := p.ends()
	dst = binary.BigEndian.AppendUint16(dst, src.Port())
	dst = binary.BigEndian.AppendUint16(dst, to.Port())
	dst = binary.BigEndian.AppendUint16(dst, uint16(sizeUDP+len(p.head)+p.filler))
	return append(dst, 0, 0)
}

func (p *packet) appendTCP(dst []byte) []byte {
	src, to := p.ends()
	be := binary.BigEndian
	dst = be.AppendUint16(dst, src.Port())
	dst = be.AppendUint16(dst, to.Port())
	dst = be.AppendUint32(dst, p.tcp.seq)
	dst = be.AppendUint32(dst, p.tcp.ack)
	window := uint16(502)
	if p.tcp.flags&flagSYN != 0 {
		window = 65535
	}
	dst = append(dst, byte(p.tcp.size()/4)<<4, p.tcp.flags)
	dst = be.AppendUint16(dst, window)
	dst = append(dst, 0, 0, 0, 0)
	if p.tcp.flags&flagSYN != 0 { // RFC 9293 section 3.2, RFC 2018, RFC 7323
		dst = append(dst, 2, 4)
		dst = be.AppendUint16(dst, uint16(segmentSize(p.path)+sizeTCP-20))
		if p.tcp.darwin { // window scale, time stamps, SACK permitted, end
			dst = append(dst, 1, 3, 3, 6, 1, 1)
			return append(p.appendStamps(dst), 4, 2, 0, 0)
		}
		dst = append(dst, 4, 2)
		dst = p.appendStamps(dst)
		return append(dst, 1, 3, 3, 7)
	}
	return p.appendStamps(append(dst, 1, 1))
}

// appendStamps writes the time stamps option, RFC 7323 section 3.
func (p *packet) appendStamps(dst []byte) []byte {
	const echo = 4 // the latest stamp of the other side is some milliseconds old
	now := uint32(p.at / time.Millisecond)
	own, other := now+p.stampBase(p.back), now+p.stampBase(!p.back)-echo
	if p.tcp.flags&(flagSYN|flagACK) == flagSYN {
		other = 0
	}
	dst = append(dst, 8, 10)
	dst = binary.BigEndian.AppendUint32(dst, own)
	return binary.BigEndian.AppendUint32(dst, other)
}

func (p *packet) stampBase(back bool) uint32 {
	n := noise(p.path.label) + 1
	if back {
		n.next()
	}
	return uint32(n.next())
}

// segmentSize is the payload of a full segment: an Ethernet frame of 1500 bytes
// less the headers.
func segmentSize(p *path) int {
	if p.near.Addr().Is4() {
		return 1500 - sizeIPv4 - sizeTCP
	}
	return 1500 - sizeIPv6 - sizeTCP
}

// checksum is that of RFC 1071 over the payload, with the pseudo-header of RFC
// 9293 section 3.1 or RFC 8200 section 8.1 where the protocol wants one.
func (p *packet) checksum(b []byte) uint16 {
	var sum uint64
	if p.path.proto != protoICMP {
		src, dst := p.ends()
		sum = partial(src.Addr().AsSlice()) + partial(dst.Addr().AsSlice()) + uint64(len(b)) + uint64(p.path.proto)
	}
	c := fold(sum + partial(b))
	if c == 0 && p.path.proto == protoUDP { // RFC 768: zero means no checksum
		return 0xffff
	}
	return c
}

func partial(b []byte) (sum uint64) {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint64(b[0])<<8 | uint64(b[1])
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
