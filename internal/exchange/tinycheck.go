package exchange

import (
	"bufio"
	"encoding/json"
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// TinyCheck and SpyGuard JSON:
//
//	{"iocs": [{"type": "domain", "tag": "stalkerware", "tlp": "white", "value": "…"}],
//	 "to_delete": [{"type": "domain", "value": "…"}]}
//
// "to_delete" takes back what a former version of the feed said. It strikes
// entries of the same file only: no feed may delete what another one says.

// tinyCheckEntry is one entry; to_delete has entries or bare values.
type tinyCheckEntry struct {
	Type  string `json:"type"`
	Tag   string `json:"tag"`
	TLP   string `json:"tlp"`
	Value string `json:"value"`
}

func looksTinyCheck(s sample) bool {
	return strings.HasPrefix(s.text, "{") &&
		(strings.Contains(s.text, `"iocs"`) || strings.Contains(s.text, `"to_delete"`))
}

func readTinyCheck(in *bufio.Reader, b *book) error {
	gone := map[tinycheck.Observable]bool{}
	err := eachElement(in, map[string]element{
		"iocs":      b.tinyCheck,
		"to_delete": func(_ int, raw json.RawMessage) { deleted(raw, gone) },
	})
	for o := range gone {
		b.takeBack(o)
	}
	b.strike(func(i *tinycheck.Indicator) bool { return gone[i.Observable] }, "the feed itself deletes it")
	return err
}

func deleted(raw json.RawMessage, gone map[tinycheck.Observable]bool) {
	var e tinyCheckEntry
	if json.Unmarshal(raw, &e) != nil && json.Unmarshal(raw, &e.Value) != nil {
		return
	}
	if hash, err := spelling.Hex(e.Value, 20); err == nil && e.Type != "domain" {
		gone[tinycheck.Observable{Type: tinycheck.CertSHA1, Value: hash}] = true
	} else if found, _, err := entry(e.Value); err == nil {
		gone[found] = true
	}
}

// tinyCheckRefused says why a type of theirs gives no indicator.
var tinyCheckRefused = map[string]string{
	"ns":    "a name server of suspicious domains: finding it out would need a question to the suspect's servers",
	"tld":   "a top-level domain: matches ordinary names by the million",
	"snort": "a rule, not an observable: give it as a rule file",
	"jarm":  "a fingerprint that only an active scan gives: TinyCheck never contacts a suspect host",
}

func (b *book) tinyCheck(line int, raw json.RawMessage) {
	var e tinyCheckEntry
	if json.Unmarshal(raw, &e) != nil || e.Value == "" {
		b.reject(line, string(raw[:min(len(raw), maxEntry)]), "not an entry with type, tag and value")
		return
	}
	switch kind := strings.ToLower(strings.TrimSpace(e.Type)); kind {
	case "domain", "ip4addr", "ip6addr", "cidr", "url", "":
		b.add(line, e.Value, marked(labelled(e.Tag), e.TLP))
	case "freedns":
		i := labelled(kind)
		i.Tags = union(i.Tags, []string{e.Tag})
		b.add(line, e.Value, marked(i, e.TLP))
	case "sha1cert":
		b.certificate(line, e.Value, marked(labelled(e.Tag), e.TLP))
	default:
		reason := tinyCheckRefused[kind]
		if reason == "" {
			reason = "unknown type " + clip(kind, maxWord)
		}
		b.reject(line, e.Value, reason)
	}
}

// certificate takes a hash of a TLS certificate, SHA-1 or SHA-256 by its length.
func (b *book) certificate(line int, raw string, like tinycheck.Indicator) {
	found, err := certificateHash(raw)
	if err != nil {
		b.reject(line, raw, "neither a SHA-1 nor a SHA-256 of a certificate")
		return
	}
	like.Observable = found
	b.put(line, like)
}

func certificateHash(raw string) (tinycheck.Observable, error) {
	if hash, err := spelling.Hex(raw, 20); err == nil {
		return tinycheck.Observable{Type: tinycheck.CertSHA1, Value: hash}, nil
	}
	hash, err := spelling.Hex(raw, 32)
	return tinycheck.Observable{Type: tinycheck.CertSHA256, Value: hash}, err
}
