package report

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"tinycheck/internal/locale"
)

// style is how a line looks on a terminal with color; without, it is nothing.
type style string

// The styles, as SGR sequences (ECMA-48 section 8.3.117). None is green: no
// answer of this program is an all-clear.
const (
	ordinary style = ""
	bold     style = "\x1b[1m"
	redBold  style = "\x1b[1;31m"
	amber    style = "\x1b[1;33m"
	resetAll       = "\x1b[0m"
)

// paper is a page of text in a language, wrapped at its width.
type paper struct {
	*locale.Language
	buffer bytes.Buffer
	width  int
	color  bool
}

func newPaper(cfg Config) *paper {
	p := &paper{Language: cfg.Language, width: cfg.Width, color: cfg.Color}
	if p.Language == nil {
		p.Language = locale.English()
	}
	if p.width == 0 {
		p.width = DefaultWidth
	}
	p.width = min(max(p.width, smallestWidth), largestWidth)
	return p
}

// args are the arguments of a sentence.
type args = map[string]any

// said is text that may go on paper: words of the language, with everything
// from outside in them made harmless. Only say, list and join make it, so the
// compiler sees to it that nothing from the traffic takes a shorter way.
type said string

// say gives the text of a key. Every string among the arguments is taken for
// one from outside and made harmless; text that was said already is left alone.
func (p *paper) say(key string, a args) said {
	for name, value := range a {
		if s, ok := value.(string); ok {
			a[name] = plain(s, longestString)
		}
	}
	return said(p.Say(key, a))
}

// list writes at most limit strings from outside, and counts the rest.
func (p *paper) list(items []string, limit int) said {
	safe := make([]said, len(items))
	for i, s := range items {
		safe[i] = said(plain(s, longestItem))
	}
	return p.join(safe, limit)
}

// join writes at most limit texts as a list, and counts the rest.
func (p *paper) join(items []said, limit int) said {
	texts := make([]string, len(items))
	for i, s := range items {
		texts[i] = string(s)
	}
	return said(p.List(texts, limit))
}

// heading begins a part of the page.
func (p *paper) heading(text said) {
	p.blank()
	p.write(text, 0, 0, bold)
}

// line writes a paragraph, indented by two columns per step.
func (p *paper) line(text said, steps int) { p.write(text, 2*steps, 2*steps, ordinary) }

// item writes a paragraph that begins with a mark and whose further lines stand
// under its first word.
func (p *paper) item(mark string, text said, steps int) {
	indent := 2 * steps
	p.write(said(mark+" ")+text, indent, indent+uniseg.StringWidth(mark)+1, ordinary)
}

// under writes a paragraph under the first word of an item of the first step.
func (p *paper) under(mark string, text said) {
	hang := 2 + uniseg.StringWidth(mark) + 1
	p.write(text, hang, hang, ordinary)
}

// blank separates paragraphs; two in a row are one.
func (p *paper) blank() {
	if b := p.buffer.Bytes(); len(b) > 0 && !bytes.HasSuffix(b, []byte("\n\n")) {
		p.buffer.WriteByte('\n')
	}
}

func (p *paper) write(text said, first, hang int, look style) {
	indent := first
	for _, row := range wrap(string(text), p.width-first, p.width-hang) {
		p.buffer.WriteString(strings.Repeat(" ", indent))
		indent = hang
		if p.color && look != ordinary {
			row = string(look) + row + resetAll
		}
		p.buffer.WriteString(row)
		p.buffer.WriteByte('\n')
	}
}

// wrap breaks text at spaces so that no row is wider than the given columns
// (first row, further rows). No-break spaces hold words together; a word wider
// than a whole row is cut between characters as people see them (UAX 29).
func wrap(text string, first, further int) (rows []string) {
	room, used := first, 0
	var row strings.Builder
	end := func() {
		rows = append(rows, row.String())
		row.Reset()
		room, used = further, 0
	}
	for _, word := range strings.Split(strings.Map(visible, text), " ") {
		if word == "" {
			continue
		}
		need := uniseg.StringWidth(word)
		if used > 0 && used+1+need > room {
			end()
		}
		if used > 0 {
			row.WriteByte(' ')
			used++
		}
		for need > room {
			var part string
			if part, word = cut(word, room); word == "" {
				row.WriteString(part)
				break
			}
			row.WriteString(part)
			end()
			need = uniseg.StringWidth(word)
		}
		row.WriteString(word)
		used += need
	}
	if row.Len() > 0 || len(rows) == 0 {
		end()
	}
	return rows
}

// cut takes as many characters as fit, at least one.
func cut(word string, room int) (part, rest string) {
	state, used := -1, 0
	rest = word
	for rest != "" {
		_, tail, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if used > 0 && used+w > room {
			break
		}
		rest, state, used = tail, next, used+w
	}
	return word[:len(word)-len(rest)], rest
}

// visible is the last net under the page: whatever still is a control character
// is dropped.
func visible(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}
