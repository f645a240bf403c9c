package quic_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	quicgo "github.com/quic-go/quic-go"
	"tinycheck/internal/wire/quic"
)

// tap is a UDP socket of a client that keeps a copy of what passes.
type tap struct {
	net.PacketConn
	lock *sync.Mutex
	kept *[]datagram
}

type datagram struct {
	p          []byte
	fromClient bool
}

func (s tap) keep(p []byte, fromClient bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	*s.kept = append(*s.kept, datagram{bytes.Clone(p), fromClient})
}

func (s tap) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := s.PacketConn.ReadFrom(p)
	if err == nil {
		s.keep(p[:n], false)
	}
	return n, from, err
}

func (s tap) WriteTo(p []byte, to net.Addr) (int, error) {
	s.keep(p, true)
	return s.PacketConn.WriteTo(p, to)
}

func certificate(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sheet := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, sheet, sheet, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func udp(t *testing.T) net.PacketConn {
	s, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("no loopback: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// shake lets two real endpoints shake hands and returns what was on the wire.
func shake(t *testing.T, name string, offered, accepted []quicgo.Version, retry bool) []datagram {
	transport := &quicgo.Transport{Conn: udp(t)}
	if retry {
		transport.VerifySourceAddress = func(net.Addr) bool { return true }
	}
	t.Cleanup(func() { transport.Close() })
	listener, err := transport.Listen(&tls.Config{Certificates: []tls.Certificate{certificate(t)}, NextProtos: []string{"h3"}}, &quicgo.Config{Versions: accepted})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var kept []datagram
	var lock sync.Mutex
	session, err := quicgo.Dial(ctx, tap{udp(t), &lock, &kept}, transport.Conn.LocalAddr(),
		&tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"h3"}}, &quicgo.Config{Versions: offered})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := session.CloseWithError(0, ""); err != nil {
		t.Fatal(err)
	}
	lock.Lock()
	defer lock.Unlock()
	return kept
}

func TestRealHandshakes(t *testing.T) {
	v1, v2 := []quicgo.Version{quicgo.Version1}, []quicgo.Version{quicgo.Version2}
	for _, tc := range []struct {
		name              string
		offered, accepted []quicgo.Version
		retry             bool
		handshakes        int
	}{
		{"v1", v1, v1, false, 1},
		{"v2", v2, v2, false, 1},
		{"v1 with Retry", v1, v1, true, 1},
		{"v2 with Retry", v2, v2, true, 1},
		{"negotiated", []quicgo.Version{quicgo.Version2, quicgo.Version1}, v1, false, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			host := "a-rather-long-name-for-a-host.example"
			kept := shake(t, host, tc.offered, tc.accepted, tc.retry)
			for _, swapped := range []bool{false, true} {
				var r record
				for _, d := range kept {
					if d.p[0]&0x80 != 0 && !quic.Looks(d.p) {
						t.Errorf("a datagram of %d bytes does not look like QUIC: %x", len(d.p), d.p[:20])
					}
					r.see(t, d.p, d.fromClient != swapped)
				}
				f := r.Facts()
				if got := serverName(r.client()); got != host || !whole(r.client()) {
					t.Errorf("server name %q of %d bytes; %+v", got, len(r.client()), f)
				}
				if !whole(r.server()) || r.server()[0] != 2 {
					t.Errorf("server's hello %x", r.server())
				}
				if f.Handshakes != tc.handshakes || f.RetrySeen != tc.retry || f.TokenPresent != tc.retry || f.Undecryptable != 0 || f.Malformed != 0 ||
					f.VersionNegotiationSeen != (tc.handshakes == 2) {
					t.Errorf("%+v", f)
				}
				if last := tc.accepted[0]; uint32(r.Version()) != uint32(last) {
					t.Errorf("version %v", r.Version())
				}
			}
		})
	}
}

// serverName reads the host of a ClientHello that may be cut, RFC 8446 section
// 4.1.2 and RFC 6066 section 3. It is only as good as these tests need it.
func serverName(m []byte) string {
	skip := func(size int) {
		n := 0
		for i := range size {
			if i < len(m) {
				n = n<<8 | int(m[i])
			}
		}
		m = m[min(len(m), size+n):]
	}
	if len(m) < 38 || m[0] != 1 {
		return ""
	}
	m = m[38:] // type, length, version, random
	skip(1)    // session
	skip(2)    // cipher suites
	skip(1)    // compression
	if len(m) < 2 {
		return ""
	}
	for m = m[2:]; len(m) >= 4; {
		if m[0] != 0 || m[1] != 0 {
			m = m[2:]
			skip(2)
			continue
		}
		if len(m) < 9 || len(m) < 9+int(m[7])<<8+int(m[8]) {
			return ""
		}
		return string(m[9 : 9+int(m[7])<<8+int(m[8])])
	}
	return ""
}
