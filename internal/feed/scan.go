package feed

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// scanned is what one page of MISP attributes tells about itself.
type scanned struct {
	count  int    // attributes
	newest uint64 // the latest timestamp, in seconds since 1970
}

// scanMISP looks through {"response":{"Attribute":[{"timestamp":"1498497838",…}]}}
// for the timestamps of attributes, not those of the events and sightings in
// them. An instance that has nothing may write [] for any of the objects.
func scanMISP(r io.Reader) (scanned, error) {
	var page scanned
	var found bool
	dec := json.NewDecoder(r)
	err := object(dec, func(key string) error {
		if key != "response" {
			return skip(dec)
		}
		if found {
			return errTwice
		}
		found = true
		return page.response(dec)
	})
	if err == nil {
		err = end(dec)
	}
	if err == nil && !found {
		err = errors.New("it has no response")
	}
	return page, err
}

func (p *scanned) response(dec *json.Decoder) error {
	found := false
	return object(dec, func(key string) error {
		if key != "Attribute" {
			return skip(dec)
		}
		if found {
			return errTwice
		}
		found = true
		return array(dec, func() error {
			var a struct {
				Timestamp stamp `json:"timestamp"`
			}
			if err := dec.Decode(&a); err != nil {
				return err
			}
			p.count, p.newest = p.count+1, max(p.newest, uint64(a.Timestamp))
			return nil
		})
	})
}

// stamp is a time in seconds since 1970, as text or as a number; 0 when it is
// neither.
type stamp uint64

// UnmarshalJSON never fails: an attribute without a stamp is an attribute.
func (s *stamp) UnmarshalJSON(b []byte) error {
	text := string(b)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		n = 0
	}
	*s = stamp(n)
	return nil
}

var (
	errTwice = errors.New("a key comes twice")
	errShape = errors.New("it has another shape")
)

// object calls see for each key; see reads its value. An empty array passes for
// an empty object: PHP does not tell them apart.
func object(dec *json.Decoder, see func(key string) error) error {
	open, err := dec.Token()
	if err != nil {
		return whole(err)
	}
	if open == json.Delim('[') && !dec.More() {
		_, err := dec.Token()
		return whole(err)
	}
	if open != json.Delim('{') {
		return errShape
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return whole(err)
		}
		name, ok := key.(string)
		if !ok {
			return errShape
		}
		if err := see(name); err != nil {
			return whole(err)
		}
	}
	_, err = dec.Token()
	return whole(err)
}

// array calls see for each element; see reads it.
func array(dec *json.Decoder, see func() error) error {
	open, err := dec.Token()
	if err != nil {
		return whole(err)
	}
	if open != json.Delim('[') {
		return errShape
	}
	for dec.More() {
		if err := see(); err != nil {
			return whole(err)
		}
	}
	_, err = dec.Token()
	return whole(err)
}

func skip(dec *json.Decoder) error {
	var value json.RawMessage
	return dec.Decode(&value)
}

// end makes sure that nothing follows.
func end(dec *json.Decoder) error {
	if _, err := dec.Token(); err == io.EOF {
		return nil
	}
	return errors.New("something follows its end")
}

// whole calls an end in the middle what it is.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
