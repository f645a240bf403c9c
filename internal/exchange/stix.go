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
	settled   map[string]bool // indicators whose class a label of ours says
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
		lights: map[string]string{}, marks: map[string][]string{}, revoked: map[string]bool{}, settled: map[string]bool{},
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
		u.takenBack(o.Pattern)
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
	for _, o := range found.foreign {
		u.foreign(line, o.value, o.kind)
	}
	u.terms(line, o, found.terms)
}

// takenBack notes what a revoked indicator said.
func (u *bundle) takenBack(text string) {
	found, _ := parsePattern(text)
	for _, t := range found.terms {
		if what, err := observable(t.value); err == nil {
			u.takeBack(what)
		}
	}
}

func (u *bundle) terms(line int, o *stixObject, terms []term) {
	like, settled := stixIndicator(o)
	if settled && len(terms) > 0 {
		u.settled[o.ID] = true
	}
	if like.Class == "" {
		u.reject(line, o.Pattern, "its source calls it benign")
		return
	}
	for _, t := range terms {
		this := like
		if t.port != "" {
			this.Tags = union(this.Tags, []string{"port:" + t.port})
		}
		switch t.kind {
		case pathCertificate:
			u.certificate(line, t.value, this)
		case pathJA3:
			u.fingerprint(line, tinycheck.JA3, t.value, this)
		case pathJA4:
			u.fingerprint(line, tinycheck.JA4, t.value, this)
		default:
			u.add(line, t.value, this)
		}
	}
	if len(terms) > 0 && len(o.Markings) > 0 {
		u.marks[o.ID] = o.Markings[:min(len(o.Markings), maxTags)]
	}
}

// stixIndicator takes over what the source says about an indicator. A label of
// ours settles its class. Else a type or label that is one of our tags decides
// it; a source that doubts (or calls it benign, which gives no class) is
// believed, until complete finds that malware is indicated.
func stixIndicator(o *stixObject) (i tinycheck.Indicator, settled bool) {
	i = tinycheck.Indicator{
		Class: tinycheck.ClassC2, SourceID: o.ID, Confidence: min(max(o.Confidence, 0), 100),
		ValidFrom: o.ValidFrom.Time, ValidUntil: o.ValidUntil.Time, Updated: o.Modified.Time,
	}
	var said tagged
	var words []string
	for _, word := range o.Labels {
		if key, value, ok := ownTag(word); ok {
			said.ownTag(key, value)
			continue
		}
		words = append(words, word)
	}
	if settled = said.class != ""; settled {
		i.Class, i.Infrastructure = said.class, said.infrastructure
	} else {
		words = slices.Concat(o.Types, words)
	}
	for _, word := range words[:min(len(words), maxTags)] {
		i.Tags = append(i.Tags, clip(strings.ToLower(strings.TrimSpace(word)), maxWord))
	}
	if settled {
		return i, true
	}
	for _, word := range i.Tags {
		if l, known := labels[word]; known {
			i.Class, i.Infrastructure = l.class, l.infrastructure
			return i, false
		}
	}
	switch {
	case doubted(i.Tags) && slices.Contains(i.Tags, "benign"):
		i.Class = ""
	case doubted(i.Tags):
		i.Class = tinycheck.ClassWeak
	}
	return i, false
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
