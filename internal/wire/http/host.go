package http

import (
	"strconv"
	"strings"
)

// splitTarget gives the authority and the path of a request target (RFC 9112
// section 3.2): origin-form, absolute-form, authority-form, asterisk-form. The
// path keeps its query.
func splitTarget(method, target string) (authority, path string) {
	switch {
	case method == "CONNECT": // some senders add userinfo or a path, which have no place there
		end := strings.IndexAny(target+"/", "/?#")
		return withoutUser(target[:end]), ""
	case strings.HasPrefix(target, "/"):
		return "", target
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		return "", target
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		return withoutUser(rest), ""
	}
	return withoutUser(rest[:end]), rest[end:]
}

// withoutUser takes the userinfo off an authority (RFC 3986 section 3.2.1).
func withoutUser(authority string) string {
	return authority[strings.LastIndexByte(authority, '@')+1:]
}

// splitHost splits host [":" port] (RFC 9110 section 7.2, RFC 3986 section
// 3.2.2): lower case, without brackets and trailing dot. A port that is no
// number is 0. Control characters, blanks and overlong text are no host.
func splitHost(s string) (host string, port uint16, ok bool) {
	host, number := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, false
		}
		host, number = s[1:end], strings.TrimPrefix(s[end+1:], ":")
	} else if strings.Count(s, ":") == 1 { // more colons: an address without brackets
		host, number, _ = strings.Cut(s, ":")
	}
	host = lower(strings.TrimSuffix(host, "."))
	if host == "" || len(host) > MaxHost || strings.IndexFunc(host, notInHost) >= 0 {
		return "", 0, false
	}
	if n, err := strconv.ParseUint(number, 10, 16); err == nil {
		port = uint16(n)
	}
	return host, port, true
}

// notInHost is true of what cannot stand in a host. Everything visible passes:
// senders invent hosts, and a comparison with names decides what they mean.
func notInHost(r rune) bool { return r <= ' ' || r == 0x7f || r == '/' || r == '\\' }

// lower is strings.ToLower for ASCII only; other bytes stay as they are.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			return lowerBytes([]byte(s))
		}
	}
	return s
}

func lowerBytes(p []byte) string {
	for i, c := range p {
		if 'A' <= c && c <= 'Z' {
			p[i] = c + 'a' - 'A'
		}
	}
	return string(p)
}
