package firewall

import (
	"net/netip"
	"slices"
)

// sources throws away, in silence, what no guest may send: packets under an
// address that is not its own (RFC 2827), and what is for everybody on the link
// and of no use to the box (mDNS, SSDP, NetBIOS). A rejection would go to whoever
// the address was stolen from, perhaps outside.
func (p *plan) sources() []rule {
	list := []rule{
		p.notOurs(guestIn),
		// Options take a packet elsewhere than its destination says, when the
		// machine allows that (source routes). Nothing that is let in needs them.
		// The chain forward would see the old destination; in IPv6 it sees the next.
		write(headerWords.isNot(number(5)), drop),
	}
	list = append(list, p.sources4()...)
	if p.dual {
		list = append(list, p.sources6()...)
	}
	return append(list, write(drop))
}

func (p *plan) sources4() []rule {
	nobody := address(netip.IPv4Unspecified())
	everybody := address(broadcast)
	lease := func(from term) rule {
		return write(from, destination4.is(everybody), udpSource.is(port(portDHCPClient)), udpDestination.is(port(portDHCP)), accept)
	}
	return []rule{
		lease(source4.is(nobody)),
		write(source4.is(address(p.four.Addr())), drop),
		lease(source4.within(p.four)), // a lease that nobody renewed is asked for at large
		write(destination4.is(address(last(p.four)), everybody), drop),
		write(destination4.within(groups4), drop),
		write(source4.within(p.four), accept),
	}
}

func (p *plan) sources6() []rule {
	return []rule{
		write(source6.is(address(netip.IPv6Unspecified())), destination6.within(linkGroups), message6.is(unaddressed...), accept),
		write(source6.is(address(p.six.Addr())), drop),
		write(destination6.within(groups6), anyTransport.isNot(icmpv6), drop),
		write(source6.within(p.six), accept),
		// A link-local address is for the link, and never forwarded (RFC 4291 section 2.5.6).
		write(source6.within(linkLocal), destination6.within(linkLocal), accept),
		write(source6.within(linkLocal), destination6.within(linkGroups), accept),
		write(source6.within(linkLocal), destination6.is(address(p.six.Addr())), accept),
	}
}

// input is everything that a guest may ask of the box. It looks at the box's
// address too: the same machine under its address at the site is not open.
func (p *plan) input() []rule {
	four := address(p.four.Addr())
	list := []rule{
		p.notOurs(guestIn),
		write(destination4.is(four, address(broadcast)), udpSource.is(port(portDHCPClient)), udpDestination.is(port(portDHCP)), accept),
		write(question(destination4.is(four), accept)...),
	}
	list = append(list, pings(destination4.is(four), message4, echo4)...)
	list = append(list, write(message4.is(append([]value{reply4}, errors4...)...), tracked(established, related), accept))
	if p.dual {
		list = append(list, p.input6()...)
	}
	return append(list, write(proceed(refuse)))
}

// input6 answers names under the link-local address too: router advertisements
// may name it as the server (RFC 8106 section 5.1).
func (p *plan) input6() []rule {
	six := destination6.is(address(p.six.Addr()))
	list := []rule{
		write(message6.is(neighbours...), accept),
		write(question(six, accept)...),
		write(question(destination6.within(linkLocal), accept)...),
	}
	list = append(list, pings(six, message6, echo6)...)
	return append(list, write(message6.is(append([]value{reply6}, errors6...)...), tracked(established, related), accept))
}

// pings are answered, as a help to whoever looks for a fault, but not as a flood.
func pings(to term, message field, echo value) []rule {
	return []rule{
		write(to, message.is(echo), atMost(pingRate, pingBurst), accept),
		write(to, message.is(echo), drop),
	}
}

// output is everything that the box says to guests: leases, answers, errors. Other
// programs of the machine that announce themselves on every interface, often by
// the machine's name (mDNS, LLMNR, SSDP), are not heard there.
func (p *plan) output() []rule {
	list := []rule{
		p.notOurs(guestOut),
		write(udpSource.is(port(portDHCP)), udpDestination.is(port(portDHCPClient)), accept),
		write(anyTransport.is(tcp, udp), tracked(established, related), accept),
		write(message4.is(append([]value{echo4, reply4}, errors4...)...), accept),
	}
	if p.dual {
		said := slices.Concat([]value{echo6, reply6, routerAdvert, groupQuery}, errors6, neighbours)
		list = append(list, write(message6.is(said...), accept))
	}
	return append(list, write(drop))
}
