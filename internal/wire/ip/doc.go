// Package ip reads IPv4 and IPv6 packets, the TCP and UDP headers inside, puts
// fragments together and finds packets within packets: bytes in, structures out.
//
//	var d ip.Datagram
//	err := ip.Parse(frame.Payload, &d)
//	if d.Fragmented() {
//		_, whole := reassembler.Add(&d, packetTime)   // d becomes the whole datagram
//	}
//	switch d.Proto {
//	case ip.ProtoTCP: err = ip.ParseTCP(d.Payload, &tcp)
//	case ip.ProtoUDP: err = ip.ParseUDP(d.Payload, &udp)
//	}
//	inner, wrap, ok := ip.Unwrap(&d, &udp)                // udp counts when d.Proto is UDP
//
// A caller that follows Unwrap bounds how deep it goes.
//
// Standards: RFC 791 and 8200 (IP), 815 and 5722 (reassembly), 9293 (TCP), 768
// (UDP), 4302 (AH); tunnels RFC 2003, 4213, 2784, 2890, 2637 (PPTP), 2661 (L2TP),
// 3378 (EtherIP), 4023 (MPLS), 4380 (Teredo), 7348 (VXLAN), 8086 (GRE in UDP), 8926
// (GENEVE), 3GPP TS 29.281 (GTP-U).
//
// Parsing allocates nothing; slices alias the packet. The package verifies no
// checksum (recorders see packets before the network card fills them in), keeps
// no connections and decrypts nothing: ESP ends the walk.
//
// On failure a parser gives one of the errors below, and its structure holds
// every field that was read before the damage. A packet of which the recorder
// kept only the beginning is no failure as long as the headers are there: Cut
// says so.
package ip
