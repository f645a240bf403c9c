package exchange

import (
	"strings"

	"tinycheck"
)

// TinyCheck and SpyGuard JSON. Their format has one tag per entry: it is the
// class, or what was said about c2.

type tinyCheckShape struct {
	*export
	any bool
}

func openTinyCheck(x *export) shape {
	x.text("{\"iocs\":[\n")
	return &tinyCheckShape{export: x}
}

// tinyCheckWritten is an entry with its keys in the order in which they use them.
type tinyCheckWritten struct {
	Type  string `json:"type"`
	Tag   string `json:"tag"`
	TLP   string `json:"tlp"`
	Value string `json:"value"`
}

func (s *tinyCheckShape) write(i *tinycheck.Indicator) string {
	kind := tinyCheckType(i.Observable)
	if kind == "" {
		return leftType
	}
	tag := tinyCheckTag(i)
	if !s.give(made(kind, i.Value, tag)) {
		return leftTwice
	}
	if s.any {
		s.text(",")
	}
	s.any = true
	s.json(tinyCheckWritten{kind, tag, i.TLP, i.Value})
	return ""
}

func (s *tinyCheckShape) close() { s.text("],\n\"to_delete\":[]}\n") }

func tinyCheckType(o tinycheck.Observable) string {
	prefix := strings.Contains(o.Value, "/")
	switch {
	case o.Type == tinycheck.DomainName:
		return "domain"
	case prefix && (o.Type == tinycheck.IPv4Addr || o.Type == tinycheck.IPv6Addr):
		return "cidr"
	case o.Type == tinycheck.IPv4Addr:
		return "ip4addr"
	case o.Type == tinycheck.IPv6Addr:
		return "ip6addr"
	case o.Type == tinycheck.URL:
		return "url"
	case o.Type == tinycheck.CertSHA1:
		return "sha1cert"
	}
	return ""
}

// tinyCheckTag gives the tag that is read back as the class.
func tinyCheckTag(i *tinycheck.Indicator) string {
	switch i.Class {
	case tinycheck.ClassInfrastructure:
		return string(i.Infrastructure)
	case tinycheck.ClassC2:
	default:
		return string(i.Class)
	}
	for _, tag := range i.Tags {
		if _, other := labels[strings.ToLower(tag)]; !other && !strings.ContainsAny(tag, ":=") {
			return tag
		}
	}
	return "stalkerware"
}
