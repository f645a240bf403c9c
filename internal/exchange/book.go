package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// book collects what the reader of a format finds, and what it refuses.
type book struct {
	feed tinycheck.Intake
	list []tinycheck.Indicator
	bulk map[string]int // kinds that no traffic shows
}

func newBook(name string) *book {
	return &book{feed: tinycheck.Intake{Name: name}, bulk: map[string]int{}}
}

// The reasons that several formats give.
const (
	reasonNotNetwork = "not a network observable"
	reasonTooMany    = "more indicators than one file may have"
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
	if len(b.list) >= maxIndicators {
		b.reject(line, i.Value, reasonTooMany)
		return
	}
	i.Feed = b.feed.Name
	i.Family = clip(strings.TrimSpace(i.Family), maxWord)
	b.list = append(b.list, i)
}

func (b *book) reject(line int, value, reason string) {
	b.feed.RejectedTotal++
	if len(b.feed.Rejected) < maxRejected {
		b.feed.Rejected = append(b.feed.Rejected, tinycheck.Rejected{
			Line: line, Value: clip(value, maxValue), Reason: clip(reason, maxEntry),
		})
	}
}

// skip counts n entries of a kind that no traffic shows.
func (b *book) skip(kind string, n int) {
	if n == 0 {
		return
	}
	if kind = clip(kind, maxWord); b.bulk[kind] == 0 && len(b.bulk) >= maxKinds {
		kind = "other"
	}
	b.bulk[kind] += n
}

// dated moves the feed's date on to the newest that the source states.
func (b *book) dated(t time.Time) {
	if t.After(b.feed.Date) {
		b.feed.Date = t
	}
}

// strike removes what the source itself takes back.
func (b *book) strike(gone func(i *tinycheck.Indicator) bool, reason string) {
	b.list = slices.DeleteFunc(b.list, func(i tinycheck.Indicator) bool {
		if !gone(&i) {
			return false
		}
		b.reject(0, i.Value, reason)
		return true
	})
}

func (b *book) close() ([]tinycheck.Indicator, tinycheck.Intake) {
	b.closeBulk()
	b.merge()
	b.feed.Accepted = len(b.list)
	return b.list, b.feed
}

func (b *book) closeBulk() {
	kinds := make([]string, 0, len(b.bulk))
	for kind := range b.bulk {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	rows := make([]tinycheck.Rejected, 0, len(kinds))
	for _, kind := range kinds {
		n := b.bulk[kind]
		b.feed.RejectedTotal += n
		rows = append(rows, tinycheck.Rejected{Value: kind, Reason: fmt.Sprintf("%s (%d entries)", reasonNotNetwork, n)})
	}
	b.feed.Rejected = append(rows, b.feed.Rejected...)
	if len(b.feed.Rejected) > maxRejected {
		b.feed.Rejected = b.feed.Rejected[:maxRejected]
	}
}

// merge sorts, and makes one of the indicators that say the same.
func (b *book) merge() {
	slices.SortStableFunc(b.list, func(i, j tinycheck.Indicator) int {
		return cmp.Or(meaning(&i, &j), i.Compare(&j))
	})
	kept := b.list[:0]
	for _, i := range b.list {
		if n := len(kept); n > 0 && meaning(&kept[n-1], &i) == 0 {
			join(&kept[n-1], &i)
			b.feed.Merged++
			continue
		}
		kept = append(kept, i)
	}
	clear(b.list[len(kept):])
	b.list = kept
}

// meaning compares what an indicator says, leaving out who says it.
func meaning(i, j *tinycheck.Indicator) int {
	return cmp.Or(
		i.Observable.Compare(j.Observable),
		cmp.Compare(i.Class, j.Class),
		cmp.Compare(i.Infrastructure, j.Infrastructure),
		cmp.Compare(i.Family, j.Family),
	)
}

// join adds to i what j knows more: it was said most lately, it holds longest,
// it has the tags of both.
func join(i, j *tinycheck.Indicator) {
	i.Tags = union(i.Tags, j.Tags)
	if j.Updated.After(i.Updated) {
		i.Updated = j.Updated
	}
	if j.ValidFrom.Before(i.ValidFrom) {
		i.ValidFrom = j.ValidFrom
	}
	if j.ValidUntil.IsZero() || !i.ValidUntil.IsZero() && j.ValidUntil.After(i.ValidUntil) {
		i.ValidUntil = j.ValidUntil
	}
	i.Confidence = max(i.Confidence, j.Confidence)
	i.TLP = cmp.Or(i.TLP, j.TLP)
}

func union(a, b []string) []string {
	if len(b) == 0 || slices.Equal(a, b) {
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxTags)]
}

// clip keeps at most n bytes, in valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
