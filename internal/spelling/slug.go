package spelling

import (
	"path"
	"strings"
)

// maxSlug is the longest name of a feed.
const maxSlug = 64

// Slug makes the name of a feed of whatever a file is called: lower-case letters
// and digits, with hyphens and single dots between them; "feed" where nothing is left.
func Slug(raw string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(path.Base(strings.ReplaceAll(raw, "\\", "/"))) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.' && !strings.HasSuffix(b.String(), "."):
			b.WriteRune(c)
		default:
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), ".-")
	name = strings.TrimRight(name[:min(len(name), maxSlug)], ".-")
	if name == "" {
		return "feed"
	}
	return name
}

// IsSlug reports whether a text can be the name of a feed.
func IsSlug(name string) bool { return name != "" && Slug(name) == name }
