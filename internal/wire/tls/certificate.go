package tls

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Bounds of a Certificate message.
const (
	// MaxCertificates is how many certificates of one message are read; real
	// chains have two to five.
	MaxCertificates = 32
	// maxSignedSize and maxModulus keep the check of a signature cheap.
	maxSignedSize = 16 << 10
	maxModulus    = 8192 // bits
)

// Certificate is what a report or an indicator needs of an X.509 certificate
// (RFC 5280 section 4.1). The hashes are always there, the rest as far as it
// could be read. Nothing aliases the parsed bytes.
type Certificate struct {
	SHA1              string // lower-case hex over the DER
	SHA256            string
	Subject           string // RFC 4514, most specific first: CN=…,O=…,C=…
	Issuer            string
	SubjectCommonName string
	IssuerCommonName  string
	DNSNames          []string // subjectAltName, lower case, without trailing dot
	IPs               []netip.Addr
	NotBefore         time.Time // UTC
	NotAfter          time.Time
	SelfSigned        bool  // issuer is subject, and the signature agrees where it is cheap to check
	ParseError        error // why crypto/x509 or the fields here refused it; nil when sound
}

// ValidAt tells whether t lies in the validity period, both ends included
// (RFC 5280 section 4.1.2.5). It is false when the period could not be read.
func (c *Certificate) ValidAt(t time.Time) bool {
	if c.NotBefore.IsZero() && c.NotAfter.IsZero() {
		return false
	}
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

// ParseCertificates reads the body of a Certificate message: the list of RFC
// 5246 section 7.4.2, or with tls13 that of RFC 8446 section 4.4.2. The leaf
// comes first. A certificate that is not wholly there is left out, because its
// hash would be wrong; the error then wraps ErrCut. A certificate that does not
// parse is no error here: see ParseError.
func ParseCertificates(body []byte, tls13 bool) ([]Certificate, error) {
	r := reader{rest: body}
	if tls13 {
		r.vector8() // certificate_request_context
	}
	list := reader{rest: r.vector24()}
	if !r.cut && len(r.rest) > 0 {
		return nil, fmt.Errorf("parse certificates: %d bytes after the list", len(r.rest))
	}
	var certificates []Certificate
	for len(list.rest) > 0 {
		der := list.vector24()
		if list.cut {
			if r.cut {
				return certificates, fmt.Errorf("parse certificates: %w", ErrCut)
			}
			return certificates, errors.New("parse certificates: certificate overruns the list")
		}
		if len(certificates) == MaxCertificates {
			return certificates, fmt.Errorf("parse certificates: more than %d", MaxCertificates)
		}
		certificates = append(certificates, parseCertificate(der))
		if tls13 {
			list.vector16() // extensions of the entry
		}
	}
	if r.cut || list.cut {
		return certificates, fmt.Errorf("parse certificates: %w", ErrCut)
	}
	return certificates, nil
}

// parseCertificate reads the fields with the tolerant reader, so that a
// certificate which crypto/x509 refuses still tells its names, and asks
// crypto/x509 whether it is sound.
func parseCertificate(der []byte) (c Certificate) {
	one, two := sha1.Sum(der), sha256.Sum256(der)
	c.SHA1, c.SHA256 = hex.EncodeToString(one[:]), hex.EncodeToString(two[:])
	f, err := readFields(der)
	c.Subject, c.SubjectCommonName = formatName(f.subject)
	c.Issuer, c.IssuerCommonName = formatName(f.issuer)
	c.NotBefore, c.NotAfter = f.notBefore, f.notAfter
	c.DNSNames, c.IPs = f.names, f.addresses
	sound, strict := x509.ParseCertificate(der)
	if err == nil {
		err = strict
	}
	c.ParseError = err
	c.SelfSigned = len(f.subject) > 0 && bytes.Equal(f.subject, f.issuer) && signedBySelf(sound, len(der))
	return c
}

// signedBySelf checks the signature with the certificate's own key. Where that
// is not possible (refused or unknown algorithm, damaged, too big) the equal
// names stand alone.
func signedBySelf(c *x509.Certificate, size int) bool {
	if c == nil || size > maxSignedSize {
		return true
	}
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxModulus {
		return true
	}
	err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var weak x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &weak) || errors.Is(err, x509.ErrUnsupportedAlgorithm)
}
