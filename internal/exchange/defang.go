package exchange

import "strings"

// refang undoes the spellings by which people keep a link from being clicked.
var refang = strings.NewReplacer(append(dots(),
	"[.", ".", ".]", ".", "\\.", ".", "[://]", "://",
	"[:]", ":", "(:)", ":", "{:}", ":", "[:", ":", "[/]", "/",
	"[@]", "@", "(@)", "@", "[at]", "@", "(at)", "@",
)...)

// dots gives the spellings of a dot, each with the one that it stands for. The
// ones with spaces come first, so that the spaces go too.
func dots() []string {
	var all []string
	for _, space := range []string{" ", ""} {
		for _, word := range []string{".", "dot", "DOT", "Dot"} {
			for _, pair := range []string{"[]", "()", "{}"} {
				all = append(all, space+pair[:1]+word+pair[1:]+space, ".")
			}
		}
	}
	return append(all, " dot ", ".", " DOT ", ".", " Dot ", ".")
}

// refanged gives the value as it was before somebody made it harmless.
func refanged(text string) string {
	if strings.HasPrefix(text, "[") && strings.Count(text, "[") == 1 && strings.Contains(text, "]") && !strings.HasPrefix(text, "[:") {
		return text // [2001:db8::1]:443 (RFC 3986 section 3.2.2)
	}
	if strings.ContainsAny(text, "[({\\ ") {
		return refang.Replace(text)
	}
	return text
}

// plain reports a name that is already spelled as names are, which nearly all
// entries of large lists are: labels of small letters, digits, "-" and "_",
// at least two, the last no number.
func plain[T string | []byte](name T) bool {
	if len(name) > 253 { // RFC 1035 section 2.3.4
		return false
	}
	start, number := 0, true
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z' || c == '-' || c == '_':
			number = false
		case c >= '0' && c <= '9':
		case c == '.':
			if i == start || i-start > 63 {
				return false
			}
			start, number = i+1, true
		default:
			return false
		}
	}
	return start > 0 && !number && len(name)-start <= 63
}
