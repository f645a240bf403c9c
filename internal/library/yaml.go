package library

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode reads one of the files that are compiled in. A key that nobody asks for
// is a mistake in it.
func decode(text string, into any) error {
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	return dec.Decode(into)
}
