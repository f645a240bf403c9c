package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"

	"tinycheck"
)

// jsonIndented makes one object over many lines.
func jsonIndented(r *tinycheck.Report, _ Config) ([]byte, error) { return encode(r, "  ") }

// jsonLine makes the same object on one line, for a stream of reports.
func jsonLine(r *tinycheck.Report, _ Config) ([]byte, error) { return encode(r, "") }

func encode(r *tinycheck.Report, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(newDocument(r)); err != nil {
		return nil, err
	}
	return escape(b.Bytes()), nil
}

// escape writes as \u what encoding/json leaves bare and a terminal or an
// editor would obey: DEL, the C1 controls, and characters that are invisible or
// turn the direction of text. RFC 8259 section 7 allows every character to be
// written so, and outside of strings JSON is ASCII, so the value is the same.
func escape(data []byte) []byte {
	if !bytes.ContainsFunc(data, obeyed) {
		return data
	}
	var b bytes.Buffer
	for _, r := range string(data) {
		switch {
		case !obeyed(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default: // as a surrogate pair
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return b.Bytes()
}

func obeyed(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}
