package tinycheck

import "time"

// LinkType says how the bytes of a packet begin. The numbers are the LINKTYPE_
// values of the tcpdump.org registry, as they stand in pcap and pcapng files.
type LinkType uint16

// The link types whose packets are understood. Every other one is counted as
// unknown, never guessed.
const (
	LinkNull      LinkType = 0   // BSD loopback, four bytes of address family in the capturing host's order
	LinkEthernet  LinkType = 1   // IEEE 802.3
	LinkPPP       LinkType = 9   // PPP, with or without HDLC address and control
	LinkRaw12     LinkType = 12  // raw IP as some systems number it
	LinkRaw14     LinkType = 14  // raw IP as OpenBSD numbers it
	LinkPPPHDLC   LinkType = 50  // PPP in HDLC-like framing, RFC 1662
	LinkPPPoE     LinkType = 51  // PPPoE session, RFC 2516
	LinkRaw       LinkType = 101 // raw IPv4 or IPv6
	LinkCiscoHDLC LinkType = 104 // Cisco HDLC or PPP in HDLC-like framing
	LinkWiFi      LinkType = 105 // IEEE 802.11
	LinkFrameRel  LinkType = 107 // Frame Relay, Q.922 address
	LinkLoop      LinkType = 108 // OpenBSD loopback, address family in network order
	LinkSLL       LinkType = 113 // Linux "cooked" capture v1
	LinkPrism     LinkType = 119 // Prism header, then 802.11
	LinkRadiotap  LinkType = 127 // radiotap header, then 802.11
	LinkAVS       LinkType = 163 // AVS header, then 802.11
	LinkPPI       LinkType = 192 // Per-Packet Information, then another link type
	LinkIPv4      LinkType = 228 // raw IPv4
	LinkIPv6      LinkType = 229 // raw IPv6
	LinkNFLOG     LinkType = 239 // Linux netfilter log
	LinkSLL2      LinkType = 276 // Linux "cooked" capture v2
)

// Packet is one recorded packet. Data is valid until the next packet is read:
// whoever keeps it, copies it.
type Packet struct {
	Number    int64     // position in the capture, from 1
	Time      time.Time // as recorded, UTC
	Length    int       // bytes on the wire, of which Data may be only the beginning
	Interface int       // pcapng interface within the capture, from 0
	Link      LinkType
	Data      []byte
}

// Capture is one recording of traffic, a file or a live session.
type Capture struct {
	Name       string // path as given, or "-" for standard input
	Format     string // pcap, pcapng, snoop; with "+gzip" or "+zstd" when packed; "live" when nothing is kept
	Links      []LinkType
	Interfaces int
	Start, End time.Time
	Packets    int64
	Bytes      int64 // of packets on the wire
	Dropped    Drops
	Away       time.Duration // the interface was gone, and came back
	Modes      []Mode        // what the network did beside carrying packets
	Damage     []Damage
	SHA256     string // of the bytes of the file as it lies on disk, hex; empty for a stream
	Comments   []string
}

// Drops counts what was on the wire and is not in the capture.
type Drops struct {
	Kernel    int64 // by the recording system (pcapng interface statistics)
	Truncated int64 // packets of which the snap length cut the end off
	Own       int64 // by the recording program, which could not keep up
}

// Lost is how many packets are missing whole.
func (d Drops) Lost() int64 { return d.Kernel + d.Own }

// Mode is something that the network did with a guest's traffic beside carrying
// it. It changes what a phone does, so it belongs to the coverage.
type Mode string

// The modes.
const (
	// ModeContained: names were answered, and nothing else was let out.
	ModeContained Mode = "contained"
	// ModeVisibility: the phone was told, by the signals that its makers provide for
	// networks, not to hide the names that it asks for.
	ModeVisibility Mode = "visibility"
)

// Damage is one kind of defect of a capture file: everything before and, where
// the format allows, after it was read.
type Damage struct {
	Kind   DamageKind
	Count  int64
	Offset int64 // of the first one, bytes into the unpacked capture
}

// DamageKind names a defect of a capture file.
type DamageKind string

// The defects that a capture file may have.
const (
	DamageCutOff      DamageKind = "cut-off"       // the file ends inside a record
	DamageBadLength   DamageKind = "bad-length"    // a record says a length that cannot be
	DamageBadBlock    DamageKind = "bad-block"     // a pcapng block contradicts itself
	DamageBadTime     DamageKind = "bad-time"      // a time stamp that no clock gives
	DamageNoInterface DamageKind = "no-interface"  // a packet names an interface that was never described
	DamageTrailing    DamageKind = "trailing-data" // bytes after the last record that are none
	DamageBadPacking  DamageKind = "bad-packing"   // gzip or zstd ends early or fails its check
)
