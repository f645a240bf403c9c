package exchange

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// STIX 1.0 to 1.2 (stixproject.github.io, XML): packages with indicators whose
// observables are CybOX 2 objects. They come down to the same as a STIX 2
// pattern and are judged like one. An observable that no indicator names is
// class weak: its source only says that it was there. See stix1_object.go for
// the objects.
//
// The family is the malware that an indicator indicates, else the title of the
// incident or campaign around it, else that of the package.

func looksSTIX1(s sample) bool {
	return strings.HasPrefix(s.text, "<") &&
		(strings.Contains(s.text, "stix.mitre.org/stix-1") || strings.Contains(s.text, "cybox.mitre.org/cybox-2"))
}

// stix1 is a document that is being read.
type stix1 struct {
	*book
	path         []string // local names of the open elements
	last         *xml.StartElement
	skipping     int // depth inside an element that is left out
	nodes        []stix1Node
	indicators   []*stix1Said // those that are open
	object       *stix1Object
	found, loose []stix1Said
	malware      map[string]string // TTP → name of the malware
	ttp          string            // that is open
	incident     string
	title        string
	relationship string
	tlp          string
}

// reasonElsewhere is why a reference gives nothing.
const reasonElsewhere = "refers to an observable that is not in the file"

// stix1Node is an open element that joins others: an indicator, an observable,
// a composition of either.
type stix1Node struct {
	name     string
	and, not bool
	parts    []pattern
	refs     []string // observables that stand elsewhere
	id       string
}

// stix1Said is an indicator or observable as far as it is known.
type stix1Said struct {
	like         tinycheck.Indicator
	line         int
	id           string
	found        pattern
	refs, ttps   []string
	relationship string
	confidence   string
	fromMISP     bool // the confidence is MISP's "to_ids"
}

func readSTIX1(in *bufio.Reader, b *book) error {
	d := &stix1{book: b, malware: map[string]string{}}
	err := walkXML(in, d)
	d.finish()
	return err
}

// stix1Aside are elements that are about something else than what encloses them.
var stix1Aside = []string{"Related_Objects", "Related_Indicators", "Sightings", "Test_Mechanisms", "Suggested_COAs", "Likely_Impact"}

func (d *stix1) open(line int, e *xml.StartElement) {
	name := e.Name.Local
	d.path = append(d.path, name)
	if d.skipping > 0 || slices.Contains(stix1Aside, name) && (len(d.indicators) > 0 || name == "Related_Objects") {
		d.skipping++
		return
	}
	copied := e.Copy()
	d.last = &copied
	switch name {
	case "STIX_Package", "Package":
		d.when(attribute(e, "timestamp"))
	case "Incident", "Campaign":
		d.incident = ""
	case "Indicator", "Observable", "Observable_Composition", "Composite_Indicator_Expression":
		d.openNode(line, e)
	case "TTP":
		d.openTTP(e)
	case "Properties":
		if d.object == nil {
			d.object = newStix1Object(e)
		}
	case "Marking_Structure":
		d.light(attribute(e, "color"))
	case "Kill_Chain_Phase":
		if i := d.indicator(); i != nil && i.like.Class == "" {
			i.like.Class = killChain("kill-chain:" + strings.ToLower(attribute(e, "name")))
		}
	}
}

func (d *stix1) when(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			d.dated(at.UTC())
			return at.UTC()
		}
	}
	return time.Time{}
}

// indicator is the outermost one that is open; nil when none is.
func (d *stix1) indicator() *stix1Said {
	if len(d.indicators) == 0 {
		return nil
	}
	return d.indicators[0]
}

func (d *stix1) openNode(line int, e *xml.StartElement) {
	node := stix1Node{
		name: e.Name.Local, id: clip(attribute(e, "id"), maxWord),
		and: strings.EqualFold(attribute(e, "operator"), "AND"), not: attribute(e, "negate") == "true",
	}
	if ref := attribute(e, "idref"); ref != "" {
		node.refs = []string{clip(ref, maxWord)}
	}
	d.nodes = append(d.nodes, node)
	if node.name == "Indicator" {
		said := &stix1Said{line: line, id: node.id, relationship: d.relationship}
		said.like.SourceID, said.like.Updated = node.id, d.when(attribute(e, "timestamp"))
		d.indicators = append(d.indicators, said)
	}
}

func (d *stix1) openTTP(e *xml.StartElement) {
	id, ref := attribute(e, "id"), attribute(e, "idref")
	if d.ttp = clip(id+ref, maxWord); d.ttp == "" {
		d.ttp = "inline"
	}
	if i := d.indicator(); i != nil && len(i.ttps) < maxTags {
		i.ttps = append(i.ttps, d.ttp)
	}
}

// light takes a traffic light: of an indicator, or the strictest of all others.
func (d *stix1) light(color string) {
	color = strings.ToLower(color)
	if i := d.indicator(); i != nil {
		i.like.TLP = color
		return
	}
	strict := []string{"white", "green", "amber", "red"}
	if slices.Index(strict, color) > slices.Index(strict, d.tlp) {
		d.tlp = color
	}
}

func (d *stix1) close(line int, name, text string) {
	d.path = d.path[:len(d.path)-1]
	if d.skipping > 0 {
		d.skipping--
		return
	}
	within := ""
	if n := len(d.path); n > 0 {
		within = d.path[n-1]
	}
	switch {
	case name == "Properties" && within == "Object":
		d.closeObject(line)
	case d.object != nil:
		d.object.leaf(line, name, text, d)
	case len(d.nodes) > 0 && name == d.nodes[len(d.nodes)-1].name:
		d.closeNode()
	case name == "TTP":
		d.ttp = ""
	case text != "":
		d.say(name, within, text)
	case name == "Related_Indicator", name == "Related_Observable":
		d.relationship = ""
	}
}

// say takes a text that is about what is open.
func (d *stix1) say(name, within, text string) {
	text = clip(text, maxEntry)
	i := d.indicator()
	switch {
	case within == "Malware_Instance" && (name == "Name" || name == "Title"):
		if len(d.malware) < maxNodes {
			d.malware[d.ttp] = text
		}
	case name == "Relationship":
		d.relationship = strings.ToLower(text)
	case name == "Title" && (within == "Incident" || within == "Campaign"):
		d.incident = text
	case name == "Title" && within == "STIX_Header" && !strings.HasPrefix(text, "Export from "):
		d.title = text
	case i == nil:
	case name == "Type" && within == "Indicator" && len(i.like.Tags) < maxTags:
		i.like.Tags = append(i.like.Tags, clip(strings.ToLower(text), maxWord))
	case name == "Value" && within == "Confidence":
		i.confidence = strings.ToLower(text)
	case name == "Description" && within == "Confidence":
		i.fromMISP = strings.HasPrefix(text, "Derived from MISP")
	case name == "Start_Time":
		i.like.ValidFrom = d.when(text)
	case name == "End_Time":
		i.like.ValidUntil = d.when(text)
	}
}

// closeNode gives what an element comes down to to the one around it, or keeps
// it when it is the outermost.
func (d *stix1) closeNode() {
	last := len(d.nodes) - 1
	node := d.nodes[last]
	d.nodes = d.nodes[:last]
	found, refs := node.close()
	if node.name == "Indicator" {
		said := d.indicators[len(d.indicators)-1]
		d.indicators = d.indicators[:len(d.indicators)-1]
		if last == 0 {
			said.found, said.refs, said.like.Family = found, refs, d.incident
			d.found = append(d.found, *said)
			return
		}
	}
	if last > 0 {
		up := &d.nodes[last-1]
		up.refs = append(up.refs, refs...)
		if node.name != "Observable" || len(refs) == 0 {
			up.parts = append(up.parts, found)
		}
		return
	}
	said := stix1Said{id: node.id, found: found, relationship: d.relationship}
	said.like.SourceID, said.like.Family = node.id, d.incident
	d.loose = append(d.loose, said)
}

func (node *stix1Node) close() (found pattern, refs []string) {
	switch {
	case node.not:
		return pattern{refused: []string{refusedNot}}, nil
	case node.and && len(node.refs) > 0 && len(node.refs)+len(node.parts) > 1:
		return pattern{refused: []string{refusedAnd}}, nil
	case node.and:
		return joined(node.parts), node.refs
	}
	return either(node.parts), node.refs
}

// finish takes what was found, now that all names are known.
func (d *stix1) finish() {
	byID := make(map[string]*stix1Said, len(d.loose))
	for i := range d.loose {
		byID[d.loose[i].id] = &d.loose[i]
	}
	named, taken := map[string]bool{}, 0
	for i := range d.found {
		said := &d.found[i]
		like := d.like(said)
		d.take(said, &said.found, like)
		for _, ref := range said.refs {
			other := byID[ref]
			if other == nil || taken > maxIndicators { // a few observables, referred to by all
				d.reject(said.line, ref, reasonElsewhere)
				continue
			}
			named[ref] = true
			taken += 1 + len(other.found.terms)
			d.take(said, &other.found, like)
		}
	}
	for i := range d.loose {
		said := &d.loose[i]
		if !named[said.id] {
			like := d.like(said)
			like.Class, like.Tags = tinycheck.ClassWeak, []string{"observed"}
			d.take(said, &said.found, like)
		}
	}
}

// confidences are the middles of the ranges of STIX 2.1 appendix A.
var confidences = map[string]int{"high": 85, "medium": 50, "low": 15}

func (d *stix1) like(said *stix1Said) tinycheck.Indicator {
	like := said.like
	for _, ttp := range said.ttps {
		if name := d.malware[ttp]; name != "" {
			like.Family = name
			break
		}
	}
	if like.Family == "" {
		like.Family = d.title
	}
	light := like.TLP
	if light == "" {
		light = d.tlp
	}
	like = marked(like, light)
	switch {
	case said.fromMISP && said.confidence == "none":
		like.Class = tinycheck.ClassWeak
		like.Tags = union(like.Tags, []string{"to_ids:false"})
	case like.Class != "":
	case said.relationship == "payload delivery", said.relationship == "payload installation":
		like.Class = tinycheck.ClassDistribution
	case doubted(like.Tags):
		like.Class = tinycheck.ClassWeak
	default:
		like.Class = tinycheck.ClassC2
	}
	if !said.fromMISP {
		like.Confidence = confidences[said.confidence]
	}
	return like
}

func (d *stix1) take(said *stix1Said, found *pattern, like tinycheck.Indicator) {
	if found.narrow {
		d.reject(said.line, said.id, refusedNarrow)
	}
	for _, reason := range found.refused {
		d.reject(said.line, said.id, reason)
	}
	for _, u := range found.foreign {
		d.foreign(said.line, cmp.Or(u.value, said.id), u.kind)
	}
	reason := mispCategories[said.relationship]
	if said.relationship == "targeting data" {
		reason = reasonAttacked
	}
	for _, t := range found.terms {
		this := like
		if t.port != "" {
			this.Tags = union(this.Tags, []string{"port:" + t.port})
		}
		if reason != "" && like.Class == tinycheck.ClassWeak {
			d.reject(t.line, t.value, reason)
			continue
		}
		d.add(t.line, t.value, this)
	}
}
