package match

import "hash/maphash"

// table finds rows by their text: open addressing with linear probing, half of
// a slot is the hash, half the row. It is made for a known number of rows and
// takes 8 bytes for each slot, of which at least a third stays empty.
type table struct {
	seed  maphash.Seed
	slots []uint64 // upper half of the hash, then row+1; 0 is empty
}

func (t *table) init(rows int) {
	size := 4
	for size < rows+rows/2 {
		size *= 2
	}
	t.seed, t.slots = maphash.MakeSeed(), make([]uint64, size)
}

func (t *table) put(text string, row uint32) {
	hash := maphash.String(t.seed, text)
	at := t.home(hash)
	for t.slots[at] != 0 {
		at = t.next(at)
	}
	t.slots[at] = hash>>32<<32 | uint64(row+1)
}

// find returns the row for which is says that it has the text.
func (t *table) find(text string, is func(row uint32) bool) (row uint32, ok bool) {
	hash := maphash.String(t.seed, text)
	for at := t.home(hash); t.slots[at] != 0; at = t.next(at) {
		row := uint32(t.slots[at]) - 1
		if t.slots[at]>>32 == hash>>32 && is(row) {
			return row, true
		}
	}
	return 0, false
}

func (t *table) home(hash uint64) int { return int(hash & uint64(len(t.slots)-1)) }

func (t *table) next(at int) int { return (at + 1) & (len(t.slots) - 1) }
