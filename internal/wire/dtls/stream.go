package dtls

// State tells whether a Stream wants more datagrams.
type State uint8

const (
	More State = iota // feed the next datagram
	Done              // encrypted, or at MaxInput: nothing more will come
)

// Message is one handshake message.
type Message struct {
	Type uint8
	Seq  uint16 // message_seq; restarts with every handshake
	Body []byte // as in TLS, a ClientHello with its cookie; valid only until emit returns
	Cut  bool   // the beginning of a message whose rest never came
}

// Stream takes the datagrams of one direction of a UDP flow. The zero value is
// ready. Datagrams of other protocols in between (STUN, RTP: RFC 7983) are
// stepped over. Once the state is Done, Feed returns at once.
//
// Messages are told apart by message_seq, type and length, so that they may
// come in any order and the sequence may restart, as it does for the hello with
// a cookie in some implementations and for every new handshake.
type Stream struct {
	state   State
	hello   bool // a readable message was seen: this is DTLS
	unified bool
	fed     int
	held    int
	dropped int
	open    []*partial // oldest first
	emitted [16]key    // the last complete messages, so that Flush does not repeat them
	count   int
}

// key tells messages of a handshake apart.
type key struct {
	kind   uint8
	seq    uint16
	length int
}

// State tells whether more datagrams are wanted.
func (s *Stream) State() State { return s.state }

// Unified tells whether the stream went on in the encrypted records of DTLS 1.3.
func (s *Stream) Unified() bool { return s.unified }

// Dropped counts the damaged records, and the incomplete messages that were
// given up because of a bound.
func (s *Stream) Dropped() int { return s.dropped }

// Feed takes the next datagram and calls emit for every message that it
// completes. It returns the new state. The datagram is not kept.
func (s *Stream) Feed(datagram []byte, emit func(Message)) State {
	if s.state != More {
		return s.state
	}
	if s.hello && IsUnified(datagram) {
		s.state, s.unified = Done, true
		return s.state
	}
	if !Looks(datagram) {
		return s.state
	}
	for p := datagram; len(p) > 0 && s.state == More; {
		r, rest, ok := readRecord(p)
		if !ok {
			s.endOfDatagram(p)
			break
		}
		s.fed += recordHeader + len(r.payload)
		s.take(r, emit)
		p = rest
	}
	if s.fed >= MaxInput {
		s.state = Done
	}
	return s.state
}

// endOfDatagram judges what follows the last record: encrypted records of DTLS
// 1.3, or damage.
func (s *Stream) endOfDatagram(p []byte) {
	if s.hello && IsUnified(p) {
		s.state, s.unified = Done, true
		return
	}
	s.dropped++
}

func (s *Stream) take(r record, emit func(Message)) {
	switch {
	case r.epoch > 0 || r.kind == recordData || r.kind == recordID:
		// Epoch 0 is the only one without encryption (RFC 6347 section 4.1).
		s.state = Done
	case r.kind == recordHandshake:
		s.handshake(r.payload, emit)
	}
}

// handshake reads a record, which may hold several messages or fragments
// (RFC 6347 section 4.2.3).
func (s *Stream) handshake(p []byte, emit func(Message)) {
	for len(p) > 0 {
		f, rest, ok := readFragment(p)
		if !ok || !readable(f.kind) {
			s.dropped++
			return
		}
		s.hello = true
		k := key{f.kind, f.seq, f.length}
		if len(f.data) == f.length {
			// The whole message, not copied. Parts that came before are not needed.
			s.forget(s.find(k))
			s.emit(k, f.data, emit)
		} else {
			s.collect(k, f, emit)
		}
		p = rest
	}
}

func (s *Stream) emit(k key, body []byte, emit func(Message)) {
	s.emitted[s.count%len(s.emitted)] = k
	s.count++
	emit(Message{Type: k.kind, Seq: k.seq, Body: body})
}

// collect keeps a fragment until its message is complete.
func (s *Stream) collect(k key, f fragment, emit func(Message)) {
	i := s.find(k)
	if i < 0 {
		for len(s.open) >= MaxOpen {
			s.giveUp(0)
		}
		s.open = append(s.open, &partial{key: k})
		i = len(s.open) - 1
	}
	m := s.open[i]
	before := m.size
	sound := m.add(f.offset, f.data)
	s.held += m.size - before
	switch {
	case !sound || s.held > MaxHeld:
		s.giveUp(i)
	case m.complete():
		body := m.prefix()
		s.forget(i)
		s.emit(k, body, emit)
	}
}

func (s *Stream) find(k key) int {
	for i, m := range s.open {
		if m.key == k {
			return i
		}
	}
	return -1
}

func (s *Stream) giveUp(i int) {
	s.dropped++
	s.forget(i)
}

func (s *Stream) forget(i int) {
	if i < 0 {
		return
	}
	s.held -= s.open[i].size
	s.open = append(s.open[:i], s.open[i+1:]...)
}

// Flush ends the stream and hands out the beginnings of the messages that are
// incomplete, without those that came whole at another time.
func (s *Stream) Flush(emit func(Message)) {
	for _, m := range s.open {
		body := m.prefix()
		if len(body) > 0 && !s.known(m.key) {
			emit(Message{Type: m.key.kind, Seq: m.key.seq, Body: body, Cut: true})
		}
	}
	s.open, s.held, s.state = nil, 0, Done
}

func (s *Stream) known(k key) bool {
	for i := 0; i < min(s.count, len(s.emitted)); i++ {
		if s.emitted[i] == k {
			return true
		}
	}
	return false
}
