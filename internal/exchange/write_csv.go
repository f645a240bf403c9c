package exchange

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"tinycheck"
)

// CSV (RFC 4180) with a header, for spreadsheets and scripts. A free text that a
// spreadsheet would run as a formula gets an apostrophe in front.

type csvShape struct {
	*export
	table *csv.Writer
}

// csvColumns is the header.
var csvColumns = []string{
	"type", "value", "class", "infrastructure", "family", "feed", "tlp", "confidence", "valid_from", "valid_until", "updated", "tags",
}

func openCSV(x *export) shape {
	s := csvShape{x, csv.NewWriter(x.out)}
	s.row(csvColumns)
	return s
}

func (s csvShape) row(cells []string) {
	if err := s.table.Write(cells); err != nil && s.err == nil {
		s.err = err
	}
}

func (s csvShape) write(i *tinycheck.Indicator) string {
	confidence := ""
	if i.Confidence > 0 {
		confidence = strconv.Itoa(i.Confidence)
	}
	s.row([]string{
		string(i.Type), i.Value, string(i.Class), string(i.Infrastructure), noFormula(i.Family), noFormula(plainText(i.Feed, maxWord)), i.TLP,
		confidence, csvTime(i.ValidFrom), csvTime(i.ValidUntil), csvTime(i.Updated), noFormula(strings.Join(i.Tags, ";")),
	})
	return ""
}

func (s csvShape) close() {
	s.table.Flush()
	if err := s.table.Error(); err != nil && s.err == nil {
		s.err = err
	}
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// noFormula keeps a spreadsheet from running a cell (OWASP, "CSV Injection").
func noFormula(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r'", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

// unguarded takes the apostrophe off that noFormula set.
func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@'", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}
