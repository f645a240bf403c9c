package capture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tinycheck"
)

// What tcpdump takes for a word that it does not know is the name of a host, which
// it looks up: everybody between here and the name server then learns whom somebody
// listens to. So it only ever gets words that it knows (pcap-filter(7)), numbers,
// and addresses in the one form that cannot be mistaken.
const (
	plainWords = `and or not src dst link ether fddi tr wlan arp rarp ip ip6 sctp tcp udp
		icmp icmp6 igmp igrp pim vrrp carp ah esp atalk aarp decnet lat sca moprc mopdl
		iso esis es-is isis is-is clnp stp ipx netbeui host net mask port portrange proto
		type subtype direction dir addr1 addr2 addr3 addr4 ra ta less greater
		broadcast multicast len length inbound outbound mpls pppoed pppoes geneve llc
		icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect
		icmp-echo icmp-routeradvert icmp-routersolicit icmp-timxceed icmp-paramprob
		icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply icmp-maskreq icmp-maskreply
		icmp6type icmp6code icmp6-destinationunreach icmp6-packettoobig
		icmp6-timeexceeded icmp6-parameterproblem icmp6-echo icmp6-echoreply
		icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1
		icmp6-multicastlistenerdone icmp6-multicastlistenerreportv2 icmp6-routersolicit
		icmp6-routeradvert icmp6-neighborsolicit icmp6-neighboradvert icmp6-redirect
		tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr`

	// protocolNames may stand behind proto, as they are or escaped.
	protocolNames = `ip ip6 arp rarp atalk aarp decnet iso stp ipx netbeui lat moprc mopdl
		sca loopback icmp ipv6-icmp igmp pim ah esp vrrp udp tcp sctp clnp esis isis ospf`

	// frameNames may stand behind type, subtype and dir: IEEE 802.11.
	frameNames = `mgt ctl data assoc-req assoc-resp reassoc-req reassoc-resp probe-req
		probe-resp beacon atim disassoc auth deauth ps-poll rts cts ack cf-end cf-end-ack
		data-cf-ack data-cf-poll data-cf-ack-poll null cf-ack cf-poll cf-ack-poll qos-data
		qos-data-cf-ack qos-data-cf-poll qos-data-cf-ack-poll qos qos-cf-poll
		qos-cf-ack-poll nods tods fromds dstods`

	controlNames = `i s u rr rnr rej ui ua disc sabme test xid frmr` // behind llc: IEEE 802.2
)

var (
	known     = setOf(plainWords)
	protocols = setOf(protocolNames)
	frames    = setOf(frameNames)
	controls  = setOf(controlNames)
)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// kernelCannot are words of tcpdump that mean nothing to the kernel.
var kernelCannot = map[string]string{
	"vlan":       "the kernel takes VLAN tags off before a filter sees a packet: listen to the interface of the VLAN, or leave the word vlan out",
	"protochain": "the kernel follows no chain of headers: write proto, or leave the word protochain out",
}

// What a piece of a filter looks like, as tcpdump reads it: the longest that fits.
var (
	wordShape   = regexp.MustCompile(`^[A-Za-z0-9]([-_.A-Za-z0-9]*[.A-Za-z0-9])?`)
	escapeShape = regexp.MustCompile(`^\\[^ !()\n\t]+`)
	addressRun  = regexp.MustCompile(`^[0-9A-Fa-f:][-.:0-9A-Fa-f]*`)
	numberShape = regexp.MustCompile(`^([0-9]+|0[xX][0-9A-Fa-f]+)(\.([0-9]+|0[xX][0-9A-Fa-f]+)){0,3}$`)
	rangeShape  = regexp.MustCompile(`^[0-9]+-[0-9]+$`)
	macShape    = regexp.MustCompile(`^(?:[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{1,2}(?:-[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{1,2}(?:\.[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12})$`)
	signShape   = regexp.MustCompile(`^(&&|\|\||<<|>>|<=|>=|!=|==|[-+*/%^()\[\]:!&|<>=])`)
)

// joining are the pieces behind which a list goes on: port 80 or 443.
var joining = setOf("and or not && || ! ( )")

// filterReader reads a filter piece by piece.
type filterReader struct {
	rest string
	out  []string
	last string // the piece before
	of   string // what a list is of: "port", "portrange", "proto", or ""
}

// tame gives the words of a filter such that tcpdump looks no name up.
func tame(words string) (string, error) {
	r := &filterReader{}
	for r.rest = skip(words); r.rest != ""; r.rest = skip(r.rest) {
		piece, plain, err := r.next()
		if err != nil {
			return "", err
		}
		r.out = append(r.out, plain)
		r.rest, r.last = r.rest[len(piece):], piece
	}
	return strings.Join(r.out, " "), nil
}

func skip(s string) string { return strings.TrimLeft(s, " \t\r\n") }

// next finds the next piece, and what tcpdump gets for it.
func (r *filterReader) next() (piece, plain string, err error) {
	if piece = addressRun.FindString(r.rest); piece != "" {
		if plain, ok := address(piece); ok && !wordGoesOn(r.rest, piece) {
			return piece, plain, nil
		}
	}
	if piece = wordShape.FindString(r.rest); piece != "" {
		plain, err = r.word(piece)
		return piece, plain, err
	}
	if piece = escapeShape.FindString(r.rest); piece != "" {
		if r.of == "proto" && protocols[piece[1:]] {
			return piece, piece, nil
		}
		return "", "", nameError(piece)
	}
	if piece = signShape.FindString(r.rest); piece != "" {
		if !joining[piece] {
			r.of = ""
		}
		return piece, piece, nil
	}
	return "", "", filterError("%q means nothing in a filter", []rune(r.rest)[0])
}

// wordGoesOn says whether a word begins with the piece and is longer.
func wordGoesOn(rest, piece string) bool {
	return len(wordShape.FindString(rest)) > len(piece)
}

// address gives a MAC or IPv6 address its plain form.
func address(piece string) (string, bool) {
	if macShape.MatchString(piece) && !numberShape.MatchString(piece) {
		return plainMAC(piece), true
	}
	if !strings.Contains(piece, ":") {
		return "", false
	}
	a, err := netip.ParseAddr(piece)
	return a.StringExpanded(), err == nil && a.Is6()
}

// plainMAC writes a MAC address with two digits in each part, and colons.
func plainMAC(s string) string {
	parts := strings.FieldsFunc(s, func(c rune) bool { return c == ':' || c == '-' || c == '.' })
	for i, p := range parts {
		if len(p) == 1 {
			parts[i] = "0" + p
		}
	}
	digits := strings.Join(parts, "")
	return strings.Join([]string{digits[:2], digits[2:4], digits[4:6], digits[6:8], digits[8:10], digits[10:]}, ":")
}

func (r *filterReader) word(w string) (string, error) {
	switch {
	case numberShape.MatchString(w), rangeShape.MatchString(w) && r.of == "portrange":
		return w, nil
	case r.last == "llc" && controls[w], slices.Contains([]string{"type", "subtype", "dir", "direction"}, r.last) && frames[w]:
		return w, nil
	case kernelCannot[w] != "":
		return "", tinycheck.Errorf("compile filter", tinycheck.Unsupported, errors.New(kernelCannot[w]))
	case known[w]:
		r.turn(w)
		return w, nil
	case r.of == "proto" && protocols[w]:
		return w, nil
	case r.of == "port":
		return port(w)
	}
	return "", nameError(w)
}

// turn notes what a list is of from here on.
func (r *filterReader) turn(w string) {
	switch {
	case w == "port" || w == "portrange" || w == "proto":
		r.of = w
	case !joining[w]:
		r.of = ""
	}
}

// port gives the number of a port that this machine has a name for (services(5)).
// Go itself reads the file: no other place is asked.
func port(name string) (string, error) {
	own := &net.Resolver{PreferGo: true}
	tcp, err := own.LookupPort(context.Background(), "tcp", name)
	udp, err2 := own.LookupPort(context.Background(), "udp", name)
	switch {
	case err != nil && err2 != nil:
		return "", filterError("%q is no port that this machine knows (/etc/services): write its number", name)
	case err == nil && err2 == nil && tcp != udp:
		return "", filterError("%q is port %d of TCP and port %d of UDP: write the number", name, tcp, udp)
	}
	return strconv.Itoa(max(tcp, udp)), nil
}

func nameError(word string) error {
	return filterError("%q is no word of tcpdump's filters: if it is a name, write its address: names are not looked up", word)
}

func filterError(format string, args ...any) error {
	return tinycheck.Errorf("compile filter", tinycheck.Invalid, fmt.Errorf(format, args...))
}
