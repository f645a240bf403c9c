package decode_test

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/quic"
)

// vector is a TLS vector with a length of n bytes.
func vector(n int, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(body)))
	return append(slices.Clone(length[4-n:]), body...)
}

// extensions of a ClientHello.
func extension(kind uint16, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, kind), vector(2, body)...)
}

func serverName(name string) []byte {
	return extension(0, vector(2, []byte{0}, vector(2, []byte(name))))
}

func alpn(protocol string) []byte { return extension(16, vector(2, vector(1, []byte(protocol)))) }

// outerECH is the extension of RFC 9849 section 5, with empty contents.
func outerECH() []byte {
	return extension(0xfe0d, slices.Concat([]byte{0, 0, 1, 0, 1, 7}, vector(2, make([]byte, 32)), vector(2, make([]byte, 64))))
}

// clientHello is the handshake message of RFC 8446 section 4.1.2.
func clientHello(cookie []byte, extensions ...[]byte) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, vector(1)...)
	if cookie != nil {
		body[0], body[1] = 0xfe, 0xfd
		body = append(body, vector(1, cookie)...)
	}
	body = append(body, vector(2, []byte{0x13, 1, 0xc0, 0x2f})...)
	body = append(body, 1, 0)
	body = append(body, vector(2, extensions...)...)
	return append([]byte{1}, vector(3, body)...)
}

func serverHello() []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0xc0, 0x2f, 0)
	body = append(body, vector(2, extension(0xff01, []byte{0}))...)
	return append([]byte{2}, vector(3, body)...)
}

// record is a TLS record of handshake messages.
func record(messages ...[]byte) []byte {
	return append([]byte{22, 3, 1}, vector(2, messages...)...)
}

// hello is the first flight of a client that goes to name.
func hello(name string, more ...[]byte) []byte {
	return record(clientHello(nil, append([][]byte{serverName(name)}, more...)...))
}

// dtlsRecord holds one whole handshake message of DTLS 1.2 (RFC 6347 section 4.3.2).
func dtlsRecord(number byte, message []byte) []byte {
	body := slices.Concat(message[:4], []byte{0, number}, []byte{0, 0, 0}, message[1:4], message[4:])
	return append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, number}, vector(2, body)...)
}

// stunBinding is a binding request (RFC 8489 section 5).
func stunMessage(method uint16) []byte {
	p := binary.BigEndian.AppendUint16(nil, method)
	return append(p, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
}

func query(t testing.TB, name string) []byte {
	return dnsMessage(t, dns.Message{ID: 7, Recursion: true, Questions: []dns.Question{{Name: name, Type: dns.TypeA, Class: dns.ClassIN}}})
}

// reply answers a question with addresses.
func reply(t testing.TB, name string, addresses ...netip.Addr) []byte {
	m := dns.Message{ID: 7, Response: true, Questions: []dns.Question{{Name: name, Type: dns.TypeA, Class: dns.ClassIN}}}
	for _, a := range addresses {
		kind := dns.TypeA
		if a.Is6() {
			kind = dns.TypeAAAA
		}
		m.Records = append(m.Records, dns.Record{Name: name, Type: kind, Class: dns.ClassIN, TTL: 60, Addr: a})
	}
	return dnsMessage(t, m)
}

// replyECH answers with an HTTPS record that publishes an ECH configuration,
// one of an unknown version when it shall not tell its public name.
func replyECH(t testing.TB, name, public string) []byte {
	m := dnsMessage(t, dns.Message{ID: 8, Response: true,
		Questions: []dns.Question{{Name: name, Type: dns.TypeHTTPS, Class: dns.ClassIN}},
		Records: []dns.Record{{Name: name, Type: dns.TypeHTTPS, Class: dns.ClassIN, TTL: 60, SVCB: &dns.SVCB{Priority: 1, ECHPresent: true,
			ECH: []dns.ECHConfig{{ConfigID: 7, KEM: 0x20, PublicName: cmp.Or(public, "unreadable.example")}}}}}})
	if public == "" {
		m = bytes.Replace(m, []byte{0xfe, 0x0d}, []byte{0xfe, 0x77}, 1)
	}
	return m
}

func dnsMessage(t testing.TB, m dns.Message) []byte {
	t.Helper()
	p, err := dns.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func framed(message []byte) []byte { return vector(2, message) }

// initials are the datagrams of a QUIC client that goes to name, with at most
// piece bytes of the hello in each.
func initials(t testing.TB, name string, piece int, more ...[]byte) [][]byte {
	t.Helper()
	more = append([][]byte{serverName(name), alpn("h3"), extension(57, []byte{1, 1, 0})}, more...)
	list, err := quic.SealFlight(quic.Config{Version: quic.V1, DCID: []byte("original"), SCID: []byte("client"),
		Crypto: clientHello(nil, more...), PadTo: 1200}, piece)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// certified is the first flight of a TLS 1.2 server with a certificate for
// name, as crypto/tls makes it.
func certified(t testing.TB, name string) (client, server []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: begin.Add(-time.Hour), NotAfter: begin.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	up, down := &tap{Conn: a}, &tap{Conn: b}
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = tls.Server(down, &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}).Handshake()
		b.Close()
	})
	err = tls.Client(up, &tls.Config{MaxVersion: tls.VersionTLS12, ServerName: name, InsecureSkipVerify: true}).Handshake()
	a.Close()
	wait.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return up.sent, down.sent
}

// tap remembers what was written.
type tap struct {
	net.Conn
	sent []byte
}

func (c *tap) Write(p []byte) (int, error) {
	c.sent = append(c.sent, p...)
	return c.Conn.Write(p)
}
