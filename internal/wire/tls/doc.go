// Package tls reads the part of a TLS connection that travels in the clear: the
// hello messages, the certificates of TLS 1.2 and older, and the fingerprints
// JA3, JA3S and JA4 made from them.
//
// Feed the contiguous bytes of one direction to a Stream; it hands out whole
// handshake messages. ParseClientHello, ParseServerHello and ParseCertificates
// read their bodies. FindStart looks for the first hello inside a stream that
// began with another protocol (STARTTLS, SOCKS, HTTP CONNECT). The same parsers
// read the hellos of QUIC (the CRYPTO stream has no records) and of DTLS
// (ParseClientHelloDTLS for the cookie).
//
// It follows RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2) with its Appendix E.2 for
// the SSL 2.0 shaped hello, RFC 6066 section 3 (server name), RFC 7301 (ALPN),
// RFC 8701 (GREASE), RFC 9849 (encrypted hello) and RFC 5280 (certificates).
// JA3 and JA3S are those of salesforce/ja3, JA4 is the TLS client fingerprint
// of FoxIO's JA4.md; both are under the BSD licence. No other fingerprint of
// the JA4 family is made here.
//
// It does not decrypt, does not reassemble TCP, does not judge a certificate
// against a clock or a trust store, and does not decompress certificates
// (RFC 8879).
//
// Damaged and cut messages are normal: every parser returns what stood before
// the damage together with an error; a message that merely ends too early gives
// an error that wraps ErrCut. Nothing panics, and nothing is allocated because
// of a length field alone.
package tls

import "errors"

// Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4).
const (
	TypeClientHello       = 1
	TypeServerHello       = 2
	TypeHelloRetryRequest = 6 // drafts of TLS 1.3 only; the RFC uses ServerHello
	TypeCertificate       = 11
	TypeServerHelloDone   = 14
)

// Protocol versions as they stand in the version fields.
const (
	VersionSSL20  = 0x0002
	VersionSSL30  = 0x0300
	VersionTLS10  = 0x0301
	VersionTLS11  = 0x0302
	VersionTLS12  = 0x0303
	VersionTLS13  = 0x0304
	VersionDTLS10 = 0xfeff
	VersionDTLS12 = 0xfefd
	VersionDTLS13 = 0xfefc
)

// Extension types read here (IANA "TLS ExtensionType Values").
const (
	extServerName          = 0
	extSupportedGroups     = 10
	extPointFormats        = 11
	extSignatureAlgorithms = 13
	extALPN                = 16
	extPreSharedKey        = 41
	extEarlyData           = 42
	extSupportedVersions   = 43
	extQUICParameters      = 0x0039
	extQUICParametersDraft = 0xffa5
	extECH                 = 0xfe0d
	extESNI                = 0xffce
)

// ErrCut says that a message ends before its own length fields do: a packet cut
// by the snap length, or a capture that ends in the middle.
var ErrCut = errors.New("message cut short")

// IsGREASE tells whether v is one of the sixteen reserved values that clients
// send to keep servers tolerant (RFC 8701 section 2): 0x0a0a, 0x1a1a … 0xfafa.
func IsGREASE(v uint16) bool {
	return v&0x0f0f == 0x0a0a && v>>8 == v&0xff
}
