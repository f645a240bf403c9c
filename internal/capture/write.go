package capture

import (
	"errors"
	"fmt"
	"io"

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
	b := appendSection(nil, "", "", nil)
	b = appendFace(b, link, "", "", "")
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write capture: %w", err)
	}
	return &Writer{w: w, link: link}, nil
}

// Write writes one packet: its Time, Data and Length, which counts at least Data.
// Number and Interface are not kept.
func (w *Writer) Write(p *tinycheck.Packet) error {
	if err := checkPacket(p, w.link); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	w.buf = appendPacket(w.buf[:0], 0, p, nil)
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	return nil
}

// checkPacket refuses what would not be read back as it was.
func checkPacket(p *tinycheck.Packet, link tinycheck.LinkType) error {
	switch {
	case p.Link != link:
		return fmt.Errorf("link type %d in a capture of %d", p.Link, link)
	case len(p.Data) > MaxPacket || p.Length > MaxPacket:
		return errors.New("longer than packets are")
	case !storable(p.Time):
		return errors.New("time is outside 1970 to 2262")
	}
	return nil
}
