package feed_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"tinycheck/internal/feed"
)

// keysOnce reports whether b is an object whose keys are not confused by what
// encoding/json does with repeated keys and with their case.
func keysOnce(b []byte, names ...string) bool {
	dec := json.NewDecoder(bytes.NewReader(b))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return false
		}
		for _, known := range names {
			if strings.EqualFold(name, known) && name != known {
				return false
			}
		}
		if seen[name] {
			return false
		}
		seen[name] = true
		var skip json.RawMessage
		if dec.Decode(&skip) != nil {
			return false
		}
	}
	return true
}

// What the walker takes, encoding/json understands in the same way.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"more":true,"next":"2","objects":[{"id":"a"},{"id":"b"}]}`, `{"objects":[{"x":[{},[]]}],"more":false}`,
		`{"objects":[]}`, `{"objects":[1]}`, `{"more":null,"next":null}`, `[]`, `{"objects":[{}]`, `{"next":"\ud800"}`, `{"x":{"objects":[{}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got [][]byte
		more, next, count, err := feed.ReadEnvelope(bytes.NewReader(b), func(o []byte) error {
			if !json.Valid(o) || o[0] != '{' {
				t.Errorf("object %q", o)
			}
			got = append(got, bytes.Clone(o))
			return nil
		})
		if len(got) != count {
			t.Errorf("%d objects seen, %d counted", len(got), count)
		}
		if err != nil {
			return
		}
		if !json.Valid(b) {
			t.Fatalf("took %q", b)
		}
		if !keysOnce(b, "more", "next", "objects") {
			return
		}
		var want struct {
			More    bool
			Next    string
			Objects []json.RawMessage
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("took %q, which is %v", b, err)
		}
		if more != want.More || next != want.Next || count != len(want.Objects) {
			t.Errorf("%q: %v %q %d, want %+v", b, more, next, count, want)
		}
		for i := range min(count, len(want.Objects)) {
			if !bytes.Equal(got[i], bytes.TrimSpace(want.Objects[i])) {
				t.Errorf("object %d is %q, want %q", i, got[i], want.Objects[i])
			}
		}
	})
}

// The scanner counts what encoding/json finds, and never more.
func FuzzScanMISP(f *testing.F) {
	for _, s := range []string{
		`{"response":{"Attribute":[{"timestamp":"1498497838","Event":{"timestamp":"9999999999"}},{"timestamp":5}]}}`,
		`{"response":[]}`, `{"response":{}}`, `{"response":{"Attribute":[]}}`, `{"response":{"Attribute":[{}]}}`, `{}`, `[]`,
		`{"response":{"Attribute":[{"timestamp":"-1"},{"timestamp":[1]},{"timestamp":1e9},{"timestamp":null}]}}`, `{"response":{"Attribute":[{"timestamp":"1"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		count, newest, err := feed.ScanMISP(bytes.NewReader(b))
		if err != nil {
			return
		}
		var page struct{ Response json.RawMessage }
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatalf("took %q: %v", b, err)
		}
		var inner struct{ Attribute []json.RawMessage }
		if !keysOnce(b, "response") || !keysOnce(page.Response, "Attribute") {
			return
		}
		if err := json.Unmarshal(page.Response, &inner); err != nil || len(inner.Attribute) != count {
			t.Fatalf("%q: %d attributes, want %d, %v", b, count, len(inner.Attribute), err)
		}
		var most uint64
		for _, raw := range inner.Attribute {
			if !keysOnce(raw, "timestamp") {
				return
			}
			var text struct{ Timestamp string }
			var number struct{ Timestamp uint64 }
			if json.Unmarshal(raw, &text) == nil {
				number.Timestamp, _ = strconv.ParseUint(text.Timestamp, 10, 63)
			} else if json.Unmarshal(raw, &number) != nil || number.Timestamp >= 1<<63 {
				continue
			}
			most = max(most, number.Timestamp)
		}
		if newest != most {
			t.Errorf("%q: newest %d, want %d", b, newest, most)
		}
	})
}
