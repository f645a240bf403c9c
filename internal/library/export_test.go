package library

import (
	"context"

	"tinycheck"
)

// The readers of the compiled-in files, for tests with broken ones.
var (
	ParseContext   = parseContext
	ParseCatalogue = parseCatalogue
	ParseFamilies  = func(text string) error { _, err := parseFamilies(text); return err }
)

// Dated makes the starter and a feed of the catalogue those of an older version
// of the program.
func Dated(ctx context.Context, l *Library) error {
	if err := l.state(ctx, StarterFeed, func(f *tinycheck.Feed) { f.SHA256 = "old" }); err != nil {
		return err
	}
	return l.state(ctx, "tor-exits", func(f *tinycheck.Feed) { f.URL, f.ETag, f.Enabled = "http://old.example/", "x", false })
}

// StarterSum is the hash by which a library knows that its starter is this one.
var StarterSum = starterSum
