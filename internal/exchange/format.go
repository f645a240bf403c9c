package exchange

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"tinycheck"
)

// format is one way to write indicators down.
type format struct {
	name  string
	words string // what the error calls it
	looks func(s sample) bool
	read  func(r *bufio.Reader, b *book) error
}

// formats is the table; the first that looks right is taken, so the general
// ones stand last.
var formats = []format{
	{"tinycheck-yaml", "TinyCheck YAML", looksOwn, readOwn},
	{"tinycheck-json", "TinyCheck or SpyGuard JSON", looksTinyCheck, readTinyCheck},
	{"stix", "a STIX 2 bundle", looksSTIX, readSTIX},
	{"echap-yaml", "Echap YAML", looksEchap, readEchap},
	{"hosts", "a hosts file", looksHosts, readHosts},
	{"list", "a list of names and addresses", looksList, readList},
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

// Read reads all indicators of one source. The name becomes the feed's name.
// The indicators come sorted by Indicator.Compare and, within the source,
// without repetitions of observable, class and family (counted in Feed.Merged).
// With an error of kind Invalid, what was read before the damage is given too.
func Read(name string, r io.Reader) ([]tinycheck.Indicator, tinycheck.Intake, error) {
	sum := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(r, sum), sampleSize)
	b := newBook(name)
	err := b.readFrom(in)
	if err == nil {
		err = drain(in)
	}
	if err != nil {
		err = b.explain(err)
	}
	b.feed.SHA256 = hex.EncodeToString(sum.Sum(nil))
	list, feed := b.close()
	return list, feed, err
}

func (b *book) readFrom(in *bufio.Reader) error {
	s, err := look(b.feed.Name, in)
	if err != nil {
		return err
	}
	f, err := recognise(s)
	if err != nil {
		return err
	}
	b.feed.Format = f.name
	return f.read(in, b)
}

// drain reads on to the end, so that the hash is that of the file.
func drain(in io.Reader) error {
	_, err := io.Copy(io.Discard, io.LimitReader(in, maxText))
	return err
}

func (b *book) explain(err error) error {
	op := "read indicators: " + clip(b.feed.Name, maxWord)
	var known *tinycheck.Error
	if errors.As(err, &known) {
		return tinycheck.Errorf(op, known.Kind, err)
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
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
	case strings.HasPrefix(text, "<"):
		return sample{}, damaged("it is a web page or XML, not a list: was the download answered by a login page?")
	case text == "":
		return sample{}, damaged("it is empty")
	}
	return sample{name: strings.ToLower(name), text: text}, nil
}

func recognise(s sample) (format, error) {
	for _, f := range formats {
		if f.looks(s) {
			return f, nil
		}
	}
	if strings.HasPrefix(s.text, "{") && strings.Contains(s.text, `"elements"`) {
		return format{}, unsupported("it is an allow-list of TinyCheck or SpyGuard: those hide indicators, so none is taken")
	}
	words := make([]string, len(formats))
	for i, f := range formats {
		words[i] = f.words
	}
	last := len(words) - 1
	return format{}, damaged("it is neither %s nor %s", strings.Join(words[:last], ", "), words[last])
}

// lines gives the first lines of the sample that say something.
func (s sample) lines() []string {
	var out []string
	text := s.text
	if len(text) >= sampleSize/2 { // the last line may be cut
		if cut := strings.LastIndexByte(text, '\n'); cut > 0 {
			text = text[:cut]
		}
	}
	for line := range strings.Lines(text) {
		if line = content(line); line == "" {
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
	lines, good := s.lines(), 0
	for _, line := range lines {
		if right(line) {
			good++
		}
	}
	for _, ending := range endings {
		if strings.HasSuffix(s.name, ending) {
			return good > 0
		}
	}
	return good > 0 && 2*good >= len(lines)
}
