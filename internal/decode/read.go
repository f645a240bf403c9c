package decode

import (
	"tinycheck"
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/tls"
)

// mode says what a direction is read as.
type mode uint8

const (
	modeFresh  mode = iota // not decided yet
	modeSearch             // unknown, or plain text that may turn into TLS
	modeTLS
	modeHTTP
	modeDNS
	modeDone // nothing more to learn
)

// reader is what remembers how far a direction was read.
type reader struct {
	mode     mode
	broken   bool   // what came before is not known: this is no beginning
	asks     bool   // it sent an HTTP request
	held     []byte // bytes that no parser has taken yet
	seen     int    // bytes before those that are being read
	searched int
	fed      int // bytes that a parser was given since its last message
	tls      *tls.Stream
	dns      *dns.TCPStream
	http     *http.Stream
}

// read takes the next bytes of a direction. A step either takes all of them or
// changes the mode and leaves some to the next one.
func (s *direction) read(data []byte) {
	size := len(data)
	for len(data) > 0 && s.mode != modeDone {
		data = s.step(data)
	}
	s.seen += size
}

func (s *direction) step(data []byte) (rest []byte) {
	switch s.mode {
	case modeFresh:
		return s.decide(data)
	case modeSearch:
		return s.search(data)
	}
	s.fed += len(data)
	switch s.mode {
	case modeTLS:
		return s.readTLS(data)
	case modeHTTP:
		return s.readHTTP(data)
	case modeDNS:
		return s.readDNS(data)
	}
	return nil
}

// enter begins to read as something else.
func (s *direction) enter(m mode) {
	s.mode, s.fed, s.held = m, 0, nil
	s.tls, s.dns, s.http = nil, nil, nil
	switch m {
	case modeTLS:
		s.tls = &tls.Stream{}
	case modeDNS:
		s.dns = &dns.TCPStream{}
	case modeHTTP:
		s.http = s.half()
	}
}

// half takes the direction's half of a pair of HTTP streams.
func (s *direction) half() *http.Stream {
	own, t := side(s.client), s.f.tcp
	if t.pair == nil || t.pair.taken[own] {
		t.pair = s.d.room.pairs.get()
		http.Pair(&t.pair.halves[0], &t.pair.halves[1])
	}
	t.pair.taken[own] = true
	return &t.pair.halves[own]
}

// decide looks at the first bytes, holding them back while they might still be
// more than one thing.
func (s *direction) decide(data []byte) (rest []byte) {
	if s.hopeful(data) {
		s.held = append(s.held, data...)
		return nil
	}
	segment := data
	if s.held != nil {
		data = append(s.held, data...)
		s.held = nil
	}
	switch http.Looks(data) {
	case http.RequestMessage, http.ResponseMessage:
		s.enter(modeHTTP)
		return data
	case http.Maybe:
		s.held = append([]byte{}, data...)
		return nil
	}
	switch s.looksDNS(data) {
	case likely:
		s.enter(modeDNS)
		return data
	case possible:
		s.held = append([]byte{}, data...)
		return nil
	}
	if startsHTTP(segment) { // what was held is the end of something
		data = segment
	}
	s.enter(modeSearch)
	return data
}

// search looks for the start of HTTP at the start of a segment, and of TLS
// anywhere in what came so far.
func (s *direction) search(data []byte) (rest []byte) {
	if rest, ok := s.findTunnel(data); ok {
		return rest
	}
	if startsHTTP(data) {
		s.enter(modeHTTP)
		return data
	}
	if len(s.held) > 0 {
		data = append(s.held, data...)
		s.held = nil
	}
	if s.searched == 0 && !s.broken && startsInPieces(data) {
		s.enter(modeTLS)
		return data
	}
	at, resume := tls.ScanStart(data, 0)
	if at >= 0 {
		s.searched += at
		s.enter(modeTLS)
		return data[at:]
	}
	s.searched += resume
	if s.searched+len(data)-resume > maxSearch {
		s.done()
		return nil
	}
	s.held = append([]byte(nil), data[resume:]...)
	return nil
}

func (s *direction) readTLS(data []byte) (rest []byte) {
	switch s.tls.Feed(data, s.d.emitters.tls) {
	case tls.Done:
		s.done()
	case tls.NotTLS: // it only looked like it
		s.searched += s.fed
		s.enter(modeSearch)
	}
	return nil
}

// readHTTP goes on behind CONNECT or Upgrade with whatever is tunnelled. When
// HTTP has lost the thread, TLS may begin.
func (s *direction) readHTTP(data []byte) (rest []byte) {
	tunnelled := s.http.Feed(data, s.d.emitters.http)
	switch s.http.State() {
	case http.Tunnel:
		s.enter(modeFresh)
		return tunnelled
	case http.Seeking:
		if tls.FindStart(data) == 0 {
			s.enter(modeTLS)
			return data
		}
	}
	return nil
}

func (s *direction) readDNS(data []byte) (rest []byte) {
	if !s.dns.Feed(data, s.d.emitters.dns) {
		s.enter(modeSearch)
	}
	return nil
}

// skip goes on behind a hole of n bytes.
func (s *direction) skip(n int) {
	switch s.broken = true; s.mode {
	case modeHTTP:
		s.http.Skip(int64(n), s.d.emitters.http)
		if s.http.State() == http.Tunnel {
			s.enter(modeFresh)
		}
	case modeTLS, modeDNS:
		s.flushParser()
		s.enter(modeSearch)
	case modeFresh:
		s.flushHeld()
	case modeSearch:
		s.flushHeld()
		if s.searched += n; s.searched > maxSearch {
			s.done()
		}
	}
	s.seen += n
}

// flush ends the direction: what is incomplete is read as far as it goes.
func (s *direction) flush() {
	s.speak()
	switch s.mode {
	case modeFresh, modeSearch:
		s.flushHeld()
	default:
		s.flushParser()
	}
	s.done()
}

func (s *direction) flushParser() {
	switch s.mode {
	case modeHTTP:
		s.http.Flush(s.d.emitters.http)
	case modeTLS:
		s.tls.Flush(s.d.emitters.tls)
	case modeDNS:
		s.dns.Flush(s.d.emitters.dns)
	}
}

// flushHeld reads what was held back while it could have become a hello, or
// the head of a message.
func (s *direction) flushHeld() {
	held := s.held
	s.held = nil
	switch {
	case len(held) == 0:
		return
	case s.mode == modeFresh && http.Looks(held) == http.Maybe:
		s.enter(modeHTTP)
		s.http.Feed(held, s.d.emitters.http)
	case s.mode == modeFresh && dns.LooksTCP(held):
		s.enter(modeDNS)
		s.dns.Feed(held, s.d.emitters.dns)
	case held[0] == 22:
		s.enter(modeTLS)
		s.tls.Feed(held, s.d.emitters.tls)
	default:
		return
	}
	s.flushParser()
	s.enter(modeFresh)
}

func (s *direction) done() {
	s.enter(modeDone)
	s.order.drop()
}

// protocol names the flow, unless it has a name.
func (f *flow) protocol(p tinycheck.Protocol) {
	if f.Protocol == tinycheck.ProtocolUnknown {
		f.Protocol = p
	}
}
