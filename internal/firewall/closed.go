package firewall

import (
	"cmp"
	"net/netip"
	"slices"
)

// special4 is what is not the Internet in IPv4 (IANA special-purpose registry,
// RFC 6890): it leads to the site, to the box, or nowhere. The documentation
// networks are left out, they lead nowhere by themselves.
var special4 = prefixes(
	"0.0.0.0/8",      // this network, RFC 791 section 3.2
	"10.0.0.0/8",     // private, RFC 1918
	"100.64.0.0/10",  // shared by a provider's customers, RFC 6598
	"127.0.0.0/8",    // loopback, RFC 1122 section 3.2.1.3
	"169.254.0.0/16", // link-local, RFC 3927
	"172.16.0.0/12",  // private, RFC 1918
	"192.0.0.0/24",   // protocol assignments, RFC 6890 section 2.1
	"192.168.0.0/16", // private, RFC 1918
	"198.18.0.0/15",  // benchmarks, RFC 2544: laboratories use it as private
	"224.0.0.0/4",    // multicast, RFC 5771
	"240.0.0.0/4",    // reserved, RFC 1112 section 4, and broadcast
)

// global is all that IANA ever gave out in IPv6 (RFC 4291 section 2.4): whatever
// is outside leads to the site, to the box, or nowhere, also in the forms that
// carry an IPv4 address (::/96, ::ffff:0:0/96, ::ffff:0:0:0/96, 64:ff9b:1::/48).
var global = netip.MustParsePrefix("2000::/3")

// special6 is what carries an IPv4 address inside of global.
var special6 = prefixes(
	"2001::/32", // Teredo, RFC 4380
	"2002::/16", // 6to4, RFC 3056
)

// translated is the prefix by which an IPv6-only uplink reaches the Internet of
// IPv4 (NAT64, RFC 6052 section 2.1). It is open but for what is closed in IPv4:
// section 3.1 forbids such addresses, and a translator that does not care would
// take guests to the site.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// closed lists what guests must not reach in a family.
func (c Config) closed(four bool) []netip.Prefix {
	list := slices.Clone(special6)
	if four {
		list = slices.Clone(special4)
	}
	for _, p := range slices.Concat(c.Prefixes, c.Site) {
		if p = p.Masked(); p.Addr().Is4() == four && (four || global.Contains(p.Addr())) {
			list = append(list, p)
		}
	}
	return outermost(list)
}

// translate is a network of IPv4 as a translator names it (RFC 6052 section 2.2).
func translate(p netip.Prefix) netip.Prefix {
	bytes := translated.Addr().As16()
	copy(bytes[12:], p.Addr().AsSlice())
	return netip.PrefixFrom(netip.AddrFrom16(bytes), translated.Bits()+p.Bits())
}

// outermost sorts networks and leaves those out that lie inside of another.
func outermost(list []netip.Prefix) (kept []netip.Prefix) {
	slices.SortFunc(list, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	for _, p := range list {
		if len(kept) == 0 || !kept[len(kept)-1].Contains(p.Addr()) {
			kept = append(kept, p)
		}
	}
	return kept
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// closing refuses what goes to one of the networks. These are rules and no set
// of intervals: some kernels fill a new set a moment after its rules are in force
// (nft_set_rbtree, which commits last), and what is closed would be open between
// an old table and a new one.
func closing(to field, networks []netip.Prefix) (list []rule) {
	for _, p := range networks {
		list = append(list, write(to.within(p), proceed(refuse)))
	}
	return list
}

// closed6 leaves a translator's addresses to the chain for them.
func (p *plan) closed6() []rule {
	return append([]rule{
		write(destination6.within(translated), proceed(translations)),
		write(destination6.outside(global), proceed(refuse)),
	}, closing(destination6, p.closed(false))...)
}

func (p *plan) translations() []rule {
	var list []netip.Prefix
	for _, p := range p.closed(true) {
		list = append(list, translate(p))
	}
	return closing(destination6, list)
}
