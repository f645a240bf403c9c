package decode

import (
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/quic"
	"tinycheck/internal/wire/tls"
)

// quicTalk is a UDP flow that speaks QUIC.
type quicTalk struct {
	quic.Stream
	version quic.Version
	begun   [2][]byte // first messages of client and server, as far as they are known
	whole   [2]bool   // whether they were read
	said    bool      // the version
	google  bool      // the name in a hello of Google QUIC
}

// sure reports whether packets were opened: then every long header is one of
// QUIC, with the fixed bit or without (RFC 9287), and every short one too.
func (q *quicTalk) sure(p []byte) bool { return q != nil && q.Facts().Decrypted > 0 && p[0]&0xc0 != 0 }

// listenQUIC takes a datagram with a long header.
func (d *Decoder) listenQUIC(t *talk, p []byte, sent bool) {
	if t.quic == nil {
		t.quic = &quicTalk{}
	}
	q := t.quic
	if q.whole != [2]bool{true, true} {
		t.fed += len(p)
	}
	q.See(p, sent, d.emitters.quic)
	if v := q.Version(); v != q.version {
		q.version, d.flow.QUICVersion = v, v.String()
		d.flow.protocol(quicProtocol(v))
	}
	if sent && !q.google && d.flow.Protocol == tinycheck.ProtocolGQUIC {
		d.googleHello(q, p)
	}
	if q.version != 0 && (q.Facts().Decrypted > 0 || !q.version.Readable()) {
		d.sayQUIC(q)
	}
}

// googleHello tells the name that a client of Google QUIC asks for in plain text.
func (d *Decoder) googleHello(q *quicTalk, p []byte) {
	if name := quic.GoogleName(p); name != "" {
		q.google = true
		d.nameRemote(name, tinycheck.NameQUIC)
		d.event(tinycheck.ClientHello{SNI: name, Version: q.version.String(), Via: tinycheck.ProtocolQUIC})
	}
}

// sayQUIC tells the version, once it is known whether the hello can be read.
func (d *Decoder) sayQUIC(q *quicTalk) {
	if !q.said {
		q.said = true
		d.event(tinycheck.QUICInitial{Version: d.flow.QUICVersion, Decrypted: q.Facts().Decrypted > 0})
	}
}

func quicProtocol(v quic.Version) tinycheck.Protocol {
	if strings.HasPrefix(v.String(), "gQUIC") {
		return tinycheck.ProtocolGQUIC
	}
	return tinycheck.ProtocolQUIC
}

// quicCrypto reads the first handshake message of one side of a QUIC flow when
// it is complete.
func (d *Decoder) quicCrypto(c quic.Crypto) {
	t, own := d.flow.udp, side(c.FromClient)
	if !c.Complete {
		t.quic.begun[own] = append(t.quic.begun[own][:0], c.Data...)
		return
	}
	t.quic.begun[own], t.quic.whole[own], t.fed = nil, true, 0
	d.quicMessage(c.Data, c.FromClient)
}

// quicMessage reads a handshake message as it stands in CRYPTO frames, whole or cut.
func (d *Decoder) quicMessage(message []byte, fromClient bool) {
	const header = 4
	if len(message) <= header {
		return
	}
	body := message[header:]
	switch {
	case message[0] == tls.TypeClientHello && fromClient:
		hello, err := tls.ParseClientHello(body)
		d.hello(&hello, err, tinycheck.ProtocolQUIC)
	case message[0] == tls.TypeServerHello && !fromClient:
		d.serverHello(body, tinycheck.ProtocolQUIC)
	}
}

// endQUIC reads what is left of the first messages.
func (d *Decoder) endQUIC(q *quicTalk) {
	for i, begun := range q.begun {
		if begun != nil {
			q.begun[i] = nil
			d.quicMessage(begun, i == 0)
		}
	}
	if q.version != 0 {
		d.sayQUIC(q)
	}
}
