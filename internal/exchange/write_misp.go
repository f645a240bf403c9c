package exchange

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"tinycheck"
)

// A MISP event (see misp.go). What MISP has no place for is said in tags of our
// own: tinycheck:class, :infrastructure, :family, :type, :confidence,
// :valid-until. Only what accuses is marked for detection.

type mispShape struct {
	*export
	any bool
}

// mispHeading is what an event says before its attributes.
type mispHeading struct {
	UUID      string      `json:"uuid"`
	Info      string      `json:"info"`
	Date      string      `json:"date"`
	Timestamp string      `json:"timestamp"`
	Analysis  string      `json:"analysis"`
	Level     string      `json:"threat_level_id"`
	Reach     string      `json:"distribution"`
	Published bool        `json:"published"`
	Orgc      mispAuthor  `json:"Orgc"`
	Tags      []mispNamed `json:"Tag"`
}

type mispAuthor struct {
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

type mispNamed struct {
	Name string `json:"name"`
}

// mispWritten is one attribute.
type mispWritten struct {
	UUID      string      `json:"uuid"`
	Type      string      `json:"type"`
	Category  string      `json:"category"`
	Value     string      `json:"value"`
	ToIDs     bool        `json:"to_ids"`
	Comment   string      `json:"comment"`
	Timestamp string      `json:"timestamp"`
	FirstSeen string      `json:"first_seen,omitempty"`
	Tags      []mispNamed `json:"Tag"`
}

func openMISP(x *export) shape {
	var none tinycheck.Indicator
	date, name := x.since(&none), x.about.Name
	if name == "" {
		name = "TinyCheck"
	}
	h := mispHeading{
		UUID: made("event", name, date.Format(time.RFC3339)).String(), Info: name, Date: date.Format(time.DateOnly),
		Timestamp: strconv.FormatInt(date.Unix(), 10), Analysis: "2", Level: "4", Reach: "0",
		Orgc: mispAuthor{name, made("author", name).String()}, Tags: []mispNamed{},
	}
	if x.about.Licence != "" {
		h.Tags = append(h.Tags, mispNamed{ownMachineTag("licence", x.about.Licence)})
	}
	head, err := json.Marshal(h)
	if err != nil && x.err == nil {
		x.err = err
	}
	x.text(`{"Event":`, strings.TrimSuffix(string(head), "}"), ",\"Attribute\":[\n")
	return &mispShape{export: x}
}

func (s *mispShape) write(i *tinycheck.Indicator) string {
	id, ok := s.id(i)
	if !ok {
		return leftTwice
	}
	a := mispWritten{
		UUID: id.String(), Type: mispType(i.Type), Category: "Network activity", Value: i.Value,
		ToIDs: accuses(i.Class), Comment: i.Family, Timestamp: strconv.FormatInt(s.since(i).Unix(), 10), Tags: mispTags(i),
	}
	if i.Class == tinycheck.ClassDistribution && a.Type != "other" {
		a.Category = "Payload delivery"
	}
	if !i.ValidFrom.IsZero() {
		a.FirstSeen = i.ValidFrom.Format(time.RFC3339Nano)
	}
	if s.any {
		s.text(",")
	}
	s.any = true
	s.json(a)
	return ""
}

func (s *mispShape) close() { s.text("]}}\n") }

func mispType(t tinycheck.ObservableType) string {
	switch t {
	case tinycheck.DomainName:
		return "domain"
	case tinycheck.IPv4Addr, tinycheck.IPv6Addr:
		return "ip-dst"
	case tinycheck.URL:
		return "url"
	case tinycheck.CertSHA1:
		return "x509-fingerprint-sha1"
	case tinycheck.CertSHA256:
		return "x509-fingerprint-sha256"
	case tinycheck.JA3:
		return "ja3-fingerprint-md5"
	}
	return "other" // MISP has no type for a JA4
}

func mispTags(i *tinycheck.Indicator) []mispNamed {
	tags := []mispNamed{{ownMachineTag("class", string(i.Class))}}
	tag := func(name string) { tags = append(tags, mispNamed{name}) }
	if i.Infrastructure != "" {
		tag(ownMachineTag("infrastructure", string(i.Infrastructure)))
	}
	tag(ownMachineTag("family", i.Family)) // also "": else the event's title would be it
	if i.Type == tinycheck.JA4 {
		tag(ownMachineTag("type", string(i.Type)))
	}
	if stixLights[i.TLP] != "" && !slices.Contains(i.Tags, "tlp:amber+strict") {
		tag("tlp:" + i.TLP)
	}
	if i.Confidence > 0 {
		tag(ownMachineTag("confidence", strconv.Itoa(i.Confidence)))
		tag(`misp:confidence-level="` + mispConfidence(i.Confidence) + `"`)
	}
	if !i.ValidUntil.IsZero() {
		tag(ownMachineTag("valid-until", i.ValidUntil.Format(time.RFC3339Nano)))
	}
	for _, name := range i.Tags {
		if !spokenFor(name) {
			tag(name)
		}
	}
	return tags
}

// ownMachineTag spells a tag of our own as MISP writes machine tags.
func ownMachineTag(key, value string) string { return "tinycheck:" + key + `="` + value + `"` }

// spokenFor reports the tags that a writer of ours says anew.
func spokenFor(tag string) bool {
	tag = strings.ToLower(tag)
	return strings.HasPrefix(tag, "tinycheck:") || strings.HasPrefix(tag, "tinycheck-") || strings.HasPrefix(tag, "misp:confidence-level")
}

// mispConfidence gives the nearest of the levels of MISP's own taxonomy.
func mispConfidence(n int) string {
	switch {
	case n >= 88:
		return "completely-confident"
	case n >= 63:
		return "usually-confident"
	case n >= 38:
		return "fairly-confident"
	case n >= 13:
		return "rarely-confident"
	}
	return "unconfident"
}
