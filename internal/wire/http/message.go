package http

import "errors"

// What is kept of a message, in bytes or pieces. What goes beyond is read over,
// never stored.
const (
	MaxLine   = 16 << 10  // one line of a head
	MaxHead   = 256 << 10 // one head; a longer one is given up as lost
	MaxFields = 512       // field lines that are interpreted
	MaxMethod = 32        // a method token
	MaxTarget = 4096      // Target and Path
	MaxValue  = 1024      // any other field value
	MaxHost   = 255       // a host; a longer one cannot be a name and is left out
	MaxHosts  = 8         // OtherHosts
)

// What can be wrong with a message that was read nevertheless.
var (
	ErrHeadSize   = errors.New("read head: longer than is kept")
	ErrFieldCount = errors.New("read head: too many fields")
	ErrHost       = errors.New("read host: not a name")
	ErrFraming    = errors.New("read head: body length is contradictory")
)

// Kind says what the bytes are.
type Kind uint8

// The kinds of beginnings (Looks) and of messages (Feed).
const (
	No              Kind = iota // neither a request line nor a status line
	Maybe                       // not decided yet: more bytes are needed
	RequestMessage              // a request line; the head of a request
	ResponseMessage             // a status line; the head of a response
	BodyMessage                 // the end of a body, whose head was reported before
)

// Message is one thing read from a stream.
type Message struct {
	Kind     Kind
	Start    int64 // offset in the stream of the first byte of the head
	Body     int64 // offset of the first byte after the head; -1 when the head is cut
	BodySize int64 // BodyMessage: content bytes seen, without chunk framing; heads: ContentLength
	Cut      bool  // the end of the head, or of the body, is missing
	Err      error // what was irregular, nil when nothing was
	Request  Request
	Response Response
}

// Request is the head of a request. Host is the host that the request is for,
// in this order of precedence: the authority of CONNECT, the authority of an
// absolute-form target (RFC 9112 section 3.2.2), the first Host field. It is
// lower case, without port, brackets or trailing dot. OtherHosts are different
// hosts that the same head named.
type Request struct {
	Method        string
	Target        string // as sent, at most MaxTarget bytes
	Host          string
	Port          uint16 // 0 when none was given
	OtherHosts    []string
	Path          string // path and query of Target; empty for CONNECT
	Version       string // "1.0", "1.1"; empty when cut off
	UserAgent     string
	ContentType   string
	ContentLength int64 // -1 when not declared
	Chunked       bool
	Upgrade       string
}

// Response is the head of a response.
type Response struct {
	Status        int
	Version       string
	ContentType   string
	ContentLength int64 // -1 when not declared
	Chunked       bool
	Server        string
	Location      string
	Upgrade       string
}

// Stats counts what one stream met.
type Stats struct {
	Requests  int64
	Responses int64
	Lost      int64 // times the stream lost step
	Irregular int64 // lines that are no field line, and contradictory or overlong heads
}

// ParseHead reads the head of a request out of one datagram, as SSDP sends them
// (NOTIFY * HTTP/1.1, M-SEARCH * HTTP/1.1). The head may lack its end.
func ParseHead(p []byte) (Request, bool) {
	m, ok := parseOne(p)
	return m.Request, ok && m.Kind == RequestMessage
}

// ParseResponse reads the head of a response out of one datagram, as SSDP
// answers a search. The head may lack its end.
func ParseResponse(p []byte) (Response, bool) {
	m, ok := parseOne(p)
	return m.Response, ok && m.Kind == ResponseMessage
}

// parseOne gives the first message of p.
func parseOne(p []byte) (first Message, ok bool) {
	if k := Looks(p); k != RequestMessage && k != ResponseMessage {
		return Message{}, false
	}
	var s Stream
	emit := func(m Message) {
		if !ok {
			first, ok = m, true
		}
	}
	s.Feed(p, emit)
	s.Flush(emit)
	return first, ok
}
