package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
)

// What the first bytes of a file say it is.
type magic int

const (
	magicNone magic = iota
	magicPcap
	magicPcapng
	magicSnoop
	magicGzip
	magicZstd
)

// sniffed is how many bytes tell the formats apart; the shortest capture, a pcap
// file header, has 24.
const sniffed = 12

// detect tells the format by the first bytes, sniffed of them or all there are.
func detect(b []byte) magic {
	switch {
	case len(b) >= 3 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8: // RFC 1952 section 2.3.1: deflate
		return magicGzip
	case len(b) >= 4 && bytes.Equal(b[:4], []byte{0x28, 0xb5, 0x2f, 0xfd}), // RFC 8878 section 3.1.1
		len(b) >= 4 && b[0]&0xf0 == 0x50 && bytes.Equal(b[1:4], []byte{0x2a, 0x4d, 0x18}): // section 3.1.2, skippable frame
		return magicZstd
	case len(b) >= 8 && string(b[:8]) == snoopMagic:
		return magicSnoop
	case len(b) >= 12 && binary.LittleEndian.Uint32(b) == blockSection:
		if m := binary.LittleEndian.Uint32(b[8:]); m == sectionMagic || order(true).u32(b[8:]) == sectionMagic {
			return magicPcapng
		}
	case len(b) >= 4:
		if _, ok := pcapKinds[binary.LittleEndian.Uint32(b)]; ok {
			return magicPcap
		}
	}
	return magicNone
}

// unpacked is a stream with its packing taken off.
type unpacked struct {
	in     *bufio.Reader
	magic  magic
	head   []byte // the first bytes, valid until in is read
	suffix string // "+gzip", "+zstd+gzip": the outermost packing last
	free   []func()
}

// unpack takes off up to maxLayers of packing. When it stops at one that it does
// not take off, magic says so.
func unpack(r io.Reader) (*unpacked, error) {
	u := &unpacked{in: bufio.NewReaderSize(r, 64<<10)}
	for layer := 0; ; layer++ {
		head, err := u.in.Peek(sniffed)
		u.head, u.magic = head, detect(head)
		if err != nil && err != io.EOF && len(head) == 0 {
			u.close()
			return nil, err
		}
		if layer == maxLayers || u.magic != magicGzip && u.magic != magicZstd {
			return u, nil
		}
		if err := u.peel(); err != nil {
			u.close()
			return nil, err
		}
	}
}

// peel takes off one layer.
func (u *unpacked) peel() error {
	if u.magic == magicGzip {
		z, err := gzip.NewReader(u.in)
		if err != nil {
			return err
		}
		u.in, u.suffix = bufio.NewReaderSize(z, 64<<10), "+gzip"+u.suffix
		return nil
	}
	// One goroutine (none of its own) and a bounded window: a frame that wants more
	// is refused instead of eating the memory of a small machine.
	z, err := zstd.NewReader(u.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return err
	}
	u.free = append(u.free, z.Close)
	u.in, u.suffix = bufio.NewReaderSize(z, 64<<10), "+zstd"+u.suffix
	return nil
}

func (u *unpacked) close() {
	for _, f := range u.free {
		f()
	}
	u.free = nil
}
