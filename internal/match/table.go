package match

import (
	"bytes"
	"encoding/binary"
)

const slotSize = 8

// table finds records by the hash of their text: open addressing with linear
// probing, where the slots stand in the order of the hash. So a look-up ends at
// an empty slot, or at the first one with a greater hash, and what is not there
// costs no look at a record. A slot is half of the hash, then the record (a place
// or a number) plus 1; 0 is an empty slot.
type table struct {
	slots   []byte
	span    uint32 // the hash gives one of so many slots; those behind take what overflows
	longest uint32 // bytes of the longest name in it
	fewest  uint32 // labels of the names in it
}

func (t *table) valid() bool { return uint64(t.span)*slotSize <= uint64(len(t.slots)) }

// look is a look-up that has begun: the slot that the hash wants is read. Several
// that begin together wait for memory together.
type look struct {
	tag  uint32
	at   uint32
	slot uint64
}

func (t *table) begin(tag uint32) (l look) {
	l = look{tag: tag, at: home(tag, t.span)}
	if at := slotSize * int(l.at); at+slotSize <= len(t.slots) {
		l.slot = binary.LittleEndian.Uint64(t.slots[at:])
	}
	return l
}

// end returns the record for which is says that it is the one.
func (t *table) end(l look, is func(record uint32) bool) (record uint32, ok bool) {
	for slot, at := l.slot, slotSize*int(l.at); ; {
		record := uint32(slot >> 32)
		if record == 0 || uint32(slot) > l.tag {
			return 0, false
		}
		if uint32(slot) == l.tag && is(record-1) {
			return record - 1, true
		}
		if at += slotSize; at+slotSize > len(t.slots) {
			return 0, false
		}
		slot = binary.LittleEndian.Uint64(t.slots[at:])
	}
}

// home is the slot that a hash wants: its share of the span (Lemire, 2019).
func home(tag, span uint32) uint32 { return uint32(uint64(tag) * uint64(span) >> 32) }

// extent is how much room a table needs.
type extent struct {
	span, slots     uint32
	longest, fewest uint32 // of table
}

// filling fills a table from front to back, or finds out how much room it needs.
// The hashes come in ascending order.
type filling struct {
	slots      []byte
	span, next uint32
}

// spread begins to find out the room for so many records. A quarter of it stays
// empty.
func spread(records int) filling {
	if records == 0 {
		return filling{}
	}
	return filling{span: uint32(records + records/3 + 1)}
}

func (f *filling) extent() extent { return extent{span: f.span, slots: max(f.span, f.next)} }

// name takes the measure of a name.
func (e *extent) name(value []byte) {
	e.longest = max(e.longest, uint32(len(value)))
	if labels := uint32(bytes.Count(value, []byte{'.'}) + 1); e.fewest == 0 || labels < e.fewest {
		e.fewest = labels
	}
}

// slot gives the slot of the next record.
func (f *filling) slot(tag uint32) uint32 {
	at := max(f.next, home(tag, f.span))
	f.next = at + 1
	return at
}

func (f *filling) put(tag, record uint32) {
	binary.LittleEndian.PutUint64(f.slots[slotSize*int(f.slot(tag)):], uint64(record+1)<<32|uint64(tag))
}
