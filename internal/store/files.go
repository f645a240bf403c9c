package store

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// WriteFile writes a file as a whole: beside its place first, and into its
// place only when every byte is on the disk. Whatever happens on the way, a
// reader finds the old file or the new one. Mode 0600.
func WriteFile(path string, write func(w io.Writer) error) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return unavailable("write "+path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, dropped(temp))
		}
	}()
	out := bufio.NewWriterSize(temp, 1<<16)
	if err := write(out); err != nil {
		return err
	}
	if err := errors.Join(out.Flush(), temp.Sync()); err != nil {
		return unavailable("write "+path, err)
	}
	if err := temp.Close(); err != nil {
		return unavailable("write "+path, err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return unavailable("write "+path, err)
	}
	return syncFolder(filepath.Dir(path))
}

func dropped(temp *os.File) error {
	_ = temp.Close() // it may be closed already
	return os.Remove(temp.Name())
}

// MapFile maps a file into memory to be read. The bytes are valid until free is
// called, which must be called once; the file may be replaced meanwhile.
func MapFile(path string) (data []byte, free func(), err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, unavailable("open "+path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, unavailable("open "+path, err)
	}
	size := info.Size()
	if size == 0 || size != int64(int(size)) {
		return nil, nil, tinycheck.Errorf("open "+path, tinycheck.Invalid, errors.New("its size is none that it can have"))
	}
	data, err = unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, unavailable("open "+path, err)
	}
	return data, func() { _ = unix.Munmap(data) }, nil
}
