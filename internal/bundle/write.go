package bundle

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"tinycheck"
)

// Content is one part to be written: either Data and Entries, or Write, which is
// asked once and says how many entries it wrote. What Write writes is packed at
// once and never held unpacked.
type Content struct {
	Name    string // see [Kind.Path]
	Kind    Kind
	Entries int
	Data    []byte
	Write   func(io.Writer) (entries int, err error)
}

// written is a part as it will be stored.
type written struct {
	Part
	data []byte
}

// Write writes a bundle: about with its parts filled in, as it is then returned.
// Of about, Name, Version, Created and Expires are used; dates are cut to seconds.
// Parts come into the order of their names, so that the order in which they are
// given does not count. They are held in memory, packed, until all are there.
// Nothing is written when anything is wrong that Read would refuse.
func Write(w io.Writer, about Index, parts []Content, sign Signer) (Index, error) {
	all, err := pack(parts)
	if err != nil {
		return Index{}, fault(tinycheck.Invalid, err)
	}
	about.Created = about.Created.UTC().Truncate(time.Second)
	about.Expires = about.Expires.UTC().Truncate(time.Second)
	about.Parts = make([]Part, len(all))
	for i := range all {
		about.Parts[i] = all[i].Part
	}
	if err := about.validate(); err != nil {
		return Index{}, fault(tinycheck.Invalid, err)
	}
	index, err := about.encode()
	if err != nil {
		return Index{}, fault(tinycheck.Invalid, err)
	}
	signature, err := about.signed(index, sign)
	if err != nil {
		return Index{}, fault(tinycheck.Invalid, err)
	}
	heads := []written{{Part{Name: indexName}, index}, {Part{Name: signatureName}, signature}}
	if err := store(w, about.Created, append(heads, all...)); err != nil {
		return Index{}, fault(tinycheck.Unavailable, err)
	}
	return about, nil
}

// signed asks for the signature, which may come from elsewhere, and looks whether
// it is one.
func (x Index) signed(index []byte, sign Signer) ([]byte, error) {
	text, err := sign(index, x.comment())
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", indexName, err)
	}
	signature, err := parseSignature(text)
	if err != nil {
		return nil, err
	}
	return text, x.agree(signature.TrustedComment)
}

// store writes the archive. Its members have the date of the index, the owner 0,
// and nothing of the machine that writes.
func store(w io.Writer, created time.Time, members []written) error {
	t := tar.NewWriter(w)
	for _, m := range members {
		h := tar.Header{Typeflag: tar.TypeReg, Name: m.Name, Size: int64(len(m.data)), Mode: 0o644, ModTime: created, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := t.Write(m.data); err != nil {
			return err
		}
	}
	return t.Close()
}

// pack makes the parts and puts them in order.
func pack(parts []Content) ([]written, error) {
	if len(parts) > maxParts {
		return nil, fmt.Errorf("%d parts, at most %d", len(parts), maxParts)
	}
	all := make([]written, 0, len(parts))
	stored, unpacked := maxStored, maxAll
	for _, c := range slices.SortedStableFunc(slices.Values(parts), func(a, b Content) int { return cmp.Compare(a.Name, b.Name) }) {
		p := packing{stored: bounded{left: stored}, raw: min(maxUnpacked, unpacked)}
		before := p.raw
		one, err := p.part(c)
		if err != nil {
			return nil, fmt.Errorf("part %q: %w", clip(c.Name), err)
		}
		stored, unpacked = p.stored.left, unpacked-(before-p.raw)
		all = append(all, one)
	}
	return all, nil
}

// packing is the packing of one part.
type packing struct {
	stored bounded   // the part as stored
	out    io.Writer // what takes its bytes as they come: stored, or what packs into it
	raw    int64     // bytes that may still come
	err    error     // of a Write, which its caller may not have looked at
}

func (p *packing) part(c Content) (written, error) {
	part := Part{Name: c.Name, Kind: c.Kind, Entries: c.Entries}
	if !part.sound() {
		return written{}, fmt.Errorf("no name of a part of kind %q", clip(string(c.Kind)))
	}
	p.out = &p.stored
	zipped := func() error { return nil }
	if strings.HasSuffix(c.Name, packed) {
		z, err := zip(&p.stored)
		if err != nil {
			return written{}, err
		}
		p.out, zipped = z, z.Close
	}
	var err error
	if c.Write != nil {
		part.Entries, err = c.Write(p)
	} else {
		_, err = p.Write(c.Data)
	}
	if err = cmp.Or(err, p.err); err != nil {
		return written{}, err
	}
	if err := zipped(); err != nil {
		return written{}, err
	}
	data := p.stored.buffer.Bytes()
	sum := sha256.Sum256(data)
	part.SHA256, part.Size = hex.EncodeToString(sum[:]), int64(len(data))
	return written{part, data}, nil
}

// zip packs with one thread, one level and one window: the same bytes on every
// machine. Each part has an encoder of its own, so that its bytes cannot depend on
// the parts before it.
func zip(w io.Writer) (*zstd.Encoder, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithWindowSize(window), zstd.WithZeroFrames(true))
}

// Write takes bytes of the part, no more than a reader would.
func (p *packing) Write(data []byte) (int, error) {
	n := 0
	if p.err == nil && int64(len(data)) > p.raw {
		p.err = errors.New("more bytes than a reader unpacks")
	}
	if p.err == nil {
		p.raw -= int64(len(data))
		n, p.err = p.out.Write(data)
	}
	return n, p.err
}

// bounded is a buffer that takes no more than left.
type bounded struct {
	buffer bytes.Buffer
	left   int64
}

func (b *bounded) Write(data []byte) (int, error) {
	if int64(len(data)) > b.left {
		return 0, fmt.Errorf("the parts have more than %d bytes, packed", maxStored)
	}
	b.left -= int64(len(data))
	return b.buffer.Write(data)
}

// fault is an error of Write; a cause that has a kind keeps it.
func fault(kind tinycheck.ErrorKind, err error) error {
	var told *tinycheck.Error
	if errors.As(err, &told) {
		kind = told.Kind
	}
	return tinycheck.Errorf("write bundle", kind, err)
}
