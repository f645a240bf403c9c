package store

import (
	"errors"
	"strings"
	"unicode/utf8"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// The longest value and source id that are kept, in bytes.
const (
	maxValue  = 8 << 10
	maxSource = 1 << 10
)

// types is how each type of observable is written down, in the order of their
// names, with room between them.
var types = []struct {
	code uint8
	kind tinycheck.ObservableType
}{
	{10, tinycheck.DomainName},
	{20, tinycheck.IPv4Addr},
	{30, tinycheck.IPv6Addr},
	{40, tinycheck.JA3},
	{50, tinycheck.JA4},
	{60, tinycheck.URL},
	{70, tinycheck.CertSHA1},
	{80, tinycheck.CertSHA256},
}

const codeName = 10

var (
	errType   = errors.New("a type of observable that is not known")
	errValue  = errors.New("an empty value, one of more than 8192 bytes, or one that is not text")
	errSource = errors.New("a source id of more than 1024 bytes, or one that is not text")
)

// kinds is types by code.
var kinds = func() (k [256]tinycheck.ObservableType) {
	for _, t := range types {
		k[t.code] = t.kind
	}
	return k
}()

func typeCode(kind tinycheck.ObservableType) (uint8, bool) {
	for i := range types {
		if types[i].kind == kind {
			return types[i].code, true
		}
	}
	return 0, false
}

// keyOf gives an observable as it is written down.
func keyOf(o tinycheck.Observable) (uint8, string, error) {
	code, ok := typeCode(o.Type)
	if !ok {
		return 0, "", errType
	}
	if o.Value == "" || len(o.Value) > maxValue || !isText(o.Value) {
		return 0, "", errValue
	}
	if code == codeName {
		return code, turned(o.Value), nil
	}
	return code, o.Value, nil
}

// isText says whether SQLite keeps it as it is, and in the order of its bytes.
func isText(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// observable is the way back from keyOf.
func observable(code uint8, key string) tinycheck.Observable {
	o := tinycheck.Observable{Type: kinds[code], Value: key}
	if code == codeName {
		o.Value = turned(key)
	}
	return o
}

// turned is a name with its labels in the other order; twice is the name again.
func turned(name string) string {
	if strings.IndexByte(name, '.') < 0 {
		return name
	}
	return string(appendTurned(make([]byte, 0, len(name)), name))
}

func appendTurned(to []byte, name string) []byte {
	for {
		dot := strings.LastIndexByte(name, '.')
		to = append(to, name[dot+1:]...)
		if dot < 0 {
			return to
		}
		to = append(to, '.')
		name = name[:dot]
	}
}

// compareKeys orders as the table is ordered.
func compareKeys(codeA uint8, a string, codeB uint8, b []byte) int {
	switch {
	case codeA != codeB:
		return int(codeA) - int(codeB)
	case a == string(b): // does not allocate; nor does the next
		return 0
	case a < string(b):
		return -1
	}
	return 1
}

func checkName(name string) error {
	if !spelling.IsSlug(name) {
		return invalid("name feed", "a name has lower-case letters, digits, hyphens and single dots, at most 64; "+spelling.Slug(name)+" is one")
	}
	return nil
}
