package exchange

import (
	"bufio"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"tinycheck"
)

// Data sets of Suricata (its manual, chapter "Datasets"): type string is one
// value per line in base64, the others as they are; a reputation may follow
// after a comma (datarep). They state no class.

func looksDataset(s sample) bool {
	return s.most(func(line string) bool {
		value, rest, separated := strings.Cut(line, ",")
		if separated && !digits(rest) {
			return false
		}
		if decoded, ok := dataString(value); ok {
			_, _, err := entry(decoded)
			return err == nil
		}
		_, _, err := entry(value)
		return separated && err == nil
	})
}

// dataString decodes a value of type string.
func dataString(value string) (string, bool) {
	if len(value) > maxEntry || strings.ContainsAny(value, ".:") {
		return "", false
	}
	raw, err := base64.StdEncoding.DecodeString(value)
	return string(raw), err == nil && utf8.Valid(raw) && len(raw) > 0
}

func readDataset(in *bufio.Reader, b *book) error {
	b.flow()
	like := b.unstated()
	return b.eachLine(in, func(number int, line []byte) {
		value, reputation, _ := strings.Cut(string(line), ",")
		if decoded, ok := dataString(value); ok {
			value = decoded
		}
		b.flat(number, value, reputed(like, reputation))
	})
}

// reputed keeps a reputation as a tag: what it means is up to the rule that
// reads it.
func reputed(like tinycheck.Indicator, reputation string) tinycheck.Indicator {
	if digits(reputation) && len(reputation) < 4 {
		like.Tags = append(slices.Clip(like.Tags), "reputation:"+reputation)
	}
	return like
}
