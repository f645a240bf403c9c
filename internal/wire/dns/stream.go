package dns

// TCPStream cuts one direction of a TCP stream into messages: two bytes of
// length, then the message (RFC 1035 4.2.2). The zero value is ready. It holds
// at most one message, of MaxLength bytes.
type TCPStream struct {
	buf  []byte // length and message begun, not whole yet
	lost bool
}

// Feed takes the next contiguous bytes and calls emit with every message that
// became whole. The message is valid during the call only: it lies in p or in
// the stream's own memory. Feed returns false for ever after a length that is
// too short for a header: the stream is no DNS, or its beginning is missing.
func (s *TCPStream) Feed(p []byte, emit func(msg []byte)) bool {
	for len(p) > 0 && !s.lost {
		if len(s.buf) > 0 {
			p = s.fill(p, emit)
			continue
		}
		n, ok := s.length(p)
		if s.lost {
			break
		}
		if !ok || len(p) < 2+n {
			s.buf = append(s.buf, p...) // less than 2+MaxLength
			break
		}
		emit(p[2 : 2+n])
		p = p[2+n:]
	}
	return !s.lost
}

// fill completes the message begun from p and returns what is left of p.
func (s *TCPStream) fill(p []byte, emit func(msg []byte)) []byte {
	if len(s.buf) < 2 {
		s.buf = append(s.buf, p[0])
		p = p[1:]
	}
	n, ok := s.length(s.buf)
	if !ok {
		return p
	}
	take := min(2+n-len(s.buf), len(p))
	s.buf = append(s.buf, p[:take]...)
	if len(s.buf) == 2+n {
		emit(s.buf[2:])
		s.buf = s.buf[:0]
	}
	return p[take:]
}

// length reads the length at the beginning of p; ok is false when it is not
// there or cannot be one.
func (s *TCPStream) length(p []byte) (n int, ok bool) {
	if len(p) < 2 {
		return 0, false
	}
	if n = int(count(p, 0)); n < headerLength {
		s.lost, s.buf = true, s.buf[:0]
		return 0, false
	}
	return n, true
}

// Flush ends the stream: it calls emit with the message that was cut off by
// the end or by a gap, if at least its header is there, and makes the stream
// ready to begin anew.
func (s *TCPStream) Flush(emit func(msg []byte)) {
	if len(s.buf) >= 2+headerLength {
		emit(s.buf[2:])
	}
	s.buf, s.lost = s.buf[:0], false
}
