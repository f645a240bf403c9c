package link

// maxLabels bounds a label stack; real ones have fewer than ten entries.
const maxLabels = 32

// parseMPLS reads a label stack (RFC 3032 section 2.1). Nothing in the stack
// says what follows: the version nibble tells IPv4 and IPv6, a nibble of 0 is
// the control word of a pseudowire (RFC 4385 section 3), else an Ethernet frame
// without control word is tried.
func parseMPLS(p []byte, f *Frame) error {
	if err := f.enter(WrapMPLS); err != nil {
		return err
	}
	for range maxLabels {
		if len(p) < 4 {
			return ErrShort
		}
		bottom := p[2]&1 != 0
		p = p[4:]
		if bottom {
			return parseUnlabelled(p, f)
		}
	}
	return ErrDeep
}

func parseUnlabelled(p []byte, f *Frame) error {
	f.EtherType, f.Payload = 0, p
	if k := guessIP(p); k != Other {
		return f.take(k, p)
	}
	if len(p) > 4 && p[0]>>4 == 0 && looksEthernet(p[4:]) {
		return parsePseudowire(p[4:], f)
	}
	if looksEthernet(p) {
		return parsePseudowire(p, f)
	}
	return nil
}

// parsePseudowire reads an Ethernet frame below labels (RFC 4448). Its addresses
// replace those of the routers that carried it.
func parsePseudowire(p []byte, f *Frame) error {
	if err := f.enter(WrapPseudo); err != nil {
		return err
	}
	return parseEthernet(p, f)
}

// guessIP tells an IP packet by its version and its shortest possible header.
func guessIP(p []byte) Protocol {
	switch {
	case len(p) >= 20 && p[0]>>4 == 4 && p[0]&15 >= 5:
		return IPv4
	case len(p) >= 40 && p[0]>>4 == 6:
		return IPv6
	}
	return Other
}

func looksEthernet(p []byte) bool {
	if len(p) < 14 {
		return false
	}
	switch be16(p[12:]) {
	case typeIPv4, typeIPv6, typeARP, typeVLAN, typeQinQ, typeMPLS, typePPPoE:
		return true
	}
	return false
}
