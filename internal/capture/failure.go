package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/zstd"

	"tinycheck"
)

// errVersion is a version of a file format that differs in ways nobody here knows.
var errVersion = errors.New("unknown version of the format")

// openError gives the failure to open a file its address and its kind.
func openError(path string, err error) error {
	kind := tinycheck.Unavailable
	if errors.Is(err, fs.ErrNotExist) {
		kind = tinycheck.NotFound
	}
	return tinycheck.Errorf("open capture", kind, fmt.Errorf("%s: %w", path, plain(err)))
}

// headError is what keeps the beginning of an opened file from being read: the
// operating system, or what stands there.
func headError(name string, src *source, err error) error {
	switch {
	case src.err != nil:
		return readError(name, src.err)
	case err == io.ErrUnexpectedEOF:
		return invalid("%s ends inside its file header", name)
	case errors.Is(err, errVersion), errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return tinycheck.Errorf("open capture", tinycheck.Unsupported, fmt.Errorf("%s: %w", name, err))
	}
	return invalid("%s: %w", name, err)
}

// invalid is the error for a file that is no capture.
func invalid(format string, args ...any) error {
	return tinycheck.Errorf("open capture", tinycheck.Invalid, fmt.Errorf(format, args...))
}

// readError is what the operating system reports while reading.
func readError(name string, err error) error {
	return tinycheck.Errorf("read capture", tinycheck.Unavailable, fmt.Errorf("%s: %w", name, plain(err)))
}

// plain takes the path off an error that is told with its path anyway.
func plain(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
