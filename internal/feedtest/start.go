package feedtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Start serves h over HTTP until the end of the test and gives its URL, without
// a slash at the end.
func Start(t testing.TB, h http.Handler) string {
	t.Helper()
	s := server(t, h)
	s.Start()
	return s.URL
}

// StartTLS serves h over HTTPS with the certificate.
func StartTLS(t testing.TB, h http.Handler, c tls.Certificate) string {
	t.Helper()
	s := server(t, h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
	s.StartTLS()
	return s.URL
}

// StartOldTLS serves h with nothing newer than TLS 1.1.
func StartOldTLS(t testing.TB, h http.Handler, c tls.Certificate) string {
	t.Helper()
	s := server(t, h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	return s.URL
}

func server(t testing.TB, h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what tests are about
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// Authority signs certificates.
type Authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority that nobody knows but its Roots.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{t: t, key: newKey(t)}
	made := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Test Authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-100 * 24 * time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil, a.key)
	a.cert = made.Leaf
	return a
}

// Roots is the list with this authority alone.
func (a *Authority) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Good is a certificate for 127.0.0.1, ::1 and the names.
func (a *Authority) Good(names ...string) tls.Certificate {
	return a.leaf(names, time.Now().Add(time.Hour), true)
}

// Expired is one that was good until yesterday.
func (a *Authority) Expired() tls.Certificate {
	return a.leaf(nil, time.Now().Add(-24*time.Hour), true)
}

// WrongHost is one for other.example only.
func (a *Authority) WrongHost() tls.Certificate {
	return a.sign(&x509.Certificate{
		DNSNames: []string{"other.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, a.cert, newKey(a.t))
}

// SelfSigned is one that nobody else has signed.
func (a *Authority) SelfSigned() tls.Certificate {
	return a.leaf(nil, time.Now().Add(time.Hour), false)
}

func (a *Authority) leaf(names []string, until time.Time, signed bool) tls.Certificate {
	wish := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Test Server"}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if !signed {
		return a.sign(wish, nil, newKey(a.t))
	}
	return a.sign(wish, a.cert, newKey(a.t))
}

func (a *Authority) sign(wish, parent *x509.Certificate, key *ecdsa.PrivateKey) tls.Certificate {
	a.t.Helper()
	wish.SerialNumber = big.NewInt(time.Now().UnixNano())
	signer := a.key
	if parent == nil {
		parent, signer = wish, key
	}
	der, err := x509.CreateCertificate(rand.Reader, wish, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
