package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"tinycheck/internal/spelling"
)

// words is a cursor over the words of one line.
type words struct {
	list []word
	at   int
}

// word is one word; a quoted one is never a keyword.
type word struct {
	text   string
	quoted bool
}

// split takes a line apart: words between blanks, text between double quotes
// (\" and \\ inside), a comment from # to the end.
func split(line string) (list []word, err error) {
	for {
		line = strings.TrimLeft(line, " \t\r")
		switch {
		case line == "" || line[0] == '#':
			return list, nil
		case line[0] == '"':
			text, rest, err := quoted(line[1:])
			if err != nil {
				return nil, err
			}
			list, line = append(list, word{text, true}), rest
		default:
			n := strings.IndexAny(line, " \t\r")
			if n < 0 {
				n = len(line)
			}
			list, line = append(list, word{line[:n], false}), line[n:]
		}
	}
}

func quoted(line string) (text, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			return b.String(), line[i+1:], nil
		case line[i] == '\\' && i+1 < len(line):
			i++
		}
		b.WriteByte(line[i])
	}
	return "", "", errors.New(`a text without end: expected "`)
}

func (w *words) more() bool { return w.at < len(w.list) }

// peek is the next word as a keyword, "" when there is none.
func (w *words) peek() string {
	if !w.more() || w.list[w.at].quoted {
		return ""
	}
	return w.list[w.at].text
}

// take moves on if the next word is the keyword.
func (w *words) take(keyword string) bool {
	if w.peek() != keyword {
		return false
	}
	w.at++
	return true
}

// expected is the error of the next word.
func (w *words) expected(what string) error {
	found := "the end of the line"
	if w.more() {
		found = strconv.Quote(w.list[w.at].text)
	}
	behind := ""
	if w.at > 0 {
		behind = " behind " + strconv.Quote(w.list[w.at-1].text)
	}
	return fmt.Errorf("expected %s%s, found %s", what, behind, found)
}

// read takes the next word if parse understands it.
func read[T any](w *words, to *T, what string, parse func(string) (T, bool)) error {
	if !w.more() {
		return w.expected(what)
	}
	v, ok := parse(w.list[w.at].text)
	if !ok {
		return w.expected(what)
	}
	w.at++
	*to = v
	return nil
}

func (w *words) text(to *string, what string) error {
	return read(w, to, what, func(s string) (string, bool) { return s, true })
}

func (w *words) oneOf(to *string, list ...string) error {
	return read(w, to, "one of "+strings.Join(list, ", "), func(s string) (string, bool) { return s, slices.Contains(list, s) })
}

func (w *words) address(to *netip.Addr) error {
	return read(w, to, "an address such as 203.0.113.7 or 2001:db8::7", parseAddress)
}

func parseAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a.Unmap(), err == nil && a.Zone() == ""
}

func (w *words) duration(to *time.Duration) error {
	return read(w, to, "a duration such as 90s or 1m30s, at most 168h", parseDuration)
}

func parseDuration(s string) (time.Duration, bool) {
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0 && d <= maxTime
}

// size reads an amount of bytes: 500, 20k, 3M (powers of ten).
func (w *words) size(to *int) error {
	return read(w, to, "a number of bytes such as 500, 20k or 3M, at most 64M", func(s string) (int, bool) {
		unit := 1
		if n, ok := strings.CutSuffix(s, "k"); ok {
			s, unit = n, 1000
		} else if n, ok := strings.CutSuffix(s, "M"); ok {
			s, unit = n, 1_000_000
		}
		n, err := strconv.Atoi(s)
		return n * unit, err == nil && n >= 0 && n <= maxSize/unit
	})
}

// number reads one of low to high.
func (w *words) number(to *int, low, high int) error {
	return read(w, to, fmt.Sprintf("a number from %d to %d", low, high), func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= low && n <= high
	})
}

// name reads a host name as clients write it; single labels and underscores are
// in order, addresses too.
func (w *words) name(to *string) error {
	return read(w, to, "a name such as api.example.org", parseName)
}

// parseName keeps the case: not every client writes names in lower case.
func parseName(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".")
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) {
		n, err := spelling.Domain(s)
		return n, err == nil
	}
	ok := s != "" && len(s) <= 253 && s[0] != '.' && !strings.Contains(s, "..") && !strings.ContainsFunc(s, notHost)
	return s, ok
}

func notHost(r rune) bool {
	return r != '.' && r != '-' && r != '_' && r != ':' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// listOf reads words between commas.
func (w *words) listOf(to *[]string, what string) error {
	return read(w, to, what, func(s string) ([]string, bool) {
		list := strings.Split(s, ",")
		return list, !slices.ContainsFunc(list, func(x string) bool { return x == "" || len(x) > 255 })
	})
}

// option is one thing that may be said behind a verb, in any order, once.
type option struct {
	name string
	read func(*words) error
}

// flag is an option without a value.
func flag(name string, to *bool) option {
	return option{name, func(*words) error { *to = true; return nil }}
}

func sizeOption(name string, to *int) option {
	return option{name, func(w *words) error { return w.size(to) }}
}

func durationOption(name string, to *time.Duration) option {
	return option{name, func(w *words) error { return w.duration(to) }}
}

func numberOption(name string, to *int, low, high int) option {
	return option{name, func(w *words) error { return w.number(to, low, high) }}
}

func nameOption(name string, to *string) option {
	return option{name, func(w *words) error { return w.name(to) }}
}

func textOption(name string, to *string) option {
	return option{name, func(w *words) error { return w.text(to, "a text") }}
}

func listOption(name string, to *[]string) option {
	return option{name, func(w *words) error { return w.listOf(to, "words with commas between them") }}
}

// options reads the rest of the line.
func (w *words) options(sets ...[]option) error {
	all := slices.Concat(sets...)
	said := make(map[string]bool)
	for w.more() {
		i := slices.IndexFunc(all, func(o option) bool { return o.name == w.peek() })
		if i < 0 || said[all[i].name] && !many[all[i].name] {
			return w.expected(optionNames(all))
		}
		said[all[i].name] = true
		w.at++
		if err := all[i].read(w); err != nil {
			return err
		}
	}
	return nil
}

// many may be said more than once.
var many = map[string]bool{"alias": true, "gets": true}

func optionNames(all []option) string {
	if len(all) == 0 {
		return "nothing more"
	}
	var names []string
	for _, o := range all {
		names = append(names, o.name)
	}
	slices.Sort(names)
	return "one of " + strings.Join(slices.Compact(names), ", ")
}
