package scenario

import (
	"embed"
	"encoding/binary"
)

// Handshakes of real programs (crypto/tls, quic-go), recorded by TestRecord: the
// first message of each client, and what the server then said in the clear.
//
//go:embed handshakes
var recorded embed.FS

// handshake gives the messages of one recording. They stand in the program, so
// there is no error to tell.
func handshake(name string) []byte {
	b, err := recorded.ReadFile("handshakes/" + name)
	if err != nil {
		panic(err)
	}
	return b
}

// Types of extensions (IANA "TLS ExtensionType Values").
const (
	extensionName       = 0
	extensionALPN       = 16
	extensionQUIC       = 0x39
	extensionQUICDrafts = 0xffa5 // draft-ietf-quic-tls-29 section 8.2
)

// greeting is what a scenario changes about a recorded hello.
type greeting struct {
	name   string   // server name; "" takes the extension out
	alpn   []string // nil leaves the recorded ones, none takes the extension out
	draft  bool     // QUIC parameters under the number of the drafts
	noise  *noise   // makes random and session id
	server bool
	after  []byte // session id that the server repeats, RFC 8446 section 4.1.3
}

// greet writes the recorded hello again with other words in it. All lengths are
// written anew. Both hellos begin alike, RFC 8446 sections 4.1.2 and 4.1.3.
func (g *greeting) greet(hello []byte) []byte {
	body := hello[4:]
	out := append([]byte(nil), body[:34]...)
	g.randomize(out[2:34])
	session, rest := body[35:35+int(body[34])], body[35+int(body[34]):]
	out = with8(out, g.session(session))
	fixed := 3 // of a server: suite, compression
	if !g.server {
		fixed = 2 + int(binary.BigEndian.Uint16(rest))
		fixed += 1 + int(rest[fixed])
	}
	out = append(out, rest[:fixed]...)
	if rest = rest[fixed:]; len(rest) > 2 {
		out = with16(out, g.extensions(rest[2:]))
	}
	return with24([]byte{hello[0]}, out)
}

// randomize leaves what a server says by its random: the marks of RFC 8446
// section 4.1.3 in the last eight bytes.
func (g *greeting) randomize(random []byte) {
	if g.server {
		random = random[:24]
	}
	g.noise.fill(random)
}

func (g *greeting) session(recorded []byte) []byte {
	switch {
	case len(recorded) == 0:
		return nil
	case g.server && g.after != nil:
		return g.after
	}
	return g.noise.bytes(len(recorded))
}

func (g *greeting) extensions(b []byte) (out []byte) {
	if !g.server && g.name != "" {
		out = append(out, serverName(g.name)...)
	}
	for len(b) >= 4 {
		kind, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		data := b[4 : 4+n]
		b = b[4+n:]
		switch {
		case kind == extensionName && !g.server:
			continue
		case kind == extensionALPN && g.alpn != nil && len(g.alpn) == 0:
			continue
		case kind == extensionALPN && g.alpn != nil:
			data = protocols(g.alpn)
		case kind == extensionQUIC && g.draft:
			kind = extensionQUICDrafts
		}
		out = with16(be16(out, int(kind)), data)
	}
	return out
}

// serverName is the extension of RFC 6066 section 3.
func serverName(name string) []byte {
	entry := with16([]byte{0}, []byte(name))
	return with16(be16(nil, extensionName), with16(nil, entry))
}

// protocols is the value of RFC 7301 section 3.1.
func protocols(names []string) []byte {
	var list []byte
	for _, n := range names {
		list = with8(list, []byte(n))
	}
	return with16(nil, list)
}

// sessionID of a client hello.
func sessionID(hello []byte) []byte { return hello[39 : 39+int(hello[38])] }

// message takes the first handshake message of b.
func message(b []byte) (first, rest []byte) {
	n := 4 + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
	return b[:n], b[n:]
}
