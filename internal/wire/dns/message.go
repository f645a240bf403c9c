package dns

import (
	"errors"
	"net/netip"
)

// MaxLength is the longest message, in bytes: the length before a message on
// TCP has 16 bits (RFC 1035 4.2.2). It bounds everything else: a question
// takes 5 bytes and a record 11 at least, so that a Message never holds more
// than 13,104 questions or 5,956 records.
const MaxLength = 65535

// maxText bounds the characters of all names and texts of one message, because
// compression lets two bytes stand for a name of 255.
const maxText = 1 << 20

// maxTXT bounds Record.Text, in bytes before escaping.
const maxTXT = 64

// What can be wrong with a message. The first one met is returned, everything
// that could be read stands in the Message nevertheless.
var (
	ErrCut  = errors.New("parse dns message: ends before what it promises")
	ErrName = errors.New("parse dns message: name: bad label, endless pointer or longer than 255 bytes")
	ErrData = errors.New("parse dns message: record: data contradicts its type")
	ErrLong = errors.New("parse dns message: more names or bytes than a message can have")
)

// Message is one DNS message. The zero value is ready for Unpack.
type Message struct {
	ID            uint16
	Opcode        uint8
	RCode         RCode // with the upper bits of EDNS, RFC 6891 6.1.3
	Response      bool
	Authoritative bool
	Truncated     bool
	Recursion     bool // recursion desired
	Available     bool // recursion available
	Questions     []Question
	Records       []Record

	work work
}

// Question is one entry of the question section.
type Question struct {
	Name    string
	Type    Type // 0 when the message is cut right after the name
	Class   Class
	Unicast bool // multicast DNS asks for a unicast answer, RFC 6762 5.4
}

// Record is one resource record of any section, with the data of the types
// that are understood. Other types keep Type and Length only.
type Record struct {
	Name    string
	Section Section
	Type    Type
	Class   Class // of an OPT record: the UDP payload size, RFC 6891 6.1.2
	TTL     uint32
	Length  uint16 // of the data on the wire, bytes (RDLENGTH)
	Flush   bool   // multicast DNS cache-flush bit, RFC 6762 10.2

	// Damaged says that the owner's name or the data could not be read whole.
	// An unreadable name is empty, which without Damaged is the root.
	Damaged bool

	Addr       netip.Addr // A, AAAA
	Target     string     // CNAME, DNAME, NS, PTR, MX, SRV
	SVCB       *SVCB      // SVCB, HTTPS; valid until the next Unpack
	Text       string     // TXT: the first string, cut after 64 bytes, escaped like a name but in its own case
	TextLength int        // TXT: bytes of all strings together
}

// Section says in which part of the message a record stands.
type Section uint8

// The sections that hold records, RFC 1035 4.1.
const (
	Answer Section = iota
	Authority
	Additional
)

// Parse reads one message. With an error the Message holds everything that
// could be read. It does not keep msg.
func Parse(msg []byte) (Message, error) {
	var m Message
	err := m.Unpack(msg)
	return m, err
}

// Unpack reads one message into m and reuses what m has: the slices and the
// SVCB data of the message before are overwritten, its strings stay valid. The
// strings of one message share memory; who keeps one for long, clones it.
func (m *Message) Unpack(msg []byte) error {
	m.reset()
	if len(msg) > MaxLength {
		msg = msg[:MaxLength]
		m.fail(ErrLong)
	}
	if len(msg) < headerLength {
		return ErrCut
	}
	m.header(msg)
	m.room(msg)
	off, ok := m.readQuestions(msg, count(msg, 4))
	for s := Answer; ok && s <= Additional; s++ {
		off, ok = m.readRecords(msg, off, s)
	}
	return m.work.err
}

// headerLength is the size of the header, RFC 1035 4.1.1.
const headerLength = 12

// header reads the flags, RFC 1035 4.1.1.
func (m *Message) header(msg []byte) {
	m.ID = count(msg, 0)
	m.Response = msg[2]&0x80 != 0
	m.Opcode = msg[2] >> 3 & 0x0f
	m.Authoritative = msg[2]&0x04 != 0
	m.Truncated = msg[2]&0x02 != 0
	m.Recursion = msg[2]&0x01 != 0
	m.Available = msg[3]&0x80 != 0
	m.RCode = RCode(msg[3] & 0x0f)
}

// readQuestions reads n questions behind the header and returns where they
// end; ok is false when nothing behind can be found.
func (m *Message) readQuestions(msg []byte, n uint16) (off int, ok bool) {
	off = headerLength
	for range n {
		name, next, err := m.readName(msg, off)
		if err != nil {
			m.fail(err)
		}
		if next < 0 {
			return off, false
		}
		q := Question{Name: name}
		whole := next+4 <= len(msg)
		if whole {
			q.Type = Type(count(msg, next))
			q.Class, q.Unicast = splitClass(count(msg, next+2))
		}
		// A question whose name is unreadable asks nothing that could be told.
		if err == nil {
			m.Questions = append(m.Questions, q)
		}
		if !whole {
			m.fail(ErrCut)
			return off, false
		}
		off = next + 4
	}
	return off, true
}

// splitClass takes the top bit off a class: multicast DNS says there QU or
// cache-flush (RFC 6762 5.4, 10.2), nobody else uses it.
func splitClass(c uint16) (Class, bool) { return Class(c & 0x7fff), c&0x8000 != 0 }

// count reads the 16-bit number at off.
func count(msg []byte, off int) uint16 { return uint16(msg[off])<<8 | uint16(msg[off+1]) }

// fail keeps the first error.
func (m *Message) fail(err error) {
	if m.work.err == nil {
		m.work.err = err
	}
}
