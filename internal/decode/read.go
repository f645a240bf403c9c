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
	mode    mode
	held    []byte // bytes that no parser has taken yet
	from    int    // of these, where the search for TLS goes on
	total   int    // bytes searched
	tls     *tls.Stream
	dns     *dns.TCPStream
	resumed bool // a hole or another protocol came before
}

// read takes the next bytes of a direction.
func (s *direction) read(data []byte) {
	switch s.reader.mode {
	case modeFresh:
		s.decide(data)
	case modeSearch:
		s.search(data)
	case modeTLS:
		s.readTLS(data)
	case modeHTTP:
		s.readHTTP(data)
	case modeDNS:
		s.readDNS(data)
	}
}

// decide looks at the first bytes, holding them back while they might still be
// more than one thing.
func (s *direction) decide(data []byte) {
	r := &s.reader
	if r.held != nil {
		r.held = append(r.held, data...)
		data = r.held
	}
	switch kind := http.Looks(data); kind {
	case http.RequestMessage, http.ResponseMessage:
		s.begin(modeHTTP, data)
		return
	case http.Maybe:
		if r.held == nil {
			r.held = append([]byte{}, data...)
		}
		return
	}
	if (s.port(53) || s.port(5353)) && !r.resumed && len(data) < 14 {
		r.held = append([]byte{}, data...)
		return
	}
	s.recognise(data)
}

func (s *direction) recognise(data []byte) {
	if !s.reader.resumed && (s.port(53) && dns.LooksTCP(data) || s.port(5353) && dns.LooksTCP(data)) {
		s.protocol(tinycheck.ProtocolDNS)
		s.begin(modeDNS, data)
		return
	}
	s.begin(modeSearch, data)
}

// recogniseTunnel looks at the first bytes for a tunnel, and for the name that
// a proxy is asked for.
func (s *direction) recogniseTunnel(data []byte) {
	if s.reader.resumed || s.f.Tunnel != "" {
		return
	}
	s.d.shape(&s.f.tcp.tunnel, data, s.client)
}

func (s *direction) begin(m mode, data []byte) {
	s.reader.held, s.reader.from = nil, 0
	s.reader.mode = m
	s.read(data)
}

// search looks for the start of TLS in what came so far.
func (s *direction) search(data []byte) {
	r := &s.reader
	s.recogniseTunnel(data)
	if len(r.held) > 0 {
		r.held = append(r.held, data...)
		data = r.held
	}
	at, resume := tls.ScanStart(data, r.from)
	if at >= 0 {
		r.total += at
		s.startTLS(data[at:])
		return
	}
	r.total += resume
	if r.total+len(data)-resume > maxSearch {
		s.done()
		return
	}
	r.held = append(r.held[:0:0], data[resume:]...)
	r.from = 0
}

func (s *direction) startTLS(data []byte) {
	s.reader.mode = modeTLS
	s.reader.held = nil
	s.reader.tls = &tls.Stream{}
	s.readTLS(data)
}

func (s *direction) readTLS(data []byte) {
	if s.reader.tls.Feed(data, s.d.emitters.tls) != tls.More {
		s.done()
	}
}

func (s *direction) readHTTP(data []byte) {
	pair := s.pair()
	rest := pair[side(s.client)].Feed(data, s.d.emitters.http)
	s.opaque(rest)
}

// opaque goes on behind CONNECT or Upgrade: whatever is tunnelled is searched.
func (s *direction) opaque(rest []byte) {
	if pair := s.f.tcp.http; pair[side(s.client)].State() != http.Tunnel {
		return
	}
	s.reader.resumed = true
	s.begin(modeSearch, rest)
}

func (s *direction) pair() *[2]http.Stream {
	if s.f.tcp.http == nil {
		s.f.tcp.http = &[2]http.Stream{}
		http.Pair(&s.f.tcp.http[0], &s.f.tcp.http[1])
	}
	return s.f.tcp.http
}

func (s *direction) readDNS(data []byte) {
	if s.reader.dns == nil {
		s.reader.dns = &dns.TCPStream{}
	}
	if !s.reader.dns.Feed(data, s.d.emitters.dns) {
		s.done()
	}
}

// skip goes on behind a hole of n bytes.
func (s *direction) skip(n int) {
	r := &s.reader
	r.resumed = true
	switch r.mode {
	case modeHTTP:
		s.pair()[side(s.client)].Skip(int64(n), s.d.emitters.http)
	case modeTLS:
		r.tls.Flush(s.d.emitters.tls)
		s.done()
	case modeDNS:
		r.dns.Flush(s.d.emitters.dns)
		s.done()
	case modeFresh, modeSearch:
		s.flushHeld()
		r.total += n
	}
}

// flush ends the direction: what is incomplete is read as far as it goes.
func (s *direction) flush() {
	r := &s.reader
	switch r.mode {
	case modeHTTP:
		s.pair()[side(s.client)].Flush(s.d.emitters.http)
	case modeTLS:
		r.tls.Flush(s.d.emitters.tls)
	case modeDNS:
		r.dns.Flush(s.d.emitters.dns)
	case modeFresh, modeSearch:
		s.flushHeld()
	}
	s.done()
}

// flushHeld reads what was held back while it could have become a hello, or
// the head of a message.
func (s *direction) flushHeld() {
	held := s.reader.held
	s.reader.held, s.reader.from = nil, 0
	if len(held) == 0 {
		return
	}
	if s.reader.mode == modeFresh && http.Looks(held) == http.Maybe {
		var alone http.Stream
		alone.Feed(held, s.d.emitters.http)
		alone.Flush(s.d.emitters.http)
		return
	}
	var cut tls.Stream
	if held[0] == 22 && cut.Feed(held, s.d.emitters.tls) == tls.More {
		cut.Flush(s.d.emitters.tls)
	}
}

func (s *direction) done() {
	s.reader.mode = modeDone
	s.reader.held, s.reader.tls, s.reader.dns = nil, nil, nil
	s.d.wait -= s.order.drop()
}
