package exchange

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tinycheck"
)

// What a MISP attribute is, and what its tags and category say about it.

// The reasons that only MISP has.
const (
	reasonReference = "a reference of the report, not an indicator"
	reasonAttacked  = "says who was attacked, not by whom"
	reasonDeleted   = "deleted by its source"
	reasonActive    = "a fingerprint that only an active scan gives: TinyCheck never contacts a suspect host"
	reasonMD5       = "an MD5 of a certificate: anybody can make a certificate that has the same"
	reasonServer    = "a fingerprint of a server's answer, which many servers share"
)

// mispRefused says why a type gives no indicator.
var mispRefused = map[string]string{
	"link": reasonReference, "jarm-fingerprint": reasonActive, "jarm": reasonActive,
	"x509-fingerprint-md5": reasonMD5, "snort": reasonRule, "suricata": reasonRule,
	"yara": reasonRule, "sigma": reasonRule, "bro": reasonRule, "zeek": reasonRule,
}

// mispCategories says why what stands in a category is no indicator, unless it
// is marked for detection.
var mispCategories = map[string]string{
	"external analysis": reasonReference, "internal reference": reasonReference,
	"antivirus detection": reasonReference, "support tool": reasonReference,
	"social network": reasonReference, "person": reasonReference,
}

func (m *mispReader) take(e *mispEntry) {
	a := &e.attrib
	kind := clip(strings.ToLower(strings.TrimSpace(a.Type)), maxWord)
	said := m.said(e)
	category := strings.ToLower(a.Category)
	switch reason := cmp.Or(mispRefused[kind], mispCategories[category]); {
	case said.kind == "" && !mispNetwork(kind) && mispRefused[kind] == "":
		m.foreign(e.line, e.attrib.Value, kind)
	case a.Deleted.value, e.of != nil && e.of.Deleted.value:
		m.deleted(e)
	case reason != "" && (mispRefused[kind] != "" || !a.ToIDs.value && said.class == ""):
		m.reject(e.line, a.Value, reason)
	case category == "targeting data":
		m.reject(e.line, a.Value, reasonAttacked)
	default:
		m.taken(e, kind, &said)
	}
}

// deleted notes what its source takes back.
func (m *mispReader) deleted(e *mispEntry) {
	for value := range strings.SplitSeq(e.attrib.Value, "|") {
		if what, err := observable(value); err == nil {
			m.takeBack(what)
		}
	}
	m.reject(e.line, e.attrib.Value, reasonDeleted)
}

func mispNetwork(kind string) bool {
	switch kind {
	case "domain", "hostname", "ip-dst", "ip-src", "url", "uri", "domain|ip", "hostname|port", "ip-dst|port", "ip-src|port",
		"x509-fingerprint-sha1", "x509-fingerprint-sha256", "ja3-fingerprint-md5":
		return true
	}
	return false
}

func (m *mispReader) taken(e *mispEntry, kind string, said *tagged) {
	value, like := e.attrib.Value, m.like(e, said)
	switch {
	case kind == "x509-fingerprint-sha1", kind == "x509-fingerprint-sha256":
		m.certificate(e.line, value, like)
	case kind == "ja3-fingerprint-md5" && strings.Contains(strings.ToLower(e.attrib.Relation), "ja3s"):
		m.reject(e.line, value, reasonServer)
	case kind == "ja3-fingerprint-md5":
		m.fingerprint(e.line, tinycheck.JA3, value, like)
	case said.kind == string(tinycheck.JA4):
		m.fingerprint(e.line, tinycheck.JA4, value, like)
	case kind == "domain|ip":
		name, address, _ := strings.Cut(value, "|")
		m.add(e.line, name, like)
		like.Tags = union(like.Tags, []string{"resolved"})
		m.add(e.line, address, like)
	case strings.HasSuffix(kind, "|port"):
		m.add(e.line, withPort(value), like)
	case mispNetwork(kind):
		m.add(e.line, value, like)
	default:
		m.foreign(e.line, e.attrib.Value, kind)
	}
}

// withPort spells "host|port" as host:port.
func withPort(value string) string {
	host, port, ok := strings.Cut(value, "|")
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	if !ok || port == "" {
		return host
	}
	return host + ":" + port
}

func (m *mispReader) like(e *mispEntry, said *tagged) tinycheck.Indicator {
	a := &e.attrib
	i := tinycheck.Indicator{
		Class: said.class, Infrastructure: said.infrastructure, SourceID: clip(a.UUID, maxWord),
		Tags: said.tags, Confidence: said.confidence, Updated: a.Timestamp.Time,
		ValidFrom: a.FirstSeen.Time, ValidUntil: said.until.Time,
	}
	m.dated(a.Timestamp.Time)
	if i = marked(i, said.tlp); i.Class == "" {
		i.Class = mispClass(a, said)
		if i.Class == tinycheck.ClassWeak {
			i.Tags = union(i.Tags, []string{"to_ids:false"})
		}
	}
	if i.Family = said.family; said.rank < 0 {
		i.Family = m.event.info
		if a.Event.Info != "" {
			i.Family = a.Event.Info
		}
		if e.of != nil && e.of.family != "" {
			i.Family = e.of.family
		}
	}
	return i
}

// mispClass is the class of an attribute whose tags state none. A URL from which
// something was delivered is where a product comes from. A name under the same
// heading is more: publishers put the servers there that attack a phone by a link
// in a message, and a phone that asks for one of those was attacked.
func mispClass(a *mispAttribute, said *tagged) tinycheck.Class {
	switch category := strings.ToLower(a.Category); {
	case a.ToIDs.stated && !a.ToIDs.value:
		return tinycheck.ClassWeak
	case said.phase != "":
		return said.phase
	case strings.HasPrefix(category, "payload ") && strings.EqualFold(a.Type, "url"):
		return tinycheck.ClassDistribution
	}
	return tinycheck.ClassC2
}

// tagged is what the tags of one indicator say; the nearest tag decides.
type tagged struct {
	class          tinycheck.Class
	infrastructure tinycheck.Infrastructure
	phase          tinycheck.Class // what the step of the kill chain means
	kind           string          // type of an observable for which MISP has none
	family         string
	rank           int // of the family; -1 when none is named
	tlp            string
	confidence     int
	own            []string // keys of our own tags that were seen
	until          looseTime
	tags           []string
}

func (m *mispReader) said(e *mispEntry) tagged {
	said := tagged{rank: -1}
	for _, name := range mispNames(e.attrib.Tags, e.attrib.Galaxies) {
		said.tag(name, true)
	}
	if e.of != nil {
		for _, name := range mispNames(e.of.Tags, nil) {
			said.tag(name, true)
		}
	}
	for _, name := range m.event.tags {
		said.tag(name, false)
	}
	return said
}

// tag takes one tag; near is one of the attribute or its object. Of an event's
// tags only those that can mean everything in it are believed: one event lists
// more than the Tor node that it is tagged with.
func (said *tagged) tag(name string, near bool) {
	tag := clip(strings.ToLower(strings.TrimSpace(name)), maxWord)
	if key, value, ok := ownTag(name); ok {
		said.ownTag(key, value)
		return
	}
	if light, _ := tlp(tag); strings.HasPrefix(tag, "tlp:") && light != "" {
		said.tlp = cmp.Or(said.tlp, tag)
		return
	}
	if tag != "" && len(said.tags) < maxTags && !slices.Contains(said.tags, tag) {
		said.tags = append(said.tags, tag)
	}
	predicate, value, machine := machineTag(name)
	switch l, known := labels[tag]; {
	case near && known && said.class == "":
		said.class, said.infrastructure = l.class, l.infrastructure
	case machine && strings.HasPrefix(predicate, "misp-galaxy:"):
		said.galaxy(strings.TrimPrefix(predicate, "misp-galaxy:"), value)
	case machine:
		said.certainty(predicate, strings.ToLower(value))
	}
	if step := killChain(tag); said.phase == "" {
		said.phase = step
	}
}

// machineTag takes a tag of the form namespace:predicate="value" apart.
func machineTag(tag string) (predicate, value string, ok bool) {
	predicate, value, ok = strings.Cut(strings.TrimSpace(tag), `="`)
	value, closed := strings.CutSuffix(value, `"`)
	return strings.ToLower(predicate), value, ok && closed
}

// mispFamilies are the galaxies that name what is behind an indicator, best
// first. What is in none of them (countries, sectors, techniques) is no family.
var mispFamilies = []string{
	"stalkerware", "stalker", "android", "malpedia", "tool", "rat", "mitre-malware", "mitre-mobile-attack-malware",
	"mitre-enterprise-attack-malware", "mitre-tool", "banker", "backdoor", "botnet", "stealer", "exploit-kit", "ransomware",
	"surveillance-vendor", "threat-actor", "microsoft-activity-group", "mitre-intrusion-set", "mitre-enterprise-attack-intrusion-set",
}

func (said *tagged) galaxy(name, cluster string) {
	rank := slices.Index(mispFamilies, name)
	if rank >= 0 && cluster != "" && (said.rank < 0 || rank < said.rank) {
		said.family, said.rank = cluster, rank
	}
}

// likelihoods are the middles of the ranges of ICD 203, section D.6.e.2.a, and
// the five levels of MISP's own taxonomy.
var likelihoods = map[string]int{
	"almost-no-chance": 3, "very-unlikely": 12, "unlikely": 32, "roughly-even-chance": 50,
	"likely": 68, "very-likely": 88, "almost-certain": 97,
	"completely-confident": 100, "usually-confident": 75, "fairly-confident": 50, "rarely-confident": 25,
}

// judgements and credibilities are the scales of STIX 2.1 appendix A: none, low,
// medium, high, and the Admiralty code.
var (
	judgements    = map[string]int{"low": 15, "moderate": 50, "high": 85}
	credibilities = map[string]int{"1": 90, "2": 70, "3": 50, "4": 30, "5": 10}
)

// scales are the taxonomies of MISP that say how sure somebody is.
var scales = map[string]map[string]int{
	"misp:confidence-level":                               likelihoods,
	"estimative-language:likelihood-probability":          likelihoods,
	"estimative-language:confidence-in-analytic-judgment": judgements,
	"admiralty-scale:information-credibility":             credibilities,
}

func (said *tagged) certainty(predicate, value string) {
	if said.confidence == 0 {
		said.confidence = scales[predicate][value]
	}
}

// killChain gives the class that a step of an attack means, of the taxonomies
// that have one (kill-chain, misp-galaxy:mitre-attack-pattern, veris …).
func killChain(tag string) tinycheck.Class {
	if !strings.Contains(tag, "kill-chain:") && !strings.HasPrefix(tag, "veris:") {
		return ""
	}
	switch plain := strings.NewReplacer("-", " ", "_", " ").Replace(tag); {
	case strings.Contains(plain, "command and control"), strings.HasSuffix(plain, `"c2"`):
		return tinycheck.ClassC2
	case strings.Contains(plain, "delivery"):
		return tinycheck.ClassDistribution
	}
	return ""
}

// ownTag takes what a writer of ours said.
func (said *tagged) ownTag(key, value string) {
	if slices.Contains(said.own, key) {
		return
	}
	said.own = append(said.own, key)
	switch key {
	case "class":
		if class := tinycheck.Class(value); slices.Contains(ownClasses, class) { // infrastructure is said by its kind
			said.class, said.infrastructure = class, ""
		}
	case "infrastructure":
		if kind := tinycheck.Infrastructure(value); slices.Contains(ownKinds, kind) {
			said.class, said.infrastructure = tinycheck.ClassInfrastructure, kind
		}
	case "type":
		said.kind = value
	case "family":
		said.family, said.rank = value, 0
	case "confidence":
		if n, err := strconv.Atoi(value); err == nil && n >= 0 && n <= 100 {
			said.confidence = n
		}
	case "valid-until":
		_ = said.until.UnmarshalJSON([]byte(strconv.Quote(value))) // gives no error
	}
}
