package exchange

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"

	"tinycheck"
)

// Config says what to do with what a source says.
type Config struct {
	// Format is a name of Formats; "" recognises it by content, then name.
	Format string
	// Like says what entries mean whose source states no class: its Class,
	// Infrastructure, Family and Tags. Class "" leaves it to the format.
	Like tinycheck.Indicator
	// Indicator gets each that is taken; i is only valid during the call.
	Indicator func(line int, i *tinycheck.Indicator) error
	// Context gets entries of context; nil: each is rejected with its reason.
	Context func(line int, c *tinycheck.Context) error
	// Withdrawn gets what the source takes back and does not give again; nil:
	// it is only counted.
	Withdrawn func(o tinycheck.Observable) error
	// Unseen gets what no traffic shows (files, packages, accounts), which is
	// counted among the rejected; family is "" where it is not stated beside.
	Unseen func(kind, value, family string) error
	// Rejected gets every single one, also beyond the rows of the Intake.
	Rejected func(r tinycheck.Rejected)
}

// Stream reads one source and gives what it says as it goes, in the order of
// the file and with its repetitions (Accepted is the number given). The name
// becomes the feed's name. Line formats take memory for one line, documents for
// the whole. An error of a function of the Config ends the reading and is
// returned as it is; SHA256 is then not that of the file, and stays empty.
func Stream(name string, r io.Reader, c Config) (tinycheck.Intake, error) {
	sum := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(r, sum), sampleSize)
	b := newBook(name)
	b.config = c
	err := b.readFrom(in)
	b.release()
	b.close()
	if b.err != nil {
		return b.feed, b.err
	}
	if err == nil {
		err = drain(in)
	}
	if err != nil {
		err = b.explain(err)
	}
	b.feed.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return b.feed, err
}

// Read reads all indicators of one source. The name becomes the feed's name.
// The indicators come sorted by Indicator.Compare and, within the source,
// without repetitions of observable, class and family (counted in
// Intake.Merged). With an error of kind Invalid, what was read before the damage
// is given too.
func Read(name string, r io.Reader) ([]tinycheck.Indicator, tinycheck.Intake, error) {
	var list []tinycheck.Indicator
	feed, err := Stream(name, r, Config{Indicator: func(_ int, i *tinycheck.Indicator) error {
		list = append(list, *i)
		return nil
	}})
	list = merge(list)
	feed.Merged = feed.Accepted - len(list)
	feed.Accepted = len(list)
	return list, feed, err
}

func (b *book) readFrom(in *bufio.Reader) error {
	s, err := look(b.feed.Name, in)
	if err != nil {
		return err
	}
	f, err := choose(s, b.config.Format)
	if err != nil {
		return err
	}
	b.feed.Format = f.name
	b.sample = s
	if err := ordinarySample(f, b); err != nil {
		return err
	}
	return f.read(in, b)
}

// choose takes the format that was asked for, or recognises it. What never is a
// list of indicators is refused whatever was asked for.
func choose(s sample, name string) (format, error) {
	if err := refuse(s); err != nil {
		return format{}, err
	}
	if f, ok := find(kept, s); ok {
		return f, nil
	}
	if name == "" {
		return recognise(s)
	}
	at := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if at < 0 {
		return format{}, unsupported("unknown format " + clip(name, maxWord) + ": there are " + strings.Join(Formats(), ", "))
	}
	return formats[at], nil
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
