package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// MISP events and attributes (MISP core format,
// https://www.misp-standard.org/rfc/misp-standard-core.html): an event, a feed's
// event file, a list of events, the answer of a search for events or for
// attributes. What an event says about all of it may stand behind its
// attributes, so these wait until the event ends.
//
// An attribute that its publisher does not want to be detected by ("to_ids":
// false) becomes class weak; one that is deleted is rejected; a reference
// ("External analysis") is no indicator. Tags, then the category, say the class:
// see misp_said.go.

func looksMISP(s sample) bool {
	if !strings.HasPrefix(s.text, "{") && !strings.HasPrefix(s.text, "[") {
		return false
	}
	has := func(key string) bool { return strings.Contains(s.text, `"`+key+`"`) }
	return has("Event") && (has("info") || has("Attribute") || has("orgc_id")) ||
		has("Attribute") && (has("category") || has("response") || has("info"))
}

// mispAttribute is one attribute, on its own or of an object.
type mispAttribute struct {
	UUID      string       `json:"uuid"`
	Type      string       `json:"type"`
	Category  string       `json:"category"`
	Value     string       `json:"value"`
	Relation  string       `json:"object_relation"`
	ToIDs     mispBool     `json:"to_ids"`
	Deleted   mispBool     `json:"deleted"`
	Timestamp mispTime     `json:"timestamp"`
	FirstSeen looseTime    `json:"first_seen"`
	Tags      []mispTag    `json:"Tag"`
	Galaxies  []mispGalaxy `json:"Galaxy"`
	Event     struct {
		Info string `json:"info"`
	} `json:"Event"` // in the answer of a search for attributes
}

type mispObject struct {
	Name       string            `json:"name"`
	Deleted    mispBool          `json:"deleted"`
	Tags       []mispTag         `json:"Tag"`
	Attributes []json.RawMessage `json:"Attribute"`
	family     string            // of the application that it describes
}

type mispTag struct {
	Name string `json:"name"`
}

type mispGalaxy struct {
	Clusters []struct {
		Tag string `json:"tag_name"`
	} `json:"GalaxyCluster"`
}

// mispBool is a truth value, written as one, as a number or as a string.
type mispBool struct{ stated, value bool }

func (v *mispBool) UnmarshalJSON(raw []byte) error {
	switch strings.Trim(string(raw), `"`) {
	case "true", "1":
		*v = mispBool{true, true}
	case "false", "0":
		*v = mispBool{stated: true}
	}
	return nil
}

// mispTime is seconds since 1970, written as a number or as a string.
type mispTime struct{ time.Time }

func (t *mispTime) UnmarshalJSON(raw []byte) error {
	if n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64); err == nil && n > 0 && n < maxSeconds {
		t.Time = time.Unix(n, 0).UTC()
	}
	return nil
}

// mispEvent is what an event says about everything in it.
type mispEvent struct {
	info     string
	tags     []string
	waiting  []mispEntry
	galaxies []mispGalaxy
}

// mispEntry is an attribute with where it stands.
type mispEntry struct {
	line   int
	of     *mispObject // nil when it stands alone
	attrib mispAttribute
}

// mispReader goes through a document; every JSON object on the way may be an
// event.
type mispReader struct {
	*book
	dec   *json.Decoder
	data  []byte
	line  int // at seen
	seen  int
	event *mispEvent
}

func readMISP(in *bufio.Reader, b *book) error {
	data, err := readAll(in, maxJSON)
	if err != nil {
		return err
	}
	m := &mispReader{book: b, dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1, event: &mispEvent{}}
	err = m.value(0)
	if err == nil {
		if _, end := m.dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something stands behind the end")
		}
	}
	if err != nil {
		return damaged("JSON, line %d: %v", m.at(int(m.dec.InputOffset())), err)
	}
	return nil
}

// at gives the line of an offset; offsets only grow.
func (m *mispReader) at(offset int) int {
	if offset > m.seen && offset <= len(m.data) {
		m.line += bytes.Count(m.data[m.seen:offset], []byte{'\n'})
		m.seen = offset
	}
	return m.line
}

// begins gives the first byte of the next value.
func (m *mispReader) begins() byte {
	rest := bytes.TrimLeft(m.data[m.dec.InputOffset():], " \t\r\n:,")
	if len(rest) == 0 {
		return 0
	}
	return rest[0]
}

// value reads an event, a wrapping of one, or a list of either.
func (m *mispReader) value(depth int) error {
	first := m.begins()
	if first != '{' && first != '[' || depth > maxWrapping {
		return m.into(new(json.RawMessage))
	}
	if _, err := m.dec.Token(); err != nil {
		return err
	}
	read := m.value
	if first == '{' {
		outer := m.event
		m.event, read = &mispEvent{}, m.member
		defer func() { m.finish(); m.event = outer }()
	}
	for m.dec.More() {
		if err := read(depth + 1); err != nil {
			return err
		}
	}
	_, err := m.dec.Token()
	return err
}

// member reads one key of an object and its value.
func (m *mispReader) member(depth int) error {
	key, err := m.dec.Token()
	if err != nil {
		return err
	}
	switch key {
	case "Event", "response":
		return m.value(depth)
	case "Attribute":
		return m.each(m.attribute)
	case "Object":
		return m.each(m.object)
	case "info":
		return m.into(&m.event.info)
	case "Tag":
		var tags []mispTag
		err = m.into(&tags)
		m.event.tags = append(m.event.tags, mispNames(tags, nil)...)
		return err
	case "Galaxy":
		return m.into(&m.event.galaxies)
	case "date", "timestamp", "publish_timestamp":
		var at mispDate
		err = m.into(&at)
		m.dated(at.Time)
		return err
	}
	return m.into(new(json.RawMessage))
}

// mispDate is a day, or a mispTime.
type mispDate struct{ time.Time }

func (d *mispDate) UnmarshalJSON(raw []byte) error {
	var seconds mispTime
	_ = seconds.UnmarshalJSON(raw) // gives no error
	if d.Time = seconds.Time; d.IsZero() {
		if day, err := time.Parse(time.DateOnly, strings.Trim(string(raw), `"`)); err == nil {
			d.Time = day
		}
	}
	return nil
}

// into decodes the next value; one of the wrong kind is as good as not stated.
func (m *mispReader) into(value any) error {
	var wrong *json.UnmarshalTypeError
	if err := m.dec.Decode(value); err != nil && !errors.As(err, &wrong) {
		return err
	}
	return nil
}

// each gives every element of a list, or the one value that stands in its place.
func (m *mispReader) each(see element) error {
	list := m.begins() == '['
	if list {
		if _, err := m.dec.Token(); err != nil {
			return err
		}
	}
	for !list || m.dec.More() {
		var raw json.RawMessage
		if err := m.dec.Decode(&raw); err != nil {
			return err
		}
		see(m.at(int(m.dec.InputOffset())-len(raw)), raw)
		if !list {
			return nil
		}
	}
	_, err := m.dec.Token()
	return err
}

func (m *mispReader) attribute(line int, raw json.RawMessage) { m.wait(line, raw, nil) }

func (m *mispReader) wait(line int, raw json.RawMessage, of *mispObject) {
	e := mispEntry{line: line, of: of}
	if json.Unmarshal(raw, &e.attrib) != nil || e.attrib.Type == "" {
		m.reject(line, string(raw[:min(len(raw), maxEntry)]), "not a MISP attribute with type and value")
		return
	}
	if of != nil && of.family == "" && describesApp(of.Name) && e.attrib.Relation == "name" {
		of.family = e.attrib.Value
	}
	m.event.waiting = append(m.event.waiting, e)
}

func (m *mispReader) object(line int, raw json.RawMessage) {
	of := &mispObject{}
	if json.Unmarshal(raw, of) != nil {
		m.reject(line, string(raw[:min(len(raw), maxEntry)]), "not a MISP object with attributes")
		return
	}
	for _, attribute := range of.Attributes {
		m.wait(line, attribute, of)
	}
	of.Attributes = nil
}

// describesApp reports the templates whose "name" is that of a product.
func describesApp(template string) bool {
	return strings.HasSuffix(template, "-app") || strings.HasPrefix(template, "malware") || template == "stalkerware"
}

// finish takes the attributes of an event, about which all is known now.
func (m *mispReader) finish() {
	m.event.tags = append(m.event.tags, mispNames(nil, m.event.galaxies)...)
	for i := range m.event.waiting {
		m.take(&m.event.waiting[i])
	}
	m.event.waiting = nil
}

func mispNames(tags []mispTag, galaxies []mispGalaxy) []string {
	var names []string
	for _, t := range tags {
		names = append(names, t.Name)
	}
	for _, g := range galaxies {
		for _, c := range g.Clusters {
			names = append(names, c.Tag)
		}
	}
	return names
}
