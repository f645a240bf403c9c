package exchange

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// The reasons for which one value is refused.
var (
	errEntryEmpty    = errors.New("empty value")
	errEntryLong     = errors.New("value too long")
	errEntryMail     = errors.New(reasonNotNetwork + ": an e-mail address")
	errEntryHash     = errors.New("a bare hash does not say whether it is of a certificate or of a file")
	errEntryNumber   = errors.New("neither a name nor an address")
	errEntryWildcard = errors.New("a wildcard is understood as the first label only")
	errEntryReserved = errors.New("an address that means this machine, this link or everybody")
	errEntryPrivate  = errors.New("a private address: it is another machine in every network")
	errEntryWide     = errors.New("a prefix this wide would match half of the world")
	errEntryPort     = errors.New("not a port")
	errEntryScheme   = errors.New("only http and https URLs are seen in traffic")
	errEntryURL      = errors.New("a character that no URL has")
	errEntryLetters  = errors.New("letters that no name can have (RFC 5892)")
)

// The widest prefixes that are taken: the sizes of the largest networks that
// one owner has.
const (
	widest4 = 8
	widest6 = 19
)

// entry reads one value as people and feeds write it: a name, an address, a
// prefix or a URL, defanged or not. The port, where one stands, is given apart.
func entry(raw string) (found tinycheck.Observable, port string, err error) {
	if plain(raw) {
		return tinycheck.Observable{Type: tinycheck.DomainName, Value: raw}, "", nil
	}
	if len(raw) > maxEntry {
		return found, "", errEntryLong
	}
	text := refanged(strings.Trim(strings.TrimSpace(raw), "\"'`<>"))
	if text == "" {
		return found, "", errEntryEmpty
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return entryURL(scheme, rest)
	}
	if found, err = address(text); err == nil || !errors.Is(err, spelling.ErrAddress) {
		return found, "", err
	}
	if path := strings.IndexAny(text, "/?#"); path >= 0 {
		if mask, isNumber := strings.CutPrefix(text[path:], "/"); isNumber && digits(mask) {
			return found, "", spelling.ErrAddress // 192.0.2.0/40
		}
		return entryURL("http", text)
	}
	return host(text)
}

// entryURL gives a URL in the spelling scheme://host[:port]/path?query, or the
// bare host where the URL is nothing more.
func entryURL(scheme, rest string) (found tinycheck.Observable, port string, err error) {
	switch strings.ToLower(scheme) {
	case "http", "hxxp", "htxp", "h**p", "hxtp", "meow":
		scheme = "http"
	case "https", "hxxps", "htxps", "h**ps", "hxtps", "meows":
		scheme = "https"
	case "tcp", "udp", "tls", "ssl", "ws", "wss", "*":
		scheme = ""
	default:
		return found, "", errEntryScheme
	}
	rest, _, _ = strings.Cut(rest, "#")
	name, path := rest, ""
	if cut := strings.IndexAny(rest, "/?"); cut >= 0 {
		name, path = rest[:cut], rest[cut:]
	}
	if cut := strings.LastIndexByte(name, '@'); cut >= 0 { // user:password@host
		name = name[cut+1:]
	}
	found, port, err = host(name)
	if err != nil || path == "" || path == "/" || scheme == "" {
		return found, port, err
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) || !utf8.ValidString(path) {
		return found, "", errEntryURL
	}
	return tinycheck.Observable{Type: tinycheck.URL, Value: scheme + "://" + authority(found, scheme, port) + slashed(path)}, "", nil
}

func authority(found tinycheck.Observable, scheme, port string) string {
	name := found.Value
	if found.Type == tinycheck.IPv6Addr {
		name = "[" + name + "]"
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return name
	}
	return name + ":" + port
}

func slashed(path string) string {
	if path[0] == '?' {
		return "/" + path
	}
	return path
}

// host reads a name or an address, with or without a port.
func host(text string) (found tinycheck.Observable, port string, err error) {
	if strings.HasPrefix(text, "[") {
		return bracketed(text)
	}
	if found, err = address(text); err == nil || !errors.Is(err, spelling.ErrAddress) {
		return found, "", err
	}
	if before, after, ok := strings.Cut(text, ":"); ok {
		if text, port, err = before, after, checkPort(after); err != nil {
			return found, "", err
		}
	}
	if found, err = address(text); err == nil || !errors.Is(err, spelling.ErrAddress) {
		return found, port, err
	}
	name, err := domain(text)
	return tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, port, err
}

// bracketed reads [2001:db8::1] and [2001:db8::1]:443 (RFC 3986 section 3.2.2).
func bracketed(text string) (found tinycheck.Observable, port string, err error) {
	inner, after, _ := strings.Cut(text[1:], "]")
	if after != "" {
		number, ok := strings.CutPrefix(after, ":")
		if !ok || checkPort(number) != nil {
			return found, "", errEntryPort
		}
		port = number
	}
	found, err = address(inner)
	return found, port, err
}

func checkPort(text string) error {
	if n, err := strconv.ParseUint(text, 10, 16); err != nil || n == 0 {
		return errEntryPort
	}
	return nil
}

// address spells an address or prefix, and refuses those that would match what
// belongs to nobody in particular. Any other text gives spelling.ErrAddress.
func address(text string) (tinycheck.Observable, error) {
	found, err := spelling.Address(text)
	if err != nil {
		return found, err
	}
	prefix, _ := found.Prefix()
	addr := prefix.Addr()
	widest := widest6
	if addr.Is4() {
		widest = widest4
	}
	switch {
	case prefix.Bits() < widest:
		return tinycheck.Observable{}, errEntryWide
	case addr.IsUnspecified(), addr.IsLoopback(), addr.IsMulticast(), addr.IsLinkLocalUnicast(),
		addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return tinycheck.Observable{}, errEntryReserved
	case addr.IsPrivate():
		return tinycheck.Observable{}, errEntryPrivate
	}
	return found, nil
}

// domain spells a name; what matches below it needs no wildcard.
func domain(text string) (string, error) {
	if strings.Contains(text, "@") {
		return "", errEntryMail
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "*."), ".")
	if strings.ContainsAny(text, "*%") {
		return "", errEntryWildcard
	}
	if hash(text) {
		return "", errEntryHash
	}
	name, err := spelling.Domain(text)
	if err != nil {
		return "", reasonOf(err)
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; digits(last) {
		return "", errEntryNumber // no top-level domain is a number (RFC 3696 section 2)
	}
	return name, nil
}

// reasonOf keeps what an error quotes out of the reason: reasons are counted.
func reasonOf(err error) error {
	for _, known := range []error{spelling.ErrEmpty, spelling.ErrLong, spelling.ErrLabel, spelling.ErrByte, spelling.ErrNoDot} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errEntryLetters
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// hash reports the length and the letters of MD5, SHA-1 or SHA-256.
func hash(s string) bool {
	if len(s) != 32 && len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; !digits(s[i:i+1]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
