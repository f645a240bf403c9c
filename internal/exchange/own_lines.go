package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Our own lines, which lose nothing: the first says what they are, and each of
// the others is an indicator or an entry of context with all of its fields.
//
//	{"tinycheck-indicators":1,"feed":"…","licence":"…","date":"2026-11-22T00:00:00Z"}
//	{"type":"domain-name","value":"spy.example","class":"c2","family":"…",…}
//	{"context":{"type":"domain-name","value":"time.example","class":"os_core",…}}

const refusedVersion = "written for a newer version of TinyCheck"

func looksOwnLines(s sample) bool {
	first, _, _ := strings.Cut(s.text, "\n")
	return strings.HasPrefix(first, "{") && strings.Contains(first, `"tinycheck-indicators"`)
}

// about is the first line.
type about struct {
	Version int        `json:"tinycheck-indicators"`
	Feed    string     `json:"feed,omitempty"`
	Licence string     `json:"licence,omitempty"`
	Date    *time.Time `json:"date,omitempty"`
}

func readOwnLines(in *bufio.Reader, b *book) error {
	b.flow()
	begun, newer := false, false
	err := b.eachRaw(in, func(number int, line []byte) {
		if line = bytes.TrimSpace(line); len(line) == 0 || newer {
			return
		}
		if !begun {
			begun, newer = true, !b.about(line)
			return
		}
		b.ownLine(number, line)
	})
	if newer {
		return unsupported(refusedVersion)
	}
	return err
}

func (b *book) about(line []byte) bool {
	var a about
	if strict(line, &a) != nil || a.Version != 1 {
		return false
	}
	b.feed.Licence = clip(a.Licence, maxEntry)
	if a.Date != nil {
		b.dated(*a.Date)
	}
	return true
}

func (b *book) ownLine(number int, line []byte) {
	var l ownLine
	if strict(line, &l) != nil {
		b.reject(number, string(line[:min(len(line), maxEntry)]), "not a line with type, value and class, or one of a newer version")
		return
	}
	if l.Context != nil {
		if reason := l.Context.fault(); reason != "" {
			b.reject(number, l.Context.Value, reason)
			return
		}
		b.context(number, l.Context.context())
		return
	}
	if reason := l.fault(); reason != "" {
		b.reject(number, l.Value, reason)
		return
	}
	b.put(number, l.indicator()) // which keeps the feed that it came from
}

// strict reads JSON that has only what we know.
func strict(line []byte, into any) error {
	if deep(line) {
		return errEntryLong
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return errEntryLong
	}
	return nil
}

// fault says why a line is no indicator; the spelling must be ours already.
func (l *ownLine) fault() string {
	return cmp.Or(spelled(l.Type, l.Value), classFault(l))
}

func classFault(l *ownLine) string {
	isTechnique := l.Class == tinycheck.ClassInfrastructure
	switch {
	case !isTechnique && !slices.Contains(ownClasses, l.Class):
		return "unknown class"
	case isTechnique != (l.Infrastructure != "") || isTechnique && !slices.Contains(ownKinds, l.Infrastructure):
		return "unknown kind of infrastructure"
	case l.Confidence < 0 || l.Confidence > 100:
		return "confidence is not between 0 and 100"
	case len(l.Tags) > 2*maxTags:
		return "more tags than an indicator may have"
	case l.TLP != "" && !slices.Contains([]string{"white", "green", "amber", "red"}, l.TLP):
		return "unknown traffic light"
	}
	return ""
}

// spelled says why a value is not in the one spelling of its type.
func spelled(kind tinycheck.ObservableType, value string) string {
	same := false
	switch kind {
	case tinycheck.URL:
		scheme, rest, _ := strings.Cut(value, "://")
		found, _, err := entryURL(scheme, rest)
		same = err == nil && found == tinycheck.Observable{Type: kind, Value: value}
	case tinycheck.DomainName, tinycheck.IPv4Addr, tinycheck.IPv6Addr:
		found, _, err := entry(value)
		same = err == nil && found == tinycheck.Observable{Type: kind, Value: value}
	case tinycheck.JA3:
		same = sameHex(value, 16)
	case tinycheck.CertSHA1:
		same = sameHex(value, 20)
	case tinycheck.CertSHA256:
		same = sameHex(value, 32)
	case tinycheck.JA4:
		same = ja4(value)
	}
	if !same {
		return "not a value in the spelling of its type"
	}
	return ""
}

func sameHex(value string, n int) bool {
	hash, err := spelling.Hex(value, n)
	return err == nil && hash == value
}

// WriteLines writes indicators and context in our own lines, and gives the
// number of lines after the first. An error of the sequence ends the writing
// and is returned.
func WriteLines(w io.Writer, in tinycheck.Intake, indicators iter.Seq2[tinycheck.Indicator, error], context []tinycheck.Context) (int, error) {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(about{1, in.Name, in.Licence, stated(in.Date)}); err != nil {
		return 0, err
	}
	n := 0
	for i, err := range indicators {
		if err != nil {
			return n, err
		}
		if err := enc.Encode(lineOf(&i)); err != nil {
			return n, err
		}
		n++
	}
	for _, c := range context {
		if err := enc.Encode(contextLine{ownContextOf(&c)}); err != nil {
			return n, err
		}
		n++
	}
	return n, out.Flush()
}
