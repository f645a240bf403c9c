package capture

import (
	"io"

	"tinycheck"
)

// The block types of draft-ietf-opsawg-pcapng section 4 that are known here; the
// value of a section header reads the same in both byte orders.
const (
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
	blockJournal    = 9
	blockSecrets    = 10
	blockCustom     = 0x00000bad
	blockCustomKept = 0x40000bad // not to be copied
	blockSection    = 0x0a0d0d0a

	sectionMagic = 0x1a2b3c4d
	blockLeast   = 12 // type and both lengths
)

// block reads the next block whose lengths agree: its type and what stands between
// the lengths. g.at is where it begins.
func (g *pcapng) block() (kind uint32, body []byte, err error) {
	for {
		head := g.in.peek(blockLeast)
		g.at = g.in.at
		if len(head) < blockLeast {
			return 0, nil, g.rest(head)
		}
		kind, size, o := g.header(head)
		if size != 0 {
			whole := g.in.peek(size)
			if len(whole) == size && sizeAgrees(o, whole) {
				g.in.skip(size)
				return kind, whole[8 : size-4], nil
			}
			if len(whole) < size && !g.within(whole) {
				return 0, nil, io.ErrUnexpectedEOF
			}
		}
		if !g.recover(zero(head)) {
			return 0, nil, io.EOF
		}
	}
}

// header reads the beginning of a block: its type, its size in bytes (0 when it
// cannot be) and the byte order of its numbers, which a section header changes.
func (g *pcapng) header(b []byte) (kind uint32, size int, o order) {
	o = g.order
	kind = o.u32(b)
	if kind == blockSection {
		switch m := b[8:]; {
		case order(false).u32(m) == sectionMagic:
			o = false
		case order(true).u32(m) == sectionMagic:
			o = true
		default:
			return kind, 0, o
		}
	}
	// Some programs write a length that does not count the padding; the last length
	// stands behind the padding then.
	n := int64(o.u32(b[4:]))
	if n = (n + 3) &^ 3; n < blockLeast || n > longestBlock(kind) {
		return kind, 0, o
	}
	return kind, int(n), o
}

// longestBlock is the longest that is believed of a block of this type.
func longestBlock(kind uint32) int64 {
	switch kind {
	case blockEnhanced, blockSimple, blockPacket:
		return maxPacketBlock
	}
	return maxBlock
}

// sizeAgrees says whether the length at the end is the one at the beginning.
func sizeAgrees(o order, whole []byte) bool {
	return o.u32(whole[len(whole)-4:]) == o.u32(whole[4:])
}

// rest judges what is left when it is too short for a block.
func (g *pcapng) rest(b []byte) error {
	switch {
	case len(b) == 0:
		return io.EOF
	case zero(b):
		g.notes.harm(tinycheck.DamageTrailing, g.at)
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}

// recover looks for the next block behind one that contradicts itself.
func (g *pcapng) recover(blank bool) bool {
	found := g.in.search(maxPacketBlock, g.begins)
	kind := tinycheck.DamageBadBlock
	if blank && !found {
		kind = tinycheck.DamageTrailing
	}
	g.notes.harm(kind, g.at)
	return found
}

// within says whether a block that reaches beyond the end of the file holds others:
// then it is its length that is wrong.
func (g *pcapng) within(whole []byte) bool {
	for i := 1; i < len(whole); i++ {
		if g.begins(whole[i:], true) {
			return true
		}
	}
	return false
}

// begins says whether a block of a known type begins here whose lengths agree.
func (g *pcapng) begins(b []byte, _ bool) bool {
	if len(b) < blockLeast {
		return false
	}
	switch g.order.u32(b) {
	case blockInterface, blockPacket, blockSimple, blockNames, blockStatistics, blockEnhanced,
		blockJournal, blockSecrets, blockCustom, blockCustomKept, blockSection:
	default:
		return false
	}
	_, size, o := g.header(b)
	return size != 0 && size <= len(b) && sizeAgrees(o, b[:size])
}
