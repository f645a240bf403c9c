package exchange

import (
	"strings"

	"tinycheck"
)

// label is what a tag of a feed means.
type label struct {
	class          tinycheck.Class
	infrastructure tinycheck.Infrastructure
}

// labels are the tags that feeds really use for something else than malware.
// Any other tag (stalkerware, spyware, apt, pegasus, cybercrime, malicious …)
// names a kind of malware and means c2, as it does in TinyCheck and SpyGuard.
var labels = map[string]label{
	"suspect":      {class: tinycheck.ClassWeak},
	"suspicious":   {class: tinycheck.ClassWeak},
	"weak":         {class: tinycheck.ClassWeak},
	"tracker":      {class: tinycheck.ClassTracker},
	"advertising":  {class: tinycheck.ClassTracker},
	"dual":         {class: tinycheck.ClassWatchware},
	"dual-use":     {class: tinycheck.ClassWatchware},
	"watchware":    {class: tinycheck.ClassWatchware},
	"website":      {class: tinycheck.ClassWebsite},
	"distribution": {class: tinycheck.ClassDistribution},
	"doh":          {tinycheck.ClassInfrastructure, tinycheck.InfraDoH},
	"tor":          {tinycheck.ClassInfrastructure, tinycheck.InfraTor},
	"vpn":          {tinycheck.ClassInfrastructure, tinycheck.InfraVPN},
	"relay":        {tinycheck.ClassInfrastructure, tinycheck.InfraRelay},
	"freedns":      {tinycheck.ClassInfrastructure, tinycheck.InfraDynamicDNS},
	"dynamic-dns":  {tinycheck.ClassInfrastructure, tinycheck.InfraDynamicDNS},
	"parking":      {tinycheck.ClassInfrastructure, tinycheck.InfraParking},
}

// labelled gives an indicator the class that its source's tag means, and keeps
// the tag. No tag at all is a flat list's.
func labelled(tag string) tinycheck.Indicator {
	tag = clip(strings.ToLower(strings.TrimSpace(tag)), maxWord)
	if tag == "" {
		return unclassified
	}
	l, known := labels[tag]
	if !known {
		l.class = tinycheck.ClassC2
	}
	return tinycheck.Indicator{Class: l.class, Infrastructure: l.infrastructure, Tags: []string{tag}}
}

// tlp spells a traffic-light word (TLP 1.0 and 2.0) in the four that the
// dictionary has; what is stricter than amber stays in the tag.
func tlp(word string) (light, tag string) {
	word = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "tlp:")
	switch word {
	case "white", "clear":
		return "white", ""
	case "green", "amber", "red":
		return word, ""
	case "amber+strict":
		return "amber", "tlp:amber+strict"
	}
	return "", ""
}

// marked sets the traffic light of an indicator.
func marked(i tinycheck.Indicator, word string) tinycheck.Indicator {
	light, tag := tlp(word)
	i.TLP = light
	if tag != "" {
		i.Tags = union(i.Tags, []string{tag})
	}
	return i
}

// ownTag reads a tag by which a writer of ours says what a format has no place
// for: tinycheck:class="website" as MISP writes machine tags, and
// tinycheck-class:website as a STIX label. The keys are class, infrastructure,
// family, type, confidence and valid-until.
func ownTag(tag string) (key, value string, ok bool) {
	tag = strings.TrimSpace(tag)
	if rest, found := strings.CutPrefix(tag, "tinycheck:"); found {
		key, value, ok = strings.Cut(rest, `="`)
		value, closed := strings.CutSuffix(value, `"`)
		return key, value, ok && closed
	}
	if rest, found := strings.CutPrefix(tag, "tinycheck-"); found {
		key, value, ok = strings.Cut(rest, ":")
		return key, value, ok && (key == "class" || key == "infrastructure")
	}
	return "", "", false
}
