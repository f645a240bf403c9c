package store

import (
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Query is what is looked for. Empty fields do not restrict.
type Query struct {
	// Text is a value in any spelling that internal/spelling reads. A name
	// finds itself and everything below it; all else exactly itself. With *,
	// which stands for anything, "*.example.com" finds what is below a name,
	// and every other pattern looks at all entries.
	Text   string
	Family string // in any case
	Feed   string
	Class  tinycheck.Class
	Type   tinycheck.ObservableType
	State  State // "" is every state
	Limit  int   // 0 is no limit
	Offset int
}

// maxText is how long a text may be that is looked for, in bytes.
const maxText = maxValue

// keys is a range of keys of one type.
type keys struct {
	kind     uint8  // 0 is every type, and then every key
	from, to string // from <= key < to; to "" is only from; both "" is every key
}

func (k keys) has(kind uint8, key string) bool {
	switch {
	case k.kind == 0:
		return true
	case k.kind != kind:
		return false
	case k.from == "":
		return true
	case k.to == "":
		return key == k.from
	}
	return key >= k.from && key < k.to
}

// read turns a text into the ranges that have it, and a pattern that has to be
// matched besides.
func read(text string) ([]keys, glob) {
	text = strings.TrimSpace(text)
	if len(text) > maxText || !isText(text) {
		return nil, nil
	}
	if text == "" || text == "*" {
		return []keys{{}}, nil
	}
	if !strings.Contains(text, "*") {
		return exactly(text), nil
	}
	if name, ok := strings.CutPrefix(text, "*."); ok && !strings.Contains(name, "*") {
		if name, err := spelling.Domain(name); err == nil {
			return []keys{below(name)}, nil
		}
	}
	return []keys{{}}, strings.Split(text, "*")
}

// below is everything under a name: its turned spelling and a dot come first
// ('/' is the byte after '.').
func below(name string) keys {
	return keys{codeName, turned(name) + ".", turned(name) + "/"}
}

func exactly(text string) []keys {
	if o, err := spelling.Address(text); err == nil {
		code, key, _ := keyOf(o)
		return []keys{{code, key, ""}}
	}
	if strings.Contains(text, "://") {
		code, _ := typeCode(tinycheck.URL)
		return []keys{{code, text, ""}}
	}
	name := spelling.Host(text)
	if name == "" {
		return nil
	}
	spans := []keys{{codeName, turned(name), ""}, below(name)}
	for _, t := range types {
		switch t.kind {
		case tinycheck.JA4, tinycheck.JA3, tinycheck.CertSHA1, tinycheck.CertSHA256:
			spans = append(spans, keys{t.code, fingerprint(text), ""})
		}
	}
	return spans
}

// fingerprint is a hash as internal/spelling.Hex writes it, of any length.
func fingerprint(text string) string {
	return strings.NewReplacer(":", "", " ", "").Replace(strings.ToLower(text))
}

// narrowed leaves the ranges of one type; "" leaves all.
func narrowed(spans []keys, kind tinycheck.ObservableType) ([]keys, error) {
	if kind == "" {
		return spans, nil
	}
	code, ok := typeCode(kind)
	if !ok {
		return nil, tinycheck.Errorf("find indicators", tinycheck.Invalid, errType)
	}
	var list []keys
	for _, s := range spans {
		if s.kind == 0 {
			s.kind = code
		}
		if s.kind == code {
			list = append(list, s)
		}
	}
	return list, nil
}

// glob is the parts of a pattern between its stars; nil matches everything.
type glob []string

func (g glob) match(o tinycheck.Observable) bool {
	if g == nil {
		return true
	}
	if o.Type == tinycheck.URL { // its path has capitals
		return g.in(o.Value) || g.lower().in(strings.ToLower(o.Value))
	}
	return g.in(o.Value)
}

func (g glob) lower() glob {
	low := make(glob, len(g))
	for i := range g {
		low[i] = strings.ToLower(g[i])
	}
	return low
}

// in takes every part at its first place, which is enough with one kind of
// wildcard, and never goes back.
func (g glob) in(value string) bool {
	value, ok := strings.CutPrefix(value, g[0])
	last := len(g) - 1
	if !ok || !strings.HasSuffix(value, g[last]) {
		return false
	}
	value = value[:len(value)-len(g[last])]
	for _, part := range g[1:last] {
		i := strings.Index(value, part)
		if i < 0 {
			return false
		}
		value = value[i+len(part):]
	}
	return true
}
