package exchange

import "strings"

// compared is one comparison of a STIX pattern: what is compared decides
// whether it says what, narrows, or is of a kind that no traffic shows.
func compared(path, operator string, not bool, values []string) pattern {
	path = plainPath(path)
	kind := kindOf(path)
	switch {
	case kind == pathForeign:
		return pattern{foreign: []unseen{{path, strings.Join(values, ", ")}}}
	case not || strings.ContainsAny(operator, "!<>") || operator == "ISSUPERSET":
		return pattern{refused: []string{refusedNot}}
	case kind == pathNarrow:
		return pattern{narrow: true, ports: ports(path, values)}
	}
	var found pattern
	for _, value := range values {
		value, ok := compareValue(operator, value)
		if !ok {
			found.refused = append(found.refused, refusedMatch)
			continue
		}
		found.terms = append(found.terms, term{value: value, kind: kind})
	}
	return found
}

// compareValue gives what an operator asks for: LIKE '%.name' is what an
// indicator means anyway, ISSUBSET is a prefix.
func compareValue(operator, value string) (string, bool) {
	switch operator {
	case "=", "==", "IN", "ISSUBSET":
		return value, true
	case "LIKE":
		name, _ := strings.CutPrefix(value, "%.")
		return name, !strings.ContainsAny(name, "%_") // both are wildcards (section 9.6.1)
	}
	return "", false
}

// pathKind is what an object path is good for.
type pathKind int

const (
	pathForeign     pathKind = iota // no traffic shows it
	pathValue                       // a name, an address, a URL
	pathCertificate                 // a hash of a TLS certificate
	pathJA3                         // a fingerprint of a TLS client
	pathJA4
	pathNarrow // only narrows
)

// STIX 2.1 has no property for the fingerprint of a TLS client. Ours stand in an
// object type of our own, of the form that section 11 asks of custom ones.
const (
	pathOfJA3 = "x-tinycheck-tls:ja3"
	pathOfJA4 = "x-tinycheck-tls:ja4"
)

func kindOf(path string) pathKind {
	switch path {
	case "domain-name:value", "ipv4-addr:value", "ipv6-addr:value", "url:value",
		"network-traffic:dst_ref.value", "hostname:value":
		return pathValue
	case "x509-certificate:hashes.sha1", "x509-certificate:hashes.sha256":
		return pathCertificate
	case pathOfJA3:
		return pathJA3
	case pathOfJA4:
		return pathJA4
	}
	if strings.HasPrefix(path, "domain-name:resolves_to_refs") || strings.HasPrefix(path, "network-traffic:") {
		return pathNarrow
	}
	return pathForeign
}

// plainPath spells an object path: lower case, hash names without quotes and dash.
func plainPath(path string) string {
	path = strings.ToLower(clip(path, maxWord))
	if head, hash, ok := strings.Cut(path, ":hashes."); ok {
		path = head + ":hashes." + strings.NewReplacer("'", "", "-", "").Replace(hash)
	}
	return path
}

func ports(path string, values []string) []string {
	if path != "network-traffic:dst_port" || len(values) != 1 || checkPort(values[0]) != nil {
		return nil
	}
	return values
}

// next reads one token: punctuation, an operator, a string (whose token is "'"),
// or a word, which is a key word, a number or an object path.
func (p *patternParser) next() {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	p.token = ""
	if p.rest == "" {
		return
	}
	switch c := p.rest[0]; {
	case c == '\'':
		p.token, p.text = "'", p.quoted()
	case strings.IndexByte("[](),", c) >= 0:
		p.token, p.rest = p.rest[:1], p.rest[1:]
	case strings.IndexByte("=!<>", c) >= 0:
		p.take(func(i int) bool { return strings.IndexByte("=!<>", p.rest[i]) >= 0 })
	default:
		p.word()
	}
}

func (p *patternParser) take(more func(i int) bool) {
	end := 0
	for end < len(p.rest) && more(end) {
		end++
	}
	p.token, p.rest = p.rest[:end], p.rest[end:]
}

// word reads up to what cannot be in one. Inside an object path, indices
// ("[0]", "[*]") and quoted keys ("hashes.'SHA-256'") belong to it.
func (p *patternParser) word() {
	path, quoted, index := false, false, false
	p.take(func(i int) bool {
		c := p.rest[i]
		switch {
		case c == '\'':
			if path {
				quoted = !quoted
			}
			return path
		case quoted:
			return true
		case c == '[' && path:
			index = true
			return true
		case c == ']' && index:
			index = false
			return true
		}
		path = path || c == ':'
		return strings.IndexByte(" \t\r\n=!<>()[],", c) < 0
	})
	p.bad = p.bad || p.token == "" || quoted
}

// quoted reads a string; \' and \\ stand for themselves.
func (p *patternParser) quoted() string {
	var text strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			text.WriteByte(p.rest[i])
		case c == '\'':
			p.rest = p.rest[i+1:]
			return text.String()
		default:
			text.WriteByte(c)
		}
	}
	p.rest, p.bad = "", true
	return ""
}
