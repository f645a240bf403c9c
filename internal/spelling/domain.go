package spelling

import (
	"errors"
	"strings"

	"golang.org/x/net/idna"
)

// The limits of RFC 1035 section 2.3.4, in presentation form.
const (
	maxName  = 253
	maxLabel = 63
)

// The reasons for which a domain is refused.
var (
	ErrEmpty   = errors.New("empty name")
	ErrLong    = errors.New("name or label too long (RFC 1035: 253 and 63)")
	ErrLabel   = errors.New("empty label")
	ErrByte    = errors.New("a character that no host name has")
	ErrNoDot   = errors.New("a single label would match a whole top-level domain")
	ErrAddress = errors.New("not an address")
	ErrHex     = errors.New("not a hash in hexadecimal")
)

// mapping maps as browsers do (UTS 46, non-transitional) and lets underscores be.
var mapping = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.Transitional(false))

// Domain spells the domain name of an indicator: at least two labels.
func Domain(raw string) (string, error) {
	name := strings.TrimSuffix(strings.TrimSpace(raw), ".")
	if name == "" {
		return "", ErrEmpty
	}
	if !ascii(name) {
		mapped, err := mapping.ToASCII(name)
		if err != nil {
			return "", err
		}
		name = mapped
	}
	name = lower(name)
	if err := check(name); err != nil {
		return "", err
	}
	if !strings.Contains(name, ".") {
		return "", ErrNoDot
	}
	return name, nil
}

func check(name string) error {
	if len(name) > maxName {
		return ErrLong
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" {
			return ErrLabel
		}
		if len(label) > maxLabel {
			return ErrLong
		}
	}
	for i := range len(name) {
		if !hostByte(name[i]) {
			return ErrByte
		}
	}
	return nil
}

func hostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// Host spells a name as it was seen in traffic: lower case, no trailing dot,
// A-labels where they can be made. It allocates only when something changes.
func Host(seen string) string {
	name := lower(strings.TrimSuffix(seen, "."))
	if ascii(name) {
		return name
	}
	if mapped, err := mapping.ToASCII(name); err == nil {
		return mapped
	}
	return name
}

func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Parent cuts the first label off: "a.b.c" gives "b.c"; "" when none is left.
// Walking up with it visits label boundaries only.
func Parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// Under reports whether name is domain or lies under it, at a label boundary:
// "notmspy.com" does not lie under "mspy.com".
func Under(name, domain string) bool {
	if !strings.HasSuffix(name, domain) || domain == "" {
		return false
	}
	cut := len(name) - len(domain)
	return cut == 0 || name[cut-1] == '.'
}
