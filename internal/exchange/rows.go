package exchange

import (
	"slices"
	"strings"

	"tinycheck"
)

// class gives what a row says about its class. Publishers say "to_ids = 0", and
// threat levels below medium, of what alone is no detection.
func (t *table) class(row []string, col column) tinycheck.Indicator {
	if t.cell(row, colDetect) == "0" {
		return tinycheck.Indicator{Class: tinycheck.ClassWeak, Tags: []string{"to_ids:0"}}
	}
	switch level := strings.ToLower(t.cell(row, colLevel)); level {
	case "info", "informational", "low":
		return tinycheck.Indicator{Class: tinycheck.ClassWeak, Tags: []string{"level:" + level}}
	}
	if i, ok := t.words(row); ok {
		return i
	}
	if class := columnClasses[col]; class != "" {
		return tinycheck.Indicator{Class: class}
	}
	if t.at[colReason] > 0 { // abuse.ch lists servers of botnets
		return tinycheck.Indicator{Class: tinycheck.ClassC2}
	}
	return t.flatLike
}

// words finds a class in the columns that may name one: a tag is TinyCheck's, a
// category only counts when it is a word that we know.
func (t *table) words(row []string) (tinycheck.Indicator, bool) {
	if kind := tinycheck.Infrastructure(strings.ToLower(t.cell(row, colInfrastructure))); slices.Contains(ownKinds, kind) {
		return tinycheck.Indicator{Class: tinycheck.ClassInfrastructure, Infrastructure: kind}, true
	}
	if word := strings.ToLower(t.cell(row, colClass)); word != "" {
		if slices.Contains(ownClasses, tinycheck.Class(word)) {
			return tinycheck.Indicator{Class: tinycheck.Class(word)}, true
		}
		return labelled(word), true
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(t.cell(row, colCategory)), func(r rune) bool { return strings.ContainsRune(",;| ", r) }) {
		if _, known := labels[word]; known {
			return labelled(word), true
		}
	}
	return tinycheck.Indicator{}, false
}

// civilKinds are the words for a kind in Civilsphere's descriptions.
var civilKinds = map[string]tinycheck.Class{
	"spyware": tinycheck.ClassC2, "stalkerware": tinycheck.ClassC2, "malware": tinycheck.ClassC2, "surveillance": tinycheck.ClassC2,
	"mobile": "", "insecure": tinycheck.ClassWeak, "parentalcontrol": tinycheck.ClassWatchware,
}

// civil reads the descriptions of Civilsphere: "copy9::stalkerware::https://…",
// "spyware::nso::https://…", "citizenlab::pegasus". The kind says the class; of
// the other words the last is the family, since a publisher stands first.
func civil(i tinycheck.Indicator, about string) tinycheck.Indicator {
	tags := slices.DeleteFunc(slices.Clone(i.Tags), func(tag string) bool { return tag == tagUnclassified })
	for part := range strings.SplitSeq(clip(about, maxEntry), "::") {
		part = strings.TrimSpace(part)
		class, kind := civilKinds[strings.ToLower(part)]
		switch {
		case kind:
			i.Tags = union(tags, []string{strings.ToLower(part)})
			if class != "" {
				i.Class, i.Infrastructure = class, ""
			}
		case part != "" && !strings.Contains(part, "/"):
			i.Family = part
		}
	}
	return i
}
