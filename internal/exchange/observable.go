package exchange

import (
	"errors"
	"fmt"
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Observables reads what a person types: names, addresses, prefixes and URLs,
// defanged or not, hashes of certificates (SHA-1 or SHA-256, by their length),
// JA3 and JA4. The error is of kind Invalid and names every value that is none.
func Observables(values []string) ([]tinycheck.Observable, error) {
	var list []tinycheck.Observable
	var refused []error
	for _, raw := range values {
		o, err := observable(raw)
		if err != nil {
			refused = append(refused, fmt.Errorf("%q is no name like api.spy.example, no address, URL or fingerprint: %w", clip(raw, maxValue), err))
			continue
		}
		list = append(list, o)
	}
	if len(refused) > 0 {
		return list, tinycheck.Errorf("read indicator", tinycheck.Invalid, errors.Join(refused...))
	}
	return list, nil
}

func observable(raw string) (tinycheck.Observable, error) {
	for _, kind := range []struct {
		name  tinycheck.ObservableType
		bytes int
	}{{tinycheck.JA3, 16}, {tinycheck.CertSHA1, 20}, {tinycheck.CertSHA256, 32}} {
		if hash, err := spelling.Hex(raw, kind.bytes); err == nil {
			return tinycheck.Observable{Type: kind.name, Value: hash}, nil
		}
	}
	if text := strings.ToLower(strings.TrimSpace(raw)); ja4(text) {
		return tinycheck.Observable{Type: tinycheck.JA4, Value: text}, nil
	}
	found, _, err := entry(raw)
	return found, err
}

// ja4 reports the form of a JA4 fingerprint: t13d1516h2_8daaf6152771_b0da82dd1658
// (FoxIO, JA4.md).
func ja4(s string) bool {
	a, rest, _ := strings.Cut(s, "_")
	b, c, _ := strings.Cut(rest, "_")
	return len(a) == 10 && strings.IndexByte("tqd", a[0]) >= 0 && hexadecimal(b, 12) && hexadecimal(c, 12)
}

func hexadecimal(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}
