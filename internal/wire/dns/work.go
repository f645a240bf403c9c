package dns

import (
	"net/netip"
	"strings"
)

// work is what Unpack keeps between messages so as not to allocate it again.
type work struct {
	err   error
	text  strings.Builder
	kept  int // characters given out, against maxText
	seen  [seenNames]seenName
	svcb  []SVCB
	alpn  []string
	hints []netip.Addr
	ech   []ECHConfig
}

// seenNames is how many names of a message are remembered by their offset, so
// that a pointer to one costs no reading. A power of two.
const seenNames = 16

type seenName struct {
	off  int // 0 is no name: the header stands there
	name string
}

// chunk is how many characters are allocated at once.
const chunk = 96

var noHeader [headerLength]byte

func (m *Message) reset() {
	w := &m.work
	w.err, w.kept = nil, 0
	w.text.Reset() // lets go of the last chunk: given-out strings live there
	clear(w.seen[:])
	w.svcb, w.alpn, w.hints, w.ech = w.svcb[:0], w.alpn[:0], w.hints[:0], w.ech[:0]
	m.Questions, m.Records = m.Questions[:0], m.Records[:0]
	m.header(noHeader[:])
}

// room makes place for the records that the header promises, as far as the
// message can hold them and an ordinary one does.
func (m *Message) room(msg []byte) {
	n := int(count(msg, 6)) + int(count(msg, 8)) + int(count(msg, 10))
	if n = min(n, (len(msg)-headerLength)/11, ordinary); n > cap(m.Records) {
		m.Records = make([]Record, 0, n)
	}
}

// ordinary is how many records are allocated on the word of a header.
const ordinary = 16

// keep makes a string of b. A strings.Builder never changes what it has given
// out, so several strings can share one chunk of it.
func (w *work) keep(b []byte) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	if w.kept += len(b); w.kept > maxText {
		return "", ErrLong
	}
	if w.text.Cap()-w.text.Len() < len(b) {
		w.text.Reset()
		w.text.Grow(max(chunk, len(b)))
	}
	start := w.text.Len()
	w.text.Write(b)
	return w.text.String()[start:], nil
}
