package capture

import (
	"encoding/binary"
	"math"
	"time"

	"tinycheck"
)

// How blocks are written: little-endian, nanoseconds, each whole before the next
// begins. Writer and Recorder share it.

// The options that are written or understood (draft-ietf-opsawg-pcapng sections
// 3.5, 4.1, 4.2, 4.3, 4.6).
const (
	optionEnd     = 0
	optionComment = 1

	sectionOS      = 3
	sectionProgram = 4

	faceName       = 2
	faceResolution = 9
	faceFilter     = 11
	faceOffset     = 14
	faceOS         = 12

	packetLost = 4

	statStart     = 2
	statEnd       = 3
	statReceived  = 4
	statFaceDrop  = 5
	statAccepted  = 6
	statOSDrop    = 7
	statDelivered = 8
)

// nanoseconds is the if_tsresol of everything that is written.
const nanoseconds = 9

// beginBlock appends the head of a block; endBlock finds it by the place returned.
func beginBlock(b []byte, kind uint32) ([]byte, int) {
	at := len(b)
	b = binary.LittleEndian.AppendUint32(b, kind)
	return append(b, 0, 0, 0, 0), at
}

// endBlock closes the block that begins at a place: its options, if it has any,
// and its length at both ends.
func endBlock(b []byte, at int, hasOptions bool) []byte {
	le := binary.LittleEndian
	if hasOptions {
		b = append(b, optionEnd, 0, 0, 0)
	}
	size := uint32(len(b) - at + 4)
	le.PutUint32(b[at+4:], size)
	return le.AppendUint32(b, size)
}

// appendOption appends one option, padded.
func appendOption[T string | []byte](b []byte, code uint16, value T) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(b, code)
	b = le.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return pad(b, len(value))
}

// pad fills up behind n bytes to the 32 bits that everything is aligned to.
func pad(b []byte, n int) []byte {
	return append(b, 0, 0, 0)[:len(b)+pad4(n)-n]
}

// optionSize is what appendOption appends for a value of n bytes.
func optionSize(n int) int { return 4 + pad4(n) }

// appendSection appends a section header without a length (section 4.1), with the
// options that are not empty.
func appendSection(b []byte, os, program string, comments []string) []byte {
	le := binary.LittleEndian
	b, at := beginBlock(b, blockSection)
	b = le.AppendUint32(b, sectionMagic)
	b = le.AppendUint32(b, 1)              // version 1.0
	b = le.AppendUint64(b, math.MaxUint64) // length of the section: not said
	head := len(b)
	for _, c := range comments {
		b = appendOption(b, optionComment, c)
	}
	b = appendText(b, sectionOS, os)
	b = appendText(b, sectionProgram, program)
	return endBlock(b, at, len(b) > head)
}

// appendFace appends an interface description (section 4.2) with nanoseconds and
// no snap length, and the options that are not empty.
func appendFace(b []byte, link tinycheck.LinkType, name, os, filter string) []byte {
	le := binary.LittleEndian
	b, at := beginBlock(b, blockInterface)
	b = le.AppendUint16(b, uint16(link))
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, 0)
	b = appendText(b, faceName, name)
	b = appendOption(b, faceResolution, []byte{nanoseconds})
	if filter != "" {
		b = appendOption(b, faceFilter, "\x00"+filter) // 0: the words of libpcap
	}
	b = appendText(b, faceOS, os)
	return endBlock(b, at, true)
}

func appendText(b []byte, code uint16, value string) []byte {
	if value == "" {
		return b
	}
	return appendOption(b, code, value)
}

// appendPacket appends an enhanced packet block (section 4.3). Comments fit their
// option: see trim.
func appendPacket(b []byte, face uint32, p *tinycheck.Packet, comments []string) []byte {
	le := binary.LittleEndian
	b, at := beginBlock(b, blockEnhanced)
	b = le.AppendUint32(b, face)
	b = appendTime(b, p.Time)
	b = le.AppendUint32(b, uint32(len(p.Data)))
	b = le.AppendUint32(b, uint32(max(p.Length, len(p.Data))))
	b = append(b, p.Data...)
	b = pad(b, len(p.Data))
	for _, c := range comments {
		b = appendOption(b, optionComment, c)
	}
	return endBlock(b, at, len(comments) > 0)
}

// packetSize is what appendPacket appends.
func packetSize(p *tinycheck.Packet, comments []string) int {
	size := 32 + pad4(len(p.Data))
	for _, c := range comments {
		size += optionSize(len(c))
	}
	if len(comments) > 0 {
		size += 4
	}
	return size
}

// statistics is what an interface statistics block says; what is zero is not said.
type statistics struct {
	at         time.Time
	start, end time.Time
	counts     *counts
	filtered   bool // how many the interface received is not known
	comment    string
}

// appendStatistics appends an interface statistics block (section 4.6).
func appendStatistics(b []byte, face uint32, s *statistics) []byte {
	b, at := beginBlock(b, blockStatistics)
	b = binary.LittleEndian.AppendUint32(b, face)
	b = appendTime(b, s.at)
	b = appendText(b, optionComment, s.comment)
	b = appendMoment(b, statStart, s.start)
	b = appendMoment(b, statEnd, s.end)
	if c := s.counts; c != nil {
		accepted := c.received + c.kernel
		if !s.filtered {
			b = appendCount(b, statReceived, accepted)
		}
		b = appendCount(b, statAccepted, accepted)
		b = appendCount(b, statOSDrop, c.kernel)
		b = appendCount(b, statDelivered, c.received-c.own)
	}
	return endBlock(b, at, true)
}

func appendCount(b []byte, code uint16, n int64) []byte {
	b = binary.LittleEndian.AppendUint16(b, code)
	b = append(b, 8, 0)
	return binary.LittleEndian.AppendUint64(b, uint64(max(n, 0)))
}

func appendMoment(b []byte, code uint16, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = binary.LittleEndian.AppendUint16(b, code)
	return appendTime(append(b, 8, 0), t)
}

// appendTime appends a time stamp: the upper 32 bits first.
func appendTime(b []byte, t time.Time) []byte {
	ticks := uint64(t.UnixNano())
	b = binary.LittleEndian.AppendUint32(b, uint32(ticks>>32))
	return binary.LittleEndian.AppendUint32(b, uint32(ticks))
}

// wholeBlocks says how many bytes of what begins with a block are whole blocks, and
// how many of these are packets.
func wholeBlocks(b []byte) (size int, packets int64) {
	le := binary.LittleEndian
	for len(b)-size >= blockLeast {
		n := int(le.Uint32(b[size+4:]))
		if n < blockLeast || n > len(b)-size {
			break
		}
		if le.Uint32(b[size:]) == blockEnhanced {
			packets++
		}
		size += n
	}
	return size, packets
}

// storable says whether a time can be written and read again as it was.
func storable(t time.Time) bool {
	sec := t.Unix()
	return sec >= 0 && sec < lastSecond
}
