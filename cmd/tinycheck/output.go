package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// machine writes one object for programs, with the number of the schema first
// (docs/contract.md).
func machine(c *cobra.Command, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "{\"schema\":1,%s\n", raw[1:])
	return err
}

// table aligns columns; the first row names them. On a terminal, the last column
// is cut where the line ends.
func table(out io.Writer, columns []string, rows [][]string) error {
	all := append([][]string{columns}, rows...)
	left := room(out, all)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, row := range all {
		last := len(row) - 1
		fmt.Fprintln(w, strings.Join(append(row[:last:last], cutAt(row[last], left)), "\t"))
	}
	return w.Flush()
}

// room is how many characters the last column has on a terminal; elsewhere as
// many as it wants.
func room(out io.Writer, rows [][]string) int {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return math.MaxInt
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return math.MaxInt
	}
	for column := range len(rows[0]) - 1 {
		widest := 0
		for _, row := range rows {
			widest = max(widest, utf8.RuneCountInString(row[column]))
		}
		width -= widest + 2
	}
	return max(width, 12)
}

func cutAt(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// day writes a date for people; "-" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

// stamp writes a time for programs; nothing for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// age says how long ago something was, in the coarsest unit that says enough.
func age(t, now time.Time) string {
	passed := now.Sub(t)
	switch {
	case t.IsZero():
		return "never"
	case passed < time.Hour:
		return "just now"
	case passed < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(passed.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(passed.Hours()/24))
	}
}

// plain keeps what a feed wrote from steering the terminal: control characters,
// and those that turn the direction of writing or end a line (Unicode Standard
// Annex 9, section 2), become a question mark.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
			return '?'
		}
		return r
	}, s)
}

// dash stands where there is nothing.
func dash(s string) string { return cmp.Or(s, "-") }

// counted gives counts as rows, the largest first.
func counted(counts map[string]int) [][]string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	rows := make([][]string, len(keys))
	for i, k := range keys {
		rows[i] = []string{plain(dash(k)), strconv.Itoa(counts[k])}
	}
	return rows
}

func dayOrNothing(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(t)
}
