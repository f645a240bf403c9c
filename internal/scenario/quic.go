package scenario

import (
	"time"

	"tinycheck/internal/wire/quic"
)

// quicAct is: quic PLACE [sni NAME|none] [alpn LIST] [version v1|v2|draft-29]
// [pq] [ech] [split N] [retry], and how much is said.
type quicAct struct {
	at         place
	sni        string
	hidden     bool
	alpn       []string
	version    string
	pq, ech    bool
	split      int // datagrams of the client's hello
	retry      bool
	unanswered bool
	fragment   int
	amount     amount
}

var quicVersions = map[string]quic.Version{"": quic.V1, "v1": quic.V1, "v2": quic.V2, "draft-29": quic.Draft29}

func readQUIC(w *words) (act, error) {
	a := &quicAct{amount: amount{up: 900, down: 4000}}
	if err := w.place(&a.at, 443); err != nil {
		return nil, err
	}
	return a, w.options(a.options())
}

func (a *quicAct) options() []option {
	return append(append(a.at.familyOptions(), a.amount.options()...),
		sniOption(&a.sni, &a.hidden), alpnOption(&a.alpn),
		option{"version", func(w *words) error { return w.oneOf(&a.version, "v1", "v2", "draft-29") }},
		flag("pq", &a.pq), flag("ech", &a.ech), numberOption("split", &a.split, 1, 16), flag("retry", &a.retry),
		flag("unanswered", &a.unanswered), fragmentOption(&a.fragment))
}

// handshakeOf is what is fixed for one connection.
type handshakeOf struct {
	act           *quicAct
	e             *exchange
	version       quic.Version
	dcid, scid    []byte // client's first choice; the server's own. The client has none.
	token, crypto []byte
	server        []byte
	nextClient    uint64
}

func (a *quicAct) play(t *turn) error {
	e, err := t.exchange(a.at, 0)
	if err != nil {
		return err
	}
	e.path.pieces, e.quiet = a.fragment, a.unanswered
	h := handshakeOf{act: a, e: e, version: quicVersions[a.version], dcid: t.noise.bytes(8), scid: t.noise.bytes(8)}
	h.hellos()
	if err := h.run(); err != nil || a.unanswered {
		return err
	}
	a.amount.rounds(func(pause time.Duration, up, down int) {
		e.pause(pause)
		e.bulk(client, up, 1200, func() []byte { return h.short(client) })
		e.bulk(server, down, 1200, func() []byte { return h.short(server) })
		if down > 0 {
			e.say(client, h.short(client), 24) // acknowledges
		}
	})
	return nil
}

func (h *handshakeOf) hellos() {
	a, name := h.act, "quic"
	switch {
	case a.ech:
		name = "quicech"
	case a.pq:
		name = "quicpq"
	}
	sni := a.sni
	if sni == "" && !a.hidden {
		sni = a.at.name
	}
	g := greeting{name: sni, alpn: a.alpn, draft: h.version == quic.Draft29, noise: &h.e.turn.noise}
	h.crypto = g.greet(handshake(name + ".client"))
	if a.ech {
		name = "quicpq"
	}
	g = greeting{server: true, noise: &h.e.turn.noise}
	first, _ := message(handshake(name + ".server"))
	h.server = g.greet(first)
}

// run is the handshake of RFC 9001 section 4, as it looks from outside.
func (h *handshakeOf) run() error {
	original := h.dcid
	if h.act.retry {
		if err := h.flight(); err != nil {
			return err
		}
		again, token := h.e.turn.noise.bytes(8), h.e.turn.noise.bytes(32)
		p, err := quic.SealRetry(quic.RetryConfig{Version: h.version, SCID: again, Original: original, Token: token})
		if err != nil {
			return err
		}
		h.e.say(server, p, 0)
		h.dcid, h.token, original = again, token, again
	}
	if err := h.flight(); err != nil || h.act.unanswered {
		return err
	}
	return h.answer(original)
}

// flight is the client's hello, one datagram or more of at least 1200 bytes.
func (h *handshakeOf) flight() error {
	const most = 1120 // leaves room for the headers in 1200
	piece := most
	if n := h.act.split; n > 1 {
		piece = min(most, (len(h.crypto)+n-1)/n)
	}
	flight, err := quic.SealFlight(quic.Config{
		Version: h.version, DCID: h.dcid, Token: h.token, PacketNumber: h.nextClient, PacketNumberLen: 1, Crypto: h.crypto, PadTo: 1200,
	}, piece)
	if err != nil {
		return err
	}
	for _, p := range flight {
		h.e.say(client, p, 0)
		h.nextClient++
	}
	return nil
}

// answer is the server's hello, its encrypted part, and what the client says to it.
func (h *handshakeOf) answer(original []byte) error {
	ack := []byte{2, byte(h.nextClient - 1), 0, 0, 0} // RFC 9000 section 19.3
	flight, err := quic.SealFlight(quic.Config{
		Version: h.version, SCID: h.scid, Original: original, PacketNumberLen: 1, Frames: ack, Crypto: h.server, PadTo: 1200, FromServer: true,
	}, 1100)
	if err != nil {
		return err
	}
	for _, p := range flight {
		h.e.say(server, p, 0)
	}
	for range 3 { // encrypted extensions, certificate, finished
		head := h.long(server)
		h.e.say(server, head, 1200-len(head))
	}
	p, err := quic.SealInitial(quic.Config{
		Version: h.version, DCID: h.scid, Original: original, PacketNumber: h.nextClient, PacketNumberLen: 1, Frames: []byte{2, byte(len(flight) - 1), 0, 0, 0}, PadTo: 1200,
	})
	if err != nil {
		return err
	}
	h.e.say(client, p, 0)
	head := h.long(client)
	h.e.say(client, head, 60)
	h.e.say(server, h.short(server), 120) // handshake done
	return nil
}

// long is the head of a Handshake packet, RFC 9000 section 17.2.4; version 2
// turns the types, RFC 9369 section 3.2.
func (h *handshakeOf) long(from side) []byte {
	first := byte(0xe0)
	if h.version == quic.V2 {
		first = 0xf0
	}
	out := be32([]byte{first | byte(h.e.turn.noise.below(16))}, uint32(h.version))
	if from == client {
		out = append(with8(out, h.scid), 0)
		return be16(out, 0x4000|60)
	}
	out = with8(append(out, 0), h.scid)
	return be16(out, 0x4000|(1200-len(out)-2))
}

// short is the head of a 1-RTT packet, RFC 9000 section 17.3.1.
func (h *handshakeOf) short(from side) []byte {
	out := []byte{0x40 | byte(h.e.turn.noise.below(64))}
	if from == client {
		out = append(out, h.scid...)
	}
	return out
}
