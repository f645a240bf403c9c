package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// output is one file being recorded. What it holds is always whole blocks, but for
// the moment in which the kernel writes.
type output struct {
	file    *os.File
	path    string
	size    int64
	packets int64
	sum     *digester
	broken  bool // it may end in half a block, and nothing can follow that
}

// createOutput makes the file, for its owner alone. What is there already stays,
// or is removed where that was asked for: nothing is ever written through a link.
func createOutput(path string, replace bool) (*output, error) {
	f, err := exclusive(path)
	if errors.Is(err, fs.ErrExist) && replace {
		if err = clearWay(path); err == nil {
			f, err = exclusive(path)
		}
	}
	if err != nil {
		return nil, createError(path, err)
	}
	return &output{file: f, path: path, sum: newDigester(true)}, nil
}

func exclusive(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

var errNoFile = errors.New("is no ordinary file: name another")

func clearWay(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0 {
		return errNoFile
	}
	return os.Remove(path)
}

// createError says what keeps a file from being made, and what to do.
func createError(path string, err error) error {
	folder := filepath.Dir(path)
	kind, cause := tinycheck.Unavailable, fmt.Errorf("%s: %w", path, plain(err))
	switch {
	case errors.Is(err, errNoFile):
		kind, cause = tinycheck.Conflict, fmt.Errorf("%s %w", path, err)
	case errors.Is(err, fs.ErrExist):
		kind, cause = tinycheck.Conflict, fmt.Errorf("%s is there already: name another file, or allow it to be replaced (--overwrite)", path)
	case errors.Is(err, fs.ErrNotExist) && isFolder(folder): // so in /proc
		cause = fmt.Errorf("in the folder %s no file can be made: name one on a disk", folder)
	case errors.Is(err, fs.ErrNotExist):
		kind, cause = tinycheck.NotFound, fmt.Errorf("the folder %s is not there: make it, or name another", folder)
	case errors.Is(err, unix.EROFS):
		cause = fmt.Errorf("the folder %s can only be read: record to another disk", folder)
	case errors.Is(err, fs.ErrPermission): // so in /sys
		cause = fmt.Errorf("in the folder %s we may make no file: name another folder", folder)
	case full(err) != nil:
		cause = fmt.Errorf("%s: %w", path, full(err))
	}
	return tinycheck.Errorf("record", kind, cause)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// fullError is an ErrFull that says what exactly is full, and what to do.
type fullError string

func (e fullError) Error() string        { return string(e) }
func (e fullError) Is(target error) bool { return target == ErrFull }

// full says what has no room; nil when an error means something else.
func full(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w: make room, or record to another disk", ErrFull)
	case errors.Is(err, unix.EDQUOT):
		return fullError("this user may store no more there (disk quota): make room, or record to another disk")
	case errors.Is(err, unix.EFBIG):
		return fullError("a file may not become longer there: record in several (--rotate), or to another disk")
	}
	return nil
}

// write appends whole blocks with one call. When not all of it can be written, the
// file ends behind the last block that could.
func (o *output) write(blocks []byte) error {
	if o.broken {
		return fs.ErrInvalid
	}
	n, err := o.file.Write(blocks)
	n, packets := wholeBlocks(blocks[:n])
	o.sum.write(blocks[:n])
	o.size += int64(n)
	o.packets += packets
	if err != nil {
		o.broken = o.file.Truncate(o.size) != nil
		if _, back := o.file.Seek(o.size, io.SeekStart); back != nil {
			o.broken = true
		}
	}
	return err
}

// close ends the file and tells of it.
func (o *output) close() (Recorded, error) {
	err := o.file.Close()
	r := Recorded{Path: o.path, Bytes: o.size, SHA256: o.sum.end(), Packets: o.packets}
	if o.broken {
		r.SHA256 = ""
	}
	return r, err
}

// free is how many bytes an ordinary user may still write beside a file. It is not
// known where a file system counts none (/proc, /sys, a tmpfs without bound) or can
// only be read: whether a file can be made there, trying tells.
func free(path string) (bytes int64, known bool, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &s); err != nil {
		return 0, false, err
	}
	if s.Blocks == 0 || s.Flags&unix.ST_RDONLY != 0 {
		return 0, false, nil
	}
	unit := uint64(s.Bsize)
	if s.Frsize > 0 {
		unit = uint64(s.Frsize)
	}
	return int64(min(s.Bavail, maxDrops/max(unit, 1)) * unit), true, nil
}

// partPath names the parts of a recording behind the first: phone.pcapng goes on
// in phone-0002.pcapng.
func partPath(path string, part int) string {
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(path, ext)
	if strings.HasSuffix(stem, "/") || stem == "" { // ".pcapng" has no other name
		stem, ext = path, ""
	}
	return fmt.Sprintf("%s-%04d%s", stem, part, ext)
}
