package capture

// options walks the options of a pcapng block (draft-ietf-opsawg-pcapng section 3.5).
type options struct {
	order order
	b     []byte
}

// next returns the next option; ok is false at the end or where they are broken.
// An option that nobody can know is passed over like every other.
func (s *options) next() (code uint16, value []byte, ok bool) {
	if len(s.b) < 4 {
		return 0, nil, false
	}
	code = s.order.u16(s.b)
	n := int(s.order.u16(s.b[2:]))
	if code == optionEnd || len(s.b) < 4+n {
		return 0, nil, false
	}
	value = s.b[4 : 4+n]
	s.b = s.b[min(4+pad4(n), len(s.b)):]
	return code, value, true
}

// pad4 rounds up to the 32 bits that everything in pcapng is aligned to.
func pad4(n int) int { return (n + 3) &^ 3 }
