package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// book collects what the reader of a format finds, and what it refuses. Readers
// of documents let it hold the indicators, because a later part may change an
// earlier one; readers of lines call flow, and each is given at once.
type book struct {
	feed     tinycheck.Intake
	config   Config
	sample   sample
	list     []tinycheck.Indicator // held
	lines    []int                 // where each of list stands
	flows    bool
	taken    int                 // indicators, held or given
	out      tinycheck.Indicator // the one that is being given
	bulk     map[string]int      // kinds that no traffic shows
	reasons  map[string]int
	gone     map[tinycheck.Observable]bool // taken back
	ordinary map[string]bool               // ordinary names that stand in a flat list
	err      error                         // of a function of the Config: nothing is given any more
}

func newBook(name string) *book {
	return &book{
		feed: tinycheck.Intake{Name: name}, bulk: map[string]int{}, reasons: map[string]int{},
		gone: map[tinycheck.Observable]bool{}, ordinary: map[string]bool{},
	}
}

// The reasons that several formats give.
const (
	reasonNotNetwork = "not a network observable"
	reasonTooMany    = "more indicators than one file may have"
	reasonOther      = "other"
)

// add takes one entry as it is written; like says everything but what it is.
func (b *book) add(line int, raw string, like tinycheck.Indicator) {
	found, port, err := entry(raw)
	if err != nil {
		b.reject(line, raw, err.Error())
		return
	}
	like.Observable = found
	if port != "" {
		like.Tags = append(slices.Clip(like.Tags), "port:"+port)
	}
	b.put(line, like)
}

// put takes an indicator whose observable is already spelled.
func (b *book) put(line int, i tinycheck.Indicator) {
	if b.taken >= maxIndicators {
		b.reject(line, i.Value, reasonTooMany)
		return
	}
	b.taken++
	i.Feed = cmp.Or(i.Feed, b.feed.Name)
	i.Family = clip(strings.TrimSpace(i.Family), maxWord)
	if b.flows {
		b.give(line, i)
		return
	}
	b.list = append(b.list, i)
	b.lines = append(b.lines, line)
}

// reject counts an entry that is not taken. The reason never quotes the value.
func (b *book) reject(line int, value, reason string) {
	b.feed.RejectedTotal++
	reason = clip(reason, maxEntry)
	b.because(reason, 1)
	if b.config.Rejected == nil && len(b.feed.Rejected) >= maxRejected {
		return
	}
	row := tinycheck.Rejected{Line: line, Value: clip(value, maxValue), Reason: reason}
	if len(b.feed.Rejected) < maxRejected {
		b.feed.Rejected = append(b.feed.Rejected, row)
	}
	b.tell(row)
}

func (b *book) tell(row tinycheck.Rejected) {
	if b.config.Rejected != nil && b.err == nil {
		b.config.Rejected(row)
	}
}

func (b *book) because(reason string, n int) {
	if _, known := b.reasons[reason]; !known && len(b.reasons) >= maxReasons {
		reason = reasonOther
	}
	b.reasons[reason] += n
}

// foreign counts one entry of a kind that no traffic shows.
func (b *book) foreign(line int, value, kind string) { b.unseen(line, kind, value, "") }

// unseen counts one entry of a kind that no traffic shows, and hands it on to
// whoever keeps such.
func (b *book) unseen(line int, kind, value, family string) {
	b.feed.RejectedTotal++
	if b.config.Unseen != nil && b.err == nil && value != "" {
		b.err = b.config.Unseen(clip(kind, maxWord), clip(value, maxEntry), clip(family, maxWord))
	}
	b.because(reasonNotNetwork+": "+clip(kind, maxWord), 1)
	b.tell(tinycheck.Rejected{Line: line, Value: clip(value, maxValue), Reason: reasonNotNetwork + ": " + clip(kind, maxWord)})
	if kind = clip(kind, maxWord); b.bulk[kind] == 0 && len(b.bulk) >= maxKinds {
		kind = reasonOther
	}
	b.bulk[kind]++
}

// dated moves the feed's date on to the newest that the source states.
func (b *book) dated(t time.Time) {
	if t.After(b.feed.Date) {
		b.feed.Date = t
	}
}

// strike removes what the source itself takes back.
func (b *book) strike(gone func(i *tinycheck.Indicator) bool, reason string) {
	kept := 0
	for n := range b.list {
		if gone(&b.list[n]) {
			b.takeBack(b.list[n].Observable)
			b.reject(0, b.list[n].Value, reason)
			continue
		}
		b.list[kept], b.lines[kept] = b.list[n], b.lines[n]
		kept++
	}
	clear(b.list[kept:])
	b.list, b.lines = b.list[:kept], b.lines[:kept]
}

// takeBack notes what the source says no longer.
func (b *book) takeBack(o tinycheck.Observable) {
	if len(b.gone) < maxIndicators {
		b.gone[o] = true
	}
}

// close writes the counts down.
func (b *book) close() {
	b.closeBulk()
	for reason, count := range b.reasons {
		b.feed.Reasons = append(b.feed.Reasons, tinycheck.Reason{Reason: reason, Count: count})
	}
	slices.SortFunc(b.feed.Reasons, func(p, q tinycheck.Reason) int {
		return cmp.Or(cmp.Compare(q.Count, p.Count), cmp.Compare(p.Reason, q.Reason))
	})
}

func (b *book) closeBulk() {
	kinds := make([]string, 0, len(b.bulk))
	for kind := range b.bulk {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	rows := make([]tinycheck.Rejected, 0, len(kinds))
	for _, kind := range kinds {
		rows = append(rows, tinycheck.Rejected{Value: kind, Reason: fmt.Sprintf("%s (%d entries)", reasonNotNetwork, b.bulk[kind])})
	}
	b.feed.Rejected = append(rows, b.feed.Rejected...)
	if len(b.feed.Rejected) > maxRejected {
		b.feed.Rejected = b.feed.Rejected[:maxRejected]
	}
}

// clip keeps at most n bytes, in valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
