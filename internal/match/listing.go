package match

import (
	"encoding/binary"

	"tinycheck"
)

// shelf holds indicators, those of one observable together, at places that the
// table and the prefixes lead to:
//
//	how many, uint32
//	length of the value, uint16
//	the value
//	for each: what it shares with others (shared.go), uint32; end of its id within the ids, uint32
//	the ids that sources gave them
type shelf struct {
	words        words
	shared, text []byte
}

const (
	listingSize = 6 // before the value
	rowSize     = 8
)

// Listing is the indicators of one observable, every source that lists it, in
// the order of Indicator.Compare. The zero value has none. It reads from the
// index, and lives as long.
type Listing struct {
	shelf *shelf
	at    uint32 // where it stands
	size  uint32
	value uint32 // its length
}

// listing reads what stands at a place; nothing when that is none. What a
// Listing says of its sizes lies within the text.
func (s *shelf) listing(at uint32) Listing {
	if uint64(at)+listingSize > uint64(len(s.text)) {
		return Listing{}
	}
	b := s.text[at:]
	l := Listing{s, at, binary.LittleEndian.Uint32(b), uint32(binary.LittleEndian.Uint16(b[4:]))}
	if listingSize+uint64(l.value)+uint64(l.size)*rowSize > uint64(len(b)) {
		return Listing{}
	}
	return l
}

// Len is how many there are.
func (l Listing) Len() int { return int(l.size) }

// At makes a copy of one of them, counted from 0.
func (l Listing) At(n int) (i tinycheck.Indicator) {
	l.shelf.indicator(l.record(n), &i)
	i.Value, i.SourceID = string(l.text()), string(l.id(n))
	return i
}

// text is the value.
func (l Listing) text() []byte { return l.shelf.text[int(l.at)+listingSize:][:l.value] }

// row is where the row of one of them stands.
func (l Listing) row(n int) []byte {
	return l.shelf.text[int(l.at)+listingSize+int(l.value)+n*rowSize:]
}

// record is what one of them shares with others.
func (l Listing) record(n int) uint32 { return binary.LittleEndian.Uint32(l.row(n)) }

func (l Listing) id(n int) []byte {
	from, to := uint32(0), binary.LittleEndian.Uint32(l.row(n)[4:])
	if n > 0 {
		from = binary.LittleEndian.Uint32(l.row(n - 1)[4:])
	}
	ids := l.row(l.Len())
	if from > to || uint64(to) > uint64(len(ids)) {
		return nil
	}
	return ids[from:to]
}

// about is what one of them says.
func (l Listing) about(n int) about { return l.shelf.about(l.record(n)) }

// of reports whether it is of this observable.
func (l Listing) of(kind tinycheck.ObservableType, value []byte) bool {
	return l.size > 0 && string(l.text()) == string(value) && l.shelf.is(l.record(0), wordType, string(kind))
}

// Is reports whether any of them is of a class, and, where that is
// infrastructure, of a kind.
func (l Listing) Is(class tinycheck.Class, kind tinycheck.Infrastructure) bool {
	for n := range l.Len() {
		if l.shelf.is(l.record(n), wordClass, string(class)) && l.shelf.is(l.record(n), wordInfrastructure, string(kind)) {
			return true
		}
	}
	return false
}
