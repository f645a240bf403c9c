package http

// enterBody sets the phase after a head.
func (s *Stream) enterBody(f framing) {
	s.seen = 0
	switch f {
	case framingNone:
		s.phase = phaseFirst
	case framingLength:
		s.phase, s.left = phaseBody, s.head.contentLength()
		if s.left == 0 {
			s.phase = phaseFirst
		}
	case framingChunked:
		s.phase = phaseChunkSize
	case framingClose:
		s.phase = phaseClose
	case framingLost:
		s.lose()
	}
}

// content counts n bytes of a body or chunk, at most as many as are left.
func (s *Stream) content(n int64, emit func(Message)) {
	s.offset += n
	s.seen += n
	if s.phase == phaseClose {
		return
	}
	if s.left -= n; s.left > 0 {
		return
	}
	if s.phase == phaseChunk {
		s.phase = phaseChunkEnd
		return
	}
	s.endBody(false, emit)
	s.phase = phaseFirst
}

// chunkLine reads a complete line of the chunked coding (RFC 9112 section 7.1).
func (s *Stream) chunkLine(line []byte, emit func(Message)) {
	switch s.phase {
	case phaseChunkEnd:
		if len(line) == 0 {
			s.phase = phaseChunkSize
			return
		}
	case phaseTrailer:
		if len(line) == 0 {
			s.endBody(false, emit)
			s.phase = phaseFirst
		}
		return
	case phaseChunkSize:
		size, ok := parseChunkSize(line)
		switch {
		case ok && size == 0:
			s.phase = phaseTrailer
			return
		case ok:
			s.phase, s.left = phaseChunk, size
			return
		}
	}
	s.endBody(true, emit)
	s.lose()
}

// endBody reports a body.
func (s *Stream) endBody(cut bool, emit func(Message)) {
	m := Message{Kind: BodyMessage, Start: s.start, Body: s.offset - s.seen, BodySize: s.seen, Cut: cut}
	if s.phase != phaseBody && s.phase != phaseClose {
		m.Body = -1 // chunks do not lie in one piece
	}
	emit(m)
}

// Skip tells that the next n bytes of the direction are missing: lost by the
// recorder or cut off by the snap length. A hole within a body of known length
// does no harm; any other one cuts the message and loses the step.
func (s *Stream) Skip(n int64, emit func(Message)) {
	if n <= 0 {
		return
	}
	switch s.phase {
	case phaseTunnel, phaseSeeking:
		s.offset += n
		return
	case phaseClose:
		s.content(n, emit)
		return
	case phaseFirst:
		if s.asked { // what was asked for is likelier than another request
			s.enterTunnel()
			s.line = nil
			s.offset += n
			return
		}
	case phaseBody, phaseChunk:
		if n <= s.left {
			s.content(n, emit)
			return
		}
	}
	s.abandon(emit)
	s.offset += n
	s.lose()
}

// Resync tells that an unknown number of bytes is missing before p. If p starts
// a message the stream gives up what it was reading, reads p and returns true;
// otherwise it does nothing.
func (s *Stream) Resync(p []byte, emit func(Message)) bool {
	if s.phase == phaseTunnel || !startsMessage(p) {
		return false
	}
	s.abandon(emit)
	if s.phase != phaseSeeking {
		s.lose()
	}
	s.Feed(p, emit)
	return true
}

// Flush tells that nothing more comes. What is readable of a cut head is
// reported, and so is the end of a body. Tunnelled bytes that were held back
// are returned. The stream may be fed again afterwards; it is out of step then.
func (s *Stream) Flush(emit func(Message)) (tunnelled []byte) {
	if s.phase == phaseFirst && s.asked && len(s.line) > 0 {
		s.enterTunnel()
	}
	if s.phase == phaseTunnel {
		return s.opaque(nil)
	}
	s.abandon(emit)
	s.phase, s.asked = phaseSeeking, false
	s.forget()
	return nil
}

// abandon reports what there is of the message being read. A line without its
// end is not read, except the first: half a name is another name.
func (s *Stream) abandon(emit func(Message)) {
	switch s.phase {
	case phaseFirst:
		if len(s.line) > 0 && s.head.begin(trimLine(s.line), true) {
			s.report(true, emit)
		}
	case phaseFields:
		if !s.head.doubted() {
			s.report(true, emit)
		}
	case phaseClose:
		s.endBody(false, emit)
	case phaseBody, phaseChunk, phaseChunkSize, phaseChunkEnd, phaseTrailer:
		s.endBody(true, emit)
	}
}
