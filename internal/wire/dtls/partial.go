package dtls

import "slices"

// partial is a message of which some fragments have come. The pieces are kept
// in order and do not overlap; what they hold is what was received, never what
// a length field announced.
type partial struct {
	key    key
	pieces []piece
	size   int // bytes in the pieces
}

type piece struct {
	offset int
	data   []byte
}

func (p piece) end() int { return p.offset + len(p.data) }

// add copies what is new of a fragment. Fragments may overlap (RFC 6347 section
// 4.2.3); what came first stays. It fails when there are too many pieces.
func (m *partial) add(offset int, data []byte) bool {
	for i := 0; len(data) > 0; i++ {
		// Up to the next piece, or to the end.
		room := len(data)
		if i < len(m.pieces) {
			room = min(room, max(m.pieces[i].offset-offset, 0))
		}
		if room > 0 {
			if !m.insert(i, offset, data[:room]) {
				return false
			}
			i = m.index(offset)
			offset, data = offset+room, data[room:]
			continue
		}
		known := min(max(m.pieces[i].end()-offset, 0), len(data))
		offset, data = offset+known, data[known:]
	}
	return true
}

// index is the piece that holds the byte at offset.
func (m *partial) index(offset int) int {
	return slices.IndexFunc(m.pieces, func(p piece) bool { return p.offset <= offset && offset < p.end() })
}

// insert puts a copy of data before piece i, joined to the piece before it
// where they touch, so that fragments in order make one piece.
func (m *partial) insert(i, offset int, data []byte) bool {
	m.size += len(data)
	if i > 0 && m.pieces[i-1].end() == offset {
		m.pieces[i-1].data = append(m.pieces[i-1].data, data...)
		return true
	}
	if len(m.pieces) == MaxFragments {
		m.size -= len(data)
		return false
	}
	m.pieces = slices.Insert(m.pieces, i, piece{offset, slices.Clone(data)})
	return true
}

// complete tells whether every byte is there.
func (m *partial) complete() bool { return m.size == m.key.length }

// prefix is the message from its beginning to the first gap.
func (m *partial) prefix() []byte {
	var body []byte
	for _, p := range m.pieces {
		if p.offset != len(body) {
			break
		}
		if body == nil {
			body = p.data
			continue
		}
		body = append(body, p.data...)
	}
	return body
}
