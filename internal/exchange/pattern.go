package exchange

import (
	"errors"
	"strings"
)

// pattern is what a STIX pattern (STIX 2.1 section 9) comes down to. Patterns
// say what is to be seen; an indicator is one thing to be seen. So:
//
//   - alternatives (OR, IN) give one term each;
//   - AND gives its one identifying term when the others only narrow it
//     (port, protocol, the address a name resolves to); otherwise it is refused,
//     because a part alone would accuse more than the source did;
//   - several observations that must all be seen, and REPEATS, are refused;
//   - kinds that no traffic shows are counted, not refused one by one.
type pattern struct {
	terms   []term
	foreign []unseen // what no traffic shows
	refused []string // reasons
	narrow  bool     // it only narrows another term
	ports   []string
}

// unseen is one thing that no traffic shows: a file, a package, an account.
type unseen struct{ kind, value string }

// term is one thing to be seen.
type term struct {
	value string
	kind  pathKind
	port  string
	line  int    // where the format has several on lines of their own
	id    string // likewise
}

// The reasons for which a part of a pattern is refused.
const (
	refusedAnd     = "several things that must be seen together: each alone would mean less than the source says"
	refusedNot     = "a comparison that says what is not to be seen, or how much"
	refusedMatch   = "an expression with wildcards"
	refusedRepeats = "must be seen repeatedly"
	refusedNarrow  = "names no host: a port, a protocol or the like alone"
)

var (
	errPattern     = errors.New("not a STIX pattern")
	errPatternLong = errors.New("a STIX pattern of more than 64 KiB: split it into several indicators")
)

// parsePattern reads a pattern; err tells that the grammar does not hold.
func parsePattern(text string) (pattern, error) {
	if len(text) > maxPattern {
		return pattern{}, errPatternLong
	}
	p := patternParser{rest: text}
	p.next()
	found := p.sequence()
	if p.bad || p.token != "" {
		return pattern{}, errPattern
	}
	return found, nil
}

// patternParser is a descent over the tokens.
type patternParser struct {
	rest  string
	token string // "" at the end
	text  string // of a string literal, whose token is "'"
	depth int
	bad   bool
}

// sequence: alternatives of observations, FOLLOWEDBY binding least (section 9.5).
func (p *patternParser) sequence() pattern {
	return p.chain("FOLLOWEDBY", together, func() pattern {
		return p.chain("OR", either, func() pattern { return p.chain("AND", together, p.observation) })
	})
}

// chain reads one or more parts with an operator between them.
func (p *patternParser) chain(operator string, combine func([]pattern) pattern, part func() pattern) pattern {
	parts := []pattern{part()}
	for !p.bad && strings.EqualFold(p.token, operator) {
		p.next()
		parts = append(parts, part())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return combine(parts)
}

func (p *patternParser) observation() pattern {
	var found pattern
	if p.token == "(" {
		found = p.enclosed(")", p.sequence)
	} else if p.token == "[" {
		found = p.enclosed("]", p.comparisons)
	} else {
		p.bad = true
	}
	return p.qualified(found)
}

// enclosed reads what stands between brackets, no deeper than the limit.
func (p *patternParser) enclosed(end string, inner func() pattern) pattern {
	if p.depth++; p.depth > maxNesting {
		p.bad = true
		return pattern{}
	}
	p.next()
	found := inner()
	p.expect(end)
	p.depth--
	return found
}

// qualified reads WITHIN, REPEATS, START and STOP (section 9.6). Of a single
// observation only REPEATS asks for more than the observation.
func (p *patternParser) qualified(found pattern) pattern {
	for !p.bad {
		switch strings.ToUpper(p.token) {
		case "WITHIN", "REPEATS":
			if strings.EqualFold(p.token, "REPEATS") {
				found = pattern{refused: []string{refusedRepeats}}
			}
			p.next()
			p.next() // the number
			p.next() // SECONDS, TIMES
		case "START", "STOP":
			p.next()
			p.next() // the time
			if p.token == "'" {
				p.next() // written as t'…'
			}
		default:
			return found
		}
	}
	return found
}

func (p *patternParser) comparisons() pattern {
	return p.chain("OR", either, func() pattern { return p.chain("AND", joined, p.comparison) })
}

func (p *patternParser) comparison() pattern {
	if p.token == "(" {
		return p.enclosed(")", p.comparisons)
	}
	path := p.token
	if strings.EqualFold(path, "EXISTS") {
		p.next()
		p.next()
		return pattern{refused: []string{refusedNot}}
	}
	if !strings.Contains(path, ":") {
		p.bad = true
		return pattern{}
	}
	p.next()
	not := strings.EqualFold(p.token, "NOT")
	if not {
		p.next()
	}
	operator := strings.ToUpper(p.token)
	p.next()
	return compared(path, operator, not, p.literals())
}

// literals reads one literal, or the bracketed set of IN.
func (p *patternParser) literals() []string {
	if p.token != "(" {
		return []string{p.literal()}
	}
	var all []string
	for p.next(); !p.bad; p.next() {
		all = append(all, p.literal())
		if p.token != "," {
			break
		}
	}
	p.expect(")")
	return all
}

func (p *patternParser) literal() string {
	value := p.token
	switch {
	case value == "'":
		value = p.text
	case value == "", strings.Contains("[](),", value):
		p.bad = true
	}
	p.next()
	if p.token == "'" && len(value) == 1 && strings.Contains("tbh", value) { // t'2026-…'
		value = p.text
		p.next()
	}
	return value
}

func (p *patternParser) expect(token string) {
	if p.token != token {
		p.bad = true
		return
	}
	p.next()
}

// either is OR: every part stands alone.
func either(parts []pattern) pattern {
	var all pattern
	for _, part := range parts {
		if part.narrow {
			part = pattern{refused: []string{refusedNarrow}}
		}
		all.terms = append(all.terms, part.terms...)
		all.foreign = append(all.foreign, part.foreign...)
		all.refused = append(all.refused, part.refused...)
	}
	return all
}

// together is AND or FOLLOWEDBY of observations.
func together(parts []pattern) pattern {
	var foreign []unseen
	for _, part := range parts {
		if part.narrow || len(part.terms)+len(part.refused) > 0 {
			return pattern{refused: []string{refusedAnd}}
		}
		foreign = append(foreign, part.foreign...)
	}
	return pattern{foreign: foreign}
}

// joined is AND inside one observation: one part says what, the rest narrows.
func joined(parts []pattern) pattern {
	var found pattern
	for _, part := range parts {
		switch {
		case part.narrow:
			found.ports = append(found.ports, part.ports...)
		case len(part.refused) > 0:
			return pattern{refused: part.refused}
		case found.terms != nil && part.terms != nil:
			return pattern{refused: []string{refusedAnd}}
		}
		found.terms = append(found.terms, part.terms...)
		found.foreign = append(found.foreign, part.foreign...)
	}
	switch {
	case len(found.foreign) > 0 && found.terms != nil:
		return pattern{refused: []string{refusedAnd}}
	case len(found.foreign) > 0:
		return pattern{foreign: found.foreign[:1]}
	}
	found.narrow = found.terms == nil
	for i := range found.terms {
		if len(found.ports) == 1 {
			found.terms[i].port = found.ports[0]
		}
	}
	return found
}
