package child

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lines takes output as it comes and gives it on in lines that are short and
// have nothing but printable characters; blank ones are left out.
type lines struct {
	give func(string)
	line []byte
	cut  bool // the line was longer
}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	for _, b := range p {
		switch {
		case b == '\n':
			l.end()
		case len(l.line) < maxLine:
			l.line = append(l.line, b)
		default:
			l.cut = true
		}
	}
	return len(p), nil
}

// end gives the line that has come so far.
func (l *lines) end() {
	text := strings.TrimSpace(strings.Map(printable, string(l.whole())))
	if l.cut {
		text += "…"
	}
	l.line, l.cut = l.line[:0], false
	if text != "" {
		l.give(text)
	}
}

// whole leaves out a character that the cut went through.
func (l *lines) whole() []byte {
	if !l.cut {
		return l.line
	}
	for n := 1; n < utf8.UTFMax && n <= len(l.line); n++ {
		if tail := l.line[len(l.line)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return l.line[:len(l.line)-n]
			}
			break
		}
	}
	return l.line
}

func printable(r rune) rune {
	switch {
	case r == '\t' || r == '\r':
		return ' '
	case unicode.IsPrint(r):
		return r
	}
	return unicode.ReplacementChar
}
