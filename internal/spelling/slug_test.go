package spelling_test

import (
	"strings"
	"testing"

	"tinycheck/internal/spelling"
)

func TestSlug(t *testing.T) {
	for raw, want := range map[string]string{
		"ioc.yaml": "ioc.yaml", "My List (2026).TXT": "my-list--2026-.txt", "/media/stick/feeds/pegasus.stix2": "pegasus.stix2",
		`C:\lists\iocs.json`: "iocs.json", "": "feed", "..": "feed", "名前": "feed", "-x-": "x", "a..b": "a.-b",
		strings.Repeat("a", 80): strings.Repeat("a", 64), strings.Repeat("a", 63) + ".b": strings.Repeat("a", 63),
	} {
		if got := spelling.Slug(raw); got != want {
			t.Errorf("%q gives %q, want %q", raw, got, want)
		}
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("a b/c")
	f.Fuzz(func(t *testing.T, raw string) {
		if name := spelling.Slug(raw); !spelling.IsSlug(name) || len(name) > 64 {
			t.Errorf("%q gives %q, which is no name of a feed", raw, name)
		}
	})
}
