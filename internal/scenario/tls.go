package scenario

import (
	"cmp"
	"fmt"
	"time"
)

// tlsAct is: tls PLACE [sni NAME|none] [alpn LIST] [version 1.2|1.3] [cert NAME
// [issuer NAME]] [pq] [ech] [records N], and how much is said. ech sends the outer hello of a
// real client: sni is then the public name (RFC 9849 section 6.1).
type tlsAct struct {
	at      place
	sni     string
	hidden  bool // no server name
	alpn    []string
	version string
	cert    string
	issuer  string
	pq, ech bool
	records int // TLS records that the hello comes in, RFC 8446 section 5.1
	amount  amount
	how     treatment
	begin   func(*stream) // what is said before TLS
}

func readTLS(w *words) (act, error) {
	a := &tlsAct{amount: amount{up: 900, down: 4000}}
	if err := w.place(&a.at, 443); err != nil {
		return nil, err
	}
	return a, w.options(a.options())
}

func (a *tlsAct) options() []option {
	return append(append(append(a.at.familyOptions(), a.amount.options()...), a.how.options()...),
		sniOption(&a.sni, &a.hidden), alpnOption(&a.alpn),
		option{"version", func(w *words) error { return w.oneOf(&a.version, "1.2", "1.3") }},
		nameOption("cert", &a.cert), nameOption("issuer", &a.issuer), flag("pq", &a.pq), flag("ech", &a.ech), numberOption("records", &a.records, 1, 16))
}

// sniOption reads the server name; "none" sends none.
func sniOption(to *string, hidden *bool) option {
	return option{"sni", func(w *words) error {
		if w.take("none") {
			*hidden = true
			return nil
		}
		return w.name(to)
	}}
}

// alpnOption reads protocols; "none" offers none.
func alpnOption(to *[]string) option {
	return option{"alpn", func(w *words) error {
		if w.take("none") {
			*to = []string{}
			return nil
		}
		return w.listOf(to, "protocols with commas between them, or none")
	}}
}

// serverName is what the client asks for: what was said, else the host's name.
func (a *tlsAct) serverName() string {
	switch {
	case a.hidden:
		return ""
	case a.sni != "":
		return a.sni
	}
	return a.at.name
}

func (a *tlsAct) play(t *turn) error {
	s, ok, err := t.stream(a.at, a.how)
	if err != nil || !ok {
		return err
	}
	if a.begin != nil {
		a.begin(s)
	}
	if a.old() {
		err = a.handshake12(s)
	} else {
		a.handshake13(s)
	}
	if err != nil {
		return err
	}
	a.amount.rounds(func(pause time.Duration, up, down int) {
		s.pause(pause)
		s.sayRecords(client, up)
		s.sayRecords(server, down)
	})
	s.close()
	return nil
}

func (a *tlsAct) old() bool { return a.version == "1.2" || a.version == "" && a.cert != "" }

// recording is the client whose hello is taken.
func (a *tlsAct) recording() string {
	switch {
	case a.ech:
		return "tls13ech"
	case a.old():
		return "tls12"
	case a.pq:
		return "tls13pq"
	}
	return "tls13"
}

// Content types of TLS records, RFC 8446 section 5.1.
const (
	recordChange    = 20
	recordHandshake = 22
	recordData      = 23
)

// hello sends the client's, in as many records as the words want.
func (a *tlsAct) hello(s *stream) []byte {
	g := greeting{name: a.serverName(), alpn: a.alpn, noise: &s.turn.noise}
	hello := g.greet(handshake(a.recording() + ".client"))
	n := max(a.records, 1)
	var out []byte
	for i := range n {
		piece := hello[len(hello)*i/n : len(hello)*(i+1)/n]
		out = with16(append(out, recordHandshake, 3, 1), piece) // 1.0: RFC 8446 appendix D.4
	}
	s.say(client, out, 0)
	return hello
}

// handshake13 shows both hellos; the rest is encrypted, RFC 8446 section 2.
func (a *tlsAct) handshake13(s *stream) {
	hello := a.hello(s)
	answer := a.recording()
	if a.ech { // the group is the same
		answer = "tls13pq"
	}
	g := greeting{server: true, noise: &s.turn.noise, after: sessionID(hello)}
	out := record(recordHandshake, g.greet(handshake(answer+".server")))
	out = append(out, changeCipher...)
	s.say(server, out, 0)
	s.sayRecords(server, 2400+s.turn.noise.below(1600)) // extensions, certificate, finished
	s.say(client, append(append([]byte(nil), changeCipher...), record(recordData, s.turn.noise.bytes(53))...), 0)
}

// changeCipher is sent for the sake of middleboxes, RFC 8446 appendix D.4.
var changeCipher = []byte{recordChange, 3, 3, 0, 1, 1}

// handshake12 shows the certificate too, RFC 5246 section 7.3.
func (a *tlsAct) handshake12(s *stream) error {
	hello := a.hello(s)
	g := greeting{server: true, noise: &s.turn.noise, after: sessionID(hello)}
	if a.alpn != nil {
		g.alpn = a.alpn[:min(1, len(a.alpn))]
	}
	first, rest := message(handshake("tls12.server"))
	_, rest = message(rest) // the recorded certificate
	name := cmp.Or(a.cert, a.serverName(), a.at.name, s.path.far.Addr().String())
	der := s.turn.certificate(name)
	if a.issuer != "" {
		der = issued(name, a.issuer, s.turn.scenario.start)
	}
	if der == nil {
		return fmt.Errorf("no certificate can be made for %q: expected cert NAME", name)
	}
	out := record(recordHandshake, g.greet(first))
	out = append(out, record(recordHandshake, with24([]byte{11}, with24(nil, with24(nil, der))))...)
	key, done := message(rest)
	out = append(append(out, record(recordHandshake, key)...), record(recordHandshake, done)...)
	s.say(server, out, 0)
	n := &s.turn.noise
	out = record(recordHandshake, with24([]byte{16}, with8(nil, n.bytes(32)))) // client key exchange
	out = append(append(out, changeCipher...), record(recordHandshake, n.bytes(40))...)
	s.say(client, out, 0)
	s.say(server, append(append([]byte(nil), changeCipher...), record(recordHandshake, n.bytes(40))...), 0)
	return nil
}

func record(kind byte, payload []byte) []byte { return with16([]byte{kind, 3, 3}, payload) }

// sayRecords sends size bytes of application data in records that fill a segment
// each, as servers do at the beginning of a connection.
func (s *stream) sayRecords(from side, size int) {
	const around = 5 + 17 // header, authentication tag, inner type
	most := segmentSize(s.path) - around
	for size > 0 {
		n := min(size, most)
		size -= n
		n += around - 5
		s.say(from, []byte{recordData, 3, 3, byte(n >> 8), byte(n)}, n)
	}
}
