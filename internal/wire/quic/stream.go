package quic

import "sync"

// Stream reads the Initial packets of one flow, that is of one pair of addresses
// and ports, in both directions. The zero value is ready. A Stream is not safe
// for concurrent use.
//
// Several handshakes may follow each other on one flow: after a Version
// Negotiation, or because a client keeps its socket. Each is read on its own.
type Stream struct {
	version Version
	facts   Facts
	now     *handshake // the latest one of which a packet could be opened
	begun   int        // beginnings tried
	swapped bool       // the caller's idea of the direction is the wrong way round
}

// Facts tell what was seen on a flow besides the handshake messages.
type Facts struct {
	DCIDLen                int  // bytes of the Destination Connection ID in the first Initial of the latest handshake
	TokenPresent           bool // a client's Initial carried a token
	RetrySeen              bool // with a valid integrity tag, where it can be checked
	VersionNegotiationSeen bool
	Handshakes             int // of which a client's Initial could be opened
	Decrypted              int // Initial packets
	Undecryptable          int // Initial packets cut, opened by no key, or of a version that is labelled only
	Malformed              int // packets that contradict the standard
	Skipped                int // Initial packets not tried because the bounds of effort were reached
	Dropped                int // bytes of CRYPTO data beyond the bounds
}

// Crypto is the beginning of the first handshake message of one side.
type Crypto struct {
	FromClient bool
	Complete   bool   // Data is the whole message
	Handshake  int    // counts the handshakes of the flow from 1
	Data       []byte // from the message's first byte on, without a gap; valid during the call
}

// spaces lends working memory for the time of one packet.
var spaces = sync.Pool{New: func() any { return new(space) }}

// Version is the version of the handshake: what the server answered in, else
// what the client offered, else what stood in a packet that could not be opened.
// Zero means that none was seen.
func (s *Stream) Version() Version { return s.version }

// Facts returns what is known up to now.
func (s *Stream) Facts() Facts { return s.facts }

// See reads one datagram, the payload of a UDP packet, which may be cut. It does
// not change or keep p. fromClient is the caller's guess and may be wrong as
// long as it is wrong for the whole flow: whose keys open a packet decides.
//
// emit is called whenever more of a first handshake message is known; for the
// same side and handshake each call repeats the earlier bytes and adds some.
// After both messages are complete, datagrams are only glanced at, and do not
// appear in the counters.
func (s *Stream) See(p []byte, fromClient bool, emit func(Crypto)) {
	if len(p) == 0 {
		return
	}
	if p[0]&0x80 == 0 { // short header, or Google QUIC
		if s.version == 0 {
			s.version = publicVersion(p)
		}
		return
	}
	from := server
	if fromClient != s.swapped {
		from = client
	}
	if s.now == nil || !s.now.over(p, from) {
		s.seeDatagram(p, from, emit)
	}
}

// packet is one packet of a datagram, and who is thought to have sent it.
type packet struct {
	header
	raw  []byte
	from side
}

// seeDatagram walks through the packets of a datagram, RFC 9000 section 12.2.
func (s *Stream) seeDatagram(p []byte, from side, emit func(Crypto)) {
	var first []byte
	for n := range maxCoalesced {
		h, err := parseHeader(p)
		if err != nil {
			s.facts.Malformed++
			return
		}
		if n == 0 {
			first = h.dcid
		} else if string(h.dcid) != string(first) {
			return // not of this handshake, same section
		}
		s.seePacket(&packet{h, p[:h.end], from}, emit)
		p = p[h.end:]
		if h.cut || len(p) == 0 || p[0]&0x80 == 0 {
			return
		}
	}
}

func (s *Stream) seePacket(p *packet, emit func(Crypto)) {
	if s.version == 0 && p.kind != negotiation {
		s.version = p.version
	}
	switch p.kind {
	case negotiation:
		s.seeNegotiation()
	case retry:
		s.seeRetry(p)
	case opaque:
		if s.now == nil { // else something that is no QUIC shares the ports
			s.facts.Undecryptable++
		}
	case initial:
		s.seeInitial(p, emit)
	}
}

// seeNegotiation remembers that the client may begin again with another version
// and another ClientHello, RFC 9000 section 6.2.
func (s *Stream) seeNegotiation() {
	s.facts.VersionNegotiationSeen = true
	if s.now != nil {
		s.now.refused = true
	}
}

// seeRetry takes the server's connection ID as the new origin of the keys, RFC
// 9001 section 5.2. The tag is checked where its key and the client's first
// connection ID are known.
func (s *Stream) seeRetry(p *packet) {
	if s.now != nil && s.now.moved {
		return // a client takes only the first one, RFC 9000 section 17.2.5.2
	}
	if s.now != nil && !s.now.sent(p) {
		s.facts.Malformed++
		return
	}
	s.facts.RetrySeen = true
	if s.now != nil && !s.now.answered {
		s.now.move(toCID(p.scid))
	}
}

// seeInitial opens an Initial if anything can still be learnt from it.
func (s *Stream) seeInitial(p *packet, emit func(Crypto)) {
	if s.now != nil && s.now.settled(p) {
		s.noteToken(p)
		return
	}
	if p.cut { // without its tag nothing says that a key is right
		s.facts.Undecryptable++
		return
	}
	w := spaces.Get().(*space)
	defer spaces.Put(w)
	if s.now == nil || p.from == client && s.now.restarts(p) {
		s.begin(w, p, emit)
		return
	}
	guess := p.from
	for _, p.from = range [...]side{guess, 1 - guess} {
		if o, ok := s.now.open(w, p); ok {
			s.accept(p, o, emit)
			return
		}
	}
	if guess == server || s.now.owns(p) {
		s.refuse()
		return
	}
	s.begin(w, p, emit)
}

// begin tries whether the packet is a client's first of a new handshake, or the
// first after a Retry that is not in the capture: then its own connection ID
// makes the keys. Who has sent it is known only once some packet was opened.
func (s *Stream) begin(w *space, p *packet, emit func(Crypto)) {
	if s.begun >= maxBeginnings {
		s.facts.Skipped++
		return
	}
	s.begun++
	fresh := &handshake{origin: toCID(p.dcid), scid: toCID(p.scid), version: p.version}
	guess := p.from
	p.from = client
	o, ok := fresh.open(w, p)
	switch {
	case !ok:
		s.facts.Undecryptable++
		return
	case s.now == nil:
		s.swapped = s.swapped != (guess == server)
	case s.now.continues(p, o.number):
		s.now.move(fresh.origin)
		s.accept(p, o, emit)
		return
	}
	s.facts.Handshakes++
	s.facts.DCIDLen = len(p.dcid)
	fresh.ordinal = s.facts.Handshakes
	s.now = fresh
	s.accept(p, o, emit)
}

// refuse counts a packet that nothing opens, or for which no effort is left.
func (s *Stream) refuse() {
	if s.now.spent() {
		s.facts.Skipped++
		return
	}
	s.facts.Undecryptable++
}

// accept learns from an authentic packet and emits what it adds.
func (s *Stream) accept(p *packet, o opened, emit func(Crypto)) {
	hs := s.now
	hs.learn(p, o.number)
	s.version = hs.spoken()
	s.facts.Decrypted++
	s.noteToken(p)
	half := &hs.halves[p.from]
	if half.done {
		return
	}
	grew, err := half.take(o.plain)
	if err != nil {
		s.facts.Malformed++
	}
	if grew {
		s.tell(half, p.from, emit)
	}
	s.count(&half.assembler)
	if half.done { // give the memory back; keys can be made again
		half.assembler, half.rings = assembler{}, [2]ring{}
	}
}

// noteToken remembers a token of the client, from a Retry or an earlier visit, RFC
// 9000 section 8.1.
func (s *Stream) noteToken(p *packet) {
	if p.from == client && len(p.token) > 0 {
		s.facts.TokenPresent = true
	}
}

// tell emits the first message of a side as far as it is known.
func (s *Stream) tell(hf *half, from side, emit func(Crypto)) {
	m, err := hf.message(from)
	if err != nil {
		s.facts.Malformed++
		return
	}
	if emit != nil {
		emit(Crypto{FromClient: from == client, Complete: hf.done, Handshake: s.now.ordinal, Data: m})
	}
}

// count moves the counters of an assembler to the flow.
func (s *Stream) count(a *assembler) {
	s.facts.Dropped += a.dropped
	if a.differ > 0 {
		s.facts.Malformed++
	}
	a.dropped, a.differ = 0, 0
}
