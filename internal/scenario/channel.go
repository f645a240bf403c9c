package scenario

import (
	"fmt"
	"net/netip"
	"time"

	"tinycheck"
	"tinycheck/internal/wire/dns"
)

// Channel is one way in which contact with a name or an address shows in
// traffic, all by itself: nothing else is sent.
type Channel struct {
	Name   string // dns, dns-unanswered, dns-nxdomain, dns-alias, tls, quic, http, address
	ByName bool   // the name shows; otherwise only the address does
	acts   func(name string, at netip.Addr) act
}

// The other end of channels that need a name or an address beside the one that
// is looked for, and the phone.
const innocent = "www.example.org"

var (
	innocentV4   = netip.MustParseAddr("198.51.100.80")
	innocentV6   = netip.MustParseAddr("2001:db8:51::80")
	channelPhone = device{
		v4: netip.MustParseAddr("192.168.4.20"), v6: netip.MustParseAddr("2001:db8:4::20"),
		mac: tinycheck.MAC{0x02, 0, 0x5e, 0, 0x53, 0x20}, system: systemAndroid,
	}
	channelResolvers = []netip.Addr{netip.MustParseAddr("192.168.4.1"), netip.MustParseAddr("fd00:4::1")}
)

var channels = []Channel{
	{"dns", true, func(name string, at netip.Addr) act {
		return asks(name, at, func(a *askAct) { a.gets = []netip.Addr{at} })
	}},
	{"dns-unanswered", true, func(name string, at netip.Addr) act { return asks(name, at, func(*askAct) {}) }},
	{"dns-nxdomain", true, func(name string, at netip.Addr) act {
		return asks(name, at, func(a *askAct) { a.outcome = "nxdomain" })
	}},
	{"dns-alias", true, func(name string, at netip.Addr) act {
		return asks(innocent, at, func(a *askAct) { a.aliases, a.gets = []string{name}, []netip.Addr{at} })
	}},
	{"tls", true, func(name string, at netip.Addr) act {
		return &tlsAct{at: place{addr: at, port: 443}, sni: name, amount: amount{up: 800, down: 1200}}
	}},
	{"quic", true, func(name string, at netip.Addr) act {
		return &quicAct{at: place{addr: at, port: 443}, sni: name, amount: amount{up: 800, down: 1200}}
	}},
	{"http", true, func(name string, at netip.Addr) act {
		return &httpAct{at: place{addr: at, port: 80}, method: "GET", host: name, path: "/", status: 200, amount: amount{down: 100}}
	}},
	{"address", false, func(_ string, at netip.Addr) act {
		return &plainAct{at: place{addr: at, port: 8000}, amount: amount{up: 800, down: 100}}
	}},
}

func asks(name string, at netip.Addr, more func(*askAct)) act {
	a := &askAct{name: name, kind: dns.TypeA, ttl: 300}
	if at.Is6() {
		a.kind = dns.TypeAAAA
	}
	for _, r := range channelResolvers {
		if r.Is6() == at.Is6() {
			a.server = r
		}
	}
	more(a)
	return a
}

// Channels is the table: every way in which an indicator can show.
func Channels() []Channel { return append([]Channel(nil), channels...) }

// Neutral is an address of the documentation ranges that no list holds, to stand
// behind a name that is looked for.
func Neutral(six bool) netip.Addr {
	if six {
		return innocentV6
	}
	return innocentV4
}

// Packets composes contact of one phone through this channel, on Ethernet. The
// family of addr is the IP version of all of it, DNS too. A name that does not
// fit into the channel is an error of kind Invalid.
func (c Channel) Packets(name string, addr netip.Addr, emit func(*tinycheck.Packet) error) error {
	if _, ok := parseName(name); c.ByName && !ok || !addr.IsValid() {
		return tinycheck.Errorf("compose channel "+c.Name, tinycheck.Invalid, fmt.Errorf("name %q, address %v", name, addr))
	}
	addr = addr.Unmap()
	s := &Scenario{start: start, phone: &channelPhone}
	st := stage{scenario: s, asked: make(map[asking]time.Duration)}
	one := step{words: c.Name + name + addr.String(), device: s.phone, act: c.acts(name, addr)}
	if err := st.play(&one); err != nil {
		return tinycheck.Errorf("compose channel "+c.Name, tinycheck.Invalid, err)
	}
	s.sort(st.packets)
	return s.Packets(emit)
}
