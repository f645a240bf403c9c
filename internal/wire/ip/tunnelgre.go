package ip

// GRE flags (RFC 2784 section 2, RFC 2890, RFC 2637 section 4.1).
const (
	greChecksum = 0x8000
	greRouting  = 0x4000 // RFC 1701, abandoned
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080 // version 1 only
	greVersion  = 0x0007

	greERSPAN    = 0x88be // types I and II
	greERSPAN3   = 0x22eb
	greWCCP      = 0x883e
	grePPTP      = 0x880b
	erspanHeader = 8
)

// unwrapGRE reads the header and the optional fields that its flags promise.
func unwrapGRE(p []byte) ([]byte, Wrap) {
	if len(p) < 4 {
		return nil, Wrap{}
	}
	flags, kind := be16(p), be16(p[2:])
	switch {
	case flags&greRouting != 0:
		return nil, Wrap{}
	case flags&greVersion == 1 && kind == grePPTP:
		return unwrapPPTP(flags, p)
	case flags&greVersion != 0:
		return nil, Wrap{}
	}
	n := 4
	for _, field := range [...]uint16{greChecksum, greKey, greSequence} {
		if flags&field != 0 {
			n += 4
		}
	}
	if n > len(p) {
		return nil, Wrap{}
	}
	return unwrapGREBody(kind, flags, p[n:])
}

func unwrapGREBody(kind, flags uint16, p []byte) ([]byte, Wrap) {
	switch kind {
	case greERSPAN:
		if flags&greSequence == 0 { // type I has no header of its own
			return expectEthernet(TunnelERSPAN, p)
		}
		if len(p) > erspanHeader {
			return expectEthernet(TunnelERSPAN, p[erspanHeader:])
		}
	case greERSPAN3:
		return unwrapERSPAN3(p)
	case greWCCP: // version 2 puts four bytes before the packet
		if inner, w := expectIP(TunnelGRE, p); w.Kind != KindNone || len(p) < 4 {
			return inner, w
		}
		return expectIP(TunnelGRE, p[4:])
	default:
		return expectType(TunnelGRE, kind, p)
	}
	return nil, Wrap{}
}

// unwrapERSPAN3 reads the twelve-byte type III header; the lowest bit announces
// eight more (draft-foschiano-erspan section 4.3).
func unwrapERSPAN3(p []byte) ([]byte, Wrap) {
	if len(p) < 12 {
		return nil, Wrap{}
	}
	n := 12
	if p[11]&1 != 0 {
		n += 8
	}
	if n > len(p) {
		return nil, Wrap{}
	}
	return expectEthernet(TunnelERSPAN, p[n:])
}

// unwrapPPTP reads the enhanced header of RFC 2637 section 4.1: the key holds the
// payload length, a sequence number is there when there is a payload.
func unwrapPPTP(flags uint16, p []byte) ([]byte, Wrap) {
	if flags&greKey == 0 || flags&greSequence == 0 {
		return nil, Wrap{}
	}
	n := 12
	if flags&greAck != 0 {
		n += 4
	}
	if n+2 > len(p) {
		return nil, Wrap{}
	}
	return p[n:], Wrap{TunnelPPTP, KindPPP}
}
