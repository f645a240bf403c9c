package tls

import (
	"errors"
	"fmt"
)

// ParseClientHelloSSLv2 reads the hello that clients with SSL 2.0 support sent
// (RFC 5246 appendix E.2), beginning at its version field. Cipher suites that
// exist only in SSL 2.0 are left out. Such a hello has no extensions and no
// server name, and neither JA3 nor JA4 is defined for it.
func ParseClientHelloSSLv2(body []byte) (ClientHello, error) {
	h := ClientHello{SSLv2: true}
	r := reader{rest: body}
	h.Version = r.uint16()
	specs, id, challenge := int(r.uint16()), int(r.uint16()), int(r.uint16())
	list := r.bytes(specs)
	for ; len(list) >= 3; list = list[3:] {
		if list[0] == 0 { // a TLS suite in three bytes
			h.CipherSuites = append(h.CipherSuites, uint16(list[1])<<8|uint16(list[2]))
		}
	}
	h.SessionIDLength = len(r.bytes(id))
	r.bytes(challenge)
	h.Partial = r.cut
	switch {
	case r.cut:
		return h, fmt.Errorf("parse ssl 2.0 client hello: %w", ErrCut)
	case len(list) > 0:
		return h, errors.New("parse ssl 2.0 client hello: odd length of cipher specs")
	case len(r.rest) > 0:
		return h, fmt.Errorf("parse ssl 2.0 client hello: %d bytes after the challenge", len(r.rest))
	}
	return h, nil
}
