package exchange

import (
	"slices"
	"strings"

	"tinycheck"
)

// hint is what a word in the name of a file says about its entries. It is heard
// only where neither the source nor the Config states a class.
type hint struct {
	word           string
	infrastructure tinycheck.Infrastructure
}

var hints = []hint{
	{"doh", tinycheck.InfraDoH},                // dibdot's doh-domains.txt, doh-ipv4.txt …
	{"tor", tinycheck.InfraTor},                // tor-nodes.lst, tor-exit-nodes.lst
	{"torbulkexitlist", tinycheck.InfraTor},    // check.torproject.org
	{"tor-exit-addresses", tinycheck.InfraTor}, // the same in its older form
}

// unstated is what an entry means whose source states no class.
func (b *book) unstated() tinycheck.Indicator {
	if b.config.Like.Class != "" {
		return unclassified // give puts the Config's class in its place
	}
	words := nameWords(b.feed.Name)
	for _, h := range hints {
		if slices.Contains(words, h.word) {
			return tinycheck.Indicator{Class: tinycheck.ClassInfrastructure, Infrastructure: h.infrastructure, Tags: []string{string(h.infrastructure)}}
		}
	}
	return unclassified
}

// baseName gives the last part of a path or address, in lower case.
func baseName(name string) string {
	name, _, _ = strings.Cut(name, "?")
	name = name[strings.LastIndexAny(name, "/\\")+1:]
	return strings.ToLower(name)
}

// nameWords gives the words of a file's name, without its ending.
func nameWords(name string) []string {
	name = baseName(name)
	if cut := strings.LastIndexByte(name, '.'); cut > 0 {
		name = name[:cut]
	}
	return strings.FieldsFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
}
