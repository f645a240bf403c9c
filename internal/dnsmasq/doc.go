// Package dnsmasq gives guests addresses and names: DHCP (RFC 2131), router
// advertisements (RFC 4861) and DNS, by the program dnsmasq (2.90 or newer; the
// Debian package dnsmasq-base) that runs under us.
//
//	server, err := dnsmasq.Start(ctx, dnsmasq.Config{
//		Interface: "ap0", Address: netip.MustParsePrefix("10.77.3.1/24"), Folder: "/run/box/dnsmasq",
//	})
//	leases, err := server.Leases()
//	select {
//	case <-server.Done():
//		err = server.Err()
//	case <-ctx.Done():
//		err = server.Stop()
//	}
//
// Plan writes its configuration and touches nothing; Start refuses what cannot
// work, runs dnsmasq with CAP_NET_ADMIN (entries in the neighbour table for
// phones that have no address yet), CAP_NET_RAW and CAP_NET_BIND_SERVICE alone,
// and returns when it answers. The interface and its address are the caller's.
//
// # What guests get
//
// A lease of 10 minutes, one after the other from a start that is drawn anew
// with every Start, so that an address tells nothing about the phone; the box as
// router and name server; with Config.Six a prefix to make addresses of
// themselves (RFC 4862) and the same name server (RFC 8106), else no word about
// IPv6. Nothing else: no domain, no proxy (WPAD), no time server, no captive
// portal (RFC 8910), and nothing that says what this network is. A phone's name
// is not taken (dhcp-ignore-names): dnsmasq would answer it to every other
// guest, forwards and backwards, and a guest could give itself a name that
// others ask for. The packets tell it.
//
// No answer is valid for more than 30 seconds, so that phones ask again while
// they are watched. This holds for the records that answer. The authority
// section of an answer that says no (RFC 2308) passes as upstream has written it
// the first time: dnsmasq has no option for that, and phones may remember a
// name that does not exist for longer.
//
// # Modes
//
// Contained: nobody is asked. Every name (but .local, .invalid and those that
// Visibility denies) has the address Sink and no other
// record. AAAA is answered with "no such record", upon which phones take the
// IPv4 address. Visibility: names by which phones ask whether the network minds
// their hiding of names (Apple's relay, Firefox) do not exist; _dns.resolver.arpa
// (RFC 9462) has nothing to offer; HTTPS and SVCB records (RFC 9460) are left out
// of answers, and the keys for hiding server names (ECH) with them. Records that
// come along with an answer, which phones have not asked for, pass.
//
// # What it does not do
//
// It reads none of the system's own files but /etc/resolv.conf, and that only
// when no Upstream is given; it follows its changes. It never listens beyond the
// guests' interface, also not for packets that reach the guests' address from
// elsewhere (bind-dynamic checks where they came in), and it survives an
// interface that goes away and comes back. It does not filter answers that point
// into private networks (stop-dns-rebind): that is the firewall's, honest
// programs use them, and dnsmasq would log the name. Nothing is logged at all
// (log-facility=/dev/null): what it cannot start for, it says beforehand.
//
// # Failure
//
// Every error is a tinycheck.Error that says what to do: Invalid for a
// configuration that cannot be, NotFound for an interface, address or folder
// that is not there, Busy for a port that somebody else has (and who),
// Conflict for asking ourselves, Unsupported for a dnsmasq that is too old,
// Unavailable for a missing program or permission, and when nobody can be asked.
// A Start that fails leaves nothing behind. When dnsmasq dies, Done is closed
// and Err says how; nothing is started again.
package dnsmasq
