package dns

import (
	"errors"
	"fmt"
)

// What Append refuses.
var (
	errSize   = errors.New("does not fit into its field")
	errLabel  = errors.New("name: empty or too long label, bad escape or longer than 255 bytes")
	errType   = errors.New("type has no writer")
	errFamily = errors.New("address is of the wrong family")
	errRCode  = errors.New("response code above 15 needs an OPT record that carries it")
)

// Append writes m behind dst, byte for byte the same on every run, with names
// compressed as RFC 1035 4.1.4 allows. It writes records of the types A, AAAA,
// CNAME, DNAME, NS, PTR, SVCB, HTTPS and OPT (without options) and ignores
// Length and Damaged. Records have to be in the order of their sections.
// Parse gives back what Append wrote. With an error dst comes back as it was.
func Append(dst []byte, m Message) ([]byte, error) {
	w := writer{out: dst, start: len(dst), names: make(map[string]int)}
	if err := w.message(&m); err != nil {
		return dst, fmt.Errorf("write dns message: %w", err)
	}
	return w.out, nil
}

// writer writes one message.
type writer struct {
	out   []byte
	start int            // of the message in out
	names map[string]int // for compression: where a name, or the tail of one, stands in the message
}

func (w *writer) message(m *Message) error {
	counts, err := m.counts()
	if err != nil {
		return err
	}
	w.header(m, counts)
	for _, q := range m.Questions {
		if err := w.question(q); err != nil {
			return fmt.Errorf("question %q: %w", q.Name, err)
		}
	}
	for i := range m.Records {
		r := &m.Records[i]
		if err := w.record(r); err != nil {
			return fmt.Errorf("record %q %v: %w", r.Name, r.Type, err)
		}
	}
	if len(w.out)-w.start > MaxLength {
		return errSize
	}
	return nil
}

// counts checks order and sizes and gives the four counts of the header.
func (m *Message) counts() (n [4]int, err error) {
	upper := RCode(0)
	n[0] = len(m.Questions)
	last := Answer
	for i := range m.Records {
		r := &m.Records[i]
		if r.Section < last || r.Section > Additional {
			return n, errors.New("records are not in the order of their sections")
		}
		if last = r.Section; r.Type == TypeOPT {
			upper |= RCode(r.TTL >> 24)
		}
		n[1+int(r.Section)]++
	}
	if max(len(m.Questions), len(m.Records)) > MaxLength || m.Opcode > 15 {
		return n, errSize
	}
	if m.RCode>>4 != upper {
		return n, errRCode
	}
	return n, nil
}

func (w *writer) header(m *Message, counts [4]int) {
	flags := uint16(m.Opcode)<<11 | uint16(m.RCode&15)
	for _, f := range []struct {
		set bool
		bit uint16
	}{{m.Response, 1 << 15}, {m.Authoritative, 1 << 10}, {m.Truncated, 1 << 9}, {m.Recursion, 1 << 8}, {m.Available, 1 << 7}} {
		if f.set {
			flags |= f.bit
		}
	}
	w.number(m.ID)
	w.number(flags)
	for _, n := range counts {
		w.number(uint16(n))
	}
}

func (w *writer) question(q Question) error {
	if err := w.name(q.Name, true); err != nil {
		return err
	}
	w.number(uint16(q.Type))
	return w.class(q.Class, q.Unicast)
}

// class writes a class with the top bit of multicast DNS.
func (w *writer) class(c Class, top bool) error {
	if c > 0x7fff {
		return errSize
	}
	if top {
		c |= 0x8000
	}
	w.number(uint16(c))
	return nil
}

func (w *writer) record(r *Record) error {
	if err := w.name(r.Name, true); err != nil {
		return err
	}
	w.number(uint16(r.Type))
	if r.Type == TypeOPT {
		w.number(uint16(r.Class))
	} else if err := w.class(r.Class, r.Flush); err != nil {
		return err
	}
	if r.Type != TypeOPT && r.TTL > maxTTL {
		return errSize
	}
	w.number(uint16(r.TTL >> 16))
	w.number(uint16(r.TTL))
	return w.sized(func() error { return w.data(r) })
}

// sized writes what f writes behind its length of 16 bits.
func (w *writer) sized(f func() error) error {
	at := len(w.out)
	w.number(0)
	if err := f(); err != nil {
		return err
	}
	n := len(w.out) - at - 2
	if n > MaxLength {
		return errSize
	}
	w.out[at], w.out[at+1] = byte(n>>8), byte(n)
	return nil
}

func (w *writer) data(r *Record) error {
	switch r.Type {
	case TypeA:
		if !r.Addr.Is4() {
			return errFamily
		}
		w.out = append(w.out, r.Addr.AsSlice()...)
	case TypeAAAA:
		if !r.Addr.Is6() {
			return errFamily
		}
		w.out = append(w.out, r.Addr.AsSlice()...)
	case TypeCNAME, TypeNS, TypePTR:
		return w.name(r.Target, true)
	case TypeDNAME: // not compressed, RFC 6672 2.5
		return w.name(r.Target, false)
	case TypeSVCB, TypeHTTPS:
		return w.svcb(r.SVCB)
	case TypeOPT:
	default:
		return errType
	}
	return nil
}

func (w *writer) number(n uint16) { w.out = append(w.out, byte(n>>8), byte(n)) }
