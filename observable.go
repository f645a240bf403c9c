package tinycheck

import (
	"cmp"
	"net/netip"
	"strings"
)

// ObservableType is the kind of thing that can be recognised in traffic
// (STIX 2.1 section 6 for the names).
type ObservableType string

// The types.
const (
	DomainName ObservableType = "domain-name"
	IPv4Addr   ObservableType = "ipv4-addr" // one address, or a prefix as in STIX: 192.0.2.0/24
	IPv6Addr   ObservableType = "ipv6-addr"
	URL        ObservableType = "url"
	CertSHA1   ObservableType = "x509-sha1"
	CertSHA256 ObservableType = "x509-sha256"
	JA3        ObservableType = "ja3"
	JA4        ObservableType = "ja4"
)

// Observable is a thing that can be recognised, in its one canonical spelling:
// names in lower case, A-labels, without the trailing dot; addresses as
// netip writes them, prefixes masked; hashes and fingerprints in lower case.
// internal/spelling makes them from what people and feeds write.
type Observable struct {
	Type  ObservableType
	Value string
}

// Prefix gives the address or prefix of an address observable.
func (o Observable) Prefix() (netip.Prefix, bool) {
	if o.Type != IPv4Addr && o.Type != IPv6Addr {
		return netip.Prefix{}, false
	}
	if p, err := netip.ParsePrefix(o.Value); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(o.Value)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// Compare orders observables by type, then value.
func (o Observable) Compare(p Observable) int {
	return cmp.Or(cmp.Compare(o.Type, p.Type), cmp.Compare(o.Value, p.Value))
}

// Host is the name that a domain or a URL observable is about; "" for others,
// and for a URL with an address.
func (o Observable) Host() string {
	switch o.Type {
	case DomainName:
		return o.Value
	case URL:
		_, rest, _ := strings.Cut(o.Value, "://")
		name, _, _ := strings.Cut(rest, "/")
		name, _, _ = strings.Cut(name, ":")
		if _, err := netip.ParseAddr(name); err == nil || strings.HasPrefix(name, "[") {
			return ""
		}
		return name
	}
	return ""
}
