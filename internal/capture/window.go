package capture

import "io"

// window shows a stream through a buffer that slides along it. It grows only when
// it is full of bytes that have really arrived, never by a length that a file
// claims.
type window struct {
	src  io.Reader
	buf  []byte
	r, w int   // what is held is buf[r:w]
	at   int64 // offset of buf[r] in the stream
	err  error // what ended the stream; io.EOF for a proper end
}

// peek returns the next n bytes without moving on; fewer when the stream ends
// before, and then err says why. They are valid until the next peek.
func (w *window) peek(n int) []byte {
	if w.w-w.r < n {
		n = w.fill(n)
	}
	return w.buf[w.r : w.r+n : w.r+n]
}

// skip moves on by n bytes that peek has shown.
func (w *window) skip(n int) {
	w.r += n
	w.at += int64(n)
}

// fill reads until n bytes are held or the stream ends, and returns how many of
// the n are held. It returns as soon as it can, so that a slow pipe is not waited for.
func (w *window) fill(n int) int {
	if w.buf == nil || len(w.buf) > 2*maxPacketBlock && n <= windowSize {
		w.move(windowSize)
	} else {
		w.move(len(w.buf))
	}
	for idle := 0; w.w < n && w.err == nil; {
		if w.w == len(w.buf) {
			w.move(min(2*len(w.buf), max(n, windowSize)))
		}
		k, err := w.src.Read(w.buf[w.w:])
		w.w += k
		w.err = err
		if k > 0 {
			idle = 0
		} else if idle++; idle > 100 && err == nil {
			w.err = io.ErrNoProgress
		}
	}
	return min(n, w.w)
}

// move puts what is held at the beginning of a buffer of the given size.
func (w *window) move(size int) {
	to := w.buf
	if len(w.buf) != size {
		to = make([]byte, size)
	}
	w.w = copy(to, w.buf[w.r:w.w])
	w.r, w.buf = 0, to
}

// search moves on, by at least one byte, to the next place where begins says that
// a record begins, at most searchSpan ahead. begins is shown at least need bytes
// (as many as it wants to see to decide), or all there are, and then ended is true.
// It reports whether there is such a place; if not, all that was seen is passed over.
func (w *window) search(need int, begins func(b []byte, ended bool) bool) bool {
	i := 1
	for gone := 0; gone < searchSpan; {
		b := w.peek(2 * need)
		ended := len(b) < 2*need
		last := len(b) - need
		if ended {
			last = len(b)
		}
		for ; i < last; i++ {
			if begins(b[i:], ended) {
				w.skip(i)
				return true
			}
		}
		if ended {
			w.skip(len(b))
			return false
		}
		w.skip(i)
		gone += i
		i = 0
	}
	return false
}
