package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"tinycheck"
)

// Writer writes packets of one link type as pcapng with nanoseconds, little-endian,
// one interface. The same packets give the same bytes; nothing names the program,
// the machine or the time of writing.
type Writer struct {
	w    io.Writer
	link tinycheck.LinkType
	buf  []byte
}

// NewWriter writes the file header. Every packet becomes one call of w.Write: hand
// in something buffered.
func NewWriter(w io.Writer, link tinycheck.LinkType) (*Writer, error) {
	le := binary.LittleEndian
	var b []byte
	b = le.AppendUint32(b, blockSection)
	b = le.AppendUint32(b, 28)
	b = le.AppendUint32(b, sectionMagic)
	b = le.AppendUint32(b, 1)              // version 1.0
	b = le.AppendUint64(b, math.MaxUint64) // length of the section: not said
	b = le.AppendUint32(b, 28)

	b = le.AppendUint32(b, blockInterface)
	b = le.AppendUint32(b, 32)
	b = le.AppendUint16(b, uint16(link))
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, 0)                      // no snap length
	b = append(b, 9, 0, 1, 0, 9, 0, 0, 0)          // if_tsresol: 10^-9 s
	b = append(le.AppendUint32(b, 0), 32, 0, 0, 0) // opt_endofopt, length
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write capture: %w", err)
	}
	return &Writer{w: w, link: link}, nil
}

// Write writes one packet: its Time, Data and Length, which counts at least Data.
// Number and Interface are not kept.
func (w *Writer) Write(p *tinycheck.Packet) error {
	if err := w.check(p); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	le := binary.LittleEndian
	padded := pad4(len(p.Data))
	size := uint32(32 + padded)
	ticks := uint64(p.Time.UnixNano())
	b := w.buf[:0]
	b = le.AppendUint32(b, blockEnhanced)
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(ticks>>32))
	b = le.AppendUint32(b, uint32(ticks))
	b = le.AppendUint32(b, uint32(len(p.Data)))
	b = le.AppendUint32(b, uint32(max(p.Length, len(p.Data))))
	b = append(b, p.Data...)
	b = append(b, 0, 0, 0)[:28+padded]
	w.buf = le.AppendUint32(b, size)
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	return nil
}

// check refuses what would not be read back as it was.
func (w *Writer) check(p *tinycheck.Packet) error {
	switch sec := p.Time.Unix(); {
	case p.Link != w.link:
		return fmt.Errorf("link type %d in a capture of %d", p.Link, w.link)
	case len(p.Data) > MaxPacket || p.Length > MaxPacket:
		return errors.New("longer than packets are")
	case sec < 0 || sec >= lastSecond:
		return errors.New("time is outside 1970 to 2262")
	}
	return nil
}
