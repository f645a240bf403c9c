package tls

import (
	"errors"
	"fmt"
)

// retryRandom is the random of a ServerHello that is a HelloRetryRequest: the
// SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3).
const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// ServerHello is the answer of a server (RFC 8446 section 4.1.3), in TLS and in
// DTLS. Nothing aliases the parsed bytes.
type ServerHello struct {
	Version         uint16 // legacy_version
	SelectedVersion uint16 // supported_versions; 0 when absent
	SessionIDLength int
	CipherSuite     uint16
	Extensions      []uint16 // types, in the order of the wire
	ALPN            string   // the chosen protocol; in TLS 1.3 it is encrypted
	PreSharedKey    bool
	RetryRequest    bool // a HelloRetryRequest: another ClientHello follows
	Partial         bool // cut or damaged: the list may be short, so there is no fingerprint
}

// ParseServerHello reads the body of a ServerHello, without the four bytes of
// handshake header. Errors are those of ParseClientHello.
func ParseServerHello(body []byte) (ServerHello, error) {
	var h ServerHello
	r := reader{rest: body}
	err := h.read(&r)
	if err == nil && r.cut {
		err = ErrCut
	}
	h.Partial = r.cut || errors.Is(err, errOverrun) || errors.Is(err, errList)
	if err != nil {
		err = fmt.Errorf("parse server hello: %w", err)
	}
	return h, err
}

func (h *ServerHello) read(r *reader) (err error) {
	h.Version = r.uint16()
	h.RetryRequest = string(r.bytes(len(retryRandom))) == retryRandom
	// Drafts 18 to 21 of TLS 1.3 had their number here and neither session id
	// nor compression; some captures and very old clients still have it so.
	draft := h.Version>>8 == 0x7f
	if !draft {
		h.SessionIDLength = len(r.vector8())
	}
	if h.SessionIDLength > maxSessionID {
		return fmt.Errorf("%w: session id of %d bytes", errList, h.SessionIDLength)
	}
	h.CipherSuite = r.uint16()
	if !draft {
		r.uint8() // compression method
	}
	if !r.cut && len(r.rest) > 0 {
		h.Extensions, err = readExtensions(r, h.readExtension)
	}
	return err
}

// Negotiated is the version that the connection will use.
func (h *ServerHello) Negotiated() uint16 {
	if h.SelectedVersion != 0 {
		return h.SelectedVersion
	}
	return h.Version
}

func (h *ServerHello) readExtension(kind uint16, data []byte) bool {
	r := reader{rest: data}
	switch kind {
	case extSupportedVersions:
		h.SelectedVersion = r.uint16()
		return !r.cut
	case extALPN:
		names, ok := readALPN(&r)
		if len(names) > 0 {
			h.ALPN = names[0]
		}
		return ok
	case extPreSharedKey:
		h.PreSharedKey = true
	}
	return true
}
