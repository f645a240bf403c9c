package dhcp

import (
	"errors"
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// What can be wrong with a message. Everything that could be read stands in the
// result nevertheless.
var (
	ErrCut     = errors.New("parse dhcp message: ends before what it promises")
	ErrForeign = errors.New("parse dhcp message: neither a request nor a reply of dhcp")
	ErrData    = errors.New("parse dhcp message: option contradicts its kind")
)

// MAC is an IEEE 802 hardware address; all zeros when there is none.
type MAC [6]byte

// String writes six pairs of lower-case hexadecimal digits with colons.
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 17)
	for i, b := range m {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, digits[b>>4], digits[b&15])
	}
	return string(out)
}

// number reads the 16-bit number at the beginning of b.
func number(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

// long reads the 32-bit number at the beginning of b.
func long(b []byte) uint32 { return uint32(number(b))<<16 | uint32(number(b[2:])) }

// maxText bounds a text, in bytes before escaping.
const maxText = 255

// text makes b printable, without the zeros that some clients put at its end
// (RFC 2132 2).
func text(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	b = b[:min(len(b), maxText)]
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError || r == '\\' || !unicode.IsPrint(r) {
			for _, c := range b[:n] {
				out = appendEscape(out, c)
			}
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(out)
}

func appendEscape(dst []byte, c byte) []byte {
	return append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
}

// wireName reads a domain name in labels, without compression (RFC 4702 2.3.1,
// RFC 8415 10). The root at its end may be missing: a client may tell its first
// labels only. ok is false when a label is cut or cannot be.
func wireName(b []byte) (name string, ok bool) {
	const maxLabel = 63
	var out []byte
	for len(b) > 0 && b[0] != 0 {
		n := int(b[0])
		if n > maxLabel || n >= len(b) || len(out)+n > maxText {
			return text(out), false
		}
		if len(out) > 0 {
			out = append(out, '.')
		}
		out = append(out, b[1:1+n]...)
		b = b[1+n:]
	}
	return text(out), true
}

// addresses reads a list of addresses of size bytes; what is left over is not
// looked at.
func addresses(b []byte, size int) (out []netip.Addr) {
	for ; len(b) >= size; b = b[size:] {
		a, _ := netip.AddrFromSlice(b[:size])
		out = append(out, a)
	}
	return out
}
