package dns

// name writes a name in presentation form. A tail that stands in the message
// already becomes a pointer when compress allows it.
func (w *writer) name(name string, compress bool) error {
	begin := len(w.out)
	size := 1
	for name != "" {
		if off, ok := w.names[name]; ok && compress {
			w.number(0xc000 | uint16(off))
			return w.checkSize(size, name)
		}
		w.note(name)
		at := len(w.out)
		w.out = append(w.out, 0)
		rest, err := w.label(name)
		n := len(w.out) - at - 1
		if err != nil || n == 0 || n > maxLabel {
			w.out = w.out[:begin]
			return errLabel
		}
		w.out[at] = byte(n)
		size += 1 + n
		name = rest
	}
	w.out = append(w.out, 0)
	return w.checkSize(size, "")
}

// checkSize holds a name to 255 bytes on the wire; tail is what a pointer
// stands for.
func (w *writer) checkSize(size int, tail string) error {
	for i := 0; i < len(tail); i += escapeLength(tail[i:]) {
		size++
	}
	if tail != "" {
		size++ // a length for every dot, and one for the first label
	}
	if size > maxName {
		return errLabel
	}
	return nil
}

// note remembers where a name stands first, if a pointer can reach there.
func (w *writer) note(name string) {
	off := len(w.out) - w.start
	if _, ok := w.names[name]; !ok && off < 0x4000 {
		w.names[name] = off
	}
}

// label writes the bytes of the first label of name and returns the labels
// behind it.
func (w *writer) label(name string) (rest string, err error) {
	for i := 0; i < len(name); i += escapeLength(name[i:]) {
		if name[i] == '.' {
			if i+1 == len(name) {
				return "", errLabel
			}
			return name[i+1:], w.plain(name[:i])
		}
	}
	return "", w.plain(name)
}

// plain writes the bytes that s stands for.
func (w *writer) plain(s string) error {
	for s != "" {
		n := escapeLength(s)
		c, err := unescape(s[:n])
		if err != nil {
			return err
		}
		w.out = append(w.out, c)
		s = s[n:]
	}
	return nil
}

// escapeLength is how long the first character of s is: 1, or that of an
// escape, RFC 1035 5.1: \DDD or \X.
func escapeLength(s string) int {
	switch {
	case s[0] != '\\':
		return 1
	case len(s) >= 4 && digit(s[1]):
		return 4
	}
	return min(2, len(s))
}

// unescape gives the byte that one character stands for.
func unescape(s string) (byte, error) {
	switch {
	case s[0] != '\\':
		return s[0], nil
	case len(s) == 2 && !digit(s[1]):
		return s[1], nil
	case len(s) == 4 && digit(s[2]) && digit(s[3]):
		if n := 100*int(s[1]-'0') + 10*int(s[2]-'0') + int(s[3]-'0'); n <= 255 {
			return byte(n), nil
		}
	}
	return 0, errLabel
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
