package bundle

import (
	"slices"
	"strings"

	"tinycheck/internal/spelling"
)

// Kind is what a part is for.
type Kind string

// The kinds of part.
const (
	Indicators Kind = "indicators" // the indicators of one feed, one JSON object per line
	Context    Kind = "context"    // what is known to be ordinary, one JSON object per line
	Feeds      Kind = "feeds"      // the catalogue of feeds, one JSON document
	Rules      Kind = "rules"      // one rule file
)

// shape is how the parts of one kind are named: with a name of their own between
// folder and ending, or, when of is false, all of it fixed.
type shape struct {
	kind           Kind
	before, behind string
	of             bool
}

var shapes = []shape{
	{Indicators, "feeds/", ".ndjson.zst", true},
	{Context, "context.ndjson.zst", "", false},
	{Feeds, "feeds.json", "", false},
	{Rules, "rules/", ".rules.zst", true},
}

// packed is the ending of parts that are stored with zstd.
const packed = ".zst"

// Path is the name of the part of this kind that holds the feed or rule file of
// that name; of kinds that a bundle has one of, the name is not asked for. It is
// "" for a name that cannot be spelled so and for an unknown kind.
func (k Kind) Path(of string) string {
	i := slices.IndexFunc(shapes, func(s shape) bool { return s.kind == k })
	if i < 0 {
		return ""
	}
	s := shapes[i]
	if !s.of {
		return s.before
	}
	if !spelling.IsSlug(of) {
		return ""
	}
	return s.before + of + s.behind
}

// Of is the name of the feed or rule file that a part holds; "" where the kind
// says everything.
func (p Part) Of() string {
	for _, s := range shapes {
		if s.kind == p.Kind && s.of {
			return strings.TrimSuffix(strings.TrimPrefix(p.Name, s.before), s.behind)
		}
	}
	return ""
}

// sound says whether the part's name is one that its kind can have.
func (p Part) sound() bool {
	return p.Name != "" && p.Kind.Path(p.Of()) == p.Name
}
