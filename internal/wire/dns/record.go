package dns

import "net/netip"

// recordLength is the size of type, class, TTL and RDLENGTH behind the name of
// a record, RFC 1035 4.1.3.
const recordLength = 10

// readRecords reads one section from off and returns where it ends; ok is
// false when nothing behind can be found.
func (m *Message) readRecords(msg []byte, off int, s Section) (end int, ok bool) {
	for range count(msg, 6+2*int(s)) {
		name, next, err := m.readName(msg, off)
		if next < 0 || next+recordLength > len(msg) {
			m.fail(ErrCut)
			return off, false
		}
		m.Records = append(m.Records, Record{Name: name, Section: s})
		r := &m.Records[len(m.Records)-1]
		if err != nil {
			m.spoil(r, err)
		}
		m.readFixed(r, msg, next)
		off = next + recordLength
		end = off + int(r.Length)
		if end > len(msg) { // cut: the data that is there may still tell
			m.spoil(r, ErrCut)
			m.readData(r, msg, [2]int{off, len(msg)})
			return off, false
		}
		m.readData(r, msg, [2]int{off, end})
		off = end
	}
	return off, true
}

// spoil marks a record as damaged.
func (m *Message) spoil(r *Record, err error) {
	r.Damaged = true
	m.fail(err)
}

// readFixed reads the fields of fixed size at off.
func (m *Message) readFixed(r *Record, msg []byte, off int) {
	r.Type = Type(count(msg, off))
	r.TTL = uint32(count(msg, off+4))<<16 | uint32(count(msg, off+6))
	r.Length = count(msg, off+8)
	if r.Type == TypeOPT { // class and TTL mean something else, RFC 6891 6.1.3
		r.Class = Class(count(msg, off+2))
		m.RCode |= RCode(r.TTL>>24) << 4
		return
	}
	r.Class, r.Flush = splitClass(count(msg, off+2))
	if r.TTL > maxTTL {
		r.TTL = 0
	}
}

// maxTTL is the longest time to live; a longer one counts as 0, RFC 2181 8.
const maxTTL = 1<<31 - 1

// readData reads the data of the types that are understood; at is where it
// begins and ends in msg.
func (m *Message) readData(r *Record, msg []byte, at [2]int) {
	if r.Length == 0 && (r.Class == ClassANY || r.Class == ClassNONE) {
		return // an update speaks of records without data, RFC 2136 2.4 and 2.5
	}
	data := msg[at[0]:at[1]]
	switch r.Type {
	case TypeA:
		m.readAddr(r, data, 4)
	case TypeAAAA:
		m.readAddr(r, data, 16)
	case TypeCNAME, TypeDNAME, TypeNS, TypePTR:
		m.readTarget(r, msg, at)
	case TypeMX: // preference first, RFC 1035 3.3.9
		m.readTarget(r, msg, [2]int{at[0] + 2, at[1]})
	case TypeSRV: // priority, weight, port first, RFC 2782
		m.readTarget(r, msg, [2]int{at[0] + 6, at[1]})
	case TypeTXT:
		m.readText(r, data)
	case TypeSVCB, TypeHTTPS:
		m.readSVCB(r, msg, at)
	}
}

// readAddr reads an address of size bytes; any other length is no address.
func (m *Message) readAddr(r *Record, data []byte, size int) {
	if len(data) != size || int(r.Length) != size {
		m.spoil(r, ErrData)
		return
	}
	r.Addr, _ = netip.AddrFromSlice(data)
}

// readTarget reads a name that has to fill the data. One that does not is kept
// and marked, because resolvers exist that take it.
func (m *Message) readTarget(r *Record, msg []byte, at [2]int) {
	name, next, err := m.readName(msg, at[0])
	if err == nil && next != at[1] {
		err = ErrData
	}
	if err != nil {
		m.spoil(r, err)
	}
	r.Target = name
}

// readText reads the strings of a TXT record, RFC 1035 3.3.14.
func (m *Message) readText(r *Record, data []byte) {
	for first := true; len(data) > 0; first = false {
		n := int(data[0])
		data = data[1:]
		if n > len(data) {
			m.spoil(r, ErrData)
			n = len(data)
		}
		if first {
			m.keepText(r, data[:min(n, maxTXT)])
		}
		r.TextLength += n
		data = data[n:]
	}
}

// keepText makes b printable without changing its case.
func (m *Message) keepText(r *Record, b []byte) {
	var room [4 * maxTXT]byte
	text := room[:0]
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' {
			text = appendEscape(text, c)
		} else {
			text = append(text, c)
		}
	}
	s, err := m.work.keep(text)
	if err != nil {
		m.spoil(r, err)
	}
	r.Text = s
}
