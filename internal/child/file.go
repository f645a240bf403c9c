package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// Private makes a folder that only children (and root) may look into: mode 0700,
// owned by RunAs. One that is there already is kept with what is in it.
func Private(folder string) error {
	const op = "make private folder"
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fail(op, err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fail(op, err)
	}
	// Through a descriptor, and never through a link that somebody has put there.
	f, err := os.OpenFile(folder, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fail(op, err)
	}
	defer f.Close()
	return fail(op, take(f))
}

// take makes the open folder RunAs's, if it was ours or theirs before.
func take(f *os.File) error {
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return err
	}
	uid, gid, _ := RunAs()
	if owner := int(s.Uid); owner != uid && owner != os.Geteuid() {
		return tinycheck.Errorf("make private folder", tinycheck.Conflict,
			fmt.Errorf("%s belongs to the user %d: delete it", f.Name(), owner))
	}
	if err := f.Chown(uid, gid); err != nil {
		return err
	}
	return f.Chmod(0o700)
}

// WriteFile writes a file that only children (and root) may read: mode 0600,
// owned by RunAs, whole or not at all.
func WriteFile(path string, data []byte) error {
	const op = "write private file"
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fail(op, err)
	}
	err = fill(f, data)
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return fail(op, err)
}

func fill(f *os.File, data []byte) error {
	uid, gid, _ := RunAs()
	_, err := f.Write(data)
	return errors.Join(err, f.Chown(uid, gid), f.Sync(), f.Close())
}

// fail gives what the operating system says its kind.
func fail(op string, err error) error {
	var own *tinycheck.Error
	switch {
	case err == nil || errors.As(err, &own):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return tinycheck.Errorf(op, tinycheck.NotFound, err)
	case errors.Is(err, fs.ErrPermission):
		return tinycheck.Errorf(op, tinycheck.Unavailable, fmt.Errorf("%w: run as root, or use a folder of your own", err))
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP), errors.Is(err, fs.ErrExist):
		return tinycheck.Errorf(op, tinycheck.Conflict, fmt.Errorf("something else is there: delete it: %w", err))
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}
