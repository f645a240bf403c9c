package tls

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"net/netip"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxAltNames bounds the names of one certificate.
const maxAltNames = 1000

// Tags of TBSCertificate and GeneralName (RFC 5280 sections 4.1 and 4.2.1.6).
var (
	tagVersion    = cbasn1.Tag(0).ContextSpecific().Constructed()
	tagIssuerID   = cbasn1.Tag(1).ContextSpecific()
	tagSubjectID  = cbasn1.Tag(2).ContextSpecific()
	tagExtensions = cbasn1.Tag(3).ContextSpecific().Constructed()
	tagDNSName    = cbasn1.Tag(2).ContextSpecific()
	tagIPAddress  = cbasn1.Tag(7).ContextSpecific()

	oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}
)

// fields are the parts of a certificate that can be read even when the key or
// an extension is out of order.
type fields struct {
	issuer, subject     []byte // DER of the names
	notBefore, notAfter time.Time
	names               []string
	addresses           []netip.Addr
}

// readFields walks a certificate from its beginning as far as it makes sense
// (RFC 5280 section 4.1).
func readFields(der []byte) (f fields, err error) {
	var certificate, tbs, validity, issuer, subject cryptobyte.String
	input := cryptobyte.String(der)
	if !input.ReadASN1(&certificate, cbasn1.SEQUENCE) || !certificate.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(tagVersion) ||
		!tbs.SkipASN1(cbasn1.INTEGER) || // serial number
		!tbs.SkipASN1(cbasn1.SEQUENCE) || // signature algorithm
		!tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) {
		return f, errors.New("read certificate: no issuer")
	}
	f.issuer = issuer
	if !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) {
		return f, errors.New("read certificate: no validity")
	}
	from, to := readTime(&validity, &f.notBefore), readTime(&validity, &f.notAfter)
	if !tbs.ReadASN1Element(&subject, cbasn1.SEQUENCE) {
		return f, errors.New("read certificate: no subject")
	}
	f.subject = subject
	if !from || !to {
		err = errors.New("read certificate: bad validity")
	}
	if !f.readExtensions(&tbs) && err == nil {
		err = errors.New("read certificate: bad subject alternative name")
	}
	return f, err
}

// readTime reads UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5); it
// steps over one that is malformed.
func readTime(s *cryptobyte.String, t *time.Time) bool {
	copied := *s
	if s.PeekASN1Tag(cbasn1.GeneralizedTime) {
		if copied.ReadASN1GeneralizedTime(t) {
			*s, *t = copied, t.UTC()
			return true
		}
	} else if copied.ReadASN1UTCTime(t) {
		*s, *t = copied, t.UTC()
		return true
	}
	*t = time.Time{}
	var skipped cryptobyte.String
	var tag cbasn1.Tag
	s.ReadAnyASN1(&skipped, &tag)
	return false
}

// readExtensions looks for the subjectAltName. A certificate without
// extensions is sound; one that cannot be walked to their end is not judged
// here.
func (f *fields) readExtensions(tbs *cryptobyte.String) bool {
	var block, list cryptobyte.String
	var present bool
	if !tbs.SkipASN1(cbasn1.SEQUENCE) || // public key
		!tbs.SkipOptionalASN1(tagIssuerID) || !tbs.SkipOptionalASN1(tagSubjectID) ||
		!tbs.ReadOptionalASN1(&block, &present, tagExtensions) || !present ||
		!block.ReadASN1(&list, cbasn1.SEQUENCE) {
		return true
	}
	for !list.Empty() {
		var extension, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !list.ReadASN1(&extension, cbasn1.SEQUENCE) {
			return true
		}
		if !extension.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSubjectAltName) {
			continue
		}
		if !extension.SkipOptionalASN1(cbasn1.BOOLEAN) || // critical
			!extension.ReadASN1(&value, cbasn1.OCTET_STRING) {
			return false
		}
		return f.readAltNames(value)
	}
	return true
}

func (f *fields) readAltNames(value cryptobyte.String) bool {
	var names cryptobyte.String
	if !value.ReadASN1(&names, cbasn1.SEQUENCE) {
		return false
	}
	sound := true
	for !names.Empty() && len(f.names)+len(f.addresses) < maxAltNames {
		var name cryptobyte.String
		var tag cbasn1.Tag
		if !names.ReadAnyASN1(&name, &tag) {
			return false
		}
		switch tag {
		case tagDNSName:
			if host, ok := hostName(name); ok {
				f.names = append(f.names, host)
			} else {
				sound = false
			}
		case tagIPAddress:
			if address, ok := netip.AddrFromSlice(name); ok {
				f.addresses = append(f.addresses, address)
			} else {
				sound = false
			}
		}
	}
	return sound
}

// formatName gives a distinguished name in the manner of RFC 4514 and its last
// common name. Both are empty when the DER does not hold a name.
func formatName(der []byte) (text, commonName string) {
	var sequence pkix.RDNSequence
	if len(der) == 0 {
		return "", ""
	}
	if rest, err := asn1.Unmarshal(der, &sequence); err != nil || len(rest) > 0 {
		return "", ""
	}
	var name pkix.Name
	name.FillFromRDNSequence(&sequence)
	return sequence.String(), name.CommonName
}
