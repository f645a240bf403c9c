package match

import "encoding/binary"

// write writes an index as planned.
func (p *plan) write(stamp Stamp) []byte {
	nets4, nets6 := flatten(p.nets.four, last4), flatten(p.nets.six, last6)
	ranges4, ranges6 := flatten(p.context.ranges.four, last4), flatten(p.context.ranges.six, last6)
	p.nets = blocks{}
	s := newSheet([sections]int{
		secNote: len(stamp.Note), secWordEnds: len(p.words.list), secWords: p.words.size, secShared: len(p.ordered), secCounts: len(p.counts),
		secText: p.text, secSlots: int(p.slots.slots),
		secGuide4: guideSize(len(nets4)), secNet4: len(nets4), secNet6: len(nets6),
		secContext: len(p.context.list), secContextSlots: int(p.context.hosts.slots),
		secRangeGuide4: guideSize(len(ranges4)), secRange4: len(ranges4), secRange6: len(ranges6),
	})
	copy(s.part[secNote], stamp.Note)
	p.words.write(p.wordOrder, s.part[secWordEnds], s.part[secWords])
	for i := range p.ordered {
		p.ordered[i].put(s.part[secShared][i*sharedSize:])
	}
	p.writeCounts(s.part[secCounts])
	p.writeListings(s.part[secText], &filling{slots: s.part[secSlots], span: p.slots.span})
	put4(s.part[secGuide4], s.part[secNet4], nets4)
	put6(s.part[secNet6], nets6)
	p.context.write(s.part[secContext], s.part[secContextSlots], func(word string) uint32 { return p.wordPlace[p.words.known[word]] })
	put4(s.part[secRangeGuide4], s.part[secRange4], ranges4)
	put6(s.part[secRange6], ranges6)
	return s.close(head{stamp.Generation, p.key, p.slots, p.context.hosts})
}

func (p *plan) writeCounts(b []byte) {
	at := 0
	for place := range uint32(len(p.wordOrder)) {
		if n := p.counts[place]; n > 0 {
			put32(b[at:], place, n)
			at += 8
		}
	}
}

// writeListings writes the rows, and the table that leads to them.
func (p *plan) writeListings(text []byte, slots *filling) {
	at := 0
	for from, to := 0, 0; from < len(p.order); from = to {
		for to = from + 1; to < len(p.order) && p.marks[to] == follows; to++ {
		}
		if p.marks[from] == bySlot {
			slots.put(uint32(p.order[from]>>32), uint32(at))
		}
		at += p.writeListing(text[at:], p.order[from:to])
	}
}

func (p *plan) writeListing(b []byte, rows []uint64) (size int) {
	head := p.entry(uint32(rows[0]))
	put32(b, uint32(len(rows)))
	binary.LittleEndian.PutUint16(b[4:], head.valueLen)
	copy(b[listingSize:], p.value(head))
	b = b[listingSize+int(head.valueLen):]
	ids, end := b[rowSize*len(rows):], 0
	for i, row := range rows {
		e := p.entry(uint32(row))
		end += copy(ids[end:], p.id(e))
		put32(b[rowSize*i:], p.sharedPlace[e.common], uint32(end))
	}
	return listingSize + int(head.valueLen) + rowSize*len(rows) + end
}
