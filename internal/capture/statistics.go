package capture

import (
	"hash/fnv"
	"math"
	"time"
)

// period is what the statistics blocks say of one interface description: the time
// in which it was recorded, and what was lost in it.
type period struct {
	name       uint64 // sum of if_name; 0 when it has none
	start, end int64  // nanoseconds since 1970; 0 when it is not said
	reports    int64  // drops by the recording system
	own        int64  // drops by the recording program
}

// maxDrops is the most that is believed of one counter: sums of them fit 64 bits.
const maxDrops = math.MaxInt64 >> 20

// statistics reads an interface statistics block (section 4.6). The numbers count
// from the beginning of the capture: the last block counts.
func (g *pcapng) statistics(body []byte) bool {
	if len(body) < 12 {
		return false
	}
	id := g.order.u32(body)
	if uint64(id) >= uint64(len(g.faces)) {
		return false
	}
	f := &g.faces[id]
	var before, inside int64 // lost by the interface, and by the system behind it
	accepted, delivered := int64(-1), int64(-1)
	o := options{g.order, body[12:]}
	for code, value, ok := o.next(); ok; code, value, ok = o.next() {
		switch {
		case code == optionComment:
			g.notes.comment(value)
		case len(value) < 8:
		case code == statStart:
			f.start = g.moment(f, value, f.start)
		case code == statEnd:
			f.end = g.moment(f, value, f.end)
		case code == statFaceDrop:
			before = g.count(value)
		case code == statOSDrop:
			inside = g.count(value)
		case code == statAccepted:
			accepted = g.count(value)
		case code == statDelivered:
			delivered = g.count(value)
		}
	}
	f.reports = max(f.reports, before+inside)
	if accepted >= 0 && delivered >= 0 {
		f.own = max(accepted-inside-delivered, 0)
	}
	return true
}

func (g *pcapng) count(value []byte) int64 {
	return int64(min(g.order.u64(value), maxDrops))
}

// moment reads a time, the upper 32 bits first; otherwise is what stays when no
// clock gives it.
func (g *pcapng) moment(f *face, value []byte, otherwise int64) int64 {
	ticks := uint64(g.order.u32(value))<<32 | uint64(g.order.u32(value[4:]))
	if t, ok := f.clock(ticks); ok {
		return t.UnixNano()
	}
	return otherwise
}

// told sums the interfaces. The drops of one are told in up to two ways, which
// count the same packets.
func (g *pcapng) told() told {
	sum := g.before
	sum.faces += len(g.faces)
	for i := range g.faces {
		f := &g.faces[i]
		sum.kernel = add(sum.kernel, max(f.reports, f.gaps))
		sum.own = add(sum.own, f.own)
	}
	sum.away = time.Duration(add(int64(sum.away), away(g.faces)))
	return sum
}

// away sums the time, in nanoseconds, between the end of an interface and the
// beginning of the next one of the same name: it was gone, and came back.
func away(faces []face) (sum int64) {
	last := make(map[uint64]int)
	for i := range faces {
		f := &faces[i]
		if f.name == 0 {
			continue
		}
		if j, ok := last[f.name]; ok && f.start != 0 && faces[j].end != 0 {
			sum = add(sum, max(f.start-faces[j].end, 0))
		}
		last[f.name] = i
	}
	return sum
}

// add adds what is not negative; a sum beyond 64 bits stays where it was.
func add(sum, more int64) int64 {
	if more > math.MaxInt64-sum {
		return sum
	}
	return sum + more
}

// nameSum stands for the name of an interface, so that a file full of
// descriptions holds no memory.
func nameSum(name []byte) uint64 {
	if len(name) == 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write(name)
	return h.Sum64()
}
