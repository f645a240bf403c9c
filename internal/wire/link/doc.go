// Package link takes the link layer off one recorded packet and hands over the
// network packet inside: bytes in, a Frame out.
//
//	var f link.Frame
//	err := link.Parse(packet.Link, packet.Data, &f)
//	for ok := err == nil; ok; ok = f.Next() { … f.Protocol, f.Payload … }
//
// Next is needed because one 802.11 frame may carry several packets (A-MSDU).
//
// The link types are those of the tcpdump.org LINKTYPE_ registry; what each of
// them looks like is written beside the function that reads it. Standards: IEEE
// 802.3, 802.1Q, 802.2, 802.11; RFC 1042 (SNAP), 1201 (ARCnet), 1390 (FDDI),
// 1661 and 1662 (PPP), 2427 (Frame Relay), 2516 (PPPoE), 3032 (MPLS), 4448
// (Ethernet pseudowire), 2684 (ATM).
//
// Nothing is allocated; every slice of a Frame aliases the packet and lives as
// long as it does. The package does not decrypt, does not put fragments of link
// frames together, does not check frame check sequences and does not look into
// the network packet beyond the version nibble that some link types need.
//
// On failure Parse gives one of the errors below, and the Frame holds whatever
// was read before the damage. A link type that is not in the table is
// ErrUnknown: it is never guessed.
package link
