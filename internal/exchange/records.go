package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
)

// records cuts a table into rows (RFC 4180). A row may go over several lines
// when a quote is open, but over no more than maxRecordLines: otherwise one
// quote that nobody closes would swallow the rest of the file.
type records struct {
	csv     *csv.Reader
	feed    pushed
	see     func(line int, row []string)
	comment func(text string)
	open    []byte // lines since an open quote
	ends    []int  // where each of them ends
	first   int    // line number of the first of them
}

// pushed is a reader of what it is given, and of no more.
type pushed struct{ rest []byte }

func (p *pushed) Read(to []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(to, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func newRecords(comma rune, see func(line int, row []string), comment func(text string)) *records {
	r := &records{see: see, comment: comment}
	r.csv = csv.NewReader(&r.feed)
	r.csv.Comma, r.csv.FieldsPerRecord = comma, -1
	r.csv.LazyQuotes, r.csv.ReuseRecord = true, true
	r.csv.TrimLeadingSpace = comma != '\t'
	return r
}

// read gives all rows of a source.
func (r *records) read(in *bufio.Reader, b *book) error {
	err := b.eachRaw(in, r.line)
	for len(r.open) > 0 {
		r.giveUp()
	}
	return err
}

func (r *records) line(number int, text []byte) {
	if len(r.open) == 0 {
		trimmed := bytes.TrimSpace(text)
		switch {
		case len(trimmed) == 0:
			return
		case trimmed[0] == '#':
			r.comment(string(trimmed))
			return
		case bytes.IndexByte(text, '"') < 0 || bytes.Count(text, quote)%2 == 0:
			r.rows(number, text)
			return
		}
		r.first = number
	}
	r.open = append(r.open, text...)
	r.ends = append(r.ends, len(r.open))
	switch {
	case bytes.Count(r.open, quote)%2 == 0:
		chunk := r.open
		r.open, r.ends = nil, nil
		r.rows(r.first, chunk)
	case len(r.ends) >= maxRecordLines || len(r.open) > maxRecord:
		r.giveUp()
	}
}

var quote = []byte{'"'}

// giveUp takes the line with the open quote for itself, and begins again with
// the next.
func (r *records) giveUp() {
	text, ends, first := r.open, r.ends, r.first
	r.open, r.ends = nil, nil
	r.rows(first, text[:ends[0]])
	for n := 1; n < len(ends); n++ {
		r.line(first+n, text[ends[n-1]:ends[n]])
	}
}

// rows reads what is complete.
func (r *records) rows(number int, text []byte) {
	if text[len(text)-1] != '\n' { // the last line of a file
		text = append(bytes.Clone(text), '\n')
	}
	r.feed.rest = text
	for begin := 0; ; {
		row, err := r.csv.Read()
		if err != nil {
			return // LazyQuotes leaves only the end
		}
		line, _ := r.csv.FieldPos(0)
		if begin == 0 {
			begin = line // csv counts its own lines, and the ends of what it was given
		}
		r.see(number+line-begin, row)
	}
}
