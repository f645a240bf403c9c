package tls_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	ctls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"tinycheck/internal/wire/tls"
)

// tap is a pipe end that keeps what is written to it. A pipe has no buffer, and
// after a HelloRetryRequest both sides write at once: so writes are queued.
type tap struct {
	net.Conn
	mu      sync.Mutex
	written bytes.Buffer
	queue   chan []byte
}

func newTap(end net.Conn) *tap {
	c := &tap{Conn: end, queue: make(chan []byte, 100)}
	go func() {
		for p := range c.queue {
			c.Conn.Write(p)
		}
	}()
	return c
}

func (c *tap) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written.Write(p)
	c.queue <- slices.Clone(p)
	return len(p), nil
}

func (c *tap) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.written.Bytes())
}

// certificate makes a certificate, signed by itself.
func certificate(t testing.TB, edit func(*x509.Certificate)) ctls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7),
		Subject:      pkix.Name{CommonName: "c2.example", Organization: []string{"Watch, Ltd."}, Country: []string{"CH"}},
		DNSNames:     []string{"C2.Example", "*.cdn.example"},
		IPAddresses:  []net.IP{net.IPv4(192, 0, 2, 9).To4(), net.ParseIP("2001:db8::9")},
		NotBefore:    time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2055, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	if edit != nil {
		edit(template)
	}
	return issue(t, template, template, key, key)
}

func issue(t testing.TB, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) ctls.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), crypto.Signer(signer))
	if err != nil {
		t.Fatal(err)
	}
	return ctls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// handshake lets crypto/tls talk over a pipe and gives the bytes of both sides.
func handshake(t testing.TB, client, server *ctls.Config) (sent, answered []byte) {
	t.Helper()
	a, b := net.Pipe()
	left, right := newTap(a), newTap(b)
	var wait sync.WaitGroup
	wait.Go(func() {
		s := ctls.Server(right, server)
		if s.Handshake() == nil {
			s.Write([]byte("answer"))
		}
	})
	c := ctls.Client(left, client)
	if err := c.Handshake(); err != nil {
		t.Errorf("handshake: %v", err)
	} else if _, err := c.Read(make([]byte, 6)); err != nil {
		t.Errorf("read: %v", err)
	}
	a.Close()
	b.Close()
	wait.Wait()
	close(left.queue)
	close(right.queue)
	return left.bytes(), right.bytes()
}

// message is a tls.Message whose body is a copy.
type message struct {
	kind   uint8
	body   string
	offset int
	cut    bool
	sslv2  bool
}

// feed gives data to a new stream in pieces of the sizes given, repeated.
func feed(data []byte, sizes ...int) (messages []message, s *tls.Stream) {
	s = &tls.Stream{}
	emit := func(m tls.Message) {
		messages = append(messages, message{m.Type, string(m.Body), m.Offset, m.Cut, m.SSLv2})
	}
	for i := 0; len(data) > 0; i++ {
		n := min(max(sizes[i%len(sizes)], 1), len(data))
		s.Feed(data[:n], emit)
		data = data[n:]
	}
	s.Flush(emit)
	return messages, s
}

func kinds(messages []message) []uint8 {
	var list []uint8
	for _, m := range messages {
		list = append(list, m.kind)
	}
	return list
}

// The standard library is the oracle: what it was told to say is what is read.
func TestAgainstCryptoTLS(t *testing.T) {
	own := certificate(t, nil)
	tests := map[string]struct {
		version uint16
		groups  []ctls.CurveID // of the server; the client offers more
		client  []uint8
		server  []uint8
	}{
		"1.2": {ctls.VersionTLS12, nil, []uint8{1, 16}, []uint8{2, 11, 12, 14}},
		"1.3": {ctls.VersionTLS13, nil, []uint8{1}, []uint8{2}},
		// The server wants a group without a key share: HelloRetryRequest, then a
		// second hello behind a ChangeCipherSpec.
		"1.3 retry": {ctls.VersionTLS13, []ctls.CurveID{ctls.CurveP521}, []uint8{1, 1}, []uint8{2, 2}},
	}
	for name, test := range tests {
		sent, answered := handshake(t,
			&ctls.Config{ServerName: "Spy.Example", NextProtos: []string{"h2", "x"}, InsecureSkipVerify: true, MaxVersion: test.version},
			&ctls.Config{Certificates: []ctls.Certificate{own}, NextProtos: []string{"x"}, CurvePreferences: test.groups})
		fromClient, _ := feed(sent, 1400)
		fromServer, _ := feed(answered, 1400)
		if !slices.Equal(kinds(fromClient), test.client) {
			t.Errorf("%s: client messages %v", name, kinds(fromClient))
		}
		if !slices.Equal(kinds(fromServer), test.server) {
			t.Errorf("%s: server messages %v", name, kinds(fromServer))
		}
		checkHellos(t, name, test.version, fromClient, fromServer)
		for _, m := range fromServer {
			if m.kind != tls.TypeCertificate {
				continue
			}
			list, err := tls.ParseCertificates([]byte(m.body), false)
			if err != nil || len(list) != 1 || list[0].SHA256 != sum256(own.Certificate[0]) {
				t.Errorf("%s: %+v, error %v", name, list, err)
			}
		}
	}
}

func checkHellos(t *testing.T, name string, version uint16, fromClient, fromServer []message) {
	t.Helper()
	for _, m := range fromClient {
		if m.kind != tls.TypeClientHello {
			continue
		}
		h, err := tls.ParseClientHello([]byte(m.body))
		if err != nil || h.SNI != "spy.example" || !slices.Equal(h.ALPN, []string{"h2", "x"}) || h.Highest() != version {
			t.Errorf("%s: %+v, error %v", name, h, err)
		}
	}
	last := slices.DeleteFunc(slices.Clone(fromServer), func(m message) bool { return m.kind != tls.TypeServerHello })
	for i, m := range last {
		h, err := tls.ParseServerHello([]byte(m.body))
		if err != nil || h.Negotiated() != version || h.RetryRequest != (i < len(last)-1) {
			t.Errorf("%s: %+v, error %v", name, h, err)
		}
		if version == ctls.VersionTLS12 && h.ALPN != "x" {
			t.Errorf("%s: ALPN %q", name, h.ALPN)
		}
	}
}
