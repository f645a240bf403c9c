package scenario

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net/netip"
	"time"
)

// certificate makes the self-signed certificate of a server: the same for the
// same name and time on every run, because Ed25519 signs without chance (RFC
// 8032 section 5.1.6). The key is made of the name and protects nothing.
func certificate(name string, at time.Time) []byte { return issued(name, "", at) }

// issued makes one that names another issuer, if there is any, and has its name
// as common name only.
func issued(name, issuer string, at time.Time) []byte {
	secret := sha256.Sum256([]byte("certificate of " + name))
	key := ed25519.NewKeyFromSeed(secret[:])
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(secret[:16]),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             at.Add(-30 * 24 * time.Hour),
		NotAfter:              at.Add(60 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	by := template
	if issuer != "" {
		by = &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
	} else if a, err := netip.ParseAddr(name); err == nil {
		template.IPAddresses = append(template.IPAddresses, a.AsSlice())
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(unneeded{}, template, by, key.Public(), key)
	if err != nil { // a name that no certificate can hold
		return nil
	}
	return der
}

// unneeded is the source of chance that Ed25519 does not use.
type unneeded struct{}

func (unneeded) Read(p []byte) (int, error) { return len(p), nil }

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}
