package tls

import "bytes"

const (
	// helloFixed is the part of a hello before the session id: record header,
	// handshake header, version and random.
	helloFixed = recordHeader + handshakeHeader + 2 + 32
	// minHello is the shortest body of a hello: version, random, cipher suite
	// and, in TLS, session id and compression (drafts of TLS 1.3 had extensions
	// instead).
	minHello = 2 + 32 + 2 + 2
)

// likeness is the opinion about one candidate of FindStart.
type likeness uint8

const (
	unlike likeness = iota
	undecided
	like
)

// FindStart gives the offset of the first TLS record in p that carries a
// ClientHello, a ServerHello or (where a capture began late) a Certificate, or
// -1. It looks at some 46 to 80 bytes from there on; a hello of which p holds
// less is not found.
func FindStart(p []byte) int {
	at, _ := ScanStart(p, 0)
	return at
}

// ScanStart is FindStart from an offset on. Without a find (at is -1), resume
// is the offset to give with the same bytes and more of them: everything before
// it is known to be no start. So a growing stream is scanned once.
func ScanStart(p []byte, from int) (at, resume int) {
	for i := max(from, 0); i < len(p); {
		n := bytes.IndexByte(p[i:], recordHandshake)
		if n < 0 {
			break
		}
		i += n
		switch hello(p[i:]) {
		case like:
			return i, i
		case undecided:
			return -1, i
		}
		i++
	}
	return -1, max(from, len(p))
}

// hello judges whether p begins with a record that carries a hello (RFC 8446
// sections 5.1 and 4.1.2).
func hello(p []byte) likeness {
	if !plausiblePrefix(p) {
		return unlike
	}
	if len(p) < recordHeader+handshakeHeader {
		return undecided
	}
	record, body := int(p[3])<<8|int(p[4]), uint24(p[6:])
	if record > maxRecord || handshakeHeader+body > MaxMessage {
		return unlike
	}
	if p[5] == TypeCertificate {
		return certificates(p[recordHeader+handshakeHeader:], record, body)
	}
	if body < minHello {
		return unlike
	}
	if len(p) <= helloFixed {
		return undecided
	}
	// A record that ends before the fields judged below is a hello split over
	// tiny records; Stream reads it, but nobody starts TLS inside another
	// protocol in that way.
	after := helloFixed + 1 + int(p[helloFixed])
	if int(p[helloFixed]) > maxSessionID || recordHeader+record < after+3 {
		return unlike
	}
	if len(p) < after+3 {
		return undecided
	}
	return plausibleSuites(p[5], p[after:], body-(after-recordHeader-handshakeHeader))
}

// plausiblePrefix checks the bytes of fixed value that are there.
func plausiblePrefix(p []byte) bool {
	for i, c := range p[:min(len(p), 11)] {
		switch i {
		case 0:
			if c != recordHandshake {
				return false
			}
		case 1:
			if c != 3 {
				return false
			}
		case 2:
			if c > 4 {
				return false
			}
		case 5:
			if c != TypeClientHello && c != TypeServerHello && c != TypeCertificate {
				return false
			}
		case 9:
			if c != 3 && p[5] != TypeCertificate {
				return false
			}
		case 10:
			if c > 4 && p[5] != TypeCertificate {
				return false
			}
		}
	}
	return true
}

// plausibleSuites judges what follows the session id: the list of suites of a
// client, or the suite and the compression method of a server. left is how many
// bytes the message has from there on.
func plausibleSuites(kind uint8, p []byte, left int) likeness {
	if left < 3 {
		return unlike
	}
	if kind == TypeServerHello {
		if p[2] > 1 { // null and DEFLATE (RFC 3749) are the only methods
			return unlike
		}
		return like
	}
	list := int(p[0])<<8 | int(p[1])
	// The list, and one method of compression with its length.
	if list < 2 || list%2 != 0 || 2+list+2 > left {
		return unlike
	}
	return like
}

// certificates judges the body of a Certificate message of TLS 1.2 (RFC 5246
// section 7.4.2): a list that fills the body, and a first certificate inside
// the list that begins as a SEQUENCE of DER in the same record.
func certificates(p []byte, record, body int) likeness {
	if len(p) < 7 {
		return undecided
	}
	list, first := uint24(p), uint24(p[3:])
	if record < handshakeHeader+7 || list+3 != body || first+3 > list || first < 2 || p[6] != 0x30 {
		return unlike
	}
	return like
}
