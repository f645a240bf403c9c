// Package dhcp reads DHCP messages as they lie in one UDP payload: ParseV4 for
// DHCP over IPv4 (ports 67 and 68), ParseV6 for DHCPv6 (ports 546 and 547). It
// gives what tells a device: its hardware address, the name it calls itself,
// what it asks for and in which order, and the addresses it is given. AppendV4
// writes a DHCPv4 message, byte for byte the same on every run, for composed
// traffic.
//
// Texts (host name, vendor class, domain) keep their case. A byte that is not
// printable ASCII is written \DDD with three decimal digits, as is a backslash;
// UTF-8 letters stay.
//
// Standards: RFC 2131 (message), RFC 2132 (options), RFC 3396 (options longer
// than 255 bytes), RFC 4702 (FQDN option), RFC 8415 (DHCPv6), RFC 4704 (DHCPv6
// FQDN), RFC 6939 (link-layer address told by a relay), RFC 3646 (DHCPv6 DNS
// servers).
//
// It does not guess the kind of device, keep leases or read vendor-specific
// options; options it does not understand are kept as codes.
//
// Failure: damage never loses what stands before it. Whatever could be read is
// in the result, and the error is one of ErrCut, ErrForeign and ErrData, the
// first that was met.
package dhcp
