// Package phone is a simulated phone with real sockets, and the Internet that it
// talks to: the whole box can be tried without a phone and without Internet.
//
//	s, err := scenario.Find("stalkerware-tls")
//	world, err := phone.Stage(ctx, s, phone.StageConfig{Interface: "sim0"})
//	defer world.Close()
//	played, err := world.Play(ctx)       // once the box gives addresses on sim0
//
// or, with namespaces of one's own, Serve in that of the Internet and Play in
// that of the phone.
//
// A scenario is packets of both sides. Read takes them apart once, for every verb
// alike: TCP and UDP conversations (who says how many bytes, and when) and
// questions of DNS. Play says the phone's part with sockets and waits for what it
// is owed; Serve says the other part. Names are asked at the server that the
// lease names, and a conversation goes where the answer says: a box that answers
// with its own address is followed there, as a phone would.
//
// World is two network namespaces (network_namespaces(7)) without a name, so that
// they end with the process however it ends, and two cables: the phone's to
// Interface, the Internet's to Uplink. Routes lead to the ranges that are reserved
// for documentation only (RFC 5737, RFC 3849, RFC 9637), where scenarios have
// their servers and nobody else has any; to other addresses of the scenario when
// StageConfig.Everywhere is set. There is never a default route on the machine's
// side. The servers have no way out of the machine.
//
// A phone sends on Config.Interface only: every socket is bound to it. It gets
// its address by DHCP (RFC 2131) and, when the box advertises a network, IPv6
// by the kernel (RFC 4862); what it set is taken back when Play ends. When Play
// runs in the namespace of the machine itself, its default route has the worst
// metric there is, and the resolver of the machine is not touched.
//
// What it does not do: segment sizes, retransmissions, holes and the order of
// segments are those of the real kernel, not of the scenario; a hole is sent as
// zeros. ARP and neighbour discovery are the kernel's own. What is neither TCP
// nor UDP (ping, ESP), other devices than the phone, and packets that a snap
// length cut are counted in Played.Skipped. Servers replay bytes: a TLS client of
// flesh and blood finds only ServeConfig.Web answering.
//
// # Failure
//
// Errors are of the six kinds and say what to do: NotFound for an interface that
// is not there, Conflict for one that is there already, Unavailable without the
// permission to make namespaces (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW) and
// when nobody gives an address. A box that refuses or drops is no failure: every
// wait is bounded (Config.Wait), and what came of it is counted in Played.
package phone
