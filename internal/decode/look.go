package decode

import (
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/tls"
)

// startsHTTP reports whether a segment begins a message of HTTP for certain.
func startsHTTP(data []byte) bool {
	k := http.Looks(data)
	return k == http.RequestMessage || k == http.ResponseMessage
}

// hopeful reports whether data continues a first line of HTTP that is held
// already, without ending it: so that not every piece of a long line makes all
// of it be looked at again.
func (s *direction) hopeful(data []byte) bool {
	const begun = 96
	if len(s.held) < begun || len(s.held)+len(data) > http.MaxLine {
		return false
	}
	for _, c := range data {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return s.held[0] > ' '
}

// likeness is an opinion about first bytes.
type likeness uint8

const (
	unlikely likeness = iota
	possible          // more bytes are needed
	likely
)

// looksDNS judges the first bytes of a stream on any port: a length and a
// message (RFC 1035 section 4.2.2).
func (s *direction) looksDNS(p []byte) likeness {
	const (
		smallest = 12 + 5           // a question for the root
		needed   = 2 + 12 + 255 + 4 // to judge a message by its question
		greatest = 512              // of a message on other ports that is waited for
	)
	known := s.port(53) || s.port(5353)
	switch {
	case s.broken:
		return unlikely
	case dns.LooksTCP(p) && (known || asksOne(p)):
		return likely
	case len(p) < 2 && (known || p[0] == 0):
		return possible
	case len(p) < 2:
		return unlikely
	}
	length := int(p[0])<<8 | int(p[1])
	switch {
	case length < smallest, len(p) >= min(2+length, needed):
		return unlikely
	case !known && (length > greatest || !asksOne(p)):
		return unlikely
	}
	return possible
}

// asksOne reports whether a message, as far as it is there, is a query or its
// answer with one question, for a name that is not the root: on ports that are
// not known for DNS less is not believed.
func asksOne(p []byte) bool {
	const opcode = 0x78
	return !(len(p) > 4 && p[4]&opcode != 0 || len(p) > 6 && p[6] != 0 || len(p) > 7 && p[7] != 1 || len(p) > 14 && p[14] == 0)
}

// startsInPieces reports whether a stream begins with a TLS record too short
// for a hello: some clients spread theirs over tiny records (RFC 8446 section
// 5.1 lets them), so that nobody on the way can read the name. Within a stream
// that is not believed.
func startsInPieces(p []byte) bool {
	const header, tooShort = 5, 80 // a hello with the longest session id needs so much before its lists
	if len(p) <= header || p[0] != 22 || p[1] != 3 || p[2] > 4 || p[3] != 0 || p[4] == 0 || p[4] > tooShort {
		return false
	}
	return p[header] == tls.TypeClientHello || p[header] == tls.TypeServerHello
}

// port reports whether either end has a port.
func (s *direction) port(p uint16) bool { return s.f.Client.Port() == p || s.f.Server.Port() == p }
