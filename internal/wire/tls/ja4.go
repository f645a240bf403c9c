package tls

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Transports of JA4.
const (
	TransportTCP  = 't'
	TransportQUIC = 'q'
	TransportDTLS = 'd'
)

const (
	hexDigits = "0123456789abcdef"
	ja4Empty  = "000000000000" // stands for the hash of an empty list
	ja4Digits = 12             // hex digits kept of a hash
	ja4Count  = 99             // greatest count that two digits can show
)

// JA4 is the TLS client fingerprint after FoxIO's JA4.md (BSD licence, no
// patent claims), such as t13d1516h2_8daaf6152771_e5627efa2ab1. The transport
// is one of TransportTCP, TransportQUIC, TransportDTLS. It is empty for a hello
// in SSL 2.0 shape and for a partial one.
func (h *ClientHello) JA4(transport byte) string {
	if h.SSLv2 || h.Partial {
		return ""
	}
	var space, text [512]byte
	b := h.appendJA4Head(space[:0], transport)
	b = append(b, '_')
	b = appendHash12(b, appendSorted(text[:0], h.CipherSuites, false))
	b = append(b, '_')
	b = appendHash12(b, h.appendJA4Extensions(text[:0]))
	return string(b)
}

// appendJA4Head writes the readable first part: transport, version, name,
// counts and ALPN. GREASE counts nowhere.
func (h *ClientHello) appendJA4Head(b []byte, transport byte) []byte {
	b = append(b, transport)
	b = append(b, ja4Version(h.Highest())...)
	if slices.Contains(h.Extensions, extServerName) {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = appendCount(b, h.CipherSuites)
	b = appendCount(b, h.Extensions)
	return h.appendJA4Protocol(b)
}

func ja4Version(v uint16) string {
	switch v {
	case VersionTLS13:
		return "13"
	case VersionTLS12:
		return "12"
	case VersionTLS11:
		return "11"
	case VersionTLS10:
		return "10"
	case VersionSSL30:
		return "s3"
	case VersionSSL20:
		return "s2"
	case VersionDTLS10:
		return "d1"
	case VersionDTLS12:
		return "d2"
	case VersionDTLS13:
		return "d3"
	}
	return "00"
}

func appendCount(b []byte, list []uint16) []byte {
	n := 0
	for _, v := range list {
		if !IsGREASE(v) {
			n++
		}
	}
	n = min(n, ja4Count)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// appendJA4Protocol writes the first and the last character of the first ALPN
// value; when one of them is not alphanumeric in ASCII, the first and the last
// digit of the value in hex; 00 when there is no value. A single character is
// both first and last.
func (h *ClientHello) appendJA4Protocol(b []byte) []byte {
	if len(h.ALPN) == 0 || h.ALPN[0] == "" {
		return append(b, '0', '0')
	}
	name := h.ALPN[0]
	first, last := name[0], name[len(name)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return append(b, first, last)
	}
	return append(b, hexDigits[first>>4], hexDigits[last&0xf])
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// appendJA4Extensions writes the text under the third part: the sorted
// extensions without server name and ALPN, then the signature algorithms in
// the order of the wire. Without signature algorithms there is no underscore;
// without extensions there is no text at all.
func (h *ClientHello) appendJA4Extensions(b []byte) []byte {
	b = appendSorted(b, h.Extensions, true)
	if len(b) == 0 {
		return b
	}
	separator := byte('_')
	for _, v := range h.SignatureAlgorithms {
		if IsGREASE(v) {
			continue
		}
		b = appendHex16(append(b, separator), v)
		separator = ','
	}
	return b
}

// appendSorted writes the values in rising order, comma-separated.
func appendSorted(b []byte, list []uint16, extensions bool) []byte {
	var space [128]uint16
	kept := space[:0]
	for _, v := range list {
		if IsGREASE(v) || extensions && (v == extServerName || v == extALPN) {
			continue
		}
		kept = append(kept, v)
	}
	slices.Sort(kept)
	for i, v := range kept {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHex16(b, v)
	}
	return b
}

func appendHex16(b []byte, v uint16) []byte {
	return append(b, hexDigits[v>>12], hexDigits[v>>8&0xf], hexDigits[v>>4&0xf], hexDigits[v&0xf])
}

func appendHash12(b, text []byte) []byte {
	if len(text) == 0 {
		return append(b, ja4Empty...)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:ja4Digits/2])
}
