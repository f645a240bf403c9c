package match

import (
	"bytes"
	"cmp"
	"slices"

	"tinycheck"
)

// plan is what must be known of an index before it can be written: the order of
// everything, and how much room it takes.
type plan struct {
	*Builder
	key         key
	wordOrder   []uint32
	wordPlace   []uint32
	ordered     []shared // with the places of their words
	sharedPlace []uint32
	order       []uint64 // upper half the hash of the value, lower half the entry; rows stand so
	marks       []mark   // of each row
	text        int
	counts      map[uint32]uint32 // of each class, by the place of its word
	slots       extent
	nets        blocks
	context     contexts
}

// mark is how a row is found.
type mark uint8

const (
	follows  mark = iota // it is of the same observable as the row before
	bySlot               // the first of an observable that the table finds
	byPrefix             // the first of a prefix
)

func newPlan(b *Builder) *plan {
	p := &plan{Builder: b, counts: make(map[uint32]uint32), nets: blocks{most: b.slashed}}
	p.wordOrder, p.wordPlace = b.words.sorted()
	p.sortShared()
	p.sortRows()
	p.measure()
	p.context.init(b.context, p.key)
	return p
}

// sortShared numbers what indicators share in its order, and words in theirs:
// then comparing numbers is comparing what they stand for.
func (p *plan) sortShared() {
	numbered := slices.Clone(p.Builder.shared)
	order := make([]uint32, len(numbered))
	for i := range numbered {
		order[i] = uint32(i)
		for n, word := range numbered[i].words {
			numbered[i].words[n] = p.wordPlace[word]
		}
	}
	slices.SortFunc(order, func(a, b uint32) int { return numbered[a].compare(&numbered[b]) })
	p.sharedPlace = placed(order)
	p.ordered = make([]shared, len(order))
	for i, n := range order {
		p.ordered[i] = numbered[n]
	}
}

// sortRows puts rows in the order of the hashes of their values, so that the
// table is written from front to back, and those of one observable in the order
// of Indicator.Compare.
func (p *plan) sortRows() {
	p.entries(func(_ uint32, e *entry) { p.key.mix(p.value(e)) })
	p.order = make([]uint64, 0, p.rows.size)
	p.entries(func(n uint32, e *entry) { p.order = append(p.order, uint64(p.key.tag(p.value(e)))<<32|uint64(n)) })
	slices.Sort(p.order)
	for from := 0; from < len(p.order); {
		to := from + 1
		for to < len(p.order) && p.order[to]>>32 == p.order[from]>>32 {
			to++
		}
		if to > from+1 {
			slices.SortFunc(p.order[from:to], p.compare)
		}
		from = to
	}
}

func (p *plan) entries(each func(n uint32, e *entry)) {
	for i, piece := range p.rows.pieces {
		for k := range piece {
			each(uint32(i<<pileBits+k), &piece[k])
		}
	}
}

// compare orders two rows whose values have the same hash.
func (p *plan) compare(a, b uint64) int {
	v, w := p.entry(uint32(a)), p.entry(uint32(b))
	s, t := &p.ordered[p.sharedPlace[v.common]], &p.ordered[p.sharedPlace[w.common]]
	if c := cmp.Or(cmp.Compare(s.words[wordType], t.words[wordType]), bytes.Compare(p.value(v), p.value(w))); c != 0 {
		return c
	}
	return cmp.Or(s.compareFirst(t), bytes.Compare(p.id(v), p.id(w)), cmp.Compare(p.sharedPlace[v.common], p.sharedPlace[w.common]))
}

// measure finds how each row is found, and how much room everything takes.
func (p *plan) measure() {
	p.marks = make([]mark, len(p.order))
	var names extent
	for i := range p.order {
		e := p.entry(uint32(p.order[i]))
		p.counts[p.ordered[p.sharedPlace[e.common]].words[wordClass]]++
		if !p.again(i, e) {
			p.marks[i] = p.find(e, uint32(p.text))
			p.text += listingSize + int(e.valueLen)
			if p.kind(e) == tinycheck.DomainName {
				names.name(p.value(e))
			}
		}
		p.text += rowSize + int(e.idSize)
	}
	p.slots = p.spread()
	p.slots.longest, p.slots.fewest = names.longest, names.fewest
}

// spread finds how much room the table needs.
func (p *plan) spread() extent {
	heads := 0
	for _, mark := range p.marks {
		if mark == bySlot {
			heads++
		}
	}
	table := spread(heads)
	for i, mark := range p.marks {
		if mark == bySlot {
			table.slot(uint32(p.order[i] >> 32))
		}
	}
	return table.extent()
}

// again reports whether a row is of the same observable as the one before.
func (p *plan) again(i int, e *entry) bool {
	if i == 0 || p.order[i]>>32 != p.order[i-1]>>32 {
		return false
	}
	before := p.entry(uint32(p.order[i-1]))
	return p.kind(before) == p.kind(e) && bytes.Equal(p.value(before), p.value(e))
}

// find says how the first row of an observable is found.
func (p *plan) find(e *entry, at uint32) mark {
	value := p.value(e)
	if kind := p.kind(e); kind != tinycheck.IPv4Addr && kind != tinycheck.IPv6Addr || bytes.IndexByte(value, '/') < 0 {
		return bySlot
	}
	prefix, ok := tinycheck.Observable{Type: p.kind(e), Value: string(value)}.Prefix()
	if !ok || prefix.IsSingleIP() {
		return bySlot
	}
	p.nets.add(prefix, at)
	return byPrefix
}
