package link

// parseRaw reads a packet that begins with its IP header; the version nibble
// decides, also where the link type promises one version, because recorders
// err.
func parseRaw(p []byte, f *Frame) error {
	if len(p) < 1 {
		return ErrShort
	}
	f.Payload = p
	switch p[0] >> 4 {
	case 4:
		f.Protocol = IPv4
	case 6:
		f.Protocol = IPv6
	default:
		return ErrMalformed
	}
	return nil
}

// parseNull reads the BSD loopback header: four bytes of address family, in the
// byte order of the recording host (LINKTYPE_NULL) or of the network
// (LINKTYPE_LOOP). Either order is taken, since files travel. Some systems write
// an EtherType, some interfaces PPP.
func parseNull(p []byte, f *Frame) error {
	if len(p) < 4 {
		return ErrShort
	}
	if p[0] == 0xff && p[1] == 0x03 {
		return parsePPP(p, f)
	}
	family := be32(p)
	if family > 0xffff {
		family = le32(p)
	}
	switch family {
	case 2:
		return f.take(IPv4, p[4:])
	case 10, 23, 24, 28, 30: // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin
		return f.take(IPv6, p[4:])
	case typeIPv4, typeIPv6, typeARP:
		return parseType(uint16(family), p[4:], f)
	}
	return f.take(Other, p[4:])
}

// parseSLIP reads what BSD makes of a SLIP line: direction, compression state,
// then the packet with its header restored.
func parseSLIP(p []byte, f *Frame) error {
	const header = 16
	if len(p) < header {
		return ErrShort
	}
	_, err := readDirection(p, f)
	if err != nil {
		return err
	}
	return f.take(guessIP(p[header:]), p[header:])
}

// parseIPNET reads the Solaris ipnet header, version 1: version, family, two
// bytes of hook type, then five four-byte fields.
func parseIPNET(p []byte, f *Frame) error {
	const header = 24
	if len(p) < header {
		return ErrShort
	}
	if p[0] != 1 {
		return ErrMalformed
	}
	switch p[1] {
	case 2:
		return f.take(IPv4, p[header:])
	case 26: // AF_INET6 of Solaris
		return f.take(IPv6, p[header:])
	}
	return f.take(Other, p[header:])
}
