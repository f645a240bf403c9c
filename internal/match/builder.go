package match

import (
	"bytes"
	"fmt"

	"tinycheck"
)

// Builder collects indicators and context and makes an index of them. The zero
// value is not usable. It is not safe for concurrent use. The order in which
// things are added does not matter: the same things give the same bytes.
//
//	b := match.NewBuilder()
//	of := b.Common(&indicator)
//	for … { b.Add(of, value, sourceID) }
//	flat, err := b.Flat(match.Stamp{Generation: 7})
//	index, err := match.Open(flat)
type Builder struct {
	words   vocabulary
	shared  []shared
	known   map[shared]Common
	rows    pile[entry]
	text    pile[byte]
	context []tinycheck.Context
	slashed int // values with a slash: at least the prefixes
	skipped int // indicators that nothing can match
	lost    int // indicators that do not fit
	missing int // entries of context that do not fit
}

// Common is the handle of what many indicators share. It is of use only with
// the Builder that gave it.
type Common uint32

// noCommon is what does not fit.
const noCommon Common = 1<<32 - 1

// entry is one indicator that was added.
type entry struct {
	text             uint32 // the value, the id behind it
	common           Common
	valueLen, idSize uint16
}

// NewBuilder returns an empty one.
func NewBuilder() *Builder { return &Builder{known: make(map[shared]Common)} }

// Common keeps what many indicators share, which is everything of i but Value
// and SourceID, and gives its handle. The same again gives the same handle.
func (b *Builder) Common(i *tinycheck.Indicator) Common {
	s, ok := sharedOf(i, &b.words)
	if !ok {
		return noCommon
	}
	c, known := b.known[s]
	if known {
		return c
	}
	if len(b.shared) >= maxShared {
		return noCommon
	}
	c = Common(len(b.shared))
	b.shared = append(b.shared, s)
	b.known[s] = c
	return c
}

// Add takes one indicator, and copies what it is given. An empty value and one
// of more than 64 KiB is skipped: no traffic shows it. An id of more than 64 KiB
// is cut.
func (b *Builder) Add(c Common, value, sourceID []byte) {
	if len(value) == 0 || len(value) > maxValue {
		b.skipped++
		return
	}
	sourceID = sourceID[:min(len(sourceID), maxValue)]
	if int64(c) >= int64(len(b.shared)) || b.rows.size >= maxRows || len(value)+len(sourceID) > maxText-b.text.size {
		b.lost++
		return
	}
	if bytes.IndexByte(value, '/') >= 0 {
		b.slashed++
	}
	at := b.text.add(value, sourceID)
	b.rows.add([]entry{{at, c, uint16(len(value)), uint16(len(sourceID))}})
}

// AddIndicator takes one indicator with what it shares with others.
func (b *Builder) AddIndicator(i *tinycheck.Indicator) {
	b.Add(b.Common(i), []byte(i.Value), []byte(i.SourceID))
}

// Revise asks for each indicator that was added what it shares with others, now
// that all of them are known. The value is valid during the call only; a handle
// that is none leaves the indicator as it is.
func (b *Builder) Revise(f func(c Common, value []byte) Common) {
	for n := range b.rows.size {
		e := b.entry(uint32(n))
		if c := f(e.common, b.value(e)); int64(c) < int64(len(b.shared)) {
			e.common = c
		}
	}
}

// Context adds entries of what is ordinary.
func (b *Builder) Context(list []tinycheck.Context) {
	for i := range list {
		if len(b.context) >= maxContext || !b.learn(&list[i]) {
			b.missing++
			continue
		}
		b.context = append(b.context, list[i])
	}
}

func (b *Builder) learn(c *tinycheck.Context) bool {
	for _, word := range wordsOf(c) {
		if _, ok := b.words.put(word); !ok {
			return false
		}
	}
	return true
}

// Skipped is how many indicators were left out because nothing can match them:
// their value is empty or longer than 64 KiB.
func (b *Builder) Skipped() int { return b.skipped }

// Flat makes the index: bytes for Open, or for a file. When not everything fits
// (limit.go), it says how much does not, and gives what does: which that is then
// depends on the order. The builder stays as it is.
func (b *Builder) Flat(stamp Stamp) ([]byte, error) {
	if len(stamp.Note) > maxNote {
		return nil, tinycheck.Errorf("build index", tinycheck.Invalid, fmt.Errorf("a note of %d bytes, at most %d", len(stamp.Note), maxNote))
	}
	flat := newPlan(b).write(stamp)
	if b.lost+b.missing == 0 {
		return flat, nil
	}
	return flat, tinycheck.Errorf("build index", tinycheck.Unsupported, fmt.Errorf("%d of %d indicators and %d of %d entries of context do not fit",
		b.lost, b.lost+b.rows.size, b.missing, b.missing+len(b.context)))
}

func (b *Builder) entry(n uint32) *entry { return &b.rows.at(n, 1)[0] }

func (b *Builder) kind(e *entry) tinycheck.ObservableType {
	return tinycheck.ObservableType(b.words.list[b.shared[e.common].words[wordType]])
}

func (b *Builder) value(e *entry) []byte { return b.text.at(e.text, int(e.valueLen)) }

func (b *Builder) id(e *entry) []byte {
	return b.text.at(e.text, int(e.valueLen)+int(e.idSize))[e.valueLen:]
}

// pile is a list that grows without being copied. What is added at once stands
// together.
type pile[T any] struct {
	pieces [][]T
	size   int // elements
}

// A piece holds the longest value with the longest id.
const (
	pileBits = 17
	pieceLen = 1 << pileBits
)

// add gives the position of what it adds, which is at most pieceLen in length.
func (p *pile[T]) add(parts ...[]T) (at uint32) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	n := len(p.pieces) - 1
	if n < 0 || len(p.pieces[n])+size > pieceLen {
		p.pieces = append(p.pieces, p.piece())
		n++
	}
	at = uint32(n<<pileBits + len(p.pieces[n]))
	for _, part := range parts {
		p.pieces[n] = append(p.pieces[n], part...)
	}
	p.size += size
	return at
}

// piece is an empty one: the first of all grows with its content.
func (p *pile[T]) piece() []T {
	if len(p.pieces) == 0 {
		return nil
	}
	return make([]T, 0, pieceLen)
}

func (p *pile[T]) at(at uint32, size int) []T {
	return p.pieces[at>>pileBits][at&(pieceLen-1):][:size]
}
