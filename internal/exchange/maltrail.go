package exchange

import (
	"bufio"
	"slices"
	"strings"

	"tinycheck"
)

// Trails of Maltrail (stamparm/maltrail, trails/static): one trail per line, a
// name, an address with or without port, a URL with or without scheme, or a
// path. The comments give the licence, "# Aliases:" of the family and "#
// Reference:" of each group. What a file is about is in its name (trails.go).

func looksMaltrail(s sample) bool {
	head, _, _ := strings.Cut(s.text, "\n")
	return strings.HasPrefix(head, "#") && strings.Contains(head, "Maltrail developers")
}

func readMaltrail(in *bufio.Reader, b *book) error {
	like := trailOf(b.feed.Name)
	b.feed.Licence = "MIT, Copyright (c) Maltrail developers"
	others := aliases(b.sample)
	like.Tags = append(slices.Clip(like.Tags), others...)
	if like.Family == "" && like.Class == tinycheck.ClassC2 && len(others) > 0 {
		like.Family = strings.TrimPrefix(others[0], "alias:")
	}
	b.flow()
	return b.eachLine(in, func(number int, line []byte) {
		if !plain(line) {
			b.trail(number, string(line), like)
			return
		}
		this := like
		this.Observable = tinycheck.Observable{Type: tinycheck.DomainName, Value: string(line)}
		b.flatPut(number, this)
	})
}

func (b *book) trail(number int, text string, like tinycheck.Indicator) {
	switch {
	case text[0] == '/':
		b.reject(number, text, "a path on any server: names no host")
	case strings.ContainsAny(text, "*^$|+{}()\\") && !strings.Contains(text, "/"), strings.Contains(text, "[0-9"), strings.Contains(text, "[a-z"):
		b.reject(number, text, "a pattern, not a name")
	default:
		b.flat(number, text, like)
	}
}

// aliases gives the further names of a family, which stand before its first
// trail, as tags.
func aliases(s sample) []string {
	var tags []string
	for line := range strings.Lines(s.text) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			break
		}
		_, names, ok := strings.Cut(line, "# Aliases:")
		if !ok {
			continue
		}
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && len(tags) < maxAliases {
				tags = append(tags, "alias:"+clip(name, maxWord))
			}
		}
	}
	return tags
}
