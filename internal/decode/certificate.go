package decode

import (
	"crypto/sha256"
	"strings"
	"time"

	"tinycheck"
	"tinycheck/internal/wire/tls"
	"tinycheck/internal/wire/tunnel"
)

// chains remembers the chains that were read last, by the hash of their bytes:
// servers show the same one over and over, and reading it is the most
// expensive thing that a flow can ask for.
type chains struct {
	read  map[[sha256.Size]byte][]tls.Certificate
	order [maxChains][sha256.Size]byte // in which they came
	next  int
}

func (c *chains) find(sum [sha256.Size]byte) []tls.Certificate { return c.read[sum] }

// keep remembers a chain in the place of the oldest one.
func (c *chains) keep(sum [sha256.Size]byte, chain []tls.Certificate) {
	if c.read == nil {
		c.read = make(map[[sha256.Size]byte][]tls.Certificate)
	}
	delete(c.read, c.order[c.next])
	c.order[c.next] = sum
	c.next = (c.next + 1) % maxChains
	c.read[sum] = chain
}

// certificates tells the chain that one side showed, as valid or not at the
// time of the packet. That of the server names the flow.
func (d *Decoder) certificates(body []byte) {
	chain := d.chain(body)
	for i := range chain {
		fact := certificateFact(i, &chain[i], d.at.time)
		if i == 0 && !d.fromClient {
			for _, n := range fact.Names {
				d.nameRemote(strings.TrimPrefix(n, "*."), tinycheck.NameCertificate)
			}
		}
		d.event(fact)
	}
	if !d.fromClient && len(chain) == 1 && d.flow.Tunnel == "" && tunnel.TorLikeCertificate(chain[0].SubjectCommonName, chain[0].IssuerCommonName) {
		d.tunnelled(tinycheck.TunnelTor)
	}
}

// chain reads a Certificate message (RFC 5246 section 7.4.2).
func (d *Decoder) chain(body []byte) []tls.Certificate {
	sum := sha256.Sum256(body)
	if chain := d.shown.find(sum); chain != nil {
		return chain
	}
	chain, err := tls.ParseCertificates(body, false)
	if err != nil {
		d.stats.BadMessages++
	} else {
		d.shown.keep(sum, chain)
	}
	return chain
}

// certificateFact tells what matters of a certificate that was shown at a time.
func certificateFact(position int, c *tls.Certificate, shown time.Time) tinycheck.Certificate {
	fact := tinycheck.Certificate{Position: position, SHA1: c.SHA1, SHA256: c.SHA256, Subject: c.Subject, Issuer: c.Issuer,
		Names: certNames(c), NotBefore: c.NotBefore, NotAfter: c.NotAfter, ValidThen: c.ValidAt(shown), SelfSigned: c.SelfSigned}
	if c.ParseError != nil {
		fact.Unreadable = c.ParseError.Error()
	}
	return fact
}

// certNames gives the names that a certificate is for: as RFC 6125 section
// 6.4.4 has it, the common name counts only where there is no other.
func certNames(c *tls.Certificate) []string {
	if len(c.DNSNames) > 0 || !strings.Contains(c.SubjectCommonName, ".") {
		return c.DNSNames
	}
	return []string{strings.ToLower(c.SubjectCommonName)}
}
