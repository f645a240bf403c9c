package dns

// Limits of names, RFC 1035 2.3.4.
const (
	maxLabel = 63
	maxName  = 255 // on the wire, with lengths and the root
)

// maxJumps bounds the pointers of one name. A name has at most 127 labels, so
// no honest one has more; a loop ends here.
const maxJumps = 127

// plain maps a byte of a label to how it is written, 0 when as \DDD.
var plain = func() (t [256]byte) {
	for c := ' '; c <= '~'; c++ {
		t[c] = byte(c)
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] = byte(c) + 'a' - 'A' // RFC 4343: case says nothing
	}
	t['.'], t['\\'] = 0, 0
	return t
}()

// readName reads the name at off. next is the offset behind it, or -1 when
// its end cannot be found; a name may be unreadable (err) and yet have an end.
func (m *Message) readName(msg []byte, off int) (name string, next int, err error) {
	start, next := off, -1
	if off+2 <= len(msg) && msg[off] >= 0xc0 {
		start, next = int(count(msg, off)&0x3fff), off+2
	}
	seen := &m.work.seen[start%seenNames]
	if next >= 0 && start != 0 && seen.off == start {
		return seen.name, next, nil
	}
	var room [maxName]byte // only escapes need more
	text, end, err := appendName(room[:0], msg, start)
	if next < 0 {
		next = end
	}
	if err != nil {
		return "", next, err
	}
	if name, err = m.work.keep(text); err != nil {
		return "", next, err
	}
	*seen = seenName{start, name}
	return name, next, nil
}

// appendName appends the name at off to dst in presentation form. next is the
// offset behind it in place, -1 when the message ends before the name does.
func appendName(dst, msg []byte, off int) (text []byte, next int, err error) {
	begin, first := len(dst), off
	next = -1
	for wire, jumps := 1, 0; ; {
		if off >= len(msg) {
			return dst, next, ErrCut
		}
		c := int(msg[off])
		switch {
		case c == 0:
			if jumps == 0 {
				next = off + 1
			}
			return dst, next, nil
		case c <= maxLabel:
			end := off + 1 + c
			if end > len(msg) {
				return dst, next, ErrCut
			}
			if wire += 1 + c; wire > maxName {
				return dst, skipName(msg, first), ErrName
			}
			if len(dst) > begin {
				dst = append(dst, '.')
			}
			dst = appendLabel(dst, msg[off+1:end])
			off = end
		case c >= 0xc0: // pointer, RFC 1035 4.1.4
			if off+2 > len(msg) {
				return dst, next, ErrCut
			}
			if jumps == 0 {
				next = off + 2
			}
			if jumps++; jumps > maxJumps {
				return dst, next, ErrName
			}
			off = int(count(msg, off) & 0x3fff)
		default: // 01 and 10 are reserved, RFC 6891 5
			return dst, next, ErrName
		}
	}
}

// appendLabel appends one label in presentation form.
func appendLabel(dst, label []byte) []byte {
	for _, c := range label {
		if p := plain[c]; p != 0 {
			dst = append(dst, p)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

// appendEscape appends \DDD, RFC 1035 5.1.
func appendEscape(dst []byte, c byte) []byte {
	return append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
}

// skipName gives the offset behind the name at off without reading it, -1 when
// its end cannot be found.
func skipName(msg []byte, off int) int {
	for off < len(msg) {
		switch c := int(msg[off]); {
		case c == 0:
			return off + 1
		case c <= maxLabel:
			off += 1 + c
		case c >= 0xc0 && off+2 <= len(msg):
			return off + 2
		default:
			return -1
		}
	}
	return -1
}
