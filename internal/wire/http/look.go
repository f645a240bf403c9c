package http

import "bytes"

// lookahead is how many bytes of an unfinished first line are tested, piece by
// piece; a longer unfinished line waits for its end.
const lookahead = 96

// Looks tells from the first bytes of a stream, or of a segment, whether they
// are a request line or a status line. Maybe means that everything so far could
// be the beginning of one. An answer other than Maybe holds for every longer
// piece that starts with p. Leading line ends are skipped (RFC 9112 section 2.2).
func Looks(p []byte) Kind {
	p = bytes.TrimLeft(p, "\r\n")
	if len(p) == 0 {
		return Maybe
	}
	if k := looksResponse(p); k != No {
		return k
	}
	return looksRequest(p)
}

// statusShape is the shape of a status line; 0 stands for any digit.
const statusShape = "HTTP/1.0 000"

// looksResponse knows HTTP/1.x SP 3DIGIT.
func looksResponse(p []byte) Kind {
	for i := range len(statusShape) {
		if i == len(p) {
			return Maybe
		}
		if c := statusShape[i]; c == '0' && !isDigit(p[i]) || c != '0' && c != p[i] {
			return No
		}
	}
	if len(p) > len(statusShape) && isDigit(p[len(statusShape)]) {
		return No
	}
	if len(p) == len(statusShape) {
		return Maybe
	}
	return ResponseMessage
}

// looksRequest knows method SP target SP HTTP/1.x.
func looksRequest(p []byte) Kind {
	n := tokenLength(p)
	switch {
	case n > MaxMethod || n == 0:
		return No
	case n == len(p):
		return Maybe
	case p[n] != ' ' && p[n] != '\t':
		return No
	}
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		return looksUnfinished(p[n:])
	}
	if end > MaxLine {
		return No
	}
	r, ok := parseRequestLine(p[:end])
	switch {
	case !ok:
		return No
	case r.version == "":
		return looksField(p[end+1:])
	}
	return RequestMessage
}

// looksField decides about a request line without a version: some malware sends
// one, but believable it becomes only by a field line behind it.
func looksField(p []byte) Kind {
	switch n := tokenLength(p); {
	case n == len(p) && n <= MaxMethod:
		return Maybe
	case n == 0 || n == len(p) || p[n] != ':':
		return No
	}
	return RequestMessage
}

// looksUnfinished judges what follows a method in a line without an end. A
// control character ends the hope.
func looksUnfinished(p []byte) Kind {
	if len(p) > MaxLine {
		return No
	}
	for _, c := range trimLine(p) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return No
		}
	}
	return Maybe
}

// requestLine is a request line taken apart; the slices alias the line.
type requestLine struct {
	method, target []byte
	version        string
}

// parseRequestLine takes method SP target SP HTTP/1.x apart (RFC 9112 section 3).
// Blanks may be repeated, and the target may contain some, as section 3.2 says
// of lenient recipients. With a well-known method the target may be missing, or
// the version, if the target is in origin-form.
func parseRequestLine(line []byte) (requestLine, bool) {
	line = trimLine(line)
	n := tokenLength(line)
	last := bytes.LastIndexAny(line, " \t")
	if n == 0 || n > MaxMethod || last < n || line[n] != ' ' && line[n] != '\t' || looksUnfinished(line[n:]) == No {
		return requestLine{}, false
	}
	known := isKnownMethod(line[:n])
	version, ok := parseVersion(line[last+1:])
	if !ok {
		target := bytes.Trim(line[n:], " \t")
		return requestLine{line[:n], target, ""}, known && bytes.HasPrefix(target, []byte("/")) && !bytes.Contains(target, []byte(" HTTP/"))
	}
	target := bytes.Trim(line[n:last], " \t")
	return requestLine{line[:n], target, version}, known || len(target) > 0
}

// parseCutLine reads a request line whose end is missing. Without the version
// the method and the target must speak for themselves.
func parseCutLine(line []byte) (requestLine, bool) {
	n := tokenLength(line)
	if n == len(line) || line[n] != ' ' || !isKnownMethod(line[:n]) {
		return requestLine{}, false
	}
	target, _, _ := bytes.Cut(line[n+1:], []byte(" HTTP/"))
	if looksUnfinished(line[n:]) == No || !bytes.HasPrefix(target, []byte("/")) && !bytes.HasPrefix(target, []byte("http://")) {
		return requestLine{}, false
	}
	return requestLine{line[:n], bytes.TrimRight(target, " \r"), ""}, true
}

// startsMessage tells whether a piece, met while out of step, starts a message.
func startsMessage(p []byte) bool {
	switch Looks(p) {
	case RequestMessage, ResponseMessage:
		return true
	case Maybe:
		_, ok := parseCutLine(p)
		return ok
	}
	return false
}

// parseVersion reads HTTP/1.x.
func parseVersion(p []byte) (string, bool) {
	if len(p) != 8 || string(p[:7]) != "HTTP/1." || !isDigit(p[7]) {
		return "", false
	}
	switch p[7] {
	case '0':
		return "1.0", true
	case '1':
		return "1.1", true
	}
	return string(p[5:]), true
}

// isKnownMethod knows the methods that need no version to be believed. OPTIONS
// is RTSP's and SIP's too and is not among them.
func isKnownMethod(p []byte) bool {
	switch string(p) {
	case "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH":
		return true
	}
	return false
}

// tokenLength counts the token characters (RFC 9110 section 5.6.2) p starts
// with, up to one more than a method may have.
func tokenLength(p []byte) int {
	for i, c := range p {
		if c >= 0x80 || tokenTable[c] == 0 || i > MaxMethod {
			return i
		}
	}
	return len(p)
}

var tokenTable = func() (t [0x80]byte) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" {
		t[c] = 1
	}
	return t
}()

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// trimLine takes the CR of the line end off, and repeated ones.
func trimLine(line []byte) []byte { return bytes.TrimRight(line, "\r") }
