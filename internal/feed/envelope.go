package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// envelope is one page of objects (TAXII 2.1 section 3.7), without the objects.
type envelope struct {
	more  bool
	next  string
	count int // of objects
}

// readEnvelope hands see one object after the other, as the server wrote them;
// they are valid during the call. An empty envelope is {} (section 3.7).
func readEnvelope(r io.Reader, see func(object []byte) error) (envelope, error) {
	var e envelope
	keys := make(map[string]bool)
	dec := json.NewDecoder(r)
	err := object(dec, func(key string) error {
		if keys[key] && (key == "more" || key == "next" || key == "objects") {
			return errTwice
		}
		switch key {
		case "more":
			keys[key] = true
			return dec.Decode(&e.more)
		case "next":
			keys[key] = true
			return dec.Decode(&e.next)
		case "objects":
			keys[key] = true
			return e.objects(dec, see)
		}
		return skip(dec)
	})
	if err == nil {
		err = end(dec)
	}
	return e, err
}

func (e *envelope) objects(dec *json.Decoder, see func([]byte) error) error {
	return array(dec, func() error {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
			return errors.New("something among its objects is none")
		}
		e.count++
		return see(raw)
	})
}
