package tls

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
)

// JA3Raw is the text under JA3: version, cipher suites, extensions, groups and
// point formats in decimal, without GREASE, in the order of the wire
// (salesforce/ja3, README). It is empty for a hello in SSL 2.0 shape and for a
// partial one, whose value would be a wrong one.
func (h *ClientHello) JA3Raw() string {
	if h.SSLv2 || h.Partial {
		return ""
	}
	var space [512]byte
	return string(h.appendJA3(space[:0]))
}

// JA3 is the MD5 of JA3Raw in lower-case hex; empty where that is. It is a
// name for a piece of software, not a protection.
func (h *ClientHello) JA3() string {
	if h.SSLv2 || h.Partial {
		return ""
	}
	var space [512]byte
	return md5Hex(h.appendJA3(space[:0]))
}

func (h *ClientHello) appendJA3(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = appendDecimals(append(b, ','), h.CipherSuites)
	b = appendDecimals(append(b, ','), h.Extensions)
	b = appendDecimals(append(b, ','), h.Groups)
	b = append(b, ',')
	for i, f := range h.PointFormats {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(f), 10)
	}
	return b
}

// JA3SRaw is the text under JA3S: version, cipher suite and extensions in
// decimal. GREASE is not removed there (salesforce/ja3, ja3s.py): a server may
// not send it. It is empty for a partial hello.
func (h *ServerHello) JA3SRaw() string {
	if h.Partial {
		return ""
	}
	return string(h.appendJA3S(nil))
}

// JA3S is the MD5 of JA3SRaw in lower-case hex; empty where that is.
func (h *ServerHello) JA3S() string {
	if h.Partial {
		return ""
	}
	var space [128]byte
	return md5Hex(h.appendJA3S(space[:0]))
}

func (h *ServerHello) appendJA3S(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = strconv.AppendUint(append(b, ','), uint64(h.CipherSuite), 10)
	b = append(b, ',')
	for i, e := range h.Extensions {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(e), 10)
	}
	return b
}

func appendDecimals(b []byte, list []uint16) []byte {
	start := len(b)
	for _, v := range list {
		if IsGREASE(v) {
			continue
		}
		if len(b) > start {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	var text [2 * md5.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
