package http

import "bytes"

// field numbers the fields that are kept; other fields are counted only.
type field uint8

const (
	fieldNone field = iota
	fieldHost
	fieldUserAgent
	fieldContentType
	fieldContentLength
	fieldTransferEncoding
	fieldUpgrade
	fieldServer
	fieldLocation
	fieldCount
)

// fieldNames is sorted by the number of the field.
var fieldNames = [fieldCount]string{
	"", "host", "user-agent", "content-type", "content-length",
	"transfer-encoding", "upgrade", "server", "location",
}

// head is a head while it is being read, line by line.
type head struct {
	request bool
	cut     bool // the first line had no end
	line    startLine
	values  [fieldCount]string
	hosts   []string // further Host fields, as sent
	last    field    // what a folded line continues
	lastNew bool     // whether the last field was kept as the value (first wins)
	fields  int
	lines   int64 // irregular ones
	err     error
}

// startLine is a first line, copied.
type startLine struct {
	method, target, version string
	status                  int
	reason                  string
}

// begin reads a first line and tells whether it is one. cut says that the end
// of the line is missing.
func (h *head) begin(line []byte, cut bool) bool {
	*h = head{cut: cut}
	if looksResponse(line) == ResponseMessage || !cut && len(line) == len(statusShape) && looksResponse(line) == Maybe {
		return h.beginResponse(line)
	}
	read := parseRequestLine
	if cut {
		read = parseCutLine
	}
	r, ok := read(line)
	if !ok {
		return false
	}
	h.request = true
	h.line.method = internMethod(r.method)
	h.line.target = string(bound(r.target, MaxTarget))
	h.line.version = r.version
	return true
}

// doubted tells that the request line had no version and no field line was seen.
func (h *head) doubted() bool { return h.request && h.line.version == "" && !h.cut && h.fields == 0 }

// beginResponse reads HTTP/1.x SP status SP reason (RFC 9112 section 4).
func (h *head) beginResponse(line []byte) bool {
	h.line.version, _ = parseVersion(line[:8])
	h.line.status = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
	reason := bytes.TrimSpace(line[len(statusShape):])
	if bytes.EqualFold(reason, []byte(reasonTunnel)) {
		h.line.reason = reasonTunnel
	}
	return true
}

// reasonTunnel is what nearly every proxy says after CONNECT. It tells a tunnel
// when the request was not seen.
const reasonTunnel = "Connection established"

// add reads one field line (RFC 9112 section 5).
func (h *head) add(line []byte) {
	if h.fields++; h.fields > MaxFields {
		h.fail(ErrFieldCount)
		return
	}
	if line[0] == ' ' || line[0] == '\t' { // obs-fold, RFC 9112 section 5.2
		h.fold(bytes.Trim(line, " \t"))
		return
	}
	h.last = fieldNone
	name, value, ok := bytes.Cut(line, []byte(":"))
	// A recipient must not accept blanks before the colon, but some do.
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 {
		h.lines++
		return
	}
	f := fieldOf(name)
	if f == fieldNone {
		return
	}
	h.keep(f, bound(bytes.Trim(value, " \t"), MaxValue))
}

// keep stores a value. The first one wins, a further Host is kept aside,
// transfer codings add up (RFC 9110 section 5.3), lengths must agree (RFC 9112
// section 6.3).
func (h *head) keep(f field, value []byte) {
	h.last, h.lastNew = f, h.values[f] == ""
	switch {
	case h.lastNew:
		h.values[f] = string(value)
	case f == fieldHost && len(h.hosts) < MaxHosts:
		h.hosts = append(h.hosts, string(value))
	case f == fieldTransferEncoding && len(h.values[f])+len(value) < MaxValue:
		h.values[f] += ", " + string(value)
	case f == fieldContentLength && h.values[f] != string(value):
		h.fail(ErrFraming)
	}
}

// fold continues the value of the line before.
func (h *head) fold(more []byte) {
	if h.last == fieldNone || !h.lastNew || len(h.values[h.last])+len(more) >= MaxValue {
		return
	}
	if h.values[h.last] == "" {
		h.values[h.last] = string(more)
		return
	}
	h.values[h.last] += " " + string(more)
}

// fail keeps the first thing that was wrong.
func (h *head) fail(err error) {
	if h.err == nil {
		h.err = err
	}
	h.lines++
}

// requestMessage turns the head into a request.
func (h *head) requestMessage(cut bool) Request {
	r := Request{
		Method:      h.line.method,
		Target:      h.line.target,
		Version:     h.line.version,
		UserAgent:   h.values[fieldUserAgent],
		ContentType: h.values[fieldContentType],
		Upgrade:     h.values[fieldUpgrade],
		Chunked:     h.chunked(),
	}
	r.ContentLength = h.contentLength()
	h.name(&r, cut && r.Version == "")
	return r
}

// name finds the host, the port and the path of a request.
func (h *head) name(r *Request, cut bool) {
	authority, path := splitTarget(r.Method, r.Target)
	if cut && path == "" {
		authority = "" // half a name is another name
	}
	r.Path = path
	h.nameHost(r, authority)
	h.nameHost(r, h.values[fieldHost])
	for _, other := range h.hosts {
		h.nameHost(r, other)
	}
}

// nameHost adds one host in the order of precedence.
func (h *head) nameHost(r *Request, authority string) {
	if authority == "" {
		return
	}
	host, port, ok := splitHost(authority)
	switch {
	case !ok:
		h.fail(ErrHost)
	case r.Host == "":
		r.Host, r.Port = host, port
	case host != r.Host && len(r.OtherHosts) < MaxHosts:
		r.OtherHosts = append(r.OtherHosts, host)
	}
}

// responseMessage turns the head into a response.
func (h *head) responseMessage() Response {
	return Response{
		Status:        h.line.status,
		Version:       h.line.version,
		ContentType:   h.values[fieldContentType],
		ContentLength: h.contentLength(),
		Chunked:       h.chunked(),
		Server:        h.values[fieldServer],
		Location:      h.values[fieldLocation],
		Upgrade:       h.values[fieldUpgrade],
	}
}

// fieldOf finds the number of a field name.
func fieldOf(name []byte) field {
	var f field
	switch len(name) {
	case 4:
		f = fieldHost
	case 6:
		f = fieldServer
	case 7:
		f = fieldUpgrade
	case 8:
		f = fieldLocation
	case 10:
		f = fieldUserAgent
	case 12:
		f = fieldContentType
	case 14:
		f = fieldContentLength
	case 17:
		f = fieldTransferEncoding
	}
	if f == fieldNone || !equalFold(name, fieldNames[f]) {
		return fieldNone
	}
	return f
}

// equalFold compares with a lower-case ASCII name of the same length.
func equalFold(p []byte, lower string) bool {
	for i, c := range p {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// internMethod spares the copy of the usual methods.
func internMethod(p []byte) string {
	for _, m := range [...]string{"GET", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS", "DELETE", "PATCH", "NOTIFY", "M-SEARCH"} {
		if string(p) == m {
			return m
		}
	}
	return string(p)
}

func bound(p []byte, n int) []byte { return p[:min(n, len(p))] }
