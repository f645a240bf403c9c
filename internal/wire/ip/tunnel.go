package ip

// Tunnel names the protocol that carried a packet within a packet.
type Tunnel uint8

// The tunnels that are read.
const (
	TunnelNone    Tunnel = iota
	TunnelIPIP           // IPv4 within IP, RFC 2003
	TunnelIPv6           // IPv6 within IP, RFC 4213 and 2473
	TunnelGRE            // RFC 2784, 2890
	TunnelPPTP           // GRE version 1, RFC 2637
	TunnelERSPAN         // mirrored Ethernet within GRE
	TunnelMPLS           // labels within IP or GRE, RFC 4023
	TunnelEtherIP        // RFC 3378
	TunnelTeredo         // RFC 4380
	TunnelVXLAN          // RFC 7348
	TunnelGENEVE         // RFC 8926
	TunnelGTP            // GTP-U, 3GPP TS 29.281
	TunnelL2TP           // L2TPv2 data, RFC 2661
)

// Kind says what the bytes within a tunnel are.
type Kind uint8

// The kinds of content.
const (
	KindNone Kind = iota
	KindIPv4
	KindIPv6
	KindEthernet
	KindPPP // with or without HDLC address and control
)

// Wrap describes what Unwrap took off.
type Wrap struct {
	Tunnel Tunnel
	Kind   Kind
}

// UDP ports of tunnels (IANA).
const (
	portL2TP     = 1701
	portGTP      = 2152
	portTeredo   = 3544
	portGRE      = 4754 // RFC 8086
	portVXLAN    = 4789
	portGPE      = 4790 // VXLAN-GPE
	portGENEVE   = 6081
	portVXLANOld = 8472 // Linux before the port was assigned
)

// Unwrap finds the packet within d, which is whole: by its protocol number, or by
// the ports and the shape of u, its UDP header (not looked at, and may be nil, when
// Proto is not UDP). inner aliases the packet. Encrypted tunnels are not opened. Unwrap takes one layer off
// per call.
func Unwrap(d *Datagram, u *UDP) (inner []byte, w Wrap, ok bool) {
	if d.Proto != ProtoUDP {
		inner, w = unwrapProto(d.Proto, d.Payload)
	} else if u != nil {
		inner, w = unwrapUDP(u)
	}
	return inner, w, w.Kind != KindNone
}

func unwrapProto(proto uint8, p []byte) ([]byte, Wrap) {
	switch proto {
	case protoIPv4:
		return expectIP(TunnelIPIP, p)
	case protoIPv6:
		return expectIP(TunnelIPv6, p)
	case protoGRE:
		return unwrapGRE(p)
	case protoMPLS:
		return unwrapLabels(p)
	case protoEtherIP:
		if len(p) >= 2 && p[0] == 0x30 && p[1] == 0 { // version 3, RFC 3378 section 3
			return expectEthernet(TunnelEtherIP, p[2:])
		}
	}
	return nil, Wrap{}
}

// unwrapUDP goes by the destination port where both directions of the tunnel use
// it, by either where an answer comes from it. Every one of them checks the shape,
// since a port may be anybody's.
func unwrapUDP(u *UDP) ([]byte, Wrap) {
	p := u.Payload
	switch u.DstPort {
	case portVXLAN, portVXLANOld:
		return unwrapVXLAN(p)
	case portGPE:
		return unwrapGPE(p)
	case portGENEVE:
		return unwrapGENEVE(p)
	case portGRE:
		return unwrapGRE(p)
	}
	switch {
	case u.DstPort == portGTP || u.SrcPort == portGTP:
		return unwrapGTP(p, u.Cut)
	case u.DstPort == portTeredo || u.SrcPort == portTeredo:
		return unwrapTeredo(p)
	case u.DstPort == portL2TP || u.SrcPort == portL2TP:
		return unwrapL2TP(p)
	case len(p) >= 40 && p[0]>>4 == 6 && isTeredoPeer(p):
		return p, Wrap{TunnelTeredo, KindIPv6}
	}
	return nil, Wrap{}
}

// expectIP takes p when it begins with a possible IP header.
func expectIP(t Tunnel, p []byte) ([]byte, Wrap) {
	switch {
	case len(p) >= 20 && p[0]>>4 == 4 && p[0]&15 >= 5:
		return p, Wrap{t, KindIPv4}
	case len(p) >= 40 && p[0]>>4 == 6:
		return p, Wrap{t, KindIPv6}
	}
	return nil, Wrap{}
}

// expectEthernet takes p when its type field is one that leads to IP, or an 802.3
// length.
func expectEthernet(t Tunnel, p []byte) ([]byte, Wrap) {
	if len(p) < 14 {
		return nil, Wrap{}
	}
	switch kind := be16(p[12:]); kind {
	case 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x9100, 0x8847, 0x8848, 0x8864:
	default:
		if kind > 1500 {
			return nil, Wrap{}
		}
	}
	return p, Wrap{t, KindEthernet}
}

// expectType takes p as what an EtherType says.
func expectType(t Tunnel, kind uint16, p []byte) ([]byte, Wrap) {
	switch kind {
	case 0x0800, 0x86dd:
		return expectIP(t, p)
	case 0x6558: // transparent Ethernet bridging
		return expectEthernet(t, p)
	case 0x8847, 0x8848:
		return unwrapLabels(p)
	case 0x880b:
		if len(p) >= 2 {
			return p, Wrap{t, KindPPP}
		}
	}
	return nil, Wrap{}
}

// unwrapLabels passes over an MPLS label stack (RFC 3032 section 2.1), at most 32
// entries.
func unwrapLabels(p []byte) ([]byte, Wrap) {
	for n := 0; n < 32 && len(p) >= 4; n++ {
		bottom := p[2]&1 != 0
		p = p[4:]
		if !bottom {
			continue
		}
		if inner, w := expectIP(TunnelMPLS, p); w.Kind != KindNone {
			return inner, w
		}
		if len(p) > 4 && p[0]>>4 == 0 { // control word of a pseudowire, RFC 4385
			if inner, w := expectEthernet(TunnelMPLS, p[4:]); w.Kind != KindNone {
				return inner, w
			}
		}
		return expectEthernet(TunnelMPLS, p)
	}
	return nil, Wrap{}
}
