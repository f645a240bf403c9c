package scenario

import "time"

// treatment is what happens to the packets of a TCP connection on their way
// into the recording.
type treatment struct {
	split      int  // segments of the client's first message
	hole       int  // which data segment of the client is not recorded, from 1
	reorder    bool // every second data segment comes before its predecessor
	retransmit bool // every third data segment comes twice
	midstream  bool // the recording begins after the handshake of TCP
	reset      bool // the client ends with RST
	unanswered bool // nobody answers
	refused    bool // the far end answers with RST
	open       bool // the connection does not end in the recording
	fragment   int  // bytes of IP payload
}

func (m *treatment) options() []option {
	return []option{
		numberOption("split", &m.split, 1, 64),
		numberOption("hole", &m.hole, 1, 1000),
		flag("reorder", &m.reorder),
		flag("retransmit", &m.retransmit),
		flag("midstream", &m.midstream),
		flag("reset", &m.reset),
		flag("unanswered", &m.unanswered),
		flag("refused", &m.refused),
		flag("open", &m.open),
		fragmentOption(&m.fragment),
	}
}

// fragmentOption takes a size that fragment offsets can count, RFC 791 section 3.1.
func fragmentOption(to *int) option {
	return option{"fragment", func(w *words) error {
		err := w.number(to, 16, 1480)
		*to &^= 7
		return err
	}}
}

// side is an end of a connection.
type side int

const (
	client side = iota
	server
)

// stream is a TCP connection that is being composed.
type stream struct {
	turn  *turn
	path  *path
	how   treatment
	now   time.Duration
	rtt   time.Duration
	next  [2]uint32
	last  side             // who spoke last
	own   int              // segments of the client with data
	all   int              // segments with data
	begun bool             // the client has sent its first message
	acked [2]time.Duration // when each side last confirmed something
}

// stream opens a connection. ok is false when the far end does not answer.
func (t *turn) stream(at place, how treatment) (s *stream, ok bool, err error) {
	far, err := t.find(at)
	if err != nil {
		return nil, false, err
	}
	p, err := t.path(protoTCP, far, 0)
	if err != nil {
		return nil, false, err
	}
	p.pieces = how.fragment
	s = &stream{turn: t, path: p, how: how, now: t.at, rtt: p.delay(), last: server}
	s.next = [2]uint32{uint32(t.noise.next()), uint32(t.noise.next())}
	return s, s.open(), nil
}

// open does the handshake, RFC 9293 section 3.5.
func (s *stream) open() bool {
	switch {
	case s.how.unanswered:
		for _, wait := range []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second} {
			s.put(client, s.now+wait, flagSYN, data{})
		}
		return false
	case s.how.midstream:
		s.next[client]++
		s.next[server]++
		return true
	}
	s.put(client, s.now, flagSYN, data{})
	s.next[client]++
	s.now += s.rtt
	if s.how.refused {
		s.put(server, s.now, flagRST|flagACK, data{})
		return false
	}
	s.put(server, s.now, flagSYN|flagACK, data{})
	s.next[server]++
	s.now += s.turn.reaction()
	s.put(client, s.now, flagACK, data{})
	return true
}

// data is the payload of a segment: head, then filler bytes of noise.
type data struct {
	head   []byte
	filler int
}

// put adds one segment with the numbers of the moment.
func (s *stream) put(from side, at time.Duration, flags uint8, data data) {
	seg := segment{seq: s.next[from], ack: s.next[1-from], flags: flags}
	if flags&flagACK == 0 {
		seg.ack = 0
	}
	seg.darwin = from == client && flags&flagSYN != 0 && s.path.device.system == systemIPhone
	s.turn.add(packet{at: at, path: s.path, back: from == server, tcp: seg, head: data.head, filler: data.filler, seed: noise(s.turn.noise.next())})
}

// say sends head, then filler bytes of noise, in full segments.
func (s *stream) say(from side, head []byte, filler int) {
	size := segmentSize(s.path)
	if from == client && !s.begun && s.how.split > 1 {
		size = min(size, max(1, (len(head)+s.how.split-1)/s.how.split))
	}
	if from != s.last {
		s.turnOver(from)
	}
	for n := 0; len(head)+filler > 0; n++ {
		own := head[:min(size, len(head))]
		rest := min(size-len(own), filler)
		head, filler = head[len(own):], filler-rest
		s.segment(from, own, rest)
		if from == client && len(head) == 0 {
			s.begun, size = true, segmentSize(s.path)
		}
		if n%2 == 1 || len(head)+filler == 0 {
			s.acknowledge(from)
		}
	}
}

// turnOver is the time that passes before the other side answers.
func (s *stream) turnOver(from side) {
	s.last = from
	if from == client {
		s.now += s.turn.reaction()
		return
	}
	s.now += s.rtt + s.turn.noise.between(500*time.Microsecond, 4*time.Millisecond)
}

// segment sends one segment with data, treated as the words want it.
func (s *stream) segment(from side, head []byte, filler int) {
	s.now = max(s.now, s.acked[from]) + s.turn.noise.between(60*time.Microsecond, 500*time.Microsecond)
	at := s.now
	s.all++
	if from == client {
		s.own++
	}
	if s.how.reorder && s.all%2 == 1 {
		at += 600 * time.Microsecond
	}
	if from != client || s.own != s.how.hole {
		s.put(from, at, flagACK|flagPSH, data{head, filler})
	}
	if s.how.retransmit && s.all%3 == 1 {
		s.put(from, at+210*time.Millisecond, flagACK|flagPSH, data{head, filler})
		same := &s.turn.packets // the repeated bytes are the same
		if n := len(*same); n >= 2 && s.turn.full == nil {
			(*same)[n-1].seed = (*same)[n-2].seed
		}
	}
	s.next[from] += uint32(len(head) + filler)
}

// acknowledge lets the other side confirm everything so far.
func (s *stream) acknowledge(of side) {
	delay := s.rtt
	if of == server {
		delay = 2 * time.Millisecond
	}
	s.acked[1-of] = s.now + delay
	s.put(1-of, s.now+delay, flagACK, data{})
}

// pause lets time pass.
func (s *stream) pause(d time.Duration) { s.now += d }

// close ends the connection, RFC 9293 section 3.6.
func (s *stream) close() {
	if s.how.open {
		return
	}
	s.now = max(s.now, s.acked[client], s.acked[server]) + s.rtt + 5*time.Millisecond // what was said last is confirmed by then
	if s.how.reset {
		s.put(client, s.now, flagRST|flagACK, data{})
		return
	}
	s.put(client, s.now, flagFIN|flagACK, data{})
	s.next[client]++
	s.now += s.rtt
	s.put(server, s.now, flagFIN|flagACK, data{})
	s.next[server]++
	s.now += 2 * time.Millisecond
	s.put(client, s.now, flagACK, data{})
}

// amount is what is said once a connection stands: so many bytes each way, at
// once or spread over a time.
type amount struct {
	up, down int
	lasts    time.Duration
	pace     time.Duration // between two rounds
	// keepalive says that rounds are not silent even if there is nothing to say.
	keepalive bool
}

func (a *amount) options() []option {
	return []option{
		sizeOption("up", &a.up), sizeOption("down", &a.down),
		durationOption("for", &a.lasts), durationOption("pace", &a.pace),
	}
}

const (
	defaultPace = 30 * time.Second
	maxRounds   = 100_000
)

// rounds calls say with shares of the amount; the pause stands before all but
// the first round.
func (a *amount) rounds(say func(pause time.Duration, up, down int)) {
	if a.lasts == 0 {
		say(0, a.up, a.down)
		return
	}
	pace := a.pace
	if pace == 0 {
		pace = defaultPace
	}
	n := int(min(int64(a.lasts/pace)+1, maxRounds))
	if !a.keepalive { // rounds in which nothing is said are none
		n = min(n, max(1, a.up+a.down))
	}
	for i := range n {
		pause := pace
		if i == 0 {
			pause = 0
		}
		say(pause, portion(a.up, i, n), portion(a.down, i, n))
	}
}

// portion is the part of a size that falls to round i of n.
func portion(size, i, n int) int {
	upTo := func(i int) int64 { return int64(size) * int64(i) / int64(n) }
	return int(upTo(i+1) - upTo(i))
}
