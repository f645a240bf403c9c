package firewall

import (
	"cmp"
	"net/netip"
	"slices"
)

// closed4 is what is not the Internet in IPv4 (IANA special-purpose registry,
// RFC 6890): it leads to the site, to the box, or nowhere. The documentation
// networks are left out, they lead nowhere by themselves.
var closed4 = prefixes(
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

// closed6 is the same in IPv6, with the forms that carry an IPv4 address which
// somebody on the way could unpack.
var closed6 = prefixes(
	"::/96",           // unspecified, loopback, IPv4-compatible, RFC 4291 section 2.5.5.1
	"::ffff:0:0/96",   // IPv4-mapped, RFC 4291 section 2.5.5.2
	"::ffff:0:0:0/96", // IPv4-translated, RFC 2765
	"64:ff9b:1::/48",  // translation inside a site, RFC 8215
	"100::/64",        // discard, RFC 6666
	"2001::/32",       // Teredo, RFC 4380
	"2002::/16",       // 6to4, RFC 3056
	"fc00::/7",        // unique local, RFC 4193
	"fe80::/10",       // link-local, RFC 4291 section 2.5.6
	"fec0::/10",       // site-local, RFC 3879
	"ff00::/8",        // multicast, RFC 4291 section 2.7
)

// translated is the prefix by which an IPv6-only uplink reaches the Internet of
// IPv4 (NAT64, RFC 6052 section 2.1). It stays open but for what is closed in
// IPv4: section 3.1 forbids such addresses, and a translator that does not care
// would take guests to the site.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// closed lists what guests must not reach, in both families, sorted and without
// networks inside of others, which an interval set refuses.
func (c Config) closed() (four, six []netip.Prefix) {
	four, six = slices.Clone(closed4), slices.Clone(closed6)
	for _, p := range slices.Concat(c.Prefixes, c.Site) {
		if p = p.Masked(); p.Addr().Is4() {
			four = append(four, p)
		} else {
			six = append(six, p)
		}
	}
	four = outermost(four)
	for _, p := range four {
		six = append(six, translate(p))
	}
	return four, outermost(six)
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
