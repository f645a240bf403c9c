package link

// PPP protocol numbers (IANA "PPP DLL Protocol Numbers").
const (
	pppIPv4     = 0x0021
	pppIPv6     = 0x0057
	pppMPLS     = 0x0281
	pppMPLSMany = 0x0283
)

// parsePPP reads a PPP packet (RFC 1661 section 2), with or without the HDLC
// address and control bytes FF 03 (RFC 1662 section 3.1).
func parsePPP(p []byte, f *Frame) error {
	if err := f.enter(WrapPPP); err != nil {
		return err
	}
	f.EtherType = 0
	if len(p) >= 2 && p[0] == 0xff && p[1] == 0x03 {
		p = p[2:]
	}
	f.Payload = p
	if len(p) < 1 {
		return ErrShort
	}
	protocol, n := uint16(p[0]), 1
	if p[0]&1 == 0 { // an odd byte ends the number: protocol field compression, RFC 1661 section 6.5
		if len(p) < 2 {
			return ErrShort
		}
		protocol, n = be16(p), 2
	}
	return parsePPPPayload(protocol, p[n:], f)
}

func parsePPPPayload(protocol uint16, p []byte, f *Frame) error {
	switch protocol {
	case pppIPv4:
		return f.take(IPv4, p)
	case pppIPv6:
		return f.take(IPv6, p)
	case pppMPLS, pppMPLSMany:
		return parseMPLS(p, f)
	}
	return f.take(Other, p)
}

// parseHDLC reads Cisco HDLC, whose address byte is 0F (unicast) or 8F (all),
// or else PPP in HDLC-like framing. Cisco HDLC has an EtherType after address
// and control.
func parseHDLC(p []byte, f *Frame) error {
	if len(p) < 4 {
		return ErrShort
	}
	if p[0] != 0x0f && p[0] != 0x8f {
		return parsePPP(p, f)
	}
	kind := be16(p[2:])
	if kind < minEtherType {
		return f.take(Other, p[4:])
	}
	return parseType(kind, p[4:], f)
}

// parsePPPoE reads a PPPoE session header (RFC 2516 section 4) and the PPP
// packet behind it, which has no address and control.
func parsePPPoE(p []byte, f *Frame) error {
	if err := f.enter(WrapPPPoE); err != nil {
		return err
	}
	if len(p) < 6 {
		return ErrShort
	}
	if p[0] != 0x11 {
		return ErrMalformed
	}
	if p[1] != 0 { // discovery and termination, not a session
		return ErrNotData
	}
	body, n := p[6:], int(be16(p[4:]))
	if n < len(body) {
		body = body[:n]
	}
	return parsePPP(body, f)
}

// readDirection takes off the byte that some link types put before the packet:
// zero is received, anything else is sent.
func readDirection(p []byte, f *Frame) ([]byte, error) {
	if len(p) < 1 {
		return nil, ErrShort
	}
	f.Direction = Incoming
	if p[0] != 0 {
		f.Direction = Outgoing
	}
	return p[1:], nil
}

func parsePPPDir(p []byte, f *Frame) error {
	p, err := readDirection(p, f)
	if err != nil {
		return err
	}
	return parsePPP(p, f)
}

func parseHDLCDir(p []byte, f *Frame) error {
	p, err := readDirection(p, f)
	if err != nil {
		return err
	}
	return parseHDLC(p, f)
}
