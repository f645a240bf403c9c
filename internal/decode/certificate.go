package decode

import (
	"crypto/sha256"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/tls"
)

// chains remembers the chains that were read last, by the hash of their bytes:
// servers show the same one over and over, and reading it is the most
// expensive thing that a flow can ask for.
type chains struct {
	read  map[[sha256.Size]byte][]tinycheck.Certificate
	order [maxChains][sha256.Size]byte // in which they came
	next  int
}

func (c *chains) find(sum [sha256.Size]byte) []tinycheck.Certificate { return c.read[sum] }

// keep remembers a chain in the place of the oldest one.
func (c *chains) keep(sum [sha256.Size]byte, chain []tinycheck.Certificate) {
	if c.read == nil {
		c.read = make(map[[sha256.Size]byte][]tinycheck.Certificate)
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
	for i, fact := range chain {
		known := !fact.NotBefore.IsZero() || !fact.NotAfter.IsZero()
		fact.ValidThen = known && !d.at.time.Before(fact.NotBefore) && !d.at.time.After(fact.NotAfter)
		if i == 0 && !d.fromClient {
			for _, n := range fact.Names {
				d.nameRemote(strings.TrimPrefix(n, "*."), tinycheck.NameCertificate)
			}
		}
		d.event(fact)
	}
}

// chain reads a Certificate message (RFC 5246 section 7.4.2).
func (d *Decoder) chain(body []byte) []tinycheck.Certificate {
	sum := sha256.Sum256(body)
	if chain := d.shown.find(sum); chain != nil {
		return chain
	}
	list, err := tls.ParseCertificates(body, false)
	if err != nil {
		d.stats.BadMessages++
	}
	chain := make([]tinycheck.Certificate, len(list))
	for i := range list {
		c := &list[i]
		chain[i] = tinycheck.Certificate{Position: i, SHA1: c.SHA1, SHA256: c.SHA256, Subject: c.Subject, Issuer: c.Issuer,
			Names: certNames(c), NotBefore: c.NotBefore, NotAfter: c.NotAfter, SelfSigned: c.SelfSigned}
		if c.ParseError != nil {
			chain[i].Unreadable = c.ParseError.Error()
		}
	}
	if err == nil {
		d.shown.keep(sum, chain)
	}
	return chain
}

// certNames gives the names that a certificate is for: as RFC 6125 section
// 6.4.4 has it, the common name counts only where there is no other.
func certNames(c *tls.Certificate) []string {
	if len(c.DNSNames) > 0 || !strings.Contains(c.SubjectCommonName, ".") {
		return c.DNSNames
	}
	return []string{strings.ToLower(c.SubjectCommonName)}
}
