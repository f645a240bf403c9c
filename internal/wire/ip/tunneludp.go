package ip

// unwrapVXLAN reads RFC 7348 section 5: flags with the I bit, VNI, reserved.
func unwrapVXLAN(p []byte) ([]byte, Wrap) {
	if len(p) < 8 || p[0]&0x08 == 0 || p[7] != 0 {
		return nil, Wrap{}
	}
	return expectEthernet(TunnelVXLAN, p[8:])
}

// unwrapGPE reads the generic extension (draft-ietf-nvo3-vxlan-gpe), whose P bit
// makes the fourth byte a protocol.
func unwrapGPE(p []byte) ([]byte, Wrap) {
	if len(p) < 8 || p[0]&0x08 == 0 {
		return nil, Wrap{}
	}
	switch {
	case p[0]&0x04 == 0 || p[3] == 3:
		return expectEthernet(TunnelVXLAN, p[8:])
	case p[3] == 1 || p[3] == 2:
		return expectIP(TunnelVXLAN, p[8:])
	}
	return nil, Wrap{}
}

// unwrapGENEVE reads RFC 8926 section 3.4: version 0 and the length of the options
// in units of four bytes.
func unwrapGENEVE(p []byte) ([]byte, Wrap) {
	if len(p) < 8 || p[0]>>6 != 0 {
		return nil, Wrap{}
	}
	n := 8 + int(p[0]&0x3f)*4
	if n > len(p) {
		return nil, Wrap{}
	}
	return expectType(TunnelGENEVE, be16(p[2:]), p[n:])
}

// unwrapGTP reads a G-PDU of GTP-U version 1, 3GPP TS 29.281 section 5.1, and its
// extension headers, which count in units of four bytes and end with the type of
// the next one.
func unwrapGTP(p []byte, cut bool) ([]byte, Wrap) {
	const (
		versionMask, version1 = 0xf0, 0x30 // protocol type 1: GTP, not GTP'
		optional, extension   = 0x07, 0x04
		userData              = 255
	)
	if len(p) < 8 || p[0]&versionMask != version1 || p[1] != userData {
		return nil, Wrap{}
	}
	end := 8 + int(be16(p[2:]))
	if end > len(p) && !cut {
		return nil, Wrap{}
	}
	p = p[:min(end, len(p))]
	if p[0]&optional == 0 {
		return expectGTPPayload(p[8:])
	}
	if len(p) < 12 {
		return nil, Wrap{}
	}
	next, rest := p[11], p[12:]
	if p[0]&extension == 0 {
		next = 0
	}
	for range MaxHeaders {
		if next == 0 {
			return expectGTPPayload(rest)
		}
		if len(rest) < 1 {
			break
		}
		n := int(rest[0]) * 4
		if n == 0 || n > len(rest) {
			break
		}
		next, rest = rest[n-1], rest[n:]
	}
	return nil, Wrap{}
}

// expectGTPPayload: the tunnel alone knows whether it carries IP or PPP.
func expectGTPPayload(p []byte) ([]byte, Wrap) {
	if len(p) > 4 && p[0] == 0xff && p[1] == 0x03 {
		return p, Wrap{TunnelGTP, KindPPP}
	}
	return expectIP(TunnelGTP, p)
}

// unwrapTeredo passes over the authentication (RFC 4380 section 5.1.1: 0001,
// lengths of client and authentication value, both, 8 bytes of nonce, 1 of
// confirmation) and the origin indication (0000, port, address).
func unwrapTeredo(p []byte) ([]byte, Wrap) {
	if len(p) >= 4 && p[0] == 0 && p[1] == 1 {
		n := 13 + int(p[2]) + int(p[3])
		if n > len(p) {
			return nil, Wrap{}
		}
		p = p[n:]
	}
	if len(p) >= 8 && p[0] == 0 && p[1] == 0 {
		p = p[8:]
	}
	if len(p) < 40 || p[0]>>4 != 6 || 40+int(be16(p[4:])) > len(p) {
		return nil, Wrap{}
	}
	return p, Wrap{TunnelTeredo, KindIPv6}
}

// isTeredoPeer tells Teredo between two peers, which talk on any ports: a whole
// IPv6 packet with an address in 2001::/32 (section 2.6).
func isTeredoPeer(p []byte) bool {
	const prefix = 0x20010000
	return 40+int(be16(p[4:])) == len(p) && (be32(p[8:]) == prefix || be32(p[24:]) == prefix)
}

// unwrapL2TP reads a data message of RFC 2661 section 3.1: version 2, T clear;
// length, sequence numbers and offset padding are optional.
func unwrapL2TP(p []byte) ([]byte, Wrap) {
	const (
		control, hasLength, hasSequence, hasOffset = 0x8000, 0x4000, 0x0800, 0x0200
		reserved, version                          = 0x34f0, 0x000f
	)
	if len(p) < 6 {
		return nil, Wrap{}
	}
	flags := be16(p)
	if flags&control != 0 || flags&reserved != 0 || flags&version != 2 {
		return nil, Wrap{}
	}
	n := 6
	if flags&hasLength != 0 {
		n += 2
	}
	if flags&hasSequence != 0 {
		n += 4
	}
	if flags&hasOffset != 0 {
		if n+2 > len(p) {
			return nil, Wrap{}
		}
		n += 2 + int(be16(p[n:]))
	}
	if n+2 > len(p) || !looksPPP(p[n:]) {
		return nil, Wrap{}
	}
	return p[n:], Wrap{TunnelL2TP, KindPPP}
}

func looksPPP(p []byte) bool {
	first := be16(p)
	return first == 0xff03 || first == 0x0021 || first == 0x0057 || p[0] == 0x21 || p[0] == 0x57
}
