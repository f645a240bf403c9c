package ip

// TCP header flags (RFC 9293 section 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// TCP is one TCP segment. Payload aliases the packet.
type TCP struct {
	Payload   []byte
	HeaderLen int
	Seq, Ack  uint32
	SrcPort   uint16
	DstPort   uint16
	Window    uint16 // as sent, not scaled
	MSS       uint16 // of a SYN, 0 when not stated
	Options   []byte // of a SYN, as they stand; aliases the packet
	Flags     uint8
}

// ParseTCP reads the TCP header (RFC 9293 section 3.1) at the beginning of p, the
// payload of a datagram, into t, which it resets. Of a header that is cut off the
// fields that are there are filled.
func ParseTCP(p []byte, t *TCP) error {
	*t = TCP{}
	if len(p) < 20 {
		return parseCutTCP(p, t)
	}
	t.SrcPort, t.DstPort = be16(p), be16(p[2:])
	t.Seq, t.Ack = be32(p[4:]), be32(p[8:])
	t.Flags, t.Window = p[13], be16(p[14:])
	n := int(p[12]>>4) * 4
	if n < 20 {
		return ErrMalformed
	}
	if t.Flags&SYN != 0 && n > 20 { // an MSS is valid in a SYN only, section 3.2
		t.Options = p[20:min(n, len(p))]
		t.MSS = findMSS(t.Options)
	}
	if n > len(p) {
		return ErrShort
	}
	t.HeaderLen, t.Payload = n, p[n:]
	return nil
}

func parseCutTCP(p []byte, t *TCP) error {
	if len(p) >= 4 {
		t.SrcPort, t.DstPort = be16(p), be16(p[2:])
	}
	if len(p) >= 8 {
		t.Seq = be32(p[4:])
	}
	if len(p) >= 12 {
		t.Ack = be32(p[8:])
	}
	if len(p) >= 14 {
		t.Flags = p[13]
	}
	if len(p) >= 16 {
		t.Window = be16(p[14:])
	}
	return ErrShort
}

// findMSS walks the options: kind 0 ends, kind 1 is one byte, the others carry
// their length.
func findMSS(options []byte) uint16 {
	for len(options) >= 2 {
		switch kind, n := options[0], int(options[1]); {
		case kind == 0:
			return 0
		case kind == 1:
			options = options[1:]
		case n < 2 || n > len(options):
			return 0
		case kind == 2 && n == 4:
			return be16(options[2:])
		default:
			options = options[n:]
		}
	}
	return 0
}

// UDP is one UDP datagram. Payload aliases the packet.
type UDP struct {
	Payload []byte
	SrcPort uint16
	DstPort uint16
	Cut     bool // Payload is only the beginning
}

// ParseUDP reads the UDP header (RFC 768) at the beginning of p, the payload of a
// datagram, into u, which it resets. A length of zero is a jumbogram (RFC 2675
// section 4) or segmentation offload: everything counts.
func ParseUDP(p []byte, u *UDP) error {
	*u = UDP{}
	if len(p) >= 4 {
		u.SrcPort, u.DstPort = be16(p), be16(p[2:])
	}
	if len(p) < 8 {
		return ErrShort
	}
	n := int(be16(p[4:]))
	if n != 0 && n < 8 {
		return ErrMalformed
	}
	u.Cut = n > len(p)
	if n == 0 || u.Cut {
		n = len(p)
	}
	u.Payload = p[8:n]
	return nil
}
