package report

import (
	"errors"
	"io"
	"strings"

	"tinycheck"
	"tinycheck/internal/locale"
)

// Config says how a report is to be written.
type Config struct {
	Format   string           // one of Formats
	Language *locale.Language // of the text; nil is English
	Color    bool             // text only; color never says what the words do not
	Width    int              // of the text in columns, 0 is DefaultWidth
}

// Widths of the text, in columns of a terminal.
const (
	DefaultWidth  = 80
	smallestWidth = 40
	largestWidth  = 1000
)

// format is one row of the table: a name and the function that makes the bytes.
type format struct {
	name string
	make func(*tinycheck.Report, Config) ([]byte, error)
}

// table lists the formats, the default one first.
var table = []format{
	{"text", text},
	{"json", jsonIndented},
	{"ndjson", jsonLine},
}

// Formats gives the names of the formats; the first is for people.
func Formats() []string {
	names := make([]string, len(table))
	for i, f := range table {
		names[i] = f.name
	}
	return names
}

// Write writes the report in one piece.
func Write(w io.Writer, r *tinycheck.Report, cfg Config) error {
	for _, f := range table {
		if f.name != cfg.Format {
			continue
		}
		data, err := f.make(r, cfg)
		if err != nil {
			return tinycheck.Errorf("write report", tinycheck.Invalid, err)
		}
		return put(w, data)
	}
	return tinycheck.Errorf("write report as "+plain(cfg.Format, longestItem), tinycheck.Unsupported,
		errors.New("there is "+strings.Join(Formats(), ", ")))
}

func put(w io.Writer, data []byte) error {
	if _, err := w.Write(data); err != nil {
		return tinycheck.Errorf("write report", tinycheck.Unavailable, err)
	}
	return nil
}
