package exchange

import (
	"bufio"
	"strings"
)

// A table with a header, in CSV (RFC 4180) or with semicolons or tabs. The
// columns are found by their names (columns.go); the header may stand in a
// comment, as in the lists of abuse.ch. A row is one entry. Where a table says
// nothing about the class, it is a flat list.

func looksCSV(s sample) bool {
	if s.text == "" || strings.ContainsAny(s.text[:1], "<{") {
		return false
	}
	_, ok := findHeading(s.whole())
	return ok
}

// findHeading finds the header: the first line with content, when it names a
// column of things to look for and is none itself, or else the best comment
// before it.
func findHeading(text string) (heading, bool) {
	var best heading
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		said, comment := strings.CutPrefix(line, "#")
		if comment {
			if h := commentHeading(said); h.looks() && h.known >= max(best.known, 2) {
				best = h
			}
			continue
		}
		if h := lineHeading(line); h.looks() {
			return h, true
		}
		if best.comma == ' ' {
			best.comma = ','
		}
		return best, best.known > 0 && strings.ContainsRune(line, best.comma)
	}
	return heading{}, false
}

// lineHeading reads a line as a header, with the separator that finds most.
func lineHeading(line string) heading {
	var best heading
	for _, comma := range []rune{',', ';', '\t'} {
		cells := cut(line, comma)
		h := headed(cells)
		h.comma = comma
		if h.known > best.known && !data(cells) && len(cells) <= maxColumns {
			best = h
		}
	}
	if len(best.names) == 1 && best.names[0] != strings.TrimSpace(line) {
		return heading{}
	}
	return best
}

// commentHeading reads a comment as a header; words between spaces only when
// every one is the name of a column.
func commentHeading(said string) heading {
	said = strings.TrimSpace(said)
	if h := lineHeading(said); len(h.names) > 1 {
		return h
	}
	h := headed(strings.Fields(said))
	h.comma = ' '
	if h.known < len(h.names) || len(h.names) > maxColumns {
		return heading{}
	}
	return h
}

// data reports a cell that is an entry, which no header has.
func data(cells []string) bool {
	for _, cell := range cells {
		if found, _, err := entry(cell); err == nil && found.Value != "" {
			return true
		}
	}
	return false
}

func cut(line string, comma rune) []string {
	cells := strings.SplitN(line, string(comma), maxColumns+1)
	for n := range cells {
		cells[n] = strings.Trim(cells[n], " \t\"")
	}
	return cells
}

func readCSV(in *bufio.Reader, b *book) error {
	h, ok := findHeading(b.sample.whole())
	if !ok {
		return damaged("no header that names a column of names, addresses or URLs")
	}
	b.flow()
	t := &table{book: b, heading: h, flatLike: b.unstated()}
	return newRecords(h.comma, t.row, t.comment).read(in, b)
}
