package scenario

import (
	"encoding/binary"
	"net/netip"

	"tinycheck"
)

// frame is a packet with the addresses of its link.
type frame struct {
	src, dst tinycheck.MAC
	up       bool // from the device
	kind     uint16
	payload  []byte
}

// links is the table of link layers that a scenario can be told on. A writer
// that cannot carry the kind of payload (ARP on a raw link) gives nothing.
var links = []struct {
	name  string
	link  tinycheck.LinkType
	write func(dst []byte, f *frame) []byte
}{
	{"ethernet", tinycheck.LinkEthernet, appendEthernet},
	{"vlan", tinycheck.LinkEthernet, appendVLAN},
	{"qinq", tinycheck.LinkEthernet, appendQinQ},
	{"ethernet-pppoe", tinycheck.LinkEthernet, appendEthernetPPPoE},
	{"wifi", tinycheck.LinkWiFi, appendWiFi},
	{"radiotap", tinycheck.LinkRadiotap, appendRadiotap},
	{"sll", tinycheck.LinkSLL, appendSLL},
	{"sll2", tinycheck.LinkSLL2, appendSLL2},
	{"raw", tinycheck.LinkRaw, appendRaw},
	{"null", tinycheck.LinkNull, appendNull},
	{"loop", tinycheck.LinkLoop, appendLoop},
	{"ppp", tinycheck.LinkPPP, appendPPP},
	{"pppoe", tinycheck.LinkPPPoE, appendPPPoE},
	{"nflog", tinycheck.LinkNFLOG, appendNFLOG},
}

func appendMACs(dst []byte, f *frame) []byte {
	return append(append(dst, f.dst[:]...), f.src[:]...)
}

func appendKind(dst []byte, f *frame) []byte {
	return append(binary.BigEndian.AppendUint16(dst, f.kind), f.payload...)
}

func appendEthernet(dst []byte, f *frame) []byte { return appendKind(appendMACs(dst, f), f) }

// appendVLAN tags with IEEE 802.1Q, network 20.
func appendVLAN(dst []byte, f *frame) []byte {
	return appendKind(append(appendMACs(dst, f), 0x81, 0, 0, 20), f)
}

// appendQinQ tags twice (IEEE 802.1ad), networks 100 and 20.
func appendQinQ(dst []byte, f *frame) []byte {
	return appendKind(append(appendMACs(dst, f), 0x88, 0xa8, 0, 100, 0x81, 0, 0, 20), f)
}

func appendEthernetPPPoE(dst []byte, f *frame) []byte {
	if f.kind == etherARP {
		return nil
	}
	return appendPPPoE(append(appendMACs(dst, f), 0x88, 0x64), f)
}

// appendPPPoE writes a session packet, RFC 2516 section 4.
func appendPPPoE(dst []byte, f *frame) []byte {
	protocol, ok := pppProtocol(f.kind)
	if !ok {
		return nil
	}
	dst = append(dst, 0x11, 0, 0, 1)
	dst = binary.BigEndian.AppendUint16(dst, uint16(2+len(f.payload)))
	return append(binary.BigEndian.AppendUint16(dst, protocol), f.payload...)
}

// appendPPP writes HDLC-like framing, RFC 1662 section 3.1.
func appendPPP(dst []byte, f *frame) []byte {
	protocol, ok := pppProtocol(f.kind)
	if !ok {
		return nil
	}
	return append(binary.BigEndian.AppendUint16(append(dst, 0xff, 3), protocol), f.payload...)
}

func pppProtocol(kind uint16) (uint16, bool) {
	switch kind {
	case etherIPv4:
		return 0x0021, true
	case etherIPv6:
		return 0x0057, true
	}
	return 0, false
}

// appendWiFi writes a QoS data frame without encryption, IEEE 802.11-2020
// section 9.3.2.1, as an access point records it: to or from itself.
func appendWiFi(dst []byte, f *frame) []byte {
	direction, one, two, three := byte(0x01), gatewayMAC, f.src, f.dst // to the distribution system
	if !f.up {
		direction, one, two, three = 0x02, f.dst, gatewayMAC, f.src
	}
	dst = append(dst, 0x88, direction, 0x30, 0)
	dst = append(append(append(dst, one[:]...), two[:]...), three[:]...)
	dst = append(dst, 0x10, 0, 0, 0)             // sequence number, QoS control
	dst = append(dst, 0xaa, 0xaa, 0x03, 0, 0, 0) // SNAP, RFC 1042
	return appendKind(dst, f)
}

// appendRadiotap puts flags, rate and channel before the frame (radiotap.org).
func appendRadiotap(dst []byte, f *frame) []byte {
	dst = append(dst, 0, 0, 14, 0, 0x0e, 0, 0, 0)
	dst = append(dst, 0, 12, 0x85, 0x09, 0xa0, 0) // no check sequence; 6 Mbit/s; channel 6
	return appendWiFi(dst, f)
}

// appendSLL writes the Linux cooked header (LINKTYPE_LINUX_SLL) as the box
// records it: packets of the device come in.
func appendSLL(dst []byte, f *frame) []byte {
	dst = append(dst, 0, f.cooked(), 0, 1, 0, 6)
	dst = append(append(dst, f.src[:]...), 0, 0)
	return appendKind(dst, f)
}

// appendSLL2 writes the second form (LINKTYPE_LINUX_SLL2).
func appendSLL2(dst []byte, f *frame) []byte {
	dst = binary.BigEndian.AppendUint16(dst, f.kind)
	dst = append(dst, 0, 0, 0, 0, 0, 3, 0, 1, f.cooked(), 6)
	dst = append(append(dst, f.src[:]...), 0, 0)
	return append(dst, f.payload...)
}

// cooked is the packet type of Linux (if_packet.h).
func (f *frame) cooked() byte {
	switch {
	case !f.up:
		return 4 // sent by the box
	case f.dst == broadcastMAC:
		return 1
	case f.dst.Group():
		return 2
	}
	return 0
}

func appendRaw(dst []byte, f *frame) []byte {
	if f.kind == etherARP {
		return nil
	}
	return append(dst, f.payload...)
}

// appendNull writes the address family as a little-endian Mac does.
func appendNull(dst []byte, f *frame) []byte {
	switch f.kind {
	case etherIPv4:
		return append(append(dst, 2, 0, 0, 0), f.payload...)
	case etherIPv6:
		return append(append(dst, 30, 0, 0, 0), f.payload...)
	}
	return nil
}

// appendLoop writes the address family as OpenBSD does.
func appendLoop(dst []byte, f *frame) []byte {
	switch f.kind {
	case etherIPv4:
		return append(append(dst, 0, 0, 0, 2), f.payload...)
	case etherIPv6:
		return append(append(dst, 0, 0, 0, 24), f.payload...)
	}
	return nil
}

// appendNFLOG writes the netfilter log format: packet header, sender, payload.
func appendNFLOG(dst []byte, f *frame) []byte {
	family, le := byte(2), binary.LittleEndian
	switch f.kind {
	case etherARP:
		return nil
	case etherIPv6:
		family = 10
	}
	dst = append(dst, family, 0, 0, 0)
	dst = append(dst, 8, 0, 1, 0)
	dst = append(binary.BigEndian.AppendUint16(dst, f.kind), 2, 0) // hook: forward
	dst = append(dst, 16, 0, 8, 0, 0, 6, 0, 0)
	dst = append(append(dst, f.src[:]...), 0, 0)
	dst = le.AppendUint16(dst, uint16(4+len(f.payload)))
	dst = append(dst, 9, 0)
	dst = append(dst, f.payload...)
	return append(dst, make([]byte, (4-len(f.payload)%4)%4)...)
}

var broadcastMAC = tinycheck.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// groupMAC is the link address of a group: RFC 1112 section 6.4, RFC 2464
// section 7.
func groupMAC(a netip.Addr) (tinycheck.MAC, bool) {
	switch {
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return broadcastMAC, true
	case !a.IsMulticast():
		return tinycheck.MAC{}, false
	case a.Is4():
		b := a.As4()
		return tinycheck.MAC{1, 0, 0x5e, b[1] & 0x7f, b[2], b[3]}, true
	}
	b := a.As16()
	return tinycheck.MAC{0x33, 0x33, b[12], b[13], b[14], b[15]}, true
}
