// Package firewall rules what guests may do, in a table of its own of the kernel's
// nf_tables: "inet tinycheck".
//
//	r, err := firewall.Plan(firewall.Config{Guest: "wlan0", Prefixes: prefixes, Site: site})
//	fmt.Print(r)          // what "nft list table inet tinycheck" will print
//	err = r.Apply()       // in one transaction
//	err = r.Check()       // Conflict: somebody changed it; Apply again
//	err = firewall.Remove()
//
// A guest gets a lease and names from the box under the box's guest address, the
// ICMP that IP needs (RFC 4890 section 4), and the way to the Internet, both
// families under the box's own address (RFC 3022). It does not get: any other port
// of the box under any of its addresses, the site's private networks or
// Config.Site, also in the forms of IPv6 that carry an IPv4 address (closed.go),
// other guests by way of the box, or somebody else's source address (RFC 2827).
// Nobody outside may open a connection to a guest, and the box itself says nothing
// to guests unasked but pings and what IPv6 routers say: no program of the machine
// tells them its name. What a guest may not do is answered at once (TCP reset, ICMP
// unreachable), so that apps do not hang; packets with a forged source and
// multicast are dropped in silence. DHCPv6 is not let through: addresses and the
// server for names come by router advertisement (RFC 4862, RFC 8106).
//
// Contained forwards nothing and brings every question for names to the box;
// Visibility brings questions to the box too, and refuses encrypted DNS on its own
// ports (853, 784, 8853). Contained wins when both are set. A changed ruleset also
// ends what was open under the old one, when it would not allow it any more.
//
// Where it stands among other tables, and why, is said in hook.go. It touches no
// other table; Obstacles only names those that drop what it lets pass.
//
// It does not isolate guests that can hear each other without the box (that is the
// access point's part), does not bind an address to one guest, switches no
// forwarding, answers no DNS, and does not watch itself: whoever applied it calls
// Check from time to time. Rules name one interface and networks, never a phone.
//
// Everything acts in the network namespace of the calling thread, waits at most
// five seconds, and needs CAP_NET_ADMIN: without it the error is Unavailable, and
// Unsupported on a kernel without nf_tables. After a failed Apply the table is
// what it was before.
package firewall
