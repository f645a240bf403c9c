package exchange

import (
	"strings"
	"time"

	"tinycheck"
)

// A STIX 2.1 bundle. Each indicator is followed by its relationship; the malware
// that the relationships name, the identity and the markings stand at the end,
// before the id of the bundle. What STIX has no place for is said in labels:
// tinycheck-class:website, tinycheck-infrastructure:doh.

type stixShape struct {
	*export
	any      bool
	families map[string]struct{}
	order    []string // of the families
	lights   map[string]bool
	author   string // id of the identity
	licence  string // id of the marking
}

// stixHead is what all objects have in common (STIX 2.1 section 3.2).
type stixHead struct {
	Type     string   `json:"type"`
	Spec     string   `json:"spec_version"`
	ID       string   `json:"id"`
	By       string   `json:"created_by_ref,omitempty"`
	Created  string   `json:"created"`
	Modified string   `json:"modified,omitempty"`
	Markings []string `json:"object_marking_refs,omitempty"`
}

// stixIndicatorOut is section 4.7.
type stixIndicatorOut struct {
	stixHead
	Name        string   `json:"name"`
	Types       []string `json:"indicator_types,omitempty"`
	Labels      []string `json:"labels"`
	Confidence  int      `json:"confidence,omitempty"`
	Pattern     string   `json:"pattern"`
	PatternType string   `json:"pattern_type"`
	ValidFrom   string   `json:"valid_from"`
	ValidUntil  string   `json:"valid_until,omitempty"`
}

// stixRelationshipOut is section 5.1.
type stixRelationshipOut struct {
	stixHead
	Relationship string `json:"relationship_type"`
	Source       string `json:"source_ref"`
	Target       string `json:"target_ref"`
}

// stixMalwareOut is section 4.11.
type stixMalwareOut struct {
	stixHead
	Name     string `json:"name"`
	IsFamily bool   `json:"is_family"`
}

// stixIdentityOut is section 4.5.
type stixIdentityOut struct {
	stixHead
	Name  string `json:"name"`
	Class string `json:"identity_class"`
}

// stixMarkingOut is section 7.2.1.
type stixMarkingOut struct {
	stixHead
	Name       string            `json:"name,omitempty"`
	Kind       string            `json:"definition_type"`
	Definition map[string]string `json:"definition"`
}

func openSTIX(x *export) shape {
	s := &stixShape{export: x, families: map[string]struct{}{}, lights: map[string]bool{}}
	if x.about.Name == "" {
		x.about.Name = "TinyCheck"
	}
	s.author = "identity--" + made("author", x.about.Name).String()
	if x.about.Licence != "" {
		s.licence = "marking-definition--" + made("licence", x.about.Licence).String()
	}
	x.text("{\"type\":\"bundle\",\"objects\":[\n")
	return s
}

// object writes one object of the bundle.
func (s *stixShape) object(o any) {
	if s.any {
		s.text(",")
	}
	s.any = true
	s.json(o)
}

// head gives the common properties of an object made here.
func (s *stixShape) head(kind, id string, at time.Time) stixHead {
	h := stixHead{Type: kind, Spec: "2.1", ID: id, Created: stixTime(at), Modified: stixTime(at)}
	if id != s.author {
		h.By = s.author
	}
	if s.licence != "" {
		h.Markings = []string{s.licence}
	}
	return h
}

func (s *stixShape) write(i *tinycheck.Indicator) string {
	text := stixPattern(i.Observable)
	id, ok := s.id(i)
	if !ok {
		return leftTwice
	}
	o := stixIndicatorOut{
		stixHead: s.head("indicator", "indicator--"+id.String(), s.since(i)), Name: i.Value,
		Labels: stixLabels(i), Confidence: i.Confidence, Pattern: text, PatternType: "stix",
	}
	from, until := stixValid(i, s.since(i))
	if o.ValidFrom = stixTime(from); !until.IsZero() {
		o.ValidUntil = stixTime(until)
	}
	if from.Before(s.since(i)) {
		o.Created = o.ValidFrom
	}
	if accuses(i.Class) {
		o.Types = []string{"malicious-activity"}
	}
	if light := stixLights[i.TLP]; light != "" {
		o.Markings = append(o.Markings, light)
		s.lights[i.TLP] = true
	}
	s.object(o)
	s.relate(o.ID, i)
	return ""
}

// relate says which malware an indicator indicates.
func (s *stixShape) relate(id string, i *tinycheck.Indicator) {
	if i.Family == "" {
		return
	}
	if _, known := s.families[i.Family]; !known {
		s.families[i.Family] = struct{}{}
		s.order = append(s.order, i.Family)
	}
	h := s.head("relationship", "relationship--"+made("indicates", id, i.Family).String(), s.since(i))
	s.object(stixRelationshipOut{h, "indicates", id, malwareID(i.Family)})
}

func malwareID(family string) string { return "malware--" + made("malware", family).String() }

// stixValid gives from when and until when; until must be the later
// (section 4.7.1).
func stixValid(i *tinycheck.Indicator, since time.Time) (from, until time.Time) {
	from, until = since, i.ValidUntil
	if !i.ValidFrom.IsZero() {
		from = i.ValidFrom
	}
	if !until.IsZero() && !until.After(from) {
		from = until.Add(-time.Millisecond)
	}
	return from, until
}

// stixTime is section 3.4: at least milliseconds, in UTC.
func stixTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func stixLabels(i *tinycheck.Indicator) []string {
	said := []string{"tinycheck-class:" + string(i.Class)}
	if i.Infrastructure != "" {
		said = append(said, "tinycheck-infrastructure:"+string(i.Infrastructure))
	}
	for _, tag := range i.Tags {
		if !spokenFor(tag) {
			said = append(said, tag)
		}
	}
	return said
}

// stixQuote escapes a string of a pattern (section 9.3).
var stixQuote = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// stixPattern says what is to be seen (section 9).
func stixPattern(o tinycheck.Observable) string {
	path := string(o.Type) + ":value"
	switch o.Type {
	case tinycheck.CertSHA1:
		path = "x509-certificate:hashes.'SHA-1'"
	case tinycheck.CertSHA256:
		path = "x509-certificate:hashes.'SHA-256'"
	case tinycheck.JA3:
		path = pathOfJA3
	case tinycheck.JA4:
		path = pathOfJA4
	}
	return "[" + path + " = '" + stixQuote.Replace(o.Value) + "']"
}

// close writes what the indicators refer to.
func (s *stixShape) close() {
	var none tinycheck.Indicator
	at := s.since(&none)
	for _, family := range s.order {
		s.object(stixMalwareOut{s.head("malware", malwareID(family), at), family, true})
	}
	s.object(stixIdentityOut{s.head("identity", s.author, at), s.about.Name, "unspecified"})
	if s.licence != "" {
		h := s.head("marking-definition", s.licence, at)
		h.Markings, h.Modified = nil, "" // section 7.2.1 has no modified
		s.object(stixMarkingOut{h, "", "statement", map[string]string{"statement": s.about.Licence}})
	}
	for _, light := range []string{"white", "green", "amber", "red"} {
		if s.lights[light] {
			s.object(stixLightOut(light))
		}
	}
	s.text("],\n\"id\":\"bundle--", made("bundle", s.about.Name, stixTime(at), s.licence).String(), "\"}\n")
}

// stixLights are the fixed markings of section 7.2.1.4, by their word.
var stixLights = map[string]string{
	"white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
	"green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
	"amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
	"red":   "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}

func stixLightOut(light string) stixMarkingOut {
	h := stixHead{Type: "marking-definition", Spec: "2.1", ID: stixLights[light], Created: "2017-01-20T00:00:00.000Z"}
	return stixMarkingOut{h, "TLP:" + strings.ToUpper(light), "tlp", map[string]string{"tlp": light}}
}
