package tls

import (
	"unicode/utf8"
)

// maxHostName is the longest name that DNS can carry in text form, with room
// for a trailing dot (RFC 1035 section 2.3.4).
const maxHostName = 254

// nameTypeHost is the only name type of the server_name extension (RFC 6066
// section 3).
const nameTypeHost = 0

// readServerName reads the server_name list and keeps the first host_name.
func (h *ClientHello) readServerName(r *reader) bool {
	list := reader{rest: r.vector16()}
	if r.cut {
		return false
	}
	for len(list.rest) > 0 {
		kind := list.uint8()
		name := list.vector16()
		if list.cut {
			return false
		}
		if kind != nameTypeHost || h.SNI != "" {
			continue
		}
		host, ok := hostName(name)
		if !ok {
			return false
		}
		h.SNI = host
	}
	return true
}

// hostName gives a name in lower case without its trailing dot. Names with
// control characters or spaces, and names that are no UTF-8, are refused: they
// can match nothing and would only travel into reports. An address literal is
// kept, although RFC 6066 forbids it: it is telling.
func hostName(b []byte) (string, bool) {
	if len(b) > 1 && b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if len(b) == 0 || len(b) > maxHostName || !utf8.Valid(b) {
		return "", false
	}
	lower := make([]byte, len(b))
	for i, c := range b {
		if c <= ' ' || c == 0x7f {
			return "", false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return string(lower), true
}

// readALPN reads the protocol names (RFC 7301 section 3.1); those before a
// damage are kept, and so is an empty one, because JA4 looks at the first.
func readALPN(r *reader) ([]string, bool) {
	list := reader{rest: r.vector16()}
	names := make([]string, 0, 4)
	for len(list.rest) > 0 {
		name := list.vector8()
		if list.cut {
			return names, false
		}
		names = append(names, protocolName(name))
	}
	return names, !r.cut
}

// protocolName spares an allocation for the names that nearly everybody sends.
func protocolName(b []byte) string {
	switch string(b) {
	case "h2":
		return "h2"
	case "http/1.1":
		return "http/1.1"
	case "h3":
		return "h3"
	}
	return string(b)
}
