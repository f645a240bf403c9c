package decode_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
)

// told writes what the flows of a recording told, in order, in short.
func told(w *wire) (list []string) {
	for _, e := range w.events {
		switch f := e.Fact.(type) {
		case tinycheck.ClientHello:
			list = append(list, string(f.Via)+" "+f.SNI)
		case tinycheck.ServerHello:
			list = append(list, "server "+string(f.Via))
		case tinycheck.HTTPRequest:
			list = append(list, f.Method+" "+f.Host+f.Path)
		case tinycheck.HTTPResponse:
			list = append(list, "status "+string(rune('0'+f.Status/100)))
		case tinycheck.DNSQuery:
			list = append(list, "asks "+f.Name)
		case tinycheck.DNSAnswer:
			list = append(list, "answers "+f.Name)
		case tinycheck.SOCKSRequest:
			list = append(list, "socks "+f.Host)
		case tinycheck.TunnelSeen:
			list = append(list, "tunnel "+string(f.Kind))
		case tinycheck.STUNMessage:
			list = append(list, "stun "+f.Method)
		case tinycheck.QUICInitial:
			list = append(list, "quic "+f.Version)
		}
	}
	return list
}

const (
	get  = "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n"
	okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

// line is what one end says: > the client, < the server.
type line struct {
	who  byte
	text string
}

// tiny spreads the content of a record over records of seven bytes.
func tiny(record []byte) string {
	var out []byte
	for part := range slices.Chunk(record[5:], 7) {
		out = append(append(out, record[:3]...), vector(2, part)...)
	}
	return string(out)
}

func TestStreams(t *testing.T) {
	tlsUp, tlsDown := string(hello("t.example")), string(record(serverHello()))
	dnsUp, dnsDown := string(framed(query(t, "d.example"))), string(framed(reply(t, "d.example", server)))
	tlsCut := string(hello("t.example", alpn("h2")))
	tlsCut = tlsCut[:len(tlsCut)-1]
	asked := []string{"GET h.example/", "status 2"}
	greeted := []string{"tls t.example", "server tls"}
	tests := []struct {
		name  string
		lines []line
		want  []string
	}{
		{"TLS", []line{{'>', tlsUp}, {'<', tlsDown}}, greeted},
		{"TLS in tiny records", []line{{'>', tiny(hello("t.example"))}, {'<', tiny(record(serverHello()))}}, greeted},
		{"what looks like tiny records, then TLS", []line{{'>', "\x16\x03\x01\x00\x02\x01\xff nonsense"}, {'>', tlsUp}}, []string{"tls t.example"}},
		{"the server's half comes first", []line{{'<', tlsDown}, {'>', tlsUp}}, []string{"server tls", "tls t.example"}},
		{"HTTP", []line{{'>', get}, {'<', okay}}, asked},
		{"pipelined HTTP", []line{{'>', get + get}, {'<', okay + okay}}, []string{"GET h.example/", "GET h.example/", "status 2", "status 2"}},
		{"SMTP, then TLS", []line{{'<', "220 m.example ESMTP\r\n"}, {'>', "EHLO a\r\n"}, {'<', "250 STARTTLS\r\n"}, {'>', "STARTTLS\r\n"}, {'<', "220 go\r\n"}, {'>', tlsUp}, {'<', tlsDown}}, greeted},
		{"IMAP, then TLS in the same segment", []line{{'<', "* OK ready\r\n"}, {'>', "a STARTTLS\r\n" + tlsUp}, {'<', "a OK go\r\n" + tlsDown}}, greeted},
		{"FTP, then TLS", []line{{'<', "220 f.example\r\n"}, {'>', "AUTH TLS\r\n"}, {'<', "234 ok\r\n"}, {'>', tlsUp}, {'<', tlsDown}}, greeted},
		{"XMPP, then TLS", []line{{'>', "<?xml version='1.0'?><stream:stream>"}, {'<', "<stream:features><starttls/>"}, {'>', "<starttls/>"}, {'<', "<proceed/>"}, {'>', tlsUp}, {'<', tlsDown}}, greeted},
		{"LDAP, then TLS", []line{{'>', "0\x1d\x02\x01\x01w\x18\x80\x161.3.6.1.4.1.1466.20037"}, {'<', "0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00"}, {'>', tlsUp}, {'<', tlsDown}}, greeted},
		{"Postgres, then TLS", []line{{'>', "\x00\x00\x00\x08\x04\xd2\x16\x2f"}, {'<', "S"}, {'>', tlsUp}, {'<', tlsDown}}, greeted},
		{"far into the stream", []line{{'>', strings.Repeat("x", 60000)}, {'>', tlsUp}}, []string{"tls t.example"}},
		{"too far into the stream", []line{{'>', strings.Repeat("x", 40000)}, {'>', strings.Repeat("x", 26000)}, {'>', tlsUp}}, nil},
		{"CONNECT, then TLS", []line{{'>', "CONNECT c.example:443 HTTP/1.1\r\nHost: c.example:443\r\n\r\n"}, {'<', "HTTP/1.1 200 OK\r\n\r\n"}, {'>', tlsUp}, {'<', tlsDown}},
			append([]string{"CONNECT c.example", "status 2"}, greeted...)},
		{"CONNECT, then HTTP", []line{{'>', "CONNECT c.example:80 HTTP/1.1\r\nHost: c.example:80\r\n\r\n"}, {'<', "HTTP/1.1 200 OK\r\n\r\n"}, {'>', get}, {'<', okay}},
			append([]string{"CONNECT c.example", "status 2"}, asked...)},
		{"upgraded to TLS", []line{{'>', "OPTIONS * HTTP/1.1\r\nHost: h.example\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"}, {'<', "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0\r\n\r\n"}, {'>', tlsUp}, {'<', tlsDown}},
			append([]string{"OPTIONS h.example*", "status 1"}, greeted...)},
		{"a false answer of HTTP, then TLS", []line{{'>', get}, {'<', "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, {'<', "\x01\x02nonsense\n"}, {'<', tlsDown}}, []string{"GET h.example/", "status 2", "server tls"}},
		{"SOCKS 5, then TLS", []line{{'>', "\x05\x01\x00"}, {'<', "\x05\x00"}, {'>', "\x05\x01\x00\x03\x09s.example\x01\xbb"}, {'<', "\x05\x00\x00\x01\x0a\x00\x00\x01\x01\xbb"}, {'>', tlsUp}, {'<', tlsDown}},
			append([]string{"tunnel socks", "socks s.example"}, greeted...)},
		{"SOCKS 5, then HTTP", []line{{'>', "\x05\x01\x00"}, {'<', "\x05\x00"}, {'>', "\x05\x01\x00\x03\x09s.example\x00\x50"}, {'<', "\x05\x00\x00\x01\x0a\x00\x00\x01\x00\x50"}, {'>', get}, {'<', okay}},
			append([]string{"tunnel socks", "socks s.example"}, asked...)},
		{"SOCKS 5, HTTP in the same segments", []line{{'>', "\x05\x01\x00"}, {'<', "\x05\x00"}, {'>', "\x05\x01\x00\x03\x09s.example\x00\x50" + get}, {'<', "\x05\x00\x00\x01\x0a\x00\x00\x01\x00\x50" + okay}},
			append([]string{"tunnel socks", "socks s.example"}, asked...)},
		{"SOCKS 4A, then HTTP", []line{{'>', "\x04\x01\x00\x50\x00\x00\x00\x01me\x00s.example\x00"}, {'<', "\x00\x5a\x00\x50\x0a\x00\x00\x01"}, {'>', get}, {'<', okay}},
			append([]string{"tunnel socks", "socks s.example"}, asked...)},
		{"SSH", []line{{'<', "SSH-2.0-OpenSSH_9.6\r\n"}, {'>', "SSH-2.0-phone\r\n"}}, []string{"tunnel ssh"}},
		{"DNS on an odd port", []line{{'>', dnsUp}, {'<', dnsDown}}, []string{"asks d.example", "answers d.example"}},
		{"DNS, two messages in one segment", []line{{'>', dnsUp + dnsUp}}, []string{"asks d.example", "asks d.example"}},
		{"DNS that turns into TLS", []line{{'>', dnsUp}, {'>', "\x00\x01\x00\x01"}, {'>', tlsUp}}, []string{"asks d.example", "tls t.example"}},
		{"a hello whose end never came", []line{{'>', tlsCut}}, []string{"tls t.example"}},
		{"a request whose end never came", []line{{'>', "GET /a HTTP/1.1\r\nHost: h.exa"}}, []string{"GET /a"}},
		{"a first line whose end never came", []line{{'>', "GET /a"}}, []string{"GET /a"}},
		{"a question whose end never came", []line{{'>', dnsUp[:len(dnsUp)-4]}}, []string{"asks d.example"}},
		{"nothing that is known", []line{{'>', "\x01\x02\x03\x04"}, {'<', strings.Repeat("\x16", 50)}}, nil},
	}
	for _, tt := range tests {
		for _, size := range []int{1460, 1} {
			t.Run(tt.name+map[int]string{1: ", byte by byte"}[size], func(t *testing.T) {
				w := newWire()
				c := w.tcp(at(phone, 40000), at(server, 4433)).open()
				sameSegment := false
				for _, l := range tt.lines {
					sameSegment = sameSegment || l.who == '<' && strings.HasPrefix(l.text, "\x05\x00\x00") && strings.Contains(l.text, "HTTP")
					for part := range slices.Chunk([]byte(l.text), size) {
						if l.who == '>' {
							c.say(part)
						} else {
							c.answer(part)
						}
					}
				}
				w.end(t)
				want := tt.want
				switch {
				case size == 1 && (sameSegment || strings.HasPrefix(tt.name, "a false answer")):
					want = nil // found by the segments only; nothing may break
				case size == 1 && strings.HasPrefix(tt.name, "SOCKS") && strings.HasSuffix(tt.name, "then HTTP"):
					want = want[:len(want)-1] // the answer behind that of the proxy is found by its segment only
				}
				if got := told(w); want != nil && !slices.Equal(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
				if s := w.d.Stats(); s.Contained != 0 || s.Holes != 0 {
					t.Errorf("stats %+v", s)
				}
			})
		}
	}
}

// A recording that begins in the middle of messages finds the next ones, in
// both directions.
func TestStreamsFromTheMiddle(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 80))
	c.answer([]byte("dle of a body that began before"))
	c.say([]byte("rest of a request\r\n\r\n"))
	c.say([]byte(get))
	c.answer([]byte(okay))
	w.end(t)
	if got, want := told(w), []string{"GET h.example/", "status 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if f := w.ended[0]; f.Client.Addr() != phone || f.Gaps != 0 || f.Protocol != tinycheck.ProtocolHTTP {
		t.Errorf("flow %+v", f)
	}
}

// A hole costs the message that it is in, and no other.
func TestHolesInStreams(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 80)).open()
	c.say([]byte(get))
	c.up += 30 // a segment that the recorder missed
	c.say([]byte(strings.Replace(get, "h.", "i.", 1)))
	if got := len(facts[tinycheck.HTTPRequest](w)); got != 1 {
		t.Errorf("%d requests before the server acknowledged, want 1", got)
	}
	c.answer([]byte(okay)) // acknowledges both
	if got := len(facts[tinycheck.HTTPRequest](w)); got != 2 {
		t.Errorf("%d requests after that, want 2", got)
	}
	w.end(t)
	if f := w.ended[0]; f.Gaps != 1 || w.d.Stats().Holes != 1 {
		t.Errorf("%d gaps, %d holes", f.Gaps, w.d.Stats().Holes)
	}
}

// A hole in the server's flight costs the certificate that it is in; a hello
// of a second connection within the flow is still found.
func TestHoleInTLS(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443)).open()
	c.say(hello("a.example")[:60])
	c.up += 20
	c.say(hello("b.example"))
	c.answer(record(serverHello()))
	w.end(t)
	if got, want := told(w), []string{"tls ", "tls b.example", "server tls"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCertificates(t *testing.T) {
	up, down := certified(t, "c.example")
	w := newWire()
	for port := range uint16(3) {
		if port == 2 {
			w.wait(2 * time.Hour) // it is not valid any more
		}
		c := w.tcp(at(phone, 40000+port), at(server, 443)).open()
		c.say(up)
		for part := range slices.Chunk(down, 300) {
			c.answer(part)
		}
	}
	w.end(t)
	list := facts[tinycheck.Certificate](w)
	if len(list) != 3 || !list[0].ValidThen || !list[1].ValidThen || list[2].ValidThen {
		t.Fatalf("certificates %+v", list)
	}
	list[2].ValidThen = true
	if c := list[0]; c.SHA256 != list[2].SHA256 || c.Subject != "CN=c.example" || !c.SelfSigned || !slices.Equal(c.Names, []string{"c.example"}) {
		t.Errorf("certificate %+v", c)
	}
	if got, want := names(w.ended[0]), []string{"c.example (tls-sni)", "c.example (certificate)"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
}

// A certificate of the client does not name the server.
func TestClientCertificate(t *testing.T) {
	_, flight := certified(t, "phone.example")
	w := newWire()
	w.tcp(at(phone, 40000), at(server, 443)).open().say(flight)
	w.end(t)
	one[tinycheck.Certificate](t, w)
	if got := names(w.ended[0]); got != nil {
		t.Errorf("names %q", got)
	}
}

// Bytes of the client are uploads when they were sent, not when they were
// promised.
func TestUploads(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 80)).open()
	c.say([]byte("POST / HTTP/1.1\r\nHost: h.example\r\nContent-Length: 5\r\n\r\n12345"))
	c.answer([]byte(okay))
	c.say([]byte("POST / HTTP/1.1\r\nHost: h.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	c.answer([]byte(okay))
	c.say([]byte("POST / HTTP/1.1\r\nHost: h.example\r\nContent-Length: 9000000000000000000\r\n\r\n1234567"))
	w.tcp(at(server, 50000), at(phone, 8080)).open().say([]byte("POST / HTTP/1.1\r\nHost: p.example\r\nContent-Length: 5\r\n\r\n12345"))
	w.end(t)
	if got := w.ended[0].Uploaded; got != 5+3+7 {
		t.Errorf("uploaded %d, want 15", got)
	}
	if got := w.ended[1].Uploaded; got != 0 {
		t.Errorf("uploaded %d by what was sent to the device", got)
	}
}

// Two answers to the SYN with different sequence numbers: the data decides.
func TestTwoSYNACKs(t *testing.T) {
	for _, last := range []uint32{5000, 2_000_000_000, 4_000_000_000} {
		w := newWire()
		c := w.tcp(at(phone, 40000), at(server, 443))
		c.raw(true, syn, 1000, 0, nil)
		c.raw(false, syn|ack, 5000, 1001, nil)
		c.raw(false, syn|ack, last, 1001, nil)
		c.up, c.down = 1001, 5001
		c.say(hello("a.example"))
		c.answer(record(serverHello()))
		w.end(t)
		if got := told(w); !slices.Equal(got, []string{"tls a.example", "server tls"}) || len(w.ended) != 1 {
			t.Errorf("last of them %d: got %q in %d flows", last, got, len(w.ended))
		}
	}
}

// Data on the SYN (RFC 7413), accepted or sent again.
func TestFastOpen(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443))
	data := hello("a.example")
	c.raw(true, syn, 1000, 0, data)
	c.raw(false, syn|ack, 5000, 1001, nil)
	c.raw(true, psh|ack, 1001, 5001, data)
	w.end(t)
	one[tinycheck.ClientHello](t, w)
}

// Everything in the wrong order within a window.
func TestReorderedStream(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443)).open()
	data := hello("a.example", bytes.Repeat(extension(0x5555, make([]byte, 100)), 20))
	parts := slices.Collect(slices.Chunk(data, 150))
	for i := len(parts) - 1; i >= 0; i-- {
		c.raw(true, ack, c.up+uint32(i*150), c.down, parts[i])
	}
	w.end(t)
	if h := one[tinycheck.ClientHello](t, w); h.Cut || h.JA4 == "" {
		t.Errorf("hello %+v", h)
	}
}

// The second hello behind a HelloRetryRequest does not change the fingerprint
// of the flow.
func TestFirstHelloCounts(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443)).open()
	c.say(hello("a.example"))
	c.say(append([]byte{20, 3, 3, 0, 1, 1}, hello("a.example", alpn("h2"))...))
	w.end(t)
	list := facts[tinycheck.ClientHello](w)
	if len(list) != 2 || list[0].JA3 == list[1].JA3 || w.ended[0].JA3 != list[0].JA3 {
		t.Errorf("hellos %+v, flow %s", list, w.ended[0].JA3)
	}
}

// DNS over TLS and over QUIC.
func TestEncryptedDNS(t *testing.T) {
	w := newWire()
	w.tcp(at(phone, 40000), at(server, 853)).open().say(hello("r.example"))
	w.tcp(at(phone, 40001), at(server, 8853)).open().say(hello("r.example", alpn("dot")))
	for _, p := range initials(t, "r.example", 2000, alpn("doq")) {
		w.udp(at(phone, 40002), at(server, 853), p)
	}
	w.tcp(at(phone, 40003), at(server, 443)).open().say(hello("r.example", alpn("h2")))
	w.end(t)
	var got []tinycheck.Protocol
	for _, f := range w.ended {
		got = append(got, f.Protocol)
	}
	if want := []tinycheck.Protocol{"dot", "dot", "doq", "tls"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
