package exchange

import (
	"bufio"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// STIX 2.0 and 2.1: a bundle, or the envelope of a TAXII collection. Indicators
// give what their patterns say; "indicates" relationships give the family.

func looksSTIX(s sample) bool {
	return strings.HasPrefix(s.text, "{") && strings.Contains(s.text, `"objects"`) &&
		(strings.Contains(s.text, `"bundle"`) || strings.Contains(s.text, `"spec_version"`) || strings.Contains(s.text, `"indicator--`))
}

// stixObject has the properties of all object types that are read.
type stixObject struct {
	Type           string    `json:"type"`
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Revoked        bool      `json:"revoked"`
	Modified       looseTime `json:"modified"`
	Labels         []string  `json:"labels"`
	Types          []string  `json:"indicator_types"`
	Pattern        string    `json:"pattern"`
	PatternType    string    `json:"pattern_type"`
	ValidFrom      looseTime `json:"valid_from"`
	ValidUntil     looseTime `json:"valid_until"`
	Confidence     int       `json:"confidence"`
	Markings       []string  `json:"object_marking_refs"`
	Relationship   string    `json:"relationship_type"`
	From           string    `json:"source_ref"`
	To             string    `json:"target_ref"`
	DefinitionType string    `json:"definition_type"`
	Definition     struct {
		TLP string `json:"tlp"`
	} `json:"definition"`
}

// looseTime reads a timestamp; one that is none is as good as not stated.
type looseTime struct{ time.Time }

func (t *looseTime) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			t.Time = at.UTC()
		}
	}
	return nil
}

// bundle is what must be known before families can be told.
type bundle struct {
	*book
	named     map[string]named    // objects that can be a family
	indicates map[string][]string // indicator → what it indicates
	lights    map[string]string   // marking → TLP word
	marks     map[string][]string // indicator → markings
	revoked   map[string]bool
}

// named is an object that can be a family; the lower rank is the better name.
type named struct {
	rank int
	name string
}

// familyTypes are the object types that an indicator can indicate, best first.
var familyTypes = []string{"malware", "tool", "campaign", "intrusion-set", "threat-actor", "infrastructure"}

func readSTIX(in *bufio.Reader, b *book) error {
	u := &bundle{
		book: b, named: map[string]named{}, indicates: map[string][]string{},
		lights: map[string]string{}, marks: map[string][]string{}, revoked: map[string]bool{},
	}
	err := eachElement(in, map[string]element{"objects": u.object})
	b.strike(func(i *tinycheck.Indicator) bool { return u.revoked[i.SourceID] }, "revoked by its source")
	for i := range b.list {
		u.complete(&b.list[i])
	}
	return err
}

func (u *bundle) object(line int, raw json.RawMessage) {
	var o stixObject
	if err := json.Unmarshal(raw, &o); err != nil {
		u.reject(line, o.ID, "not a STIX 2 object: a property is of the wrong kind")
		return
	}
	o.ID = clip(o.ID, maxWord)
	if o.Revoked {
		u.revoked[o.ID] = true
	}
	switch rank := slices.Index(familyTypes, o.Type); {
	case o.Type == "indicator":
		u.indicator(line, &o)
	case o.Type == "relationship" && o.Relationship == "indicates" && !o.Revoked:
		u.indicates[o.From] = append(u.indicates[o.From], o.To)
	case o.Type == "marking-definition" && o.DefinitionType == "tlp":
		u.lights[o.ID] = o.Definition.TLP
	case rank >= 0:
		u.named[o.ID] = named{rank, o.Name}
	}
}

func (u *bundle) indicator(line int, o *stixObject) {
	u.dated(o.Modified.Time)
	u.dated(o.ValidFrom.Time)
	switch {
	case o.Revoked:
		u.reject(line, cmp.Or(o.Pattern, o.ID), "revoked by its source")
		return
	case o.PatternType != "" && o.PatternType != "stix":
		u.reject(line, o.Pattern, "a pattern in another language: "+clip(o.PatternType, maxWord))
		return
	}
	found, err := parsePattern(o.Pattern)
	if err != nil {
		u.reject(line, o.Pattern, err.Error())
		return
	}
	if found.narrow {
		found.refused = append(found.refused, refusedNarrow)
	}
	for _, reason := range found.refused {
		u.reject(line, o.Pattern, reason)
	}
	for _, path := range found.foreign {
		u.skip(path, 1)
	}
	u.terms(line, o, found.terms)
}

func (u *bundle) terms(line int, o *stixObject, terms []term) {
	like := stixIndicator(o)
	if like.Class == "" {
		u.reject(line, o.Pattern, "its source calls it benign")
		return
	}
	for _, t := range terms {
		this := like
		if t.port != "" {
			this.Tags = union(this.Tags, []string{"port:" + t.port})
		}
		if t.certificate {
			u.certificate(line, t.value, this)
			continue
		}
		u.add(line, t.value, this)
	}
	if len(terms) > 0 && len(o.Markings) > 0 {
		u.marks[o.ID] = o.Markings[:min(len(o.Markings), maxTags)]
	}
}

// stixIndicator takes over what the source says about an indicator. A type or
// label that is one of our tags decides its class; a source that doubts (or
// calls it benign, which gives no class) is believed, until complete finds that
// malware is indicated.
func stixIndicator(o *stixObject) tinycheck.Indicator {
	i := tinycheck.Indicator{
		Class: tinycheck.ClassC2, SourceID: o.ID, Confidence: min(max(o.Confidence, 0), 100),
		ValidFrom: o.ValidFrom.Time, ValidUntil: o.ValidUntil.Time, Updated: o.Modified.Time,
	}
	said := slices.Concat(o.Types, o.Labels)
	for _, word := range said[:min(len(said), maxTags)] {
		i.Tags = append(i.Tags, clip(strings.ToLower(strings.TrimSpace(word)), maxWord))
	}
	for _, word := range i.Tags {
		if l, known := labels[word]; known {
			i.Class, i.Infrastructure = l.class, l.infrastructure
			return i
		}
	}
	switch {
	case doubted(i.Tags) && slices.Contains(i.Tags, "benign"):
		i.Class = ""
	case doubted(i.Tags):
		i.Class = tinycheck.ClassWeak
	}
	return i
}

// doubted reports that every word of the source is one that accuses nobody.
func doubted(words []string) bool {
	for _, word := range words {
		switch word {
		case "anomalous-activity", "anonymization", "unknown", "benign":
		default:
			return false
		}
	}
	return len(words) > 0
}

// complete adds what only the whole bundle says: family and traffic light.
func (u *bundle) complete(i *tinycheck.Indicator) {
	var best named
	for n, id := range u.indicates[i.SourceID] {
		if n == maxTags {
			break
		}
		if found, ok := u.named[id]; ok && (best.name == "" || cmp.Or(cmp.Compare(found.rank, best.rank), cmp.Compare(found.name, best.name)) < 0) {
			best = found
		}
	}
	i.Family = clip(strings.TrimSpace(best.name), maxWord)
	if best.name != "" && best.rank == 0 && doubted(i.Tags) {
		i.Class = tinycheck.ClassC2
	}
	for _, id := range u.marks[i.SourceID] {
		if word := cmp.Or(u.lights[id], tlpMarkings[id]); word != "" {
			*i = marked(*i, word)
		}
	}
}

// tlpMarkings are the fixed markings of TLP 1.0 (STIX 2.1 section 7.2.1.4) and
// of the OASIS extension for TLP 2.0.
var tlpMarkings = map[string]string{
	"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
	"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
	"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
	"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
	"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
	"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
	"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
	"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}
