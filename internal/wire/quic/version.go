package quic

import (
	"fmt"
	"strconv"
)

// Version is the version field of a long header (RFC 8999 section 5.1), or the
// version tag of a Google QUIC public header, as one big-endian number.
type Version uint32

// The versions whose numbers have a meaning of their own.
const (
	Negotiation Version = 0          // marks a Version Negotiation packet, RFC 8999 section 6
	V1          Version = 0x00000001 // RFC 9000 section 15
	V2          Version = 0x6b3343cf // RFC 9369 section 3.1
	Draft29     Version = 0xff00001d
	Draft32     Version = 0xff000020
	Draft33     Version = 0xff000021
	Draft34     Version = 0xff000022
	Mvfst2      Version = 0xfaceb002 // Facebook's mvfst, a dialect of draft 27
)

// protection is what a version changes about Initial and Retry packets. Strings
// hold raw bytes, because they never change.
type protection struct {
	salt       string // of HKDF-Extract, 20 bytes
	label      string // first word of the HKDF labels
	retryKey   string // 16 bytes; empty where the Retry tag cannot be checked
	retryNonce string // 12 bytes
	turn       byte   // what the type bits are turned by to read as in version 1
}

var (
	// RFC 9001 sections 5.2 and 5.8; the same since draft 33.
	protectionV1 = protection{
		salt:       "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
		label:      "quic",
		retryKey:   "\xbe\x0c\x69\x0b\x9f\x66\x57\x5a\x1d\x76\x6b\x54\xe3\x68\xc8\x4e",
		retryNonce: "\x46\x15\x99\xd3\x5d\x63\x2b\xf2\x23\x98\x25\xbb",
	}
	// RFC 9369 sections 3.2 (types turned by one) and 3.3.
	protectionV2 = protection{
		salt:       "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
		label:      "quicv2",
		retryKey:   "\x8f\xb4\xb0\x1b\x56\xac\x48\xe2\x60\xfb\xcb\xce\xad\x7c\xcc\x92",
		retryNonce: "\xd8\x69\x69\xbc\x2d\x7c\x6d\x99\x90\xef\xb0\x4a",
		turn:       3,
	}
	// draft-ietf-quic-tls-29 to -32, sections 5.2 and 5.8.
	protectionDraft29 = protection{
		salt:       "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99",
		label:      "quic",
		retryKey:   "\xcc\xce\x18\x7e\xd0\x9a\x09\xd0\x57\x28\x15\x5a\x6c\xb9\x6b\xe1",
		retryNonce: "\xe5\x49\x30\xf9\x7f\x21\x36\xf0\x53\x0a\x8c\x1c",
	}
	// draft-ietf-quic-tls-23 to -28, section 5.2, which mvfst kept.
	protectionMvfst = protection{
		salt:  "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02",
		label: "quic",
	}
)

// protection returns nil for versions that are labelled only.
func (v Version) protection() *protection {
	switch {
	case v == V1, v == Draft33, v == Draft34:
		return &protectionV1
	case v == V2:
		return &protectionV2
	case v >= Draft29 && v <= Draft32:
		return &protectionDraft29
	case v == Mvfst2:
		return &protectionMvfst
	case v.greased():
		// A client that forces a negotiation protects its packet with what it
		// likes; the ones in the wild take draft 29. The tag tells.
		return &protectionDraft29
	}
	return nil
}

// Readable says whether Initial packets of the version can be decrypted.
func (v Version) Readable() bool { return v.protection() != nil }

// greased reports the numbers reserved to force a Version Negotiation, RFC 9000
// section 15.
func (v Version) greased() bool { return v&0x0f0f0f0f == 0x0a0a0a0a }

// draft reports the numbers 0xff000001 to 0xff000022 of the drafts.
func (v Version) draft() bool { return v > 0xff000000 && v <= Draft34 }

func (v Version) mvfst() bool { return v&^0xf == 0xfaceb000 }

// google reports the four-letter tags of Google QUIC: Q or T, zero, two digits.
func (v Version) google() bool {
	a, b, c, d := byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	return (a == 'Q' || a == 'T') && b == '0' && c-'0' <= 9 && d-'0' <= 9
}

// plausible says whether a stranger's four bytes are a version at all.
func (v Version) plausible() bool {
	return v == V1 || v == V2 || v.draft() || v.google() || v.mvfst() || v.greased()
}

// String gives the label: v1, v2, draft-29, gQUIC-Q046, mvfst-02, negotiation,
// greased or unknown-0x12345678.
func (v Version) String() string {
	switch {
	case v == Negotiation:
		return "negotiation"
	case v == V1:
		return "v1"
	case v == V2:
		return "v2"
	case v.draft():
		return "draft-" + strconv.Itoa(int(v&0xff))
	case v.google():
		return "gQUIC-" + string([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	case v.mvfst():
		return fmt.Sprintf("mvfst-%02x", byte(v))
	case v.greased():
		return "greased"
	}
	return fmt.Sprintf("unknown-0x%08x", uint32(v))
}
