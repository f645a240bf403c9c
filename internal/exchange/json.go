package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// readAll reads a document that must be held in memory as a whole.
func readAll(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, damaged("larger than %d MiB: split it, or give it as a list with one entry per line", limit>>20)
	}
	return data, nil
}

// element is one element of an array, and the line on which it begins.
type element func(line int, raw json.RawMessage)

// eachElement walks a JSON object and gives every element of the arrays that
// are asked for by key. Elements before a damage have been given already.
func eachElement(r io.Reader, keys map[string]element) error {
	data, err := readAll(r, maxJSON)
	if err != nil {
		return err
	}
	if deep(data) {
		return damaged("nested deeper than %d", maxDepth)
	}
	w := walk{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	if err := w.object(keys); err != nil {
		return damaged("JSON, line %d: %v", w.at(int(w.dec.InputOffset())), err)
	}
	return nil
}

// walk goes through a document and knows the line.
type walk struct {
	dec  *json.Decoder
	data []byte
	line int // at seen
	seen int
}

// at gives the line of an offset; offsets only grow.
func (w *walk) at(offset int) int {
	if offset > w.seen && offset <= len(w.data) {
		w.line += bytes.Count(w.data[w.seen:offset], []byte{'\n'})
		w.seen = offset
	}
	return w.line
}

func (w *walk) object(keys map[string]element) error {
	if _, err := w.dec.Token(); err != nil {
		return err
	}
	for w.dec.More() {
		key, err := w.dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if err := w.value(name, keys[name]); err != nil {
			return err
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return err
	}
	if _, err := w.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the end")
	}
	return nil
}

func (w *walk) value(name string, see element) error {
	if see == nil {
		var skipped json.RawMessage
		return w.dec.Decode(&skipped)
	}
	if !w.array() {
		return fmt.Errorf("%q is not a list", name)
	}
	return w.elements(see)
}

// elements gives every element of the array that comes next.
func (w *walk) elements(see element) error {
	if _, err := w.dec.Token(); err != nil {
		return err
	}
	for w.dec.More() {
		var raw json.RawMessage
		if err := w.dec.Decode(&raw); err != nil {
			return err
		}
		see(w.at(int(w.dec.InputOffset())-len(raw)), raw)
	}
	_, err := w.dec.Token()
	return err
}

// array reports whether the next value is an array.
func (w *walk) array() bool {
	rest := bytes.TrimLeft(w.data[w.dec.InputOffset():], " \t\r\n:")
	return len(rest) > 0 && rest[0] == '['
}

// deep reports nesting beyond the limit; brackets in strings do not count.
func deep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
