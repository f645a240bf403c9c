package scenario_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"flag"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	wirequic "tinycheck/internal/wire/quic"
	wiretls "tinycheck/internal/wire/tls"
)

// The handshakes are recorded once, from real stacks:
//
//	go test ./internal/scenario -run TestRecord -record
//
// and then taken as they are. Recording again changes every golden digest.
var record = flag.Bool("record", false, "record the handshakes again")

const (
	recordedName = "recorded.example"
	publicName   = "public.example"
)

// kinds of handshake, and what is special about each client.
var recordings = []struct {
	name  string
	quic  bool
	alpn  []string
	setup func(*testing.T, *tls.Config)
}{
	{"tls12", false, []string{"h2", "http/1.1"}, func(_ *testing.T, c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
	{"tls13", false, []string{"h2", "http/1.1"}, classic},
	{"tls13pq", false, []string{"h2", "http/1.1"}, func(*testing.T, *tls.Config) {}},
	{"tls13ech", false, []string{"h2", "http/1.1"}, encrypted},
	{"quic", true, []string{"h3"}, classic},
	{"quicpq", true, []string{"h3"}, func(*testing.T, *tls.Config) {}},
	{"quicech", true, []string{"h3"}, encrypted},
}

func classic(_ *testing.T, c *tls.Config) {
	c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}
}

// encrypted gives the client an ECH configuration, RFC 9849 section 4. The
// server does not know it; only the hello matters.
func encrypted(t *testing.T, c *tls.Config) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := key.PublicKey().Bytes()
	body := []byte{7, 0, 0x20, 0, byte(len(public))}
	body = append(body, public...)
	body = append(body, 0, 4, 0, 1, 0, 1, 32, byte(len(publicName)))
	body = append(append(body, publicName...), 0, 0)
	config := append([]byte{0xfe, 0x0d, 0, byte(len(body))}, body...)
	c.EncryptedClientHelloConfigList = append([]byte{0, byte(len(config))}, config...)
}

// TestRecord makes the handshakes; with -record, they replace those that are
// stored.
func TestRecord(t *testing.T) {
	folder := t.TempDir()
	if *record {
		folder = "handshakes"
	}
	for _, r := range recordings {
		client := &tls.Config{ServerName: recordedName, InsecureSkipVerify: true, NextProtos: r.alpn}
		server := &tls.Config{Certificates: []tls.Certificate{ownCertificate(t)}, NextProtos: r.alpn}
		r.setup(t, client)
		var sides [2][]byte
		if r.quic {
			sides = overQUIC(t, client, server)
		} else {
			sides = overTLS(t, client, server)
		}
		write(t, filepath.Join(folder, r.name+".client"), firstMessage(t, sides[0]))
		if client.EncryptedClientHelloConfigList == nil {
			write(t, filepath.Join(folder, r.name+".server"), sides[1])
		}
	}
}

func write(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func firstMessage(t *testing.T, b []byte) []byte {
	t.Helper()
	n := 4 + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
	if n > len(b) {
		t.Fatalf("recorded %d of %d bytes of a hello", len(b), n)
	}
	return b[:n]
}

func ownCertificate(t *testing.T) tls.Certificate {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: recordedName}, DNSNames: []string{recordedName}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// tap keeps what is written to a connection.
type tap struct {
	net.Conn
	sent bytes.Buffer
}

func (c *tap) Write(p []byte) (int, error) {
	c.sent.Write(p)
	return c.Conn.Write(p)
}

// overTLS returns the handshake messages that stand in the clear, per side.
func overTLS(t *testing.T, client, server *tls.Config) [2][]byte {
	a, b := net.Pipe()
	one, two := &tap{Conn: a}, &tap{Conn: b}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(two, server).Handshake()
		b.Close()
	}()
	err := tls.Client(one, client).Handshake()
	if err != nil && client.EncryptedClientHelloConfigList == nil {
		t.Fatal(err)
	}
	a.Close()
	<-done
	return [2][]byte{plain(one.sent.Bytes()), plain(two.sent.Bytes())}
}

// plain joins the handshake records before the first of another type.
func plain(p []byte) (messages []byte) {
	for len(p) >= 5 && p[0] == 22 {
		n := int(binary.BigEndian.Uint16(p[3:]))
		messages = append(messages, p[5:5+n]...)
		p = p[5+n:]
	}
	return messages
}

// overQUIC returns what both sides sent in CRYPTO frames of Initial packets.
func overQUIC(t *testing.T, client, server *tls.Config) (sides [2][]byte) {
	one, two := newPair()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	listener, err := quic.Listen(two, server, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	session, err := quic.Dial(ctx, one, two.LocalAddr(), client, nil)
	if err != nil && client.EncryptedClientHelloConfigList == nil {
		t.Fatal(err)
	}
	if err == nil {
		session.CloseWithError(0, "")
	}
	var stream wirequic.Stream
	for _, d := range one.log() {
		stream.See(d.bytes, d.fromClient, func(c wirequic.Crypto) {
			if c.Complete {
				at := 1
				if c.FromClient {
					at = 0
				}
				sides[at] = bytes.Clone(c.Data)
			}
		})
	}
	return sides
}

// The stored handshakes are what they are said to be.
func TestRecordings(t *testing.T) {
	for _, r := range recordings {
		p, err := os.ReadFile(filepath.Join("handshakes", r.name+".client"))
		if err != nil {
			t.Fatal(err)
		}
		h, err := wiretls.ParseClientHello(p[4:])
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		want := recordedName
		if r.name == "tls13ech" || r.name == "quicech" {
			want = publicName
		}
		if h.SNI != want || len(h.ALPN) != len(r.alpn) {
			t.Errorf("%s: sni %q, alpn %v", r.name, h.SNI, h.ALPN)
		}
		if pq := len(p) > 1200; pq != (r.name != "tls12" && r.name != "tls13" && r.name != "quic") {
			t.Errorf("%s: hello of %d bytes", r.name, len(p))
		}
		if (h.ECH.Kind != wiretls.ECHNone) != (want == publicName) {
			t.Errorf("%s: ech %v", r.name, h.ECH)
		}
		q, err := os.ReadFile(filepath.Join("handshakes", r.name+".server"))
		if err != nil && want != publicName {
			t.Fatal(err)
		}
		if err == nil {
			if _, err := wiretls.ParseServerHello(firstMessage(t, q)[4:]); err != nil {
				t.Errorf("%s: server: %v", r.name, err)
			}
		}
	}
}

// pair is a packet connection in memory; both ends share the list of datagrams.
type pair struct {
	in, out  chan []byte
	client   bool
	deadline chan struct{}
	shared   *tape
}

type datagram struct {
	bytes      []byte
	fromClient bool
}

type tape struct {
	add  chan datagram
	list chan []datagram
}

func newPair() (client, server *pair) {
	a, b := make(chan []byte, 64), make(chan []byte, 64)
	tp := &tape{add: make(chan datagram), list: make(chan []datagram)}
	go func() {
		var all []datagram
		for {
			select {
			case d := <-tp.add:
				all = append(all, d)
			case tp.list <- all:
			}
		}
	}()
	return &pair{in: a, out: b, client: true, deadline: make(chan struct{}), shared: tp},
		&pair{in: b, out: a, deadline: make(chan struct{}), shared: tp}
}

func (p *pair) log() []datagram { return <-p.shared.list }

func (p *pair) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-p.in:
		return copy(b, d), p.other(), nil
	case <-p.deadline:
		return 0, nil, io.EOF
	}
}

func (p *pair) WriteTo(b []byte, _ net.Addr) (int, error) {
	d := bytes.Clone(b)
	p.shared.add <- datagram{d, p.client}
	select {
	case p.out <- d:
	default:
	}
	return len(b), nil
}

func (p *pair) other() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(192, 0, 2, port(!p.client)), Port: 443}
}
func (p *pair) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(192, 0, 2, port(p.client)), Port: 443}
}

func port(client bool) byte {
	if client {
		return 1
	}
	return 2
}

func (p *pair) Close() error                     { return nil }
func (p *pair) SetDeadline(time.Time) error      { return nil }
func (p *pair) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline ends reading; that is what it is called for.
func (p *pair) SetReadDeadline(at time.Time) error {
	if !at.IsZero() {
		select {
		case <-p.deadline:
		default:
			close(p.deadline)
		}
	}
	return nil
}
