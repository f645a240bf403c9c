package link

// EtherTypes (IEEE registry) that are read on.
const (
	typeIPv4     = 0x0800
	typeARP      = 0x0806
	typeVLAN     = 0x8100 // 802.1Q
	typeIPv6     = 0x86dd
	typePPP      = 0x880b
	typeMPLS     = 0x8847
	typeMPLSMany = 0x8848 // multicast, or upstream-assigned labels
	typePPPoE    = 0x8864
	typeLLC      = 0x8870 // LLC in a frame too long for a length field
	typeQinQ     = 0x88a8 // 802.1ad
	typeMACsec   = 0x88e5
	typeOldQinQ  = 0x9100
	typeOldQinQ2 = 0x9200

	maxLength    = 1500 // a type field up to here is a length, IEEE 802.3 clause 3.2.6
	minEtherType = 1536
)

// parseEthernet reads an Ethernet II or 802.3 frame. Two zero addresses are a
// loopback device or a header made up by the recorder: no hardware address.
func parseEthernet(data []byte, f *Frame) error {
	if len(data) < 14 {
		return ErrShort
	}
	f.Dst, f.Src = [6]byte(data), [6]byte(data[6:])
	f.HasMAC = f.Src != [6]byte{} || f.Dst != [6]byte{}
	return parseType(be16(data[12:]), data[14:], f)
}

// parseType goes on with what follows a type field.
func parseType(kind uint16, p []byte, f *Frame) error {
	f.EtherType, f.Payload = kind, p
	switch kind {
	case typeIPv4:
		f.Protocol = IPv4
	case typeIPv6:
		f.Protocol = IPv6
	case typeARP:
		f.Protocol = ARP
	default:
		return parseWrapper(kind, p, f)
	}
	return nil
}

func parseWrapper(kind uint16, p []byte, f *Frame) error {
	switch kind {
	case typeVLAN, typeQinQ, typeOldQinQ, typeOldQinQ2:
		return parseTag(p, f)
	case typeMPLS, typeMPLSMany:
		return parseMPLS(p, f)
	case typePPPoE:
		return parsePPPoE(p, f)
	case typePPP:
		return parsePPP(p, f)
	case typeLLC:
		return parseLLC(p, f)
	case typeMACsec:
		return parseMACsec(p, f)
	}
	if kind <= maxLength {
		return parseLength(int(kind), p, f)
	}
	return nil
}

// parseTag reads one VLAN tag: priority and id, then the next type field.
func parseTag(p []byte, f *Frame) error {
	if err := f.enter(WrapVLAN); err != nil {
		return err
	}
	if len(p) < 4 {
		return ErrShort
	}
	f.Inner = be16(p) & 0x0fff
	if f.VLANs == 0 {
		f.Outer = f.Inner
	}
	f.VLANs++
	return parseType(be16(p[2:]), p[4:], f)
}

// parseLength reads an 802.3 frame: a length where Ethernet II has the type.
// What lies behind the length is padding.
func parseLength(n int, p []byte, f *Frame) error {
	f.EtherType = 0
	if n < len(p) {
		p = p[:n]
	}
	f.Payload = p
	return parseLLC(p, f)
}

// parseLLC reads IEEE 802.2 LLC; SNAP per RFC 1042.
func parseLLC(p []byte, f *Frame) error {
	if err := f.enter(WrapLLC); err != nil {
		return err
	}
	f.EtherType, f.Payload = 0, p
	if len(p) < 3 {
		return ErrShort
	}
	switch {
	case p[0] == 0x06 && p[1] == 0x06 && p[2] == 0x03: // IP has a SAP of its own
		return f.take(IPv4, p[3:])
	case p[0] != 0xaa || p[1] != 0xaa || p[2] != 0x03:
		return nil
	case len(p) < 8:
		return ErrShort
	}
	return parseSNAP(p[3:], f)
}

// parseSNAP reads organisation and type. Organisation 0 is RFC 1042, 0000f8 is
// the bridge tunnel of 802.1H; types of others mean something else.
func parseSNAP(p []byte, f *Frame) error {
	if len(p) < 5 {
		return ErrShort
	}
	kind := be16(p[3:])
	known := p[0] == 0 && p[1] == 0 && (p[2] == 0 || p[2] == 0xf8)
	if !known || kind < minEtherType {
		f.Payload = p
		return nil
	}
	return parseType(kind, p[5:], f)
}

// parseMACsec reads an 802.1AE SecTAG (clause 9.3). With the E bit clear the
// payload is only authenticated and can be read; 16 bytes of check value follow.
func parseMACsec(p []byte, f *Frame) error {
	const (
		hasSCI    = 0x20
		encrypted = 0x08
		changed   = 0x04
		tagLength = 6
		sciLength = 8
		icvLength = 16
	)
	if err := f.enter(WrapMACsec); err != nil {
		return err
	}
	if len(p) < 1 {
		return ErrShort
	}
	if p[0]&(encrypted|changed) != 0 {
		return ErrEncrypted
	}
	n := tagLength
	if p[0]&hasSCI != 0 {
		n += sciLength
	}
	if len(p) < n+2+icvLength {
		return ErrShort
	}
	return parseType(be16(p[n:]), p[n+2:len(p)-icvLength], f)
}

// parseMPacket reads an IEEE 802.3br mPacket: seven bytes of preamble, a start
// delimiter, the frame, a check sequence. Only whole frames and first parts
// begin with an Ethernet header.
func parseMPacket(data []byte, f *Frame) error {
	if len(data) < 8 {
		return ErrShort
	}
	switch data[7] {
	case 0xd5, 0x07, 0x19, 0xe6, 0x4c, 0x7f, 0xb3: // express, verify, respond, start 0 to 3
		return parseEthernet(data[8:], f)
	case 0x61, 0x52, 0x9e, 0x2a: // continuation 0 to 3
		return ErrFragment
	}
	return ErrMalformed
}
