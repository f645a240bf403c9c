package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"tinycheck"
)

// format is one way to write indicators down.
type format struct {
	name  string
	looks func(s sample) bool
	read  func(r *bufio.Reader, b *book) error
}

// formats is the table; the first that looks right is taken, so the general
// ones stand last.
var formats = []format{
	{"tinycheck-ndjson", looksOwnLines, readOwnLines},
	{"tinycheck-yaml", looksOwn, readOwn},
	{"tinycheck-json", looksTinyCheck, readTinyCheck},
	{"stix", looksSTIX, readSTIX},
	{"misp", looksMISP, readMISP},
	{"openioc", looksOpenIOC, readOpenIOC},
	{"stix1", looksSTIX1, readSTIX1},
	{"echap-yaml", looksEchap, readEchap},
	{"json-list", looksJSONList, readJSONList},
	{"tor-exits", looksExits, readExits},
	{"maltrail", looksMaltrail, readMaltrail},
	{"csv", looksCSV, readCSV},
	{"dataset", looksDataset, readDataset},
	{"hosts", looksHosts, readHosts},
	{"list", looksList, readList},
}

// sample is what a format is recognised by.
type sample struct {
	name string // in lower case
	text string // the beginning of the content
}

// Formats gives the names of the formats that Read knows, in the order in which
// it tries them.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// damaged is what the content is to blame for.
func damaged(format string, values ...any) error {
	return tinycheck.Errorf(fmt.Sprintf(format, values...), tinycheck.Invalid, nil)
}

func unsupported(words string) error {
	return tinycheck.Errorf(words, tinycheck.Unsupported, nil)
}

// look takes the sample and refuses what is no text.
func look(name string, in *bufio.Reader) (sample, error) {
	head, err := in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return sample{}, err
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		head = head[3:]
		if _, err := in.Discard(3); err != nil {
			return sample{}, err
		}
	}
	text := strings.TrimLeft(string(head), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), strings.HasPrefix(text, "PK\x03\x04"):
		return sample{}, unsupported("it is compressed: unpack it first")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return sample{}, unsupported("it is written in UTF-16: save it as UTF-8")
	case strings.IndexByte(text, 0) >= 0:
		return sample{}, damaged("it is not text")
	case text == "":
		return sample{}, damaged("it is empty")
	}
	return sample{name: strings.ToLower(name), text: text}, nil
}

func recognise(s sample) (format, error) {
	if f, ok := find(formats, s); ok {
		return f, nil
	}
	if strings.HasPrefix(s.text, "<") {
		return format{}, damaged("it is a web page or XML of another kind, not a list: was the download answered by a login page?")
	}
	return format{}, damaged("it is in none of the formats that are known (%s); a plain list has one name, address or URL per line", strings.Join(Formats(), ", "))
}

func find(table []format, s sample) (format, bool) {
	for _, f := range table {
		if f.looks(s) {
			return f, true
		}
	}
	return format{}, false
}

// whole gives the lines of the sample that are not cut.
func (s sample) whole() string {
	if len(s.text) >= sampleSize/2 {
		if cut := strings.LastIndexByte(s.text, '\n'); cut > 0 {
			return s.text[:cut+1]
		}
	}
	return s.text
}

// lines gives the first lines of the sample that say something.
func (s sample) lines() []string {
	var out []string
	for line := range strings.Lines(s.whole()) {
		if line = string(content([]byte(line))); line == "" {
			continue
		}
		if out = append(out, line); len(out) == sampleLines {
			break
		}
	}
	return out
}

// most reports whether at least half of the lines, and in a file with one of
// the endings at least one, look right.
func (s sample) most(right func(line string) bool, endings ...string) bool {
	if strings.HasPrefix(s.text, "<") {
		return false
	}
	lines, good, prose := s.lines(), 0, 0
	for _, line := range lines {
		if right(line) {
			good++
		} else if strings.Count(line, " ") > 2 {
			prose++
		}
	}
	for _, ending := range endings {
		if strings.HasSuffix(s.name, ending) {
			return good > 0 && 2*prose < len(lines)
		}
	}
	return good > 0 && 2*good >= len(lines)
}
