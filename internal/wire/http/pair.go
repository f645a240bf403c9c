package http

// question is what a response must know about its request.
type question uint8

const (
	askedUnknown question = iota
	askedOther
	askedHead
	askedConnect
)

// maxPending is how many requests may wait for their answer; when more do, the
// answers are read without their question.
const maxPending = 64

// questions is a ring of the requests that wait for an answer.
type questions struct {
	ring        [maxPending]question
	first, size uint8
}

func (q *questions) push(method string) {
	asked := askedOther
	switch method {
	case "HEAD":
		asked = askedHead
	case "CONNECT":
		asked = askedConnect
	}
	if q.size == maxPending {
		q.size = 0
		return
	}
	q.ring[(q.first+q.size)%maxPending] = asked
	q.size++
}

func (q *questions) pop() question {
	if q.size == 0 {
		return askedUnknown
	}
	asked := q.ring[q.first]
	q.first = (q.first + 1) % maxPending
	q.size--
	return asked
}

// Pair connects the two directions of one TCP stream, so that answers are read
// in the light of their requests. Without it an answer to HEAD looks as if its
// body were missing. Feed the request before its answer, as a capture does.
func Pair(a, b *Stream) { a.peer, b.peer = b, a }

// answered takes the request that a response belongs to. Interim responses
// answer nothing (RFC 9110 section 15.2), except the last one, 101.
func (s *Stream) answered(status int) question {
	if s.peer == nil || status/100 == 1 && status != 101 {
		return askedUnknown
	}
	return s.peer.pending.pop()
}

// opensTunnel tells whether a response ends HTTP on its stream (RFC 9110
// sections 9.3.6 and 15.2.2).
func (h *head) opensTunnel(asked question) bool {
	switch {
	case h.line.status == 101:
		return true
	case h.line.status/100 != 2:
		return false
	case asked == askedConnect:
		return true
	}
	return asked == askedUnknown && h.line.reason == reasonTunnel
}

// openTunnel makes the direction opaque after its head, and the other one after
// the request that asked for it.
func (s *Stream) openTunnel() {
	s.phase, s.tunnel = phaseTunnel, s.offset
	if p := s.peer; p != nil && p.phase == phaseFirst && p.asked {
		p.enterTunnel()
	}
}

// enterTunnel makes a requesting direction opaque from the line that it has
// begun to read, if any.
func (s *Stream) enterTunnel() {
	s.phase, s.tunnel = phaseTunnel, s.offset-int64(len(s.line))
}
