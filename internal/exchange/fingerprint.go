package exchange

import (
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// fingerprint takes a fingerprint of a TLS client: JA3 is an MD5
// (https://github.com/salesforce/ja3), JA4 has three parts
// (https://github.com/FoxIO-LLC/ja4, technical details of JA4).
func (b *book) fingerprint(line int, kind tinycheck.ObservableType, raw string, like tinycheck.Indicator) {
	value := strings.ToLower(strings.TrimSpace(raw))
	ok := ja4(value)
	if kind == tinycheck.JA3 {
		hash, err := spelling.Hex(raw, 16)
		value, ok = hash, err == nil
	}
	if !ok {
		b.reject(line, raw, "not a fingerprint of the form "+strings.ToUpper(string(kind)))
		return
	}
	like.Observable = tinycheck.Observable{Type: kind, Value: value}
	b.put(line, like)
}
