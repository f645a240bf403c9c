package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
)

// A JSON array of strings, as dibdot's doh-domains.json: a list in other
// clothes. It states no class.

func looksJSONList(s sample) bool {
	rest, ok := strings.CutPrefix(s.text, "[")
	return ok && strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), `"`)
}

func readJSONList(in *bufio.Reader, b *book) error {
	data, err := readAll(in, maxJSON)
	if err != nil {
		return err
	}
	if deep(data) {
		return damaged("nested deeper than %d", maxDepth)
	}
	like := b.unstated()
	w := walk{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	err = w.elements(func(line int, raw json.RawMessage) {
		var value string
		if json.Unmarshal(raw, &value) != nil {
			b.reject(line, string(raw[:min(len(raw), maxEntry)]), "not a string")
			return
		}
		b.flat(line, value, like)
	})
	if err != nil {
		return damaged("JSON, line %d: %v", w.at(int(w.dec.InputOffset())), err)
	}
	return nil
}
