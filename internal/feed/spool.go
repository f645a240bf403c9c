package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"

	"tinycheck"
)

// shelf has what one fetch has brought so far.
type shelf struct {
	folder string
	left   int64 // bytes that may still come
	spools []*spool
}

// spool is one document, complete, in a file without a name.
type spool struct {
	file *os.File
	path string // "" when the file has no name any more
	name string
	size int64
	head []byte // its first bytes
}

// spooled is how many bytes of a document are kept to look at.
const spooled = 512

func (s *shelf) close() {
	for _, p := range s.spools {
		p.close()
	}
	s.spools = nil
}

// drop takes away a spool before the end of the fetch.
func (s *shelf) drop(p *spool) {
	for i, other := range s.spools {
		if other == p {
			s.spools = append(s.spools[:i], s.spools[i+1:]...)
		}
	}
	s.left += p.size
	p.close()
}

func (p *spool) close() {
	p.file.Close()
	if p.path != "" {
		os.Remove(p.path)
	}
}

// open makes an empty spool. Its name is removed at once, so that nothing stays
// behind even if the program is killed; where that cannot be, close removes it.
func (s *shelf) open(name string) (*spool, error) {
	file, err := os.CreateTemp(s.folder, "spool-*") // mode 0600
	if err != nil {
		return nil, unavailable("spool the download", err)
	}
	p := &spool{file: file, path: file.Name(), name: name}
	if os.Remove(p.path) == nil {
		p.path = ""
	}
	s.spools = append(s.spools, p)
	return p, nil
}

// reader reads the spool from its beginning.
func (p *spool) reader() *io.SectionReader { return io.NewSectionReader(p.file, 0, p.size) }

// append writes what belongs at the end.
func (s *shelf) append(p *spool, b []byte) error {
	if int64(len(b)) > s.left {
		return tooMuch(maxTotal, "all of it")
	}
	n, err := p.file.Write(b)
	p.size, s.left = p.size+int64(n), s.left-int64(n)
	if err != nil {
		return unavailable("spool the download", err)
	}
	return nil
}

// fill spools r with its packing taken off; the name loses the ending that said
// so. No more than limit bytes are written or, packed, read. The error of r
// itself is given as it is, so that the caller can tell what it means.
func (s *shelf) fill(name string, r io.Reader, limit int64) (*spool, error) {
	p, err := s.open(name)
	if err != nil {
		return nil, err
	}
	if err := s.pour(p, r, limit); err != nil {
		s.drop(p)
		return nil, err
	}
	return p, nil
}

func (s *shelf) pour(p *spool, r io.Reader, limit int64) error {
	in := &measured{r: r, limit: limit, left: limit}
	u, err := unpack(in)
	defer u.close()
	if err == nil {
		var n int64
		n, err = io.Copy(p.file, io.LimitReader(u.in, min(limit, s.left)+1))
		p.size, s.left = n, s.left-n
		if err == nil && s.left < 0 {
			return tooMuch(maxTotal, "all of it")
		}
		if err == nil && n > limit {
			return tooMuch(limit, "it")
		}
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in) // to the end: a hash or a length may be checked there
	}
	if err != nil {
		return blame(err, in.err, u.layers)
	}
	p.head = make([]byte, min(spooled, p.size))
	if _, err := p.file.ReadAt(p.head, 0); err != nil && err != io.EOF {
		return unavailable("read the spool", err)
	}
	p.name = u.rename(p.name)
	return nil
}

// blame tells who failed: the source, its packing, or our disk.
func blame(err, source error, layers []string) error {
	var disk *os.PathError
	switch {
	case source != nil && source != io.EOF:
		return source
	case errors.As(err, &disk):
		return unavailable("spool the download", err)
	case len(layers) > 0 && errors.Is(err, io.ErrUnexpectedEOF):
		return errShort
	case len(layers) > 0:
		return tinycheck.Errorf("its "+layers[len(layers)-1]+" packing is damaged", tinycheck.Invalid, err)
	}
	return err
}

// errShort is a packed document that ends before its end.
var errShort = errors.New("it breaks off before its end")

func tooMuch(limit int64, what string) error {
	if limit >= 1<<20 {
		return tinycheck.Errorf(fmt.Sprintf("%s is larger than %d MiB", what, limit>>20), tinycheck.Invalid, nil)
	}
	return tinycheck.Errorf(fmt.Sprintf("%s is larger than %d bytes", what, limit), tinycheck.Invalid, nil)
}

// measured bounds what is read of a source, and remembers its error.
type measured struct {
	r     io.Reader
	limit int64
	left  int64
	err   error
}

func (m *measured) Read(b []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(b)
	if m.left -= int64(n); m.left < 0 {
		err = tooMuch(m.limit, "it")
	}
	m.err = err
	return n, err
}

// unpacked is a stream with its packing taken off.
type unpacked struct {
	in     *bufio.Reader
	layers []string // gzip, zstd: the outermost first
	free   []func()
}

// unpack takes off up to maxLayers of packing. It goes by the first bytes: names
// and headers are often wrong about it, and no format of indicators begins so.
func unpack(r io.Reader) (*unpacked, error) {
	u := &unpacked{in: bufio.NewReaderSize(r, 64<<10)}
	for len(u.layers) < maxLayers {
		head, err := u.in.Peek(4)
		if err != nil && err != io.EOF {
			return u, err
		}
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}): // RFC 1952 section 2.3.1
			err = u.gunzip()
		case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}): // RFC 8878 section 3.1.1
			err = u.unzstd()
		default:
			return u, nil
		}
		if err != nil {
			return u, err
		}
	}
	return u, nil
}

func (u *unpacked) gunzip() error {
	u.layers = append(u.layers, "gzip")
	z, err := gzip.NewReader(u.in)
	if err == nil {
		u.in = bufio.NewReaderSize(z, 64<<10)
	}
	return err
}

// unzstd has no goroutines of its own and a bounded window: a frame that wants
// more is refused.
func (u *unpacked) unzstd() error {
	u.layers = append(u.layers, "zstd")
	z, err := zstd.NewReader(u.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	if err == nil {
		u.free = append(u.free, z.Close)
		u.in = bufio.NewReaderSize(z, 64<<10)
	}
	return err
}

func (u *unpacked) close() {
	for _, free := range u.free {
		free()
	}
}

// rename takes off the endings of the packing that was taken off.
func (u *unpacked) rename(name string) string {
	for range u.layers {
		for _, ending := range []string{".gz", ".zst"} {
			if cut := len(name) - len(ending); cut > 0 && strings.EqualFold(name[cut:], ending) {
				name = name[:cut]
				break
			}
		}
	}
	return name
}
