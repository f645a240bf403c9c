package match

import (
	"slices"

	"tinycheck"
)

// onWire are the types of what a recording of traffic can show of a family.
var onWire = []tinycheck.ObservableType{
	tinycheck.DomainName, tinycheck.IPv4Addr, tinycheck.IPv6Addr, tinycheck.CertSHA1, tinycheck.CertSHA256,
}

// Families gives the families that have an indicator of the class which traffic
// can show by name, address or certificate: sorted, without the empty one.
func (x *Index) Families(class tinycheck.Class) []string {
	var list []string
	for n := uint32(0); int(n) < len(x.shelf.shared)/sharedSize; n++ {
		if !x.shelf.is(n, wordClass, string(class)) || !slices.ContainsFunc(onWire, func(t tinycheck.ObservableType) bool { return x.shelf.is(n, wordType, string(t)) }) {
			continue
		}
		if family := x.shelf.about(n).Family; family != "" {
			list = append(list, family)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
