package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a string from outside on the page, in characters. Names of hosts
// have at most 253 (RFC 1035 section 2.3.4).
const (
	longestString = 4096 // a path
	longestItem   = 255  // of a list
	longestName   = 255
)

// plain makes a string from outside harmless for a terminal and a page:
// control characters, invisible and direction-changing characters and broken
// UTF-8 are written out as \x1b or \u202e. What is longer than limit characters
// is cut, with an ellipsis.
func plain(s string, limit int) string {
	if len(s) <= limit && harmless(s) {
		return s
	}
	var b strings.Builder
	for n := 0; len(s) > 0; n++ {
		if n == limit {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

func harmless(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hostname writes a name of a host, or an address, so that it is nothing else:
// every other byte, the space too, as \DDD (RFC 1035 section 5.1). A server
// cannot put a sentence of its own on the page that way.
func hostname(s string) string {
	ordinary := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._:*/", c) >= 0
	}
	var b strings.Builder
	for i := range len(s) {
		if i == longestName {
			b.WriteString("…")
			break
		}
		if ordinary(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, `\%03d`, s[i])
		}
	}
	return b.String()
}

func hostnames(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = hostname(s)
	}
	return out
}

// without replaces a device's own name in a string: it is personal.
func without(s, personal string) string {
	if personal == "" {
		return s
	}
	var b strings.Builder
	low, name := strings.ToLower(s), strings.ToLower(personal)
	if len(low) != len(s) {
		// Lower case moved the bytes: leave the whole string out rather than cut
		// at a wrong place.
		if strings.Contains(low, name) {
			return "…"
		}
		return s
	}
	for {
		i := strings.Index(low, name)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		b.WriteString("…")
		s, low = s[i+len(name):], low[i+len(name):]
	}
}
