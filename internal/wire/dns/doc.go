// Package dns reads and writes DNS messages as they lie on the wire: one UDP
// payload, or the messages of one TCP stream. It also reads multicast DNS and
// LLMNR, which share the format.
//
// Parse gives a fresh Message; a Message that is kept and filled with Unpack
// reads message after message without allocating more than the strings it
// yields. Looks tells cheaply whether bytes are a DNS message at all, on any
// port. TCPStream cuts a byte stream into messages. Append writes a message,
// byte for byte the same on every run, for composed traffic.
//
// Names are in presentation form: lower-case ASCII, labels joined by dots, no
// dot at the end, the root is the empty string. A byte that is not printable
// ASCII, and a dot or backslash inside a label, is written \DDD with three
// decimal digits (RFC 1035 5.1), so that no two different names look alike. A
// space is printable and stays.
//
// Standards: RFC 1035 (message, names, TCP framing 4.2.2), RFC 2181 8 (TTL),
// RFC 3596 (AAAA), RFC 6891 (EDNS), RFC 9460 (SVCB and HTTPS), RFC 9848 and
// RFC 9849 (the ech parameter and its contents), RFC 6762 (multicast DNS: 5.4
// and 10.2, the top bit of the class), RFC 4795 (LLMNR).
//
// It does not resolve, cache, validate DNSSEC, read NetBIOS names (RFC 1002) or
// decide which port is DNS. In LLMNR messages the bit called Authoritative here
// is the conflict bit (RFC 4795 2.1.1).
//
// Failure: damage never loses what stands before it. Whatever could be read is
// in the Message, and the error is one of ErrCut, ErrName, ErrData and ErrLong,
// the first that was met.
package dns
