package tls

// Bounds of one direction of a stream.
const (
	// MaxInput is how much of a stream is looked at. A hello and a chain of
	// certificates fit many times; what comes later is encrypted.
	MaxInput = 64 << 10
	// MaxMessage is the greatest handshake message with its header. A greater
	// length is taken for damage or encryption.
	MaxMessage = 64<<10 + 4

	// maxRecord is the greatest record of any version: 2^14 bytes and 2048 of
	// protection (RFC 5246 section 6.2.3).
	maxRecord       = 1<<14 + 2048
	recordHeader    = 5
	handshakeHeader = 4
	sslv2Header     = 2  // length with the top bit set
	sslv2Prefix     = 11 // header, type, version and three lengths (RFC 5246 appendix E.2)
)

// Content types of records (RFC 8446 section 5.1, RFC 6520 for heartbeat).
const (
	recordChangeCipher = 20
	recordHandshake    = 22
	recordData         = 23
	recordHeartbeat    = 24
)

// State tells whether a Stream wants more bytes.
type State uint8

const (
	More   State = iota // feed the next bytes
	Done                // encrypted, damaged or at MaxInput: nothing more will come
	NotTLS              // the stream does not begin like TLS
)

// Message is one handshake message.
type Message struct {
	Type   uint8  // TypeClientHello, TypeServerHello, TypeCertificate and others
	Body   []byte // without the header; valid only until emit returns: parse it or copy it
	Offset int    // where the message begins in the stream (its header, not the record's)
	Cut    bool   // the stream ended inside the message
	SSLv2  bool   // a ClientHello in SSL 2.0 shape, beginning at its version
}

// ClientHello parses a message of TypeClientHello, whatever its shape.
func (m Message) ClientHello() (ClientHello, error) {
	if m.SSLv2 {
		return ParseClientHelloSSLv2(m.Body)
	}
	return ParseClientHello(m.Body)
}

// Stream takes the bytes of one direction of a TCP stream from its first byte
// (or from FindStart) and hands out the handshake messages that are readable.
// The zero value is ready. Every byte is looked at once; once the state is not
// More, Feed returns at once. The bytes must be free of gaps: at a gap, Flush
// and give up. It holds at most one incomplete message, bounded by MaxInput.
type Stream struct {
	state   State
	started bool  // the first record header was accepted
	hello   bool  // a hello was recognised: this is TLS
	changed bool  // after ChangeCipherSpec only another hello is readable
	sslv2   bool  // reading an SSL 2.0 shaped hello
	record  uint8 // content type of the current record
	capped  bool
	header  [recordHeader]byte
	headed  int    // bytes in header
	length  int    // of that content, or of the whole SSL 2.0 record
	left    int    // bytes of it still to come
	fed     int    // bytes consumed in all
	message []byte // the message being collected, with its header
	offset  int    // where it began
}

// State tells whether more bytes are wanted.
func (s *Stream) State() State { return s.state }

// Capped tells whether the stream was given up at MaxInput.
func (s *Stream) Capped() bool { return s.capped }

// Feed takes the next bytes and calls emit for every message that they
// complete. It returns the new state.
func (s *Stream) Feed(p []byte, emit func(Message)) State {
	for len(p) > 0 && s.state == More {
		n := s.step(p[:min(len(p), MaxInput-s.fed)], emit)
		p = p[n:]
		s.fed += n
		if s.fed >= MaxInput && s.state == More {
			s.state, s.capped = Done, true
		}
	}
	return s.state
}

// Flush ends the stream and hands out the beginning of the message that is
// incomplete, if any.
func (s *Stream) Flush(emit func(Message)) {
	header := handshakeHeader
	if s.sslv2 {
		header = sslv2Header + 1
	}
	if len(s.message) > header && s.hello {
		m := Message{Type: s.message[0], Body: s.message[header:], Offset: s.offset, Cut: true}
		if s.sslv2 {
			m.Type, m.SSLv2 = TypeClientHello, true
		}
		emit(m)
	}
	s.message = nil
	if s.state == More {
		s.state = Done
	}
}

// stop ends the stream: NotTLS as long as nothing was recognised. What was
// collected stays for Flush.
func (s *Stream) stop() {
	s.state = NotTLS
	if s.hello {
		s.state = Done
	}
}

// step consumes at least one byte of p and returns how many.
func (s *Stream) step(p []byte, emit func(Message)) int {
	switch {
	case s.sslv2 || !s.started && s.headed == 0 && p[0]&0x80 != 0:
		return s.stepSSLv2(p, emit)
	case s.left == 0:
		return s.stepHeader(p)
	}
	n := min(s.left, len(p))
	if s.record == recordHandshake {
		s.handshake(p[:n], emit)
	}
	s.left -= n
	return n
}

// stepHeader collects a record header (RFC 8446 section 5.1) and refuses it at
// the first byte that cannot belong to one.
func (s *Stream) stepHeader(p []byte) int {
	n := copy(s.header[s.headed:], p)
	s.headed += n
	h := s.header[:s.headed]
	if h[0] < recordChangeCipher || h[0] > recordHeartbeat ||
		len(h) > 1 && h[1] != 3 || len(h) > 2 && h[2] > 4 {
		s.stop()
		return n
	}
	if s.headed < recordHeader {
		return n
	}
	s.headed, s.started = 0, true
	s.record = h[0]
	s.length = int(h[3])<<8 | int(h[4])
	s.left = s.length
	switch {
	case s.length > maxRecord:
		s.stop()
	case s.record == recordData:
		s.state = Done
	case s.record == recordChangeCipher:
		s.changed = true
	}
	return n
}

// handshake takes a piece of a handshake record, which may hold the end of a
// message, several messages, or the beginning of one (RFC 8446 section 5.1).
func (s *Stream) handshake(p []byte, emit func(Message)) {
	at := s.fed
	for len(p) > 0 && s.state == More {
		if len(s.message) == 0 {
			s.offset = at
		}
		n := s.whole(p, emit)
		if n == 0 {
			n = s.collect(p, emit)
		}
		p, at = p[n:], at+n
	}
}

// whole hands out a message that lies in p as a whole, without copying it. It
// returns the bytes consumed: none when the message must be collected.
func (s *Stream) whole(p []byte, emit func(Message)) int {
	if len(s.message) > 0 || len(p) < handshakeHeader {
		return 0
	}
	end := handshakeHeader + uint24(p[1:])
	if end > len(p) {
		return 0
	}
	if !s.accept(p[:handshakeHeader]) {
		return len(p)
	}
	emit(Message{Type: p[0], Body: p[handshakeHeader:end], Offset: s.offset})
	return end
}

// collect adds to the incomplete message: first its header, then its body.
func (s *Stream) collect(p []byte, emit func(Message)) int {
	missing := handshakeHeader - len(s.message)
	if missing <= 0 {
		missing += uint24(s.message[1:])
	}
	n := min(missing, len(p))
	s.message = append(s.message, p[:n]...)
	if len(s.message) < handshakeHeader || n < missing {
		return n
	}
	if len(s.message) == handshakeHeader && !s.accept(s.message) {
		s.message = nil
		return n
	}
	if len(s.message) == handshakeHeader+uint24(s.message[1:]) {
		emit(Message{Type: s.message[0], Body: s.message[handshakeHeader:], Offset: s.offset})
		s.message = s.message[:0]
	}
	return n
}

// accept decides by the header whether a message is one in the clear, and stops
// the stream when it is not.
func (s *Stream) accept(header []byte) bool {
	length := uint24(header[1:])
	ok := readable(header[0]) && handshakeHeader+length <= MaxMessage
	first := header[0] == TypeClientHello || header[0] == TypeServerHello || header[0] == TypeHelloRetryRequest
	if header[0] != TypeHelloRetryRequest {
		ok = ok && (!first || length >= minHello)
	}
	if !s.hello {
		// A capture may begin between the ServerHello and a Certificate. Encrypted
		// bytes pass for one once in 65,000 times; then the list does not parse.
		ok = ok && (first || header[0] == TypeCertificate)
	}
	if s.changed {
		// RFC 8446 appendix D.4: around a HelloRetryRequest both sides may send a
		// ChangeCipherSpec and then a second hello in the clear. Anything else that
		// looks like a handshake record now is encrypted.
		ok = ok && first && handshakeHeader+length == s.length
	}
	if !ok {
		s.stop()
		return false
	}
	s.hello = true
	return true
}

// readable tells the assigned handshake types (IANA "TLS HandshakeType"); 67
// was next_protocol, 254 is message_hash.
func readable(kind uint8) bool {
	return kind <= 6 || kind == 8 || 11 <= kind && kind <= 16 || 20 <= kind && kind <= 25 || kind == 67
}

// stepSSLv2 collects a hello in SSL 2.0 shape: one record of its own, after
// which the client goes on with ordinary records.
func (s *Stream) stepSSLv2(p []byte, emit func(Message)) int {
	s.sslv2 = true
	missing := sslv2Prefix - len(s.message)
	if missing <= 0 {
		missing += s.length - sslv2Prefix
	}
	n := min(missing, len(p))
	s.message = append(s.message, p[:n]...)
	if !plausibleSSLv2(s.message) {
		s.message = nil
		s.stop()
		return n
	}
	if len(s.message) < sslv2Prefix {
		return n
	}
	s.hello = true
	s.length = sslv2Header + int(s.message[0]&0x7f)<<8 + int(s.message[1])
	if len(s.message) == s.length {
		emit(Message{Type: TypeClientHello, Body: s.message[sslv2Header+1:], SSLv2: true})
		s.message, s.sslv2, s.started, s.length = nil, false, true, 0
	}
	return n
}

// plausibleSSLv2 checks as much of the prefix as is there: the type, a version
// of SSL 2.0 to TLS 1.3, and lengths that add up.
func plausibleSSLv2(p []byte) bool {
	if len(p) > 2 && p[2] != TypeClientHello {
		return false
	}
	if len(p) > 4 && !(p[3] == 3 && p[4] <= 4 || p[3] == 0 && p[4] == 2) {
		return false
	}
	if len(p) < sslv2Prefix {
		return true
	}
	specs := int(p[5])<<8 | int(p[6])
	id := int(p[7])<<8 | int(p[8])
	challenge := int(p[9])<<8 | int(p[10])
	length := int(p[0]&0x7f)<<8 | int(p[1])
	return specs > 0 && specs%3 == 0 && challenge > 0 &&
		sslv2Prefix-sslv2Header+specs+id+challenge == length
}
