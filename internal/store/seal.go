package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// A backup ends in a seal: a line with the SHA-256 of all bytes before it.
// SQLite's own check finds pages that contradict each other, not a name that
// became another one. SQLite reads as many pages as the header says, so that the
// seal does not disturb other programs.
const (
	sealHead = "\nTinyCheck backup, SHA-256 "
	sealSize = len(sealHead) + 2*sha256.Size + 1
)

// seal appends the seal to what a file has.
func seal(f *os.File) error {
	sum, err := sumOf(f, -1)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	_, err = f.WriteString(sum)
	return err
}

// unseal checks the seal of a file and cuts it off.
func unseal(f *os.File) error {
	const op = "restore indicators"
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - int64(sealSize)
	if size < 0 {
		return invalid(op, "it is no backup, or a part of one")
	}
	found := make([]byte, sealSize)
	if _, err := f.ReadAt(found, size); err != nil {
		return err
	}
	if !bytes.HasPrefix(found, []byte(sealHead)) {
		return invalid(op, "it is no backup, or its end is missing: use one that \"library backup\" wrote")
	}
	want, err := sumOf(f, size)
	if err != nil {
		return err
	}
	if want != string(found) {
		return invalid(op, "the backup has changed since it was written: use another one")
	}
	return f.Truncate(size)
}

// sumOf is the seal of the first size bytes of a file; -1 is of all.
func sumOf(f *os.File, size int64) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	var content io.Reader = f
	if size >= 0 {
		content = io.LimitReader(f, size)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", err
	}
	return sealHead + hex.EncodeToString(sum.Sum(nil)) + "\n", nil
}
