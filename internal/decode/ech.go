package decode

import (
	"slices"

	"tinycheck"
)

// publicNames are the outer names of providers that publish them for all their
// customers, for captures whose DNS cannot be read. Source: the ech parameter of
// Cloudflare's HTTPS records.
var publicNames = []string{"cloudflare-ech.com"}

// judgeECH tells a real encrypted hello from GREASE, as far as DNS tells: a
// client that encrypts shows the public name of the configuration (RFC 9849
// section 6.1), one that greases shows the name itself (section 6.2). The name
// of a real outer hello is only that of the provider: what the device had asked
// for comes before it.
func (d *Decoder) judgeECH(f *flow) {
	o := f.local()
	if f.ECH != tinycheck.ECHOffered || o == nil {
		return
	}
	outer := f.outer()
	told := d.hosts.told(o, f.Remote().Addr())
	hides := func(name string) bool {
		public, ok := d.hosts.published(o, name)
		return ok && name != outer && (public == outer || public == "")
	}
	hidden := slices.ContainsFunc(told, hides)
	if !hidden && !d.hosts.public[outer] && !slices.Contains(publicNames, outer) {
		return
	}
	f.ECH = tinycheck.ECHLikely
	slices.SortStableFunc(told, func(a, b string) int { return behind(hides(a)) - behind(hides(b)) })
	said := f.Names
	f.Names = nil
	for _, name := range told[:min(len(told), maxNames/2)] {
		f.addName(name, tinycheck.NameDNS)
	}
	for _, n := range said {
		if len(f.Names) < maxNames && !slices.Contains(f.Names, n) {
			f.Names = append(f.Names, n)
		}
	}
}

// outer is the name in the hello of the flow.
func (f *flow) outer() string {
	for _, n := range f.Names {
		if n.Source == tinycheck.NameTLS || n.Source == tinycheck.NameQUIC {
			return n.Value
		}
	}
	return ""
}

// behind puts what is true first in a sorted list.
func behind(first bool) int {
	if first {
		return 0
	}
	return 1
}
