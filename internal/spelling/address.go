package spelling

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"tinycheck"
)

// Address spells one address or one prefix as an observable.
func Address(raw string) (tinycheck.Observable, error) {
	raw = strings.TrimSpace(raw)
	if strings.Contains(raw, "/") {
		return prefix(raw)
	}
	addr, err := netip.ParseAddr(raw)
	if err != nil || addr.Zone() != "" {
		return tinycheck.Observable{}, ErrAddress
	}
	addr = addr.Unmap()
	return tinycheck.Observable{Type: family(addr), Value: addr.String()}, nil
}

func prefix(raw string) (tinycheck.Observable, error) {
	p, err := netip.ParsePrefix(raw)
	if err != nil {
		return tinycheck.Observable{}, ErrAddress
	}
	p = p.Masked()
	if p.IsSingleIP() {
		return tinycheck.Observable{Type: family(p.Addr()), Value: p.Addr().String()}, nil
	}
	return tinycheck.Observable{Type: family(p.Addr()), Value: p.String()}, nil
}

func family(a netip.Addr) tinycheck.ObservableType {
	if a.Is4() {
		return tinycheck.IPv4Addr
	}
	return tinycheck.IPv6Addr
}

// Hex spells a hash of n bytes: lower case, without colons and spaces.
func Hex(raw string, n int) (string, error) {
	clean := strings.NewReplacer(":", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(raw)))
	if _, err := hex.DecodeString(clean); err != nil || len(clean) != 2*n {
		return "", ErrHex
	}
	return clean, nil
}
