// Package dtls recognises DTLS in UDP datagrams and puts the handshake messages
// that travel in the clear together again.
//
// Give the datagrams of one direction of a flow to a Stream; it hands out whole
// handshake messages. Their bodies are those of TLS (parse them with the tls
// package), except that a ClientHello has a cookie. Looks tells cheaply whether
// a datagram is worth feeding at all.
//
// It follows RFC 6347 (DTLS 1.2) and RFC 4347 (DTLS 1.0), and reads the version
// 0x0100 of OpenSSL before 0.9.8f the same way. Of DTLS 1.3 (RFC 9147) the
// hellos look like those of DTLS 1.2; everything later has the unified header,
// which IsUnified labels and which is never opened.
//
// It does not decrypt, does not check sequence numbers against replay and does
// not put messages in order: a message is handed out when its last fragment has
// come. A retransmitted message is handed out again; the caller tells hellos
// apart.
//
// Damaged and cut datagrams are normal: everything before the damage is used,
// the rest of the datagram is dropped and counted. Nothing panics, nothing is
// allocated because of a length field alone, and all that is held is bounded by
// the constants below.
package dtls

// Handshake message types (RFC 6347 section 4.3.2).
const (
	TypeClientHello        = 1
	TypeServerHello        = 2
	TypeHelloVerifyRequest = 3
	TypeCertificate        = 11
)

// Content types of records (RFC 6347 section 4.3.1; 24 RFC 6520, 25 RFC 9146,
// 26 RFC 9147 section 4).
const (
	recordFirst     = 20
	recordHandshake = 22
	recordData      = 23
	recordID        = 25 // always encrypted
	recordLast      = 26
)

// Sizes of the headers (RFC 6347 sections 4.1 and 4.2.2).
const (
	recordHeader    = 13
	handshakeHeader = 12
)

// Bounds of one direction of a flow.
const (
	// MaxInput is how many bytes of records are looked at.
	MaxInput = 256 << 10
	// MaxMessage is the greatest handshake message without header.
	MaxMessage = 64 << 10
	// MaxOpen is how many incomplete messages are held at a time; the oldest
	// gives way to a new one.
	MaxOpen = 8
	// MaxFragments is how many separate pieces of one message are held.
	MaxFragments = 256
	// MaxHeld is how many bytes of incomplete messages are held in all.
	MaxHeld = 128 << 10

	// maxRecord is the greatest record: 2^14 bytes and 2048 of protection
	// (RFC 5246 section 6.2.3, which RFC 6347 section 4.1 takes over).
	maxRecord = 1<<14 + 2048
)
