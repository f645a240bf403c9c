package bundle

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"tinycheck"
)

// The archive is read here and not by archive/tar, which is made to understand
// everything that calls itself tar: sizes in PAX headers, sparse files, names in
// members of their own. Two programs that differ about one of these see two
// different archives. What is read here is the part on which all agree: headers
// of POSIX ustar (IEEE 1003.1-2017, pax, "ustar Interchange Format") and, where
// it is the same, of GNU tar; names of up to 100 bytes, sizes in octal digits.

// block is the unit of a tar.
const block = 512

// maxTail is how many bytes of zeros may end an archive: two blocks, and what
// fills up a record of 20 blocks, as the tar of GNU writes it.
const maxTail = 21 * block

// maxFile is the longest file that is looked at.
const maxFile = maxStored + maxIndex + maxSignature + (maxParts+2)*2*block + maxTail

// header is the header of one member; offsets of the fields in it:
//
//	  0 name 100      108 ids, mode     124 size 12     136 time 12
//	148 checksum 8    156 type 1        157 link 100    257 magic 8
//	265 owner names, devices            345 prefix 155, padding
type header [block]byte

// member is one file of the archive.
type member struct {
	name   string
	offset int64
	size   int64
}

// archive walks through a tar.
type archive struct {
	in   source
	size int64 // of the file
	next int64 // where the next header begins
}

// source is the file; what it cannot read is not the bundle's fault.
type source struct{ io.ReaderAt }

func (s source) ReadAt(p []byte, offset int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		err = refuse(tinycheck.Unavailable, "read byte %d: %w", offset, err)
	}
	return n, err
}

// fill reads exactly len(p) bytes.
func (a *archive) fill(p []byte, offset int64) error {
	n, err := a.in.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		return cut(offset + int64(n))
	}
	return err
}

func cut(offset int64) error {
	return refuse(tinycheck.Invalid, "the file is cut: it ends at byte %d", offset)
}

// member gives the next member and goes behind it; io.EOF at the end of the
// archive, behind which nothing more stands.
func (a *archive) member() (member, error) {
	var h header
	if err := a.fill(h[:], a.next); err != nil {
		return member{}, err
	}
	if h == (header{}) {
		return member{}, a.end()
	}
	name, size, err := h.parse()
	if err != nil {
		return member{}, refuse(tinycheck.Invalid, "header at byte %d: %w", a.next, err)
	}
	m := member{name, a.next + block, size}
	if size > a.size-m.offset {
		return member{}, cut(a.size)
	}
	a.next = m.offset + (size+block-1)/block*block
	return m, a.padding(m.offset+size, a.next, "behind "+strconv.Quote(clip(name)))
}

// padding checks that there are zeros from offset to end: nothing is hidden
// between the members.
func (a *archive) padding(offset, end int64, where string) error {
	zeros := make([]byte, end-offset)
	if err := a.fill(zeros, offset); err != nil {
		return err
	}
	if len(bytes.Trim(zeros, "\x00")) > 0 {
		return refuse(tinycheck.Invalid, "there are bytes %s that belong to nothing", where)
	}
	return nil
}

// end checks the two blocks of zeros and what follows them.
func (a *archive) end() error {
	tail := a.size - a.next
	if tail < 2*block || tail%block != 0 {
		return cut(a.size)
	}
	if tail > maxTail {
		return refuse(tinycheck.Invalid, "there are %d bytes behind the end", tail-2*block)
	}
	if err := a.padding(a.next, a.size, "behind the end"); err != nil {
		return err
	}
	return io.EOF
}

// parse reads name and size, and refuses what is not a plain regular file.
func (h *header) parse() (string, int64, error) {
	if magic := string(h[257:265]); magic != "ustar\x0000" && magic != "ustar  \x00" {
		return "", 0, errors.New("this is no tar")
	}
	if sum, ok := octal(h[148:154]); !ok || sum != h.sum() || string(h[154:156]) != "\x00 " {
		return "", 0, errors.New("its checksum is wrong")
	}
	if h[156] != '0' {
		return "", 0, errors.New(kindOf(h[156]) + ", not a regular file")
	}
	if len(bytes.Trim(h[157:257], "\x00")) > 0 || len(bytes.Trim(h[345:], "\x00")) > 0 {
		return "", 0, errors.New("it has a link, a prefix or other fields that no bundle has")
	}
	name, rest, _ := bytes.Cut(h[:100], []byte{0})
	if len(bytes.Trim(rest, "\x00")) > 0 || len(name) == 0 {
		return "", 0, errors.New("its name has no end, or nothing before it")
	}
	size, ok := octal(h[124:135])
	if !ok || h[135] != 0 {
		return "", 0, errors.New("its size is not 11 octal digits")
	}
	return string(name), size, nil
}

// sum adds all bytes, with the checksum taken as spaces.
func (h *header) sum() int64 {
	sum := int64(8 * ' ')
	for i, b := range h {
		if i < 148 || i >= 156 {
			sum += int64(b)
		}
	}
	return sum
}

// octal reads digits that fill the whole field.
func octal(field []byte) (int64, bool) {
	var n int64
	for _, c := range field {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n<<3 | int64(c-'0')
	}
	return n, true
}

// kindOf names a type of member.
func kindOf(flag byte) string {
	switch flag {
	case '1', '2':
		return "a link"
	case '3', '4', '6':
		return "a device"
	case '5':
		return "a folder"
	case 'x', 'g':
		return "a PAX header"
	case 'L', 'K':
		return "a long name of GNU tar"
	case 'S':
		return "a sparse file"
	}
	return "a member of type " + strconv.QuoteRune(rune(flag))
}
