package firewall

import "net/netip"

// The chains, by what they decide.
const (
	sources      = "sources"      // is this a packet that a guest may send at all
	names        = "names"        // who answers questions for names
	refuse       = "refuse"       // no, at once
	input        = "input"        // what a guest may ask of the box
	outward      = "outward"      // where a guest may go
	closed4      = "closed4"      // not there
	closed6      = "closed6"      // nor there
	translations = "translations" // nor there by another name
	inward       = "inward"       // what comes back
	forward      = "forward"      // which of the two
	output       = "output"       // what the box says to guests
	uplink       = "uplink"       // under whose address
)

// Ports.
const (
	portDNS         = 53 // RFC 1035 section 4.2
	portDHCP        = 67 // RFC 2131 section 4.1
	portDHCPClient  = 68
	portDNSOverQUIC = 784  // before RFC 9250 gave it 853
	portDNSOverTLS  = 853  // RFC 7858 section 3.1, RFC 9250 section 4.1.1
	portDNSOverUDP  = 8853 // drafts of RFC 9250 again
)

var (
	linkLocal  = netip.MustParsePrefix("fe80::/10")
	linkGroups = netip.MustParsePrefix("ff02::/16")
	groups6    = netip.MustParsePrefix("ff00::/8")
	groups4    = netip.MustParsePrefix("224.0.0.0/4")
	broadcast  = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// A plan is a Config with what follows from it.
type plan struct {
	Config
	four, six netip.Prefix // the guests' networks, with the box's address
	dual      bool         // there is a network of IPv6
}

// Plan turns the wishes into rules. It touches nothing.
func Plan(c Config) (Ruleset, error) {
	if err := c.Validate(); err != nil {
		return Ruleset{}, err
	}
	p := &plan{Config: c}
	p.four, _ = c.of(true)
	p.six, p.dual = c.of(false)
	return Ruleset{p.chains()}, nil
}

func (p *plan) chains() []chain {
	guest := named(p.Guest)
	list := []chain{{sources, &atSources, p.sources()}}
	if p.Contained || p.Visibility {
		list = append(list, chain{names, &atNames, p.names()})
	}
	list = append(list, chain{refuse, nil, refusals()}, chain{input, &atInput, p.input()})
	if !p.Contained {
		list = append(list, p.closedChains()...)
	}
	list = append(list,
		chain{outward, nil, p.outward()},
		chain{inward, nil, p.inward()},
		chain{forward, &atForward, []rule{
			write(guestIn.is(guest), proceed(outward)),
			write(guestOut.is(guest), proceed(inward)),
		}},
		chain{output, &atOutput, p.output()},
	)
	if !p.Contained {
		list = append(list, chain{uplink, &atUplink, []rule{
			write(guestIn.is(guest), guestOut.isNot(guest), masquerade),
		}})
	}
	return list
}

// closedChains come back when the way is free.
func (p *plan) closedChains() []chain {
	list := []chain{{closed4, nil, closing(destination4, p.closed(true))}}
	if p.dual {
		list = append(list, chain{translations, nil, p.translations()}, chain{closed6, nil, p.closed6()})
	}
	return list
}

// notOurs leaves the packets of everybody else alone.
func (p *plan) notOurs(f field) rule { return write(f.isNot(named(p.Guest)), accept) }

// refusals answer at once, so that an app gives up instead of waiting. The kernel
// itself answers neither multicast nor errors.
func refusals() []rule {
	return []rule{
		write(anyTransport.is(tcp), reset),
		write(anyTransport.is(udp), noPort),
		write(notAllowed),
	}
}

// names brings every question to the box.
func (p *plan) names() []rule {
	list := []rule{p.notOurs(guestIn), write(question(destination4.isNot(address(p.four.Addr())), deliver(p.four.Addr()))...)}
	if p.dual {
		list = append(list, write(question(destination6.isNot(address(p.six.Addr())), deliver(p.six.Addr()))...))
	}
	return list
}

// question is DNS to somebody, and what becomes of it.
func question(to, then term) []term {
	return []term{to, anyTransport.is(tcp, udp), destination.is(port(portDNS)), then}
}

// outward looks at where a packet goes, whatever connection it belongs to: what
// is closed is closed for those that were open before, too.
func (p *plan) outward() []rule {
	if p.Contained {
		return []rule{write(proceed(refuse))}
	}
	six := write(anyFamily.is(ipv6), proceed(refuse)) // a second lock: sources lets none in
	if p.dual {
		six = write(anyFamily.is(ipv6), visit(closed6))
	}
	list := []rule{
		write(guestOut.is(named(p.Guest)), proceed(refuse)), // another guest
		write(anyFamily.is(ipv4), visit(closed4)),
		six,
	}
	if p.Visibility {
		list = append(list,
			write(anyTransport.is(tcp, udp), destination.is(port(portDNS), port(portDNSOverTLS)), proceed(refuse)),
			write(udpDestination.is(port(portDNSOverQUIC), port(portDNSOverUDP)), proceed(refuse)))
	}
	// An invalid packet would leave under the guest's own address: only tracked
	// connections are translated.
	return append(list, write(tracked(invalid), drop), write(accept))
}

// inward lets answers through. Whoever asks from outside gets no answer at all,
// not even that there is something.
func (p *plan) inward() []rule {
	if p.Contained {
		return []rule{write(drop)}
	}
	return []rule{write(tracked(established, related), accept), write(drop)}
}
