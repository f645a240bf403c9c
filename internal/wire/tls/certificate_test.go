package tls_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tinycheck/internal/wire/tls"
)

func sum256(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// chain gives a Certificate message of TLS 1.2 or 1.3.
func chain(tls13 bool, list ...[]byte) []byte {
	var entries []byte
	for _, der := range list {
		entries = append(entries, vec(3, der)...)
		if tls13 {
			entries = append(entries, vec(2, ext(5, []byte{1, 2}))...)
		}
	}
	if tls13 {
		return append([]byte{2, 9, 9}, vec(3, entries)...)
	}
	return vec(3, entries)
}

func TestParseCertificates(t *testing.T) {
	der := certificate(t, nil).Certificate[0]
	for _, tls13 := range []bool{false, true} {
		list, err := tls.ParseCertificates(chain(tls13, der, []byte("junk")), tls13)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d certificates, error %v", len(list), err)
		}
		c := list[0]
		if c.SHA1 != fmt.Sprintf("%x", sha1.Sum(der)) || c.SHA256 != sum256(der) {
			t.Errorf("hashes %s %s", c.SHA1, c.SHA256)
		}
		if c.Subject != `CN=c2.example,O=Watch\, Ltd.,C=CH` || c.Issuer != c.Subject || c.SubjectCommonName != "c2.example" || c.IssuerCommonName != "c2.example" {
			t.Errorf("names %q %q %q", c.Subject, c.Issuer, c.SubjectCommonName)
		}
		if !slices.Equal(c.DNSNames, []string{"c2.example", "*.cdn.example"}) {
			t.Errorf("DNS names %q", c.DNSNames)
		}
		if !slices.Equal(c.IPs, []netip.Addr{netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8::9")}) {
			t.Errorf("addresses %v", c.IPs)
		}
		if !c.SelfSigned || c.ParseError != nil {
			t.Errorf("self-signed %v, error %v", c.SelfSigned, c.ParseError)
		}
		junk := list[1]
		if junk.SHA256 != sum256([]byte("junk")) || junk.ParseError == nil || junk.SelfSigned || junk.ValidAt(time.Time{}) {
			t.Errorf("junk: %+v", junk)
		}
	}
}

func TestValidAt(t *testing.T) {
	list, _ := tls.ParseCertificates(chain(false, certificate(t, nil).Certificate[0]), false)
	c := list[0]
	from, to := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2055, 3, 1, 12, 0, 0, 0, time.UTC)
	if !c.NotBefore.Equal(from) || !c.NotAfter.Equal(to) {
		t.Fatalf("valid from %v to %v", c.NotBefore, c.NotAfter)
	}
	for at, want := range map[time.Time]bool{
		from: true, to: true, from.Add(-time.Second): false, to.Add(time.Second): false, from.AddDate(9, 0, 0): true,
	} {
		if c.ValidAt(at) != want {
			t.Errorf("valid at %v: %v", at, !want)
		}
	}
}

func TestSelfSigned(t *testing.T) {
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	own, other := key(), key()
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(2e9, 0)}
	}
	tests := map[string]struct {
		der  []byte
		want bool
	}{
		"by itself":               {issue(t, template("a"), template("a"), own, own).Certificate[0], true},
		"by another":              {issue(t, template("a"), template("b"), own, other).Certificate[0], false},
		"by another of that name": {issue(t, template("a"), template("a"), own, other).Certificate[0], false},
	}
	for name, test := range tests {
		list, err := tls.ParseCertificates(chain(false, test.der), false)
		if err != nil || list[0].SelfSigned != test.want {
			t.Errorf("%s: %v, error %v", name, list[0].SelfSigned, err)
		}
	}
}

// A certificate that the standard library refuses still tells its names: here
// the public key is damaged.
func TestCertificateRefused(t *testing.T) {
	der := certificate(t, nil).Certificate[0]
	sound, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(der, sound.RawSubjectPublicKeyInfo)
	broken := slices.Clone(der)
	broken[at+len(sound.RawSubjectPublicKeyInfo)-65] = 0x99 // not a point
	if _, err := x509.ParseCertificate(broken); err == nil {
		t.Skip("the standard library takes the damaged key")
	}
	list, err := tls.ParseCertificates(chain(false, broken), false)
	if err != nil {
		t.Fatal(err)
	}
	c := list[0]
	if c.ParseError == nil || c.SubjectCommonName != "c2.example" || len(c.DNSNames) != 2 || len(c.IPs) != 2 || c.NotAfter.Year() != 2055 || !c.SelfSigned {
		t.Errorf("%+v", c)
	}
}

func TestCertificatesCutAnywhere(t *testing.T) {
	der := certificate(t, nil).Certificate[0]
	body := chain(false, der, der)
	for n := range body {
		list, err := tls.ParseCertificates(body[:n], false)
		whole := max(n-3, 0) / (len(der) + 3)
		if !errors.Is(err, tls.ErrCut) || len(list) != whole {
			t.Fatalf("cut at %d of %d: %d certificates, error %v", n, len(body), len(list), err)
		}
	}
}

func TestCertificatesDamage(t *testing.T) {
	der := certificate(t, nil).Certificate[0]
	many := make([][]byte, tls.MaxCertificates+1)
	for i := range many {
		many[i] = []byte{0x30, byte(i)}
	}
	overrun := chain(false, der)
	overrun[5]++
	tests := map[string]struct {
		body  []byte
		count int
	}{
		"too many": {chain(false, many...), tls.MaxCertificates},
		"trailing": {append(chain(false, der), 0), 0},
		"overrun":  {overrun, 0},
	}
	for name, test := range tests {
		list, err := tls.ParseCertificates(test.body, false)
		if err == nil || errors.Is(err, tls.ErrCut) || len(list) != test.count {
			t.Errorf("%s: %d certificates, error %v", name, len(list), err)
		}
	}
	if list, err := tls.ParseCertificates(chain(false), false); err != nil || len(list) != 0 {
		t.Errorf("empty list: %d certificates, error %v", len(list), err)
	}
}

func BenchmarkParseCertificates(b *testing.B) {
	body := chain(false, certificate(b, nil).Certificate[0])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tls.ParseCertificates(body, false); err != nil {
			b.Fatal(err)
		}
	}
}
