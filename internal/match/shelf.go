package match

import (
	"math"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// shelf holds indicators in little space: 16 bytes for each, its value once,
// and what many of them have in common (product, feed, class, dates) once for
// all.
type shelf struct {
	rows   []row // sorted, so that those of one observable stand together
	text   string
	common []tinycheck.Indicator // without value and source id
}

// row is one indicator: where value and source id stand in shelf.text, how long
// they are, and where the rest is.
type row struct {
	value, id       uint32
	common          uint32
	valueLen, idLen uint16
}

func (s *shelf) fill(list []tinycheck.Indicator) {
	order, size := sorted(list)
	b := builder{shelf: s, known: make(map[mark]uint32)}
	b.text.Grow(size)
	s.rows = make([]row, 0, len(order))
	for _, i := range order {
		b.add(&list[i])
	}
	s.text = b.text.String()
}

// sorted gives the positions of the indicators by Indicator.Compare, and how
// many bytes of text they need at most. Empty values are left out, those that
// are longer than anything that traffic can show, and what is beyond 2 GiB.
func sorted(list []tinycheck.Indicator) (order []uint32, size int) {
	order = make([]uint32, 0, len(list))
	for i := range list {
		value, id := len(list[i].Value), len(list[i].SourceID)
		if value > 0 && value <= math.MaxUint16 && id <= math.MaxUint16 && size <= math.MaxInt32-value-id {
			order = append(order, uint32(i))
			size += value + id
		}
	}
	slices.SortFunc(order, func(a, b uint32) int { return list[a].Compare(&list[b]) })
	return order, size
}

// builder fills a shelf.
type builder struct {
	shelf *shelf
	text  strings.Builder
	last  tinycheck.Observable
	known map[mark]uint32
}

// mark is what makes the common part of two indicators the same.
type mark struct {
	kind               tinycheck.ObservableType
	class              tinycheck.Class
	infrastructure     tinycheck.Infrastructure
	family, feed       string
	tags, tlp          string
	confidence         int
	from, until, about time.Time
}

func (b *builder) add(i *tinycheck.Indicator) {
	r := row{common: b.common(i), valueLen: uint16(len(i.Value)), idLen: uint16(len(i.SourceID))}
	if rows := b.shelf.rows; len(rows) > 0 && b.last == i.Observable {
		r.value = rows[len(rows)-1].value
	} else {
		r.value = b.keep(i.Value)
	}
	r.id = b.keep(i.SourceID)
	b.last = i.Observable
	b.shelf.rows = append(b.shelf.rows, r)
}

func (b *builder) keep(s string) (at uint32) {
	at = uint32(b.text.Len())
	b.text.WriteString(s)
	return at
}

func (b *builder) common(i *tinycheck.Indicator) uint32 {
	m := mark{i.Type, i.Class, i.Infrastructure, i.Family, i.Feed, strings.Join(i.Tags, "\x00"), i.TLP, i.Confidence, i.ValidFrom, i.ValidUntil, i.Updated}
	at, known := b.known[m]
	if !known {
		at = uint32(len(b.shelf.common))
		b.known[m] = at
		one := *i
		one.Value, one.SourceID, one.Tags = "", "", slices.Clone(i.Tags)
		b.shelf.common = append(b.shelf.common, one)
	}
	return at
}

func (s *shelf) observable(at uint32) tinycheck.Observable {
	r := &s.rows[at]
	return tinycheck.Observable{Type: s.common[r.common].Type, Value: s.text[r.value:][:r.valueLen]}
}

// end is the first row behind those of the same observable.
func (s *shelf) end(at uint32) uint32 {
	for same := s.rows[at].value; at < uint32(len(s.rows)) && s.rows[at].value == same; at++ {
	}
	return at
}

// Listing is the indicators of one observable, every source that lists it, in
// the order of Indicator.Compare. The zero value has none.
type Listing struct {
	shelf    *shelf
	from, to uint32
}

// Len is how many there are.
func (l Listing) Len() int { return int(l.to - l.from) }

// At makes a copy of one of them, counted from 0.
func (l Listing) At(n int) tinycheck.Indicator {
	r := &l.shelf.rows[l.from+uint32(n)]
	i := *l.about(n)
	i.Value, i.SourceID = l.shelf.text[r.value:][:r.valueLen], l.shelf.text[r.id:][:r.idLen]
	return i
}

// about is one of them without its value and its source's id.
func (l Listing) about(n int) *tinycheck.Indicator {
	return &l.shelf.common[l.shelf.rows[l.from+uint32(n)].common]
}

// Is reports whether any of them is of a class, and, where that is
// infrastructure, of a kind.
func (l Listing) Is(class tinycheck.Class, kind tinycheck.Infrastructure) bool {
	for n := range l.Len() {
		if i := l.about(n); i.Class == class && i.Infrastructure == kind {
			return true
		}
	}
	return false
}
