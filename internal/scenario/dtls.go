package scenario

import (
	"cmp"
	"time"
)

// dtlsAct is: dtls PLACE [sni NAME|none] [cert NAME], and how much is said: DTLS
// 1.2 (RFC 6347), whose hellos are those of TLS 1.2 with a cookie.
type dtlsAct struct {
	at     place
	sni    string
	hidden bool
	cert   string
	amount amount
}

func readDTLS(w *words) (act, error) {
	a := &dtlsAct{amount: amount{up: 900, down: 4000}}
	if err := w.place(&a.at, 443); err != nil {
		return nil, err
	}
	return a, w.options(a.at.familyOptions(), a.amount.options(), []option{sniOption(&a.sni, &a.hidden), nameOption("cert", &a.cert)})
}

// dtlsSide counts what one side has sent.
type dtlsSide struct {
	epoch, message int
	record         uint32
}

func (a *dtlsAct) play(t *turn) error {
	e, err := t.exchange(a.at, 0)
	if err != nil {
		return err
	}
	name := a.sni
	if name == "" && !a.hidden {
		name = a.at.name
	}
	cert := cmp.Or(a.cert, name, e.path.far.Addr().String())
	var sides [2]dtlsSide
	a.handshake(e, &sides, name, t.certificate(cert))
	a.amount.rounds(func(pause time.Duration, up, down int) {
		e.pause(pause)
		for from, size := range []int{up, down} {
			for size > 0 {
				n := min(size, 1100)
				size -= n
				e.say(side(from), sides[from].head(recordData, n+24), n+24)
			}
		}
	})
	return nil
}

// handshake is that of RFC 6347 section 4.2.4 with a cookie.
func (a *dtlsAct) handshake(e *exchange, sides *[2]dtlsSide, name string, der []byte) {
	n := &e.turn.noise
	g := greeting{name: name, alpn: []string{"webrtc"}, noise: n}
	hello := g.greet(handshake("tls12.client"))
	cookie := n.bytes(20)
	e.say(client, sides[client].handshake(1, dtlsHello(hello, nil)), 0)
	e.say(server, sides[server].handshake(3, with8([]byte{0xfe, 0xff}, cookie)), 0)
	e.say(client, sides[client].handshake(1, dtlsHello(hello, cookie)), 0)
	g = greeting{server: true, alpn: []string{"webrtc"}, noise: n}
	first, rest := message(handshake("tls12.server"))
	answer := g.greet(first)
	answer[4], answer[5] = 0xfe, 0xfd
	_, rest = message(rest)
	key, _ := message(rest)
	flight := sides[server].handshake(2, answer[4:])
	flight = append(flight, sides[server].handshake(11, with24(nil, with24(nil, der)))...)
	flight = append(flight, sides[server].handshake(12, key[4:])...)
	e.say(server, append(flight, sides[server].handshake(14, nil)...), 0)
	flight = sides[client].handshake(16, with8(nil, n.bytes(32)))
	e.say(client, append(flight, sides[client].finish(n)...), 0)
	e.say(server, sides[server].finish(n), 0)
}

// dtlsHello puts the version and the cookie into a hello of TLS, RFC 6347
// section 4.2.1.
func dtlsHello(hello, cookie []byte) []byte {
	body := hello[4:]
	end := 35 + int(body[34])
	out := append([]byte{0xfe, 0xfd}, body[2:end]...)
	return append(with8(out, cookie), body[end:]...)
}

// head of a record, RFC 6347 section 4.1.
func (s *dtlsSide) head(kind byte, size int) []byte {
	out := be16([]byte{kind, 0xfe, 0xfd}, s.epoch)
	out = be32(append(out, 0, 0), s.record)
	s.record++
	return be16(out, size)
}

// handshake puts one message into one record, RFC 6347 section 4.2.2.
func (s *dtlsSide) handshake(kind byte, body []byte) []byte {
	m := be16(be24([]byte{kind}, len(body)), s.message)
	m = append(be24(be24(m, 0), len(body)), body...)
	s.message++
	return append(s.head(recordHandshake, len(m)), m...)
}

// finish changes the keys and says so.
func (s *dtlsSide) finish(n *noise) []byte {
	out := append(s.head(recordChange, 1), 1)
	s.epoch, s.record = 1, 0
	return append(append(out, s.head(recordHandshake, 40)...), n.bytes(40)...)
}
