package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
)

// lock keeps a folder to one run at a time; the kernel opens it when its owner
// ends, however that happens.
type lock struct{ folder *os.File }

// own makes the folder, if it is not there, and locks it. Somebody who is only
// taking back is waited for; somebody whose network is open is not.
func own(ctx context.Context, folder string) (*lock, error) {
	if err := furnish(folder); err != nil {
		return nil, err
	}
	return acquire(ctx, folder, lockPatience, func() error { return alive(folder) })
}

// alive is an error that names the process whose network is open.
func alive(folder string) error {
	j, err := readJournal(folder)
	if err != nil || !(process{PID: j.head.PID, Start: j.head.Start}).runs() {
		return nil
	}
	return tinycheck.Errorf("open folder", tinycheck.Busy, fmt.Errorf("process %d has a network open with %s: end it first", j.head.PID, folder))
}

// acquire locks a folder that is there. While it waits, enough may end that.
func acquire(ctx context.Context, folder string, patience time.Duration, enough func() error) (*lock, error) {
	f, err := os.OpenFile(folder, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fail("open folder", err)
	}
	for end := time.Now().Add(patience); ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return &lock{f}, nil
		}
		if err == unix.EWOULDBLOCK {
			err = enough()
		}
		if err == nil && time.Now().After(end) {
			err = tinycheck.Errorf("open folder", tinycheck.Busy, fmt.Errorf("another process has %s: try again in a moment", folder))
		}
		if err == nil {
			err = rest(ctx)
		}
		if err != nil {
			f.Close()
			return nil, fail("open folder", err)
		}
	}
}

func rest(ctx context.Context) error {
	t := time.NewTimer(lockPoll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (l *lock) release() error { return l.folder.Close() }

// furnish makes the folder so that nobody but us can write or list it, and the
// programs that run under us, as another user, can get to the folders in it that
// are theirs. It is ours, not theirs: what they may not touch is the journal.
func furnish(folder string) error {
	const op = "make folder"
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fail(op, err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fail(op, err)
	}
	f, err := os.OpenFile(folder, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fail(op, err)
	}
	defer f.Close()
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return fail(op, err)
	}
	if int(s.Uid) != os.Geteuid() || s.Mode&0o022 != 0 {
		return tinycheck.Errorf(op, tinycheck.Conflict, fmt.Errorf("%s belongs to somebody else, or others may write in it: name a folder of our own", folder))
	}
	_, gid, other := child.RunAs()
	if !other || s.Mode&0o001 != 0 || int(s.Gid) == gid && s.Mode&0o010 != 0 {
		return nil
	}
	return fail(op, errors.Join(f.Chown(-1, gid), f.Chmod(0o710)))
}
