package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"

	"tinycheck"
)

// Open gives the content of a part, unpacked. Its reader ends with io.EOF only
// when what was read now has the SHA-256 of the signed index; use nothing of it
// before. Several parts can be open at once; there is nothing to close.
func (b *Bundle) Open(name string) (io.Reader, error) {
	m, ok := b.members[name]
	if !ok {
		return nil, refuse(tinycheck.NotFound, "there is no part %q", clip(name))
	}
	r := &reader{name: name, left: maxUnpacked, hash: sha256.New()}
	for _, p := range b.Parts {
		if p.Name == name {
			r.sum = p.SHA256
		}
	}
	r.stored = io.TeeReader(io.NewSectionReader(b.in, m.offset, m.size), r.hash)
	r.in = r.stored
	if !strings.HasSuffix(name, packed) {
		return r, nil
	}
	// One at a time and no more than one window: a part may want 8 MiB, not 512.
	z, err := zstd.NewReader(r.stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window),
		zstd.WithDecoderMaxMemory(uint64(maxUnpacked)), zstd.WithDecodeBuffersBelow(0))
	if err != nil {
		return nil, r.damaged(err)
	}
	r.in = z
	return r, nil
}

// reader unpacks one part, counts, and checks at the end.
type reader struct {
	name   string
	in     io.Reader // unpacked
	stored io.Reader // as it lies in the file, hashed on its way
	hash   hash.Hash
	sum    string // that hash has to give
	left   int64  // bytes that may still come
	err    error  // once there was one
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.in.Read(p)
	if int64(n) > r.left {
		n, err = int(r.left), refuse(tinycheck.Invalid, "%s unpacks to more than %d bytes", r.name, maxUnpacked)
	}
	r.left -= int64(n)
	switch {
	case err == io.EOF:
		r.err = r.end()
	case err != nil:
		r.err = r.damaged(err)
	}
	return n, r.err
}

// end says io.EOF, or that other bytes were read than those that were signed.
func (r *reader) end() error {
	if _, err := io.Copy(io.Discard, r.stored); err != nil {
		return err
	}
	if hex.EncodeToString(r.hash.Sum(nil)) != r.sum {
		return refuse(tinycheck.Invalid, "%s was changed while it was read", r.name)
	}
	return io.EOF
}

func (r *reader) damaged(err error) error {
	var told *tinycheck.Error
	if errors.As(err, &told) {
		return told
	}
	return refuse(tinycheck.Invalid, "%s cannot be unpacked: %w", r.name, err)
}
