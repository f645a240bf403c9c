package store

import (
	"errors"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"

	"tinycheck"
)

// The primary result codes of SQLite that have a meaning of their own here
// (https://www.sqlite.org/rescode.html).
const (
	codePerm     = 3
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// The causes that a person can do something about.
var (
	errDamaged  = errors.New("the file is damaged: restore a backup")
	errBusy     = errors.New("another program is changing them right now: try again in a moment")
	errFull     = errors.New("no space left on the device: free some space")
	errReadOnly = errors.New("the file may only be read")
)

// fail gives what SQLite or the operating system says its kind.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	var own *tinycheck.Error
	if errors.As(err, &own) {
		return err
	}
	if kind, cause := meaningOf(code(err)); cause != nil {
		return tinycheck.Errorf(op, kind, cause)
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return tinycheck.Errorf(op, tinycheck.Unavailable, errFull)
	case errors.Is(err, errDone):
		return tinycheck.Errorf(op, tinycheck.Conflict, err)
	case errors.Is(err, fs.ErrNotExist):
		return tinycheck.Errorf(op, tinycheck.NotFound, err)
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}

func meaningOf(code int) (tinycheck.ErrorKind, error) {
	switch code & 0xff {
	case codeCorrupt, codeNotADB:
		return tinycheck.Invalid, errDamaged
	case codeBusy, codeLocked:
		return tinycheck.Busy, errBusy
	case codeFull:
		return tinycheck.Unavailable, errFull
	case codeReadOnly, codePerm:
		return tinycheck.Unavailable, errReadOnly
	}
	return "", nil
}

// code is SQLite's extended result code; 0 when the error is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func invalid(op, cause string) error {
	return tinycheck.Errorf(op, tinycheck.Invalid, errors.New(cause))
}
