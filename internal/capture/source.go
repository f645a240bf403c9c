package capture

import (
	"io"
	"sync/atomic"
	"time"
)

// source is the packed bytes as they come from a file or pipe: counted, hashed
// when asked, waited for when the file is still being written.
type source struct {
	r    io.Reader
	size int64        // bytes, -1 when unknown
	read atomic.Int64 // bytes so far; read by whoever shows progress
	sum  *digester    // nil: not asked for
	done <-chan struct{}
	poll time.Duration // 0: the end of the file is the end
	err  error         // what the operating system reported; nil for an end of file
}

// Read reads what there is. With poll set, it waits at the end of the file for
// more to be written, until done is closed; what was written until then is read.
func (s *source) Read(b []byte) (int, error) {
	for {
		n, err := s.r.Read(b)
		if n > 0 {
			s.read.Add(int64(n))
			if s.sum != nil {
				s.sum.write(b[:n])
			}
		}
		switch {
		case err == io.EOF && s.poll > 0 && n == 0:
			s.wait()
			continue
		case err == io.EOF && s.poll > 0:
			err = nil
		case err != nil && err != io.EOF:
			s.err = err
		}
		return n, err
	}
}

// wait lets one polling interval pass, or ends the polling.
func (s *source) wait() {
	t := time.NewTimer(s.poll)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
		s.poll = 0
	}
}

// digest returns the SHA-256 of the whole file in hex, and reads for that what the
// capture left unread behind its damage. It is empty when it was not asked for or
// the rest cannot be read.
func (s *source) digest() string {
	if s.sum == nil || s.err != nil {
		return ""
	}
	s.poll = 0
	rest := make([]byte, 64<<10)
	for {
		if _, err := s.Read(rest); err == io.EOF {
			return s.sum.end()
		} else if err != nil {
			return ""
		}
	}
}

// stop ends the digester of a file that is not read to its end.
func (s *source) stop() {
	if s.sum != nil {
		s.sum.end()
	}
}
