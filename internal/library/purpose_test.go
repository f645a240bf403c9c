package library_test

import (
	"testing"

	"tinycheck/internal/library"
	"tinycheck/internal/locale"
	"tinycheck/internal/spelling"
)

// What a host is for is said to people: every purpose of the program's own
// context has words in every language.
func TestEveryPurposeHasWords(t *testing.T) {
	for _, tag := range locale.Languages() {
		words, err := locale.Find(tag)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range library.Context() {
			if key := "purpose." + spelling.Slug(c.Purpose); !words.Has(key) {
				t.Errorf("%s: no words for the purpose %q of %s: %s", tag, c.Purpose, c.Observable.Value, key)
			}
		}
	}
}
