package link

// Network layer protocol identifiers (ISO/IEC TR 9577) of RFC 2427.
const (
	nlpidPadding = 0x00
	nlpidSNAP    = 0x80
	nlpidIPv6    = 0x8e
	nlpidIPv4    = 0xcc
	nlpidPPP     = 0xcf // RFC 1973
)

// parseFrameRelay reads a Q.922 address of two to four bytes, of which the last
// is odd, then either control 03 and an NLPID (RFC 2427 section 3) or, as Cisco
// does, an EtherType.
func parseFrameRelay(p []byte, f *Frame) error {
	n := 0
	for n < 4 && n < len(p) && p[n]&1 == 0 {
		n++
	}
	if n >= len(p) {
		return ErrShort
	}
	if n == 0 || n == 4 {
		return ErrMalformed
	}
	p = p[n+1:]
	f.Payload = p
	if len(p) < 2 {
		return ErrShort
	}
	if p[0] == 0x03 {
		return parseNLPID(p[1:], f)
	}
	if kind := be16(p); kind >= minEtherType {
		return parseType(kind, p[2:], f)
	}
	return nil
}

func parseNLPID(p []byte, f *Frame) error {
	if p[0] == nlpidPadding {
		p = p[1:]
	}
	if len(p) < 1 {
		return ErrShort
	}
	switch p[0] {
	case nlpidIPv4:
		return f.take(IPv4, p[1:])
	case nlpidIPv6:
		return f.take(IPv6, p[1:])
	case nlpidSNAP:
		return parseSNAP(p[1:], f)
	case nlpidPPP:
		return parsePPP(p[1:], f)
	}
	return f.take(Other, p)
}

func parseFrameRelayDir(p []byte, f *Frame) error {
	p, err := readDirection(p, f)
	if err != nil {
		return err
	}
	return parseFrameRelay(p, f)
}
