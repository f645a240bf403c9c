package match

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
)

// nets finds the smallest prefix around an address. Prefixes are laid flat: a
// list of edges, which are addresses at which the answer changes, each with the
// record from there on plus 1; 0 where no prefix is. The families stand apart.
type nets struct {
	guide []byte // for each value of the upper bits of an IPv4 address, the first edge above it, uint32
	four  []byte // address and record, uint32
	six   []byte // address as two uint64, the upper first; record, uint32
}

const (
	edge4Size = 8
	edge6Size = 20
)

// find returns the record of the smallest prefix around a, which is unmapped.
func (n *nets) find(a netip.Addr) (record uint32, ok bool) {
	switch {
	case a.Is4():
		record = n.find4(uint32(number(a).lower))
	case a.Is6():
		record = n.find6(number(a))
	}
	return record - 1, record > 0
}

func (n *nets) find4(a uint32) uint32 {
	cell := a >> guideShift(len(n.guide)/4)
	from, to := get32(n.guide, cell), get32(n.guide, cell+1)
	to = min(to, uint32(len(n.four)/edge4Size))
	for from < to {
		middle := from + (to-from)/2
		if get32(n.four, 2*middle) <= a {
			from = middle + 1
		} else {
			to = middle
		}
	}
	if from == 0 {
		return 0
	}
	return get32(n.four, 2*from-1)
}

func (n *nets) find6(a wide) uint32 {
	from, to := 0, len(n.six)/edge6Size
	for from < to {
		middle := int(uint(from+to) / 2)
		edge := n.six[edge6Size*middle:]
		if a.less(wide{binary.LittleEndian.Uint64(edge), binary.LittleEndian.Uint64(edge[8:])}) {
			to = middle
		} else {
			from = middle + 1
		}
	}
	if from == 0 {
		return 0
	}
	return binary.LittleEndian.Uint32(n.six[edge6Size*from-4:])
}

// guideSize is how long the guide of so many edges is: a power of two of about
// their number, at most 65536, and one for the end.
func guideSize(edges int) int {
	if edges == 0 {
		return 0
	}
	return 1<<min(bits.Len(uint(edges))-1, 16) + 1
}

// guideShift is how many lower bits of an address a guide of this length leaves out.
func guideShift(size int) int { return 33 - bits.Len(uint(max(size, 2)-1)) }

// wide is an address as a number.
type wide struct{ upper, lower uint64 }

func number(a netip.Addr) wide {
	if a.Is4() {
		b := a.As4()
		return wide{0, uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return wide{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])}
}

func (w wide) less(v wide) bool { return w.upper < v.upper || w.upper == v.upper && w.lower < v.lower }

func (w wide) compare(v wide) int {
	return cmp.Or(cmp.Compare(w.upper, v.upper), cmp.Compare(w.lower, v.lower))
}

// next is the address behind.
func (w wide) next() wide {
	w.lower++
	if w.lower == 0 {
		w.upper++
	}
	return w
}

// The last address of each family.
var (
	last4 = wide{0, 1<<32 - 1}
	last6 = wide{1<<64 - 1, 1<<64 - 1}
)

// block is one prefix, from its first address to its last.
type block struct {
	first, last wide
	record      uint32
}

// blocks collects prefixes.
type blocks struct {
	four, six []block
	most      int // that come, of each family
}

func (b *blocks) add(p netip.Prefix, record uint32) {
	a := p.Masked().Addr()
	one := block{first: number(a), last: number(a), record: record}
	host := a.BitLen() - p.Bits()
	switch {
	case host > 64:
		one.last.upper |= 1<<(host-64) - 1
		one.last.lower = 1<<64 - 1
	default:
		one.last.lower |= 1<<host - 1
	}
	list := &b.six
	if a.Is4() {
		list = &b.four
	}
	if *list == nil {
		*list = make([]block, 0, b.most)
	}
	*list = append(*list, one)
}

// edge is an address at which the answer changes.
type edge struct {
	at     wide
	record uint32 // counted from 1
}

// flatten lays prefixes flat, up to the last address of their family. They lie
// within one another or apart; where two are the same the later record counts.
func flatten(list []block, last wide) []edge {
	slices.SortFunc(list, func(a, b block) int {
		return cmp.Or(a.first.compare(b.first), b.last.compare(a.last), cmp.Compare(a.record, b.record))
	})
	f := flattening{last: last, edges: make([]edge, 0, 2*len(list))}
	for _, b := range list {
		f.leave(b.first)
		f.emit(b.first, b.record+1)
		f.around = append(f.around, b)
	}
	for len(f.around) > 0 {
		f.pop()
	}
	return f.edges
}

type flattening struct {
	last   wide
	edges  []edge
	around []block // that the sweep stands in, the smallest last
}

// leave closes the prefixes that end before an address.
func (f *flattening) leave(at wide) {
	for n := len(f.around); n > 0 && f.around[n-1].last.less(at); n-- {
		f.pop()
	}
}

func (f *flattening) pop() {
	n := len(f.around) - 1
	end := f.around[n].last
	f.around = f.around[:n]
	switch {
	case end == f.last: // nothing is behind it
	case n > 0:
		f.emit(end.next(), f.around[n-1].record+1)
	default:
		f.emit(end.next(), 0)
	}
}

func (f *flattening) emit(at wide, record uint32) {
	if n := len(f.edges); n > 0 && f.edges[n-1].at == at {
		f.edges = f.edges[:n-1]
	}
	if n := len(f.edges); n > 0 && f.edges[n-1].record == record {
		return
	}
	f.edges = append(f.edges, edge{at, record})
}

func put4(guide, four []byte, list []edge) {
	cells, shift, cell := len(guide)/4, guideShift(len(guide)/4), 0
	for i, e := range list {
		put32(four[edge4Size*i:], uint32(e.at.lower), e.record)
		for ; cell <= int(e.at.lower>>shift); cell++ {
			put32(guide[4*cell:], uint32(i))
		}
	}
	for ; cell < cells; cell++ {
		put32(guide[4*cell:], uint32(len(list)))
	}
}

func put6(six []byte, list []edge) {
	for i, e := range list {
		put64(six[edge6Size*i:], e.at.upper, e.at.lower)
		put32(six[edge6Size*i+16:], e.record)
	}
}
