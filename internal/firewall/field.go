package firewall

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A field is a property of a packet that rules ask for.
type field struct {
	words             string
	family, transport byte
	load              step
	bits              []byte               // those of what was loaded that count; nil: all
	key               nftables.SetDatatype // what sets of it hold
}

// A value is what a field may be, in words and in bytes.
type value struct {
	words string
	bytes []byte
}

var (
	guestIn  = field{words: "iifname", load: meta(expr.MetaKeyIIFNAME)}
	guestOut = field{words: "oifname", load: meta(expr.MetaKeyOIFNAME)}

	anyFamily    = field{words: "meta nfproto", load: meta(expr.MetaKeyNFPROTO)}
	anyTransport = field{words: "meta l4proto", load: meta(expr.MetaKeyL4PROTO), key: nftables.TypeInetProto}

	// RFC 791 section 3.1: the length of the header is in the low half of the first byte.
	headerWords = field{words: "ip hdrlength", family: unix.NFPROTO_IPV4, load: header(expr.PayloadBaseNetworkHeader, 0, 1), bits: []byte{0x0f}}

	source4      = field{words: "ip saddr", family: unix.NFPROTO_IPV4, load: header(expr.PayloadBaseNetworkHeader, 12, 4), key: nftables.TypeIPAddr}
	destination4 = field{words: "ip daddr", family: unix.NFPROTO_IPV4, load: header(expr.PayloadBaseNetworkHeader, 16, 4), key: nftables.TypeIPAddr}

	// RFC 8200 section 3.
	source6      = field{words: "ip6 saddr", family: unix.NFPROTO_IPV6, load: header(expr.PayloadBaseNetworkHeader, 8, 16), key: nftables.TypeIP6Addr}
	destination6 = field{words: "ip6 daddr", family: unix.NFPROTO_IPV6, load: header(expr.PayloadBaseNetworkHeader, 24, 16), key: nftables.TypeIP6Addr}

	// RFC 768, RFC 9293: both have the ports in the first four bytes.
	udpSource      = field{words: "udp sport", transport: unix.IPPROTO_UDP, load: header(expr.PayloadBaseTransportHeader, 0, 2), key: nftables.TypeInetService}
	udpDestination = field{words: "udp dport", transport: unix.IPPROTO_UDP, load: header(expr.PayloadBaseTransportHeader, 2, 2), key: nftables.TypeInetService}
	destination    = field{words: "th dport", load: header(expr.PayloadBaseTransportHeader, 2, 2), key: nftables.TypeInetService}

	message4 = field{words: "icmp type", family: unix.NFPROTO_IPV4, transport: unix.IPPROTO_ICMP, load: header(expr.PayloadBaseTransportHeader, 0, 1), key: nftables.TypeICMPType}
	message6 = field{words: "icmpv6 type", family: unix.NFPROTO_IPV6, transport: unix.IPPROTO_ICMPV6, load: header(expr.PayloadBaseTransportHeader, 0, 1), key: nftables.TypeICMP6Type}
)

// is asks for one value, or for one of several.
func (f field) is(values ...value) term {
	if len(values) == 1 {
		return f.compared(expr.CmpOpEq, "", values[0])
	}
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b value) int { return bytes.Compare(a.bytes, b.bytes) })
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = v.words
	}
	return f.term("{ "+strings.Join(words, ", ")+" }", lookUp(&set{key: f.key, values: values}))
}

// isNot asks for any other value.
func (f field) isNot(v value) term { return f.compared(expr.CmpOpNeq, "!= ", v) }

func (f field) compared(op expr.CmpOp, words string, v value) term {
	return f.term(words+v.words, compare(op, v.bytes))
}

// within asks for an address of a network, outside for any other.
func (f field) within(p netip.Prefix) term  { return f.masked(expr.CmpOpEq, "", p) }
func (f field) outside(p netip.Prefix) term { return f.masked(expr.CmpOpNeq, "!= ", p) }

func (f field) masked(op expr.CmpOp, words string, p netip.Prefix) term {
	p = p.Masked()
	if p.IsSingleIP() { // nft has no words for a mask of all bits
		return f.compared(op, words, address(p.Addr()))
	}
	bits := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		bits[i/8] |= 0x80 >> (i % 8)
	}
	return f.term(words+p.String(), mask(bits), compare(op, p.Addr().AsSlice()))
}

func (f field) term(words string, steps ...step) term {
	t := term{words: f.words + " " + words, family: f.family, transport: f.transport, steps: []step{f.load}}
	if f.bits != nil {
		t.steps = append(t.steps, mask(f.bits))
	}
	t.steps = append(t.steps, steps...)
	return t
}

// named is an interface; the kernel compares all sixteen bytes, so that no other
// name begins like it.
func named(name string) value {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return value{`"` + name + `"`, padded}
}

func address(a netip.Addr) value { return value{a.String(), a.AsSlice()} }

func port(n uint16) value {
	return value{words: decimal(uint64(n)), bytes: binary.BigEndian.AppendUint16(nil, n)}
}

func number(n byte) value { return value{decimal(uint64(n)), []byte{n}} }

var (
	tcp    = value{"tcp", []byte{unix.IPPROTO_TCP}}
	udp    = value{"udp", []byte{unix.IPPROTO_UDP}}
	icmpv6 = value{"ipv6-icmp", []byte{unix.IPPROTO_ICMPV6}}
	ipv4   = value{"ipv4", []byte{unix.NFPROTO_IPV4}}
	ipv6   = value{"ipv6", []byte{unix.NFPROTO_IPV6}}
)
