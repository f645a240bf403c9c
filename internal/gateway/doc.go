// Package gateway is the network of the guests as a whole: an address, a
// hotspot or a wire, dnsmasq, the firewall, forwarding. All of it is opened or
// none, and everything is taken back, however the program ends.
//
//	g, err := gateway.Open(ctx, gateway.Config{Interface: "wlan0", Country: "DE",
//		Folder: "/run/box", Keeper: []string{"/proc/self/exe", "undo", "--keep", "/run/box"}})
//	say(g.Network())                    // name, passphrase and code to join by
//	for range g.Changes() { show(g.Guests()) }
//	err = g.Close()
//
// Opening is a table of steps (step.go), each of which says what to remember,
// what to do and how that is taken back. What is remembered stands in the
// journal, on the disk, before the step is done. So there are three who can take
// it back, all with the same code: Close; the keeper, a process of our own that
// waits for the end of this one (Keep) and acts when it died; and Undo, by hand
// or at the next Open. Taking back can be done any number of times, in any
// state: what is gone already is no error, and what somebody else has changed
// since is left as it is. One run at a time has a folder (flock(2)).
//
// The firewall is there, and was read back from the kernel, before there is an
// address, and goes after it. Forwarding is on only in between; in contained
// mode only as far as the firewall, which rejects. dnsmasq answers before the first guest can join.
//
// The guests' IPv4 network is a random one that nothing on this machine uses
// (RFC 1918); they get IPv6, a unique local network (RFC 4193), when this
// machine has it at the time of opening. A network that comes later is closed to
// the guests at once; IPv6 that comes later they do not get.
//
// The ports of a bridge are isolated (bridge(8)), also those that are added
// later: guests behind different ones reach us and not each other. Behind one
// port, or one plain interface, that is for the switch or access point to do.
//
// A Wi-Fi interface that has joined a network, perhaps the way to the Internet,
// keeps it: where the card can be both, an interface of our own is made beside
// it, for as long as the network is open.
//
// It does not record, analyze or decide anything, it does not open two networks
// on one machine, and it does not look after the uplink. Of a program that was
// killed it leaves nothing; of a machine that lost its power, a soft-blocked
// radio and the files of the folder wait for the next Undo.
//
// # Failure
//
// Open undoes what it did before it returns an error. While it is open, a
// firewall that somebody flushed or changed is put back, dnsmasq is started anew
// a few times, the keeper too. Everything else ends the gateway: a firewall that
// cannot be put back, a hostapd that died, an interface that is gone. Then all
// is taken back at once, Done is closed, and Err says the reason. hostapd is not
// started anew: what ends it (the card, its driver, another program) ends it
// again, and a gap that nobody is told of is worse than one.
package gateway
