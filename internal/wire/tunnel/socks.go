package tunnel

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
)

// Addresses of SOCKS 5 (RFC 1928 section 5).
const (
	socksIPv4 = 1
	socksName = 3
	socksIPv6 = 4
)

// socksRequest is where a client wants to go.
type socksRequest struct {
	version string
	host    string
	port    uint16
	rest    int // offset of what follows the request
}

// Socks reads the first bytes of a client that speaks SOCKS 4, 4A or 5 (RFC
// 1928, with the password of RFC 1929 passed over). host is a name in lower case
// or an address; rest is the offset in p at which the tunnelled bytes begin. ok
// is false when the request is not complete or p is not SOCKS. The request alone,
// without the greeting of SOCKS 5, is understood when it is all of p.
func Socks(p []byte) (host string, port uint16, rest int, ok bool) {
	r, state := parseSocks(p)
	if state != Yes {
		if r, state = parseSocks5Request(p); r.rest != len(p) {
			state = No
		}
	}
	return r.host, r.port, r.rest, state == Yes
}

func parseSocks(p []byte) (socksRequest, State) {
	switch {
	case len(p) == 0:
		return socksRequest{}, No
	case p[0] == 4:
		return parseSocks4(p)
	case p[0] == 5:
		return parseSocks5(p)
	}
	return socksRequest{}, No
}

// parseSocks4 reads 4, command, port, address, user, NUL and, for the address
// 0.0.0.x of SOCKS 4A, a name, NUL.
func parseSocks4(p []byte) (socksRequest, State) {
	if len(p) >= 2 && (p[1] < 1 || p[1] > 2) {
		return socksRequest{}, No
	}
	if len(p) < 9 {
		return socksRequest{}, Undecided
	}
	r := socksRequest{version: "4", port: binary.BigEndian.Uint16(p[2:]), host: netip.AddrFrom4([4]byte(p[4:8])).String(), rest: 8}
	_, state := r.text(p)
	if state != Yes || p[4]|p[5]|p[6] != 0 || p[7] == 0 {
		return r, state
	}
	r.version = "4a"
	name, state := r.text(p)
	if state != Yes {
		return r, state
	}
	return r.name(name)
}

// text takes a printable text up to its NUL.
func (r *socksRequest) text(p []byte) (string, State) {
	text, _, done := bytes.Cut(p[r.rest:], []byte{0})
	switch {
	case len(text) > 255 || bytes.ContainsFunc(text, func(c rune) bool { return c < ' ' }):
		return "", No
	case !done:
		return "", Undecided
	}
	r.rest += len(text) + 1
	return string(text), Yes
}

// parseSocks5 reads the greeting, the password if one follows, and the request.
func parseSocks5(p []byte) (socksRequest, State) {
	if len(p) < 2 {
		return socksRequest{}, Undecided
	}
	rest := 2 + int(p[1]) // version, number of methods, methods
	if p[1] == 0 || p[1] > 10 {
		return socksRequest{}, No
	}
	if len(p) > rest && p[rest] == 1 { // version of RFC 1929
		for range 2 { // user, password
			if rest++; len(p) <= rest {
				return socksRequest{}, Undecided
			}
			rest += int(p[rest])
		}
		rest++
	}
	if len(p) <= rest {
		return socksRequest{}, Undecided
	}
	r, state := parseSocks5Request(p[rest:])
	r.rest += rest
	return r, state
}

// parseSocks5Request reads 5, command, 0, address type, address, port.
func parseSocks5Request(p []byte) (socksRequest, State) {
	if len(p) < 5 {
		return socksRequest{}, Undecided
	}
	if p[0] != 5 || p[1] < 1 || p[1] > 3 || p[2] != 0 {
		return socksRequest{}, No
	}
	start, end := 4, 0
	switch p[3] {
	case socksIPv4:
		end = start + 4
	case socksIPv6:
		end = start + 16
	case socksName:
		start, end = 5, 5+int(p[4])
	default:
		return socksRequest{}, No
	}
	if len(p) < end+2 {
		return socksRequest{}, Undecided
	}
	r := socksRequest{version: "5", port: binary.BigEndian.Uint16(p[end:]), rest: end + 2}
	if p[3] == socksName {
		return r.name(string(p[start:end]))
	}
	a, _ := netip.AddrFromSlice(p[start:end])
	r.host = a.Unmap().String()
	return r, Yes
}

// name sets the host to a name. What cannot be one shows that this is no SOCKS.
func (r socksRequest) name(name string) (socksRequest, State) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return socksRequest{}, No
	}
	r.host = name
	return r, Yes
}

// seeSOCKS waits for a request and for the first answer of the server: 5 and a
// method, or 0 and a code from 90 to 93.
func seeSOCKS(h *heads) State {
	r, state := parseSocks(h.client)
	if state == No || state == Undecided && len(h.client) == 0 {
		return No
	}
	switch s := h.server; {
	case len(s) < 2:
		return Undecided
	case h.client[0] == 5 && (s[0] != 5 || s[1] > 10), h.client[0] == 4 && (s[0] != 0 || s[1] < 90 || s[1] > 93):
		return No
	}
	if state == Yes {
		h.found.Version, h.found.Host, h.found.Port, h.found.Offset = r.version, r.host, r.port, r.rest
	}
	return state
}
