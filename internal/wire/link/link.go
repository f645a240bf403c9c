package link

import (
	"encoding/binary"
	"errors"

	"tinycheck"
)

// MaxDepth bounds how many headers (tags, label stacks, sessions, pseudowires)
// may be nested in one frame.
const MaxDepth = 16

// The ways in which a frame gives no network packet.
var (
	ErrUnknown   = errors.New("parse link: link type not understood")
	ErrShort     = errors.New("parse link: header cut off")
	ErrMalformed = errors.New("parse link: header contradicts itself")
	ErrDeep      = errors.New("parse link: too many nested headers")
	ErrEncrypted = errors.New("parse link: payload is encrypted")
	ErrNotData   = errors.New("parse link: frame carries no data")
	ErrFragment  = errors.New("parse link: later fragment of a link frame")
	ErrDamaged   = errors.New("parse link: receiver marked the frame as damaged")
)

// Protocol says what Frame.Payload is.
type Protocol uint8

// The protocols that are told apart.
const (
	Other Protocol = iota // anything else; Frame.EtherType may say what
	IPv4
	IPv6
	ARP
)

// Direction says which way a packet went, seen from the recording host.
type Direction uint8

// The directions that a link layer may state.
const (
	Unstated Direction = iota
	Incoming           // addressed to the recording host, or to all
	Outgoing           // sent by the recording host
	Passing            // addressed to another host
)

// Wrappers is the set of the headers that were taken off.
type Wrappers uint16

// The headers between the first link header and the network packet.
const (
	WrapVLAN     Wrappers = 1 << iota // 802.1Q, 802.1ad
	WrapLLC                           // 802.2, with or without SNAP
	WrapMPLS                          // label stack
	WrapPseudo                        // Ethernet pseudowire below MPLS
	WrapPPPoE                         // PPPoE session
	WrapPPP                           // PPP
	WrapMACsec                        // 802.1AE, integrity only
	WrapWiFi                          // 802.11
	WrapRadio                         // radiotap, Prism or AVS before 802.11
	WrapAMSDU                         // one of several packets of one 802.11 frame
	WrapMetadata                      // PPI or PKTAP before another link type
)

// Frame is one packet without its link layer. Slices alias the packet.
type Frame struct {
	Payload   []byte // the network packet, possibly followed by padding
	App       []byte // program name where the link layer states one (PKTAP), without NUL
	rest      []byte // further A-MSDU subframes
	Src, Dst  [6]byte
	EtherType uint16 // of Payload; 0 where the link layer has none
	Outer     uint16 // VLAN id of the outermost tag
	Inner     uint16 // VLAN id of the innermost tag, Outer again when there is one
	Wrappers  Wrappers
	VLANs     uint8 // number of VLAN tags
	Protocol  Protocol
	Direction Direction
	HasMAC    bool // Src is a hardware address; Dst is too unless it is zero (cooked captures and NFLOG know the sender only)
	depth     uint8
}

type parser func(data []byte, f *Frame) error

// Link types that the dictionary has no name for.
const (
	linkSLIP      tinycheck.LinkType = 8   // BSD SLIP, 16 byte pseudo-header
	linkFDDI      tinycheck.LinkType = 10  // FDDI, then LLC
	linkATM       tinycheck.LinkType = 100 // RFC 2684 LLC-encapsulated ATM
	linkSunATM    tinycheck.LinkType = 123 // SunATM pseudo-header
	linkARCnet    tinycheck.LinkType = 129 // ARCnet as Linux shows it
	linkUser2     tinycheck.LinkType = 149 // PKTAP in files of older Apple systems
	linkPPPDir    tinycheck.LinkType = 204 // direction byte, then PPP
	linkHDLCDir   tinycheck.LinkType = 205 // direction byte, then Cisco HDLC
	linkFrameDir  tinycheck.LinkType = 206 // direction byte, then Frame Relay
	linkIPNET     tinycheck.LinkType = 226 // Solaris ipnet
	linkPKTAP     tinycheck.LinkType = 258 // Apple PKTAP, as remote virtual interfaces of iPhones give it
	linkMPacket   tinycheck.LinkType = 274 // IEEE 802.3br mPacket
	linkTypeCount                    = 280
)

// families is the table of link types. A nil entry is ErrUnknown.
var families = [linkTypeCount]parser{
	tinycheck.LinkNull:      parseNull,
	tinycheck.LinkEthernet:  parseEthernet,
	linkSLIP:                parseSLIP,
	tinycheck.LinkPPP:       parseHDLC, // files exist that hold Cisco HDLC under this number
	linkFDDI:                parseFDDI,
	tinycheck.LinkRaw12:     parseRaw,
	tinycheck.LinkRaw14:     parseRaw,
	tinycheck.LinkPPPHDLC:   parseHDLC,
	tinycheck.LinkPPPoE:     parsePPPoE,
	linkATM:                 parseLLC,
	tinycheck.LinkRaw:       parseRaw,
	tinycheck.LinkCiscoHDLC: parseHDLC,
	tinycheck.LinkWiFi:      parseWiFi,
	tinycheck.LinkFrameRel:  parseFrameRelay,
	tinycheck.LinkLoop:      parseNull,
	tinycheck.LinkSLL:       parseSLL,
	tinycheck.LinkPrism:     parsePrism,
	linkSunATM:              parseSunATM,
	tinycheck.LinkRadiotap:  parseRadiotap,
	linkARCnet:              parseARCnet,
	tinycheck.LinkAVS:       parseAVS,
	linkPPPDir:              parsePPPDir,
	linkHDLCDir:             parseHDLCDir,
	linkFrameDir:            parseFrameRelayDir,
	linkIPNET:               parseIPNET,
	tinycheck.LinkIPv4:      parseRaw,
	tinycheck.LinkIPv6:      parseRaw,
	tinycheck.LinkNFLOG:     parseNFLOG,
	linkMPacket:             parseMPacket,
	tinycheck.LinkSLL2:      parseSLL2,
}

// carriers are the link types that name another one inside. They stand apart,
// so that none of them can carry itself.
var carriers = [linkTypeCount]parser{
	linkUser2:         parsePKTAP,
	tinycheck.LinkPPI: parsePPI,
	linkPKTAP:         parsePKTAP,
}

// Known reports whether packets of a link type are understood.
func Known(t tinycheck.LinkType) bool {
	return t < linkTypeCount && (families[t] != nil || carriers[t] != nil)
}

// Parse takes the link layer of type t off data and fills f, which it resets.
// A nil error with Protocol Other is a frame that is in order and carries
// neither IP nor ARP.
func Parse(t tinycheck.LinkType, data []byte, f *Frame) error {
	*f = Frame{}
	if t == tinycheck.LinkEthernet { // spared the indirect call: nearly every packet
		return parseEthernet(data, f)
	}
	if t < linkTypeCount && carriers[t] != nil {
		return carriers[t](data, f)
	}
	return parseFamily(t, data, f)
}

func parseFamily(t tinycheck.LinkType, data []byte, f *Frame) error {
	if t >= linkTypeCount || families[t] == nil {
		return ErrUnknown
	}
	return families[t](data, f)
}

// enter notes one more header and refuses nests without end.
func (f *Frame) enter(w Wrappers) error {
	f.Wrappers |= w
	f.depth++
	if f.depth > MaxDepth {
		return ErrDeep
	}
	return nil
}

// take makes p the payload of protocol k.
func (f *Frame) take(k Protocol, p []byte) error {
	f.Protocol, f.Payload = k, p
	return nil
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
