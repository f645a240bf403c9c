package http

import "bytes"

// State is what a direction is doing.
type State uint8

// The states of a Stream.
const (
	Fresh   State = iota // nothing recognised yet
	Reading              // in step: in a message or between two
	Seeking              // out of step: waiting for a piece that starts a message
	Tunnel               // opaque after CONNECT or Upgrade
)

// phase is the place within a message.
type phase uint8

const (
	phaseFirst     phase = iota // in the first line, or before it
	phaseFields                 // in the field lines
	phaseBody                   // left bytes of content to come
	phaseClose                  // content until the end of the stream
	phaseChunkSize              // in the line before a chunk
	phaseChunk                  // left bytes of a chunk to come
	phaseChunkEnd               // in the line end after a chunk
	phaseTrailer                // in the trailer lines
	phaseSeeking
	phaseTunnel
)

// Stream reads one direction of one TCP stream. The zero value is ready.
type Stream struct {
	phase   phase
	read    bool  // a message was recognised before
	asked   bool  // the last request asked for a tunnel; the answer is not known
	long    bool  // line was longer than is kept
	offset  int64 // bytes taken so far
	start   int64 // offset of the message
	left    int64 // bytes of content or of the chunk to come
	seen    int64 // bytes of content so far
	tunnel  int64 // offset of the first tunnelled byte
	line    []byte
	head    head
	peer    *Stream
	pending questions
	stats   Stats
}

// State tells what the direction is doing.
func (s *Stream) State() State {
	switch {
	case s.phase == phaseTunnel:
		return Tunnel
	case s.phase == phaseSeeking:
		return Seeking
	case !s.read:
		return Fresh
	}
	return Reading
}

// Offset is how many bytes the stream was fed or told to skip.
func (s *Stream) Offset() int64 { return s.offset }

// Opaque gives the offset of the first tunnelled byte.
func (s *Stream) Opaque() (offset int64, ok bool) {
	return s.tunnel, s.phase == phaseTunnel
}

// Stats counts what the stream met so far.
func (s *Stream) Stats() Stats { return s.stats }

// Feed reads the next bytes of the direction and calls emit for every message
// that they complete. It returns the bytes that belong to a tunnel: none before
// it opens, all of p later. They alias p, or memory that the stream gives away
// when the first of them had been held back.
func (s *Stream) Feed(p []byte, emit func(Message)) (tunnelled []byte) {
	if s.phase == phaseSeeking && startsMessage(p) {
		s.phase = phaseFirst
	}
	for len(p) > 0 && s.phase != phaseSeeking && s.phase != phaseTunnel {
		n := s.step(p, emit)
		p = p[n:]
	}
	s.offset += int64(len(p))
	if s.phase != phaseTunnel {
		return nil
	}
	return s.opaque(p)
}

// opaque puts the bytes held back in front of p.
func (s *Stream) opaque(p []byte) []byte {
	if len(s.line) == 0 {
		return p
	}
	held := s.line
	s.line = nil
	return append(held, p...)
}

// step reads some of p and returns how much.
func (s *Stream) step(p []byte, emit func(Message)) int {
	switch s.phase {
	case phaseFirst:
		return s.first(p)
	case phaseBody, phaseChunk, phaseClose:
		n := len(p)
		if s.phase != phaseClose {
			n = int(min(s.left, int64(n)))
		}
		s.content(int64(n), emit)
		return n
	}
	line, n, done := s.take(p)
	s.offset += int64(n)
	if s.phase == phaseFields {
		s.field(line, done, emit)
	} else if done {
		s.chunkLine(line, emit)
	}
	if done {
		s.forget()
	}
	return n
}

// take looks for the end of a line in p. line is what is kept of it, from
// earlier pieces too, without its end; n is how much of p it used. Without an
// end the bytes are held.
func (s *Stream) take(p []byte) (line []byte, n int, done bool) {
	n = bytes.IndexByte(p, '\n')
	if done = n >= 0; !done {
		n = len(p)
	}
	line = p[:n]
	if len(s.line) > 0 || !done {
		room := MaxLine - len(s.line)
		s.long = s.long || n > room
		s.line = append(s.line, p[:min(n, room)]...)
		line = s.line
	} else if n > MaxLine {
		s.long, line = true, line[:MaxLine]
	}
	if done {
		n++
	}
	return trimLine(line), n, done
}

// forget drops the line. A buffer that has grown is given back.
func (s *Stream) forget() {
	s.long = false
	if s.line = s.line[:0]; cap(s.line) > 1024 {
		s.line = nil
	}
}

// first reads the request line or status line.
func (s *Stream) first(p []byte) int {
	held := len(s.line)
	if held == 0 {
		if !s.asked && (p[0] == '\r' || p[0] == '\n') { // RFC 9112 section 2.2
			s.offset++
			return 1
		}
		s.start = s.offset
	}
	line, n, done := s.take(p)
	if !s.possible(line, held, done) {
		return s.refuse(held)
	}
	s.offset += int64(n)
	if done {
		s.phase, s.read, s.asked = phaseFields, true, false
		s.forget()
	}
	return n
}

// possible tells whether a line is, or may become, the first of a message.
func (s *Stream) possible(line []byte, held int, done bool) bool {
	switch {
	case s.long && s.asked:
		return false
	case done && s.long:
		ok := s.head.begin(line, true)
		s.head.fail(ErrHeadSize)
		return ok
	case done:
		return s.head.begin(line, false)
	}
	return held >= lookahead || Looks(bound(line, lookahead)) != No
}

// refuse takes none of the bytes that were to continue a first line: they are
// no HTTP. After a request that asked for a tunnel they belong to it.
func (s *Stream) refuse(held int) int {
	s.line, s.long = s.line[:held], false
	if s.asked {
		s.enterTunnel()
		return 0
	}
	s.lose()
	return 0
}

// lose gives up the step until a piece starts a message. What was asked before
// cannot be matched with answers any more.
func (s *Stream) lose() {
	s.phase, s.asked = phaseSeeking, false
	s.stats.Lost++
	s.forget()
	s.pending.size = 0
	if s.peer != nil {
		s.peer.pending.size = 0
	}
}

// field reads a field line, or the end of the head.
func (s *Stream) field(line []byte, done bool, emit func(Message)) {
	switch {
	case s.offset-s.start > MaxHead:
		s.head.fail(ErrHeadSize)
		s.report(true, emit)
		s.lose()
	case !done:
	case s.head.doubted() && looksField(line) != RequestMessage:
		s.lose()
	case len(line) == 0:
		s.finish(emit)
	default:
		if s.long {
			s.head.fail(ErrHeadSize)
		}
		s.head.add(line)
	}
}

// finish reports a complete head and finds out what follows it.
func (s *Stream) finish(emit func(Message)) {
	h := &s.head
	if h.request {
		s.pending.push(h.line.method)
		s.asked = h.line.method == "CONNECT" || h.values[fieldUpgrade] != ""
		s.report(false, emit)
		s.enterBody(h.requestFraming())
		return
	}
	asked := s.answered(h.line.status)
	s.report(false, emit)
	if h.opensTunnel(asked) {
		s.openTunnel()
		return
	}
	if p := s.peer; p != nil && asked != askedUnknown && p.pending.size == 0 {
		p.asked = false // everything asked was answered, and no tunnel opened
	}
	s.enterBody(h.responseFraming(asked))
}

// report emits the head as far as it was read.
func (s *Stream) report(cut bool, emit func(Message)) {
	m := Message{Start: s.start, Body: s.offset, Cut: cut}
	if cut {
		m.Body = -1
	}
	if s.head.request {
		m.Kind, m.Request = RequestMessage, s.head.requestMessage(cut)
		m.BodySize = m.Request.ContentLength
		s.stats.Requests++
	} else {
		m.Kind, m.Response = ResponseMessage, s.head.responseMessage()
		m.BodySize = m.Response.ContentLength
		s.stats.Responses++
	}
	m.Err = s.head.err
	s.stats.Irregular += s.head.lines
	emit(m)
}
