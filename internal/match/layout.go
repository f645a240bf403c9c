package match

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/dchest/siphash"

	"tinycheck"
)

// The layout of an index, in memory as in a file. All numbers are little-endian.
//
//	 0  magic, 8 bytes
//	 8  layout, uint32
//	12  CRC-32C of everything behind it, uint32
//	16  length of everything, uint64
//	24  generation, uint64
//	32  key of the hash, 2 × uint64
//	48  span, longest and fewest of the table of indicators, 3 × uint32
//	60  the same of the table of context
//	72  the sections: offset and length in bytes, 2 × uint32 each
//
// The sections begin at multiples of 8.
const (
	magic     = "tc-index"
	layout    = 1
	checkedAt = 16 // what the checksum is of begins here
	tableAt   = 72 // of sections
	headSize  = tableAt + 8*sections
)

// The sections.
const (
	secNote     = iota // what the owner wants to find again
	secWordEnds        // uint32: where each word ends in secWords
	secWords           // strings that indicators share, and all of context, sorted
	secShared          // records of shared.go
	secCounts          // uint32 word, uint32 count: indicators of each class
	secText            // listing.go
	secSlots           // table.go
	secGuide4          // nets.go
	secNet4
	secNet6
	secContext // records of context.go
	secContextSlots
	secRangeGuide4
	secRange4
	secRange6
	sections
)

// sizes is how many bytes one record of a section takes.
var sizes = [sections]int{
	secNote: 1, secWordEnds: 4, secWords: 1, secShared: sharedSize, secCounts: 8, secText: 1, secSlots: slotSize,
	secGuide4: 4, secNet4: edge4Size, secNet6: edge6Size,
	secContext: contextSize, secContextSlots: slotSize, secRangeGuide4: 4, secRange4: edge4Size, secRange6: edge6Size,
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Stamp is what the owner of an index wants to find again in its file.
type Stamp struct {
	Generation uint64
	Note       []byte // for example the feeds it was made of, as JSON; at most 16 MiB
}

// Open reads an index where it lies, which may be a read-only mapping of a
// file, and keeps it: flat must not change or go away while the index or a
// Listing of it is in use. What they return is copied. Damage gives Invalid,
// a layout of another version of the program Unsupported. Bytes that pass the
// checksum and are wrong nevertheless may give wrong answers, but no panic, and
// no look-up without an end.
func Open(flat []byte) (*Index, error) {
	if err := checkHead(flat); err != nil {
		return nil, err
	}
	if crc32.Checksum(flat[checkedAt:], castagnoli) != binary.LittleEndian.Uint32(flat[12:]) {
		return nil, damaged("checksum does not match")
	}
	return read(flat)
}

func checkHead(flat []byte) error {
	if len(flat) < checkedAt || string(flat[:len(magic)]) != magic {
		return damaged("not an index")
	}
	if have := binary.LittleEndian.Uint32(flat[8:]); have != layout {
		return tinycheck.Errorf("open index", tinycheck.Unsupported, fmt.Errorf("layout %d, this program reads %d", have, layout))
	}
	if len(flat) < headSize || binary.LittleEndian.Uint64(flat[16:]) != uint64(len(flat)) {
		return damaged("cut short, or longer than it says")
	}
	return nil
}

func damaged(why string) error {
	return tinycheck.Errorf("open index", tinycheck.Invalid, errors.New(why))
}

// read takes the sections apart. All look-ups stay within them.
func read(flat []byte) (*Index, error) {
	var part [sections][]byte
	for i := range part {
		at := flat[tableAt+8*i:]
		from, size := uint64(binary.LittleEndian.Uint32(at)), uint64(binary.LittleEndian.Uint32(at[4:]))
		if from < headSize && size > 0 || from+size > uint64(len(flat)) || size%uint64(sizes[i]) != 0 {
			return nil, damaged(fmt.Sprintf("section %d lies outside", i))
		}
		part[i] = flat[from : from+size : from+size]
	}
	x := &Index{
		generation: binary.LittleEndian.Uint64(flat[24:]),
		key:        key{binary.LittleEndian.Uint64(flat[32:]), binary.LittleEndian.Uint64(flat[40:])},
		note:       part[secNote],
		shelf:      shelf{words{part[secWordEnds], part[secWords]}, part[secShared], part[secText]},
		counts:     part[secCounts],
		slots:      table{part[secSlots], get32(flat, 12), get32(flat, 13), get32(flat, 14)},
		nets:       nets{part[secGuide4], part[secNet4], part[secNet6]},
		context:    part[secContext],
		hosts:      table{part[secContextSlots], get32(flat, 15), get32(flat, 16), get32(flat, 17)},
		ranges:     nets{part[secRangeGuide4], part[secRange4], part[secRange6]},
	}
	if !x.slots.valid() || !x.hosts.valid() {
		return nil, damaged("sections do not fit together")
	}
	return x, nil
}

// sheet is a layout that is being written.
type sheet struct {
	flat []byte
	part [sections][]byte
}

// newSheet makes room for so many records of each section. The limits of a
// builder keep it below 2 GiB.
func newSheet(records [sections]int) *sheet {
	size := uint64(headSize)
	var from [sections]uint64
	for i, n := range records {
		from[i] = size
		size += (uint64(n)*uint64(sizes[i]) + 7) &^ 7
	}
	s := &sheet{flat: make([]byte, size)}
	for i, n := range records {
		to := from[i] + uint64(n)*uint64(sizes[i])
		s.part[i] = s.flat[from[i]:to:to]
		binary.LittleEndian.PutUint32(s.flat[tableAt+8*i:], uint32(from[i]))
		binary.LittleEndian.PutUint32(s.flat[tableAt+8*i+4:], uint32(to-from[i]))
	}
	return s
}

// head is the part of the header that is not of the layout itself.
type head struct {
	generation   uint64
	key          key
	slots, hosts extent
}

func (s *sheet) close(h head) []byte {
	copy(s.flat, magic)
	put32(s.flat[8:], layout)
	put64(s.flat[16:], uint64(len(s.flat)), h.generation, h.key[0], h.key[1])
	put32(s.flat[48:], h.slots.span, h.slots.longest, h.slots.fewest, h.hosts.span, h.hosts.longest, h.hosts.fewest)
	put32(s.flat[12:], crc32.Checksum(s.flat[checkedAt:], castagnoli))
	return s.flat
}

func put32(b []byte, list ...uint32) {
	for i, v := range list {
		binary.LittleEndian.PutUint32(b[4*i:], v)
	}
}

func put64(b []byte, list ...uint64) {
	for i, v := range list {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
}

// get32 is the n-th number of a section, 0 outside of it.
func get32(b []byte, n uint32) uint32 {
	at := 4 * uint64(n)
	if at+4 > uint64(len(b)) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:])
}

// recordAt is the n-th record of a section, nil outside of it.
func recordAt(b []byte, n uint32, size int) []byte {
	at := uint64(n) * uint64(size)
	if at+uint64(size) > uint64(len(b)) {
		return nil
	}
	return b[at : at+uint64(size)]
}

// key makes the hash one that nobody can prepare collisions for (SipHash-2-4,
// Aumasson and Bernstein 2012). It comes from the content: the same indicators
// give the same bytes.
type key [2]uint64

func (k key) tag(text []byte) uint32 { return uint32(siphash.Hash(k[0], k[1], text) >> 32) }

// mix adds a text to what the key is made of, in any order.
func (k *key) mix(text []byte) {
	a, b := siphash.Hash128(0x7469_6e79_6368_6563, 0x6b2d_696e_6465_7831, text)
	k[0], k[1] = k[0]+a, k[1]+b
}
