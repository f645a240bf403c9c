package link

// parseFDDI reads frame control, destination, source, then LLC (RFC 1390).
func parseFDDI(p []byte, f *Frame) error {
	if len(p) < 13 {
		return ErrShort
	}
	if p[0]&0xf0 != 0x50 { // asynchronous LLC frames; the others manage the ring
		return ErrNotData
	}
	f.Dst, f.Src, f.HasMAC = [6]byte(p[1:]), [6]byte(p[7:]), true
	return parseLLC(p[13:], f)
}

// parseSunATM reads the four-byte SunATM header: direction bit and kind of
// traffic, VPI, VCI. Only LLC multiplexed traffic (kind 2) is read on.
func parseSunATM(p []byte, f *Frame) error {
	if len(p) < 4 {
		return ErrShort
	}
	f.Direction = Incoming
	if p[0]&0x80 != 0 {
		f.Direction = Outgoing
	}
	if p[0]&0x0f != 2 {
		return ErrNotData
	}
	return parseLLC(p[4:], f)
}

// parseARCnet reads LINKTYPE_ARCNET_LINUX: source, destination, two bytes of
// offset, protocol. Protocols of RFC 1201 have a split flag and a sequence number
// before the packet; a split packet is not put together.
func parseARCnet(p []byte, f *Frame) error {
	const header = 5
	if len(p) < header {
		return ErrShort
	}
	kind := p[4]
	p = p[header:]
	switch kind {
	case 0xf0: // IP of RFC 1051, no fragmentation
		return f.take(IPv4, p)
	case 0xf1:
		return f.take(ARP, p)
	case 0xd4, 0xd5, 0xc4: // IP, ARP, IPv6 of RFC 1201 and RFC 2497
	default:
		return f.take(Other, p)
	}
	if len(p) < 3 {
		return ErrShort
	}
	if p[0] != 0 && p[0]&1 == 0 { // even: second or later part
		return ErrFragment
	}
	return f.take(arcnetProtocol(kind), p[3:])
}

func arcnetProtocol(kind byte) Protocol {
	switch kind {
	case 0xd5:
		return ARP
	case 0xc4:
		return IPv6
	}
	return IPv4
}
