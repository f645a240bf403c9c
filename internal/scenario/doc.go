// Package scenario turns words into packets: traffic for the cases that specify
// the product, the composed phones of "tinycheck simulate", and the benchmark of
// channels. It is how the product is shown to see what it says it sees.
//
//	s, err := scenario.Parse(words)      // or scenario.Find("stalkerware-tls")
//	err = s.Packets(func(p *tinycheck.Packet) error { … })
//
// The same words give the same packets, byte by byte: keys and encrypted bytes
// come from a generator that the words seed, times from the words. Checksums,
// sequence numbers, segment sizes and hop limits are those of real stacks; the
// hellos of TLS and QUIC are recordings of crypto/tls and quic-go with the names
// put in (record_test.go), certificates are made for the name.
//
// What it does not do: it imitates no browser's fingerprint, decrypts nothing and
// cannot be decrypted (Initial packets of QUIC excepted, whose keys are public),
// sends nothing, and knows no congestion. It is no test of how well unknown spies
// are found.
//
// # The language
//
// One thing per line; words between blanks, texts with blanks in double quotes,
// # begins a comment. Lines that describe the world:
//
//	about "TEXT"                         one line for lists of scenarios
//	start 2026-06-01T09:00:00Z           when time 0 is
//	link NAME                            ethernet (default), vlan, qinq, ethernet-pppoe, wifi, radiotap, sll,
//	                                     sll2, raw, null, loop, ppp, pppoe, nflog
//	snap N                               the recorder keeps N bytes of every packet
//	phone ADDRESS [mac MAC] [ip6 ADDRESS] [android|iphone] [name NAME]
//	device ADDRESS …                     another device; from ADDRESS makes one up
//	resolver ADDRESS|none                whom devices ask (one per family); none: names are asked for out of sight
//	host NAME ADDRESS… [alias NAME]…     where a name is, for lookup, visit and wherever PLACE stands
//	indicator CLASS VALUE ["FAMILY"]     what callers are to look for (Indicators); CLASS certificate NAME lists
//	                                     the SHA-256 of the certificate that the scenario's server NAME shows
//	include NAME                         all lines of a built-in scenario; later lines win
//
// Every other line is a step: when, who, a verb, its options in any order.
//
//	at TIME VERB …
//	every TIME from TIME until TIME [jitter TIME] VERB …
//	from ADDRESS|NAME at TIME VERB …     another device than the phone
//
// TIME is 700ms, 90s, 14m30s; SIZE is 500, 20k, 3M bytes. PLACE is ADDRESS,
// ADDRESS:PORT, [ADDRESS6]:PORT, HOST or HOST:PORT. A host with both families is
// reached over IPv6 when the device can; ip4 and ip6 decide.
//
//	join                                 DHCP, ARP, router and neighbour discovery
//	ask NAME [gets ADDRESS…|nxdomain|servfail|refused|nothing] [type T] [alias NAME]… [https] [ech [public NAME]]
//	         [hints LIST] [server ADDRESS] [over tcp] [ttl SECONDS] [fragment SIZE]
//	                                     without gets nobody answers; * in NAME is another word every time
//	lookup HOST                          asks what the phone's system asks, unless it did within five minutes
//	visit HOST[:PORT] [tls|quic|http] …  lookup, then that verb
//	tls PLACE [sni NAME|none] [alpn LIST|none] [version 1.2|1.3] [cert NAME [issuer NAME]] [pq] [ech] [records N]
//	starttls smtp|imap|pop3|xmpp PLACE … tls behind STARTTLS
//	connect PLACE HOST[:PORT] …          tls through an HTTP proxy
//	socks PLACE HOST[:PORT] [with 4a|5] … tls through a SOCKS proxy
//	dot PLACE …, doh PLACE …, doq PLACE … names over TLS, HTTPS, QUIC: options of tls or quic
//	quic PLACE [sni NAME|none] [alpn LIST|none] [version v1|v2|draft-29] [pq] [ech] [split N] [retry] [unanswered]
//	http PLACE METHOD HOST/PATH|/PATH [agent TEXT] [type TEXT] [body TEXT] [status N] [location URL] [inject URL]
//	tcp PLACE, udp PLACE [port N]        bytes without meaning; PLACE has a port
//	dtls PLACE [sni NAME|none] [cert NAME]
//	stun PLACE [turn]                    and media, when up or down is said
//	ntp PLACE, ping PLACE, mdns NAME
//	wireguard, openvpn [over tcp], ike, esp, ssh PLACE
//
// cert chooses TLS 1.2, the only one that shows certificates; they sign
// themselves unless there is an issuer. ech sends a real
// outer hello, whose sni is the public name. How much is said, for all verbs that
// carry data: up SIZE, down SIZE, for TIME (spread over that time) with a round
// every pace TIME. What happens to a TCP connection: split N (segments of the
// first message), hole N (the client's Nth data segment is not recorded),
// reorder, retransmit, midstream (no handshake recorded), reset, unanswered,
// refused, open (no end recorded), fragment SIZE.
//
// # Failure
//
// Parse reads and composes everything. Its errors are of kind Invalid and say the
// line, what was expected and what was found. At most MaxPackets packets and
// MaxBytes bytes come of a scenario; more is an error, so that hostile words cost
// little. Packets fails only when its caller does.
package scenario
