package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
)

const opLock = "lock folder"

// lock keeps a folder, and this machine with its one table, to one run at a
// time. The kernel opens it when its owner ends, however that happens.
type lock struct {
	folder *os.File
	place  net.Listener
}

// place is a name in the network namespace (unix(7), abstract sockets), which is
// what is changed here.
const place = "@tinycheck-network"

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
	return busy(fmt.Sprintf("process %d has a network open with %s: end it first", j.head.PID, folder))
}

// acquire locks a folder that is there. While it waits, enough may end that.
func acquire(ctx context.Context, folder string, patience time.Duration, enough func() error) (*lock, error) {
	f, err := os.OpenFile(folder, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, unopened(opLock, err)
	}
	l := &lock{folder: f}
	if err := l.take(ctx, patience, enough); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

func (l *lock) take(ctx context.Context, patience time.Duration, enough func() error) error {
	err := persist(ctx, patience, func() error {
		err := unix.Flock(int(l.folder.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK {
			return fail(opLock, err)
		}
		if err := enough(); err != nil {
			return err
		}
		return errWait
	})
	if errors.Is(err, errWait) {
		return busy("another process has " + l.folder.Name() + ": try again in a moment")
	}
	if err != nil {
		return err
	}
	err = persist(ctx, placePatience, func() (err error) {
		if l.place, err = net.Listen("unix", place); errors.Is(err, unix.EADDRINUSE) {
			return errWait
		}
		return fail(opLock, err)
	})
	if errors.Is(err, errWait) {
		return busy(holder() + " has a network open on this machine, with another folder: end it first")
	}
	return err
}

// errWait is that somebody else has it.
var errWait = errors.New("in use")

func busy(why string) error { return tinycheck.Errorf(opLock, tinycheck.Busy, errors.New(why)) }

// persist tries until it is not in use any more, or patience ends.
func persist(ctx context.Context, patience time.Duration, try func() error) error {
	for end := time.Now().Add(patience); ; {
		err := try()
		if !errors.Is(err, errWait) || time.Now().After(end) {
			return err
		}
		if err := rest(ctx); err != nil {
			return err
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

// holder is who has the place (SO_PEERCRED, unix(7)).
func holder() string {
	const unknown = "another process"
	conn, err := net.DialTimeout("unix", place, placePatience)
	if err != nil {
		return unknown
	}
	defer func() { _ = conn.Close() }() // nothing was said
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return unknown
	}
	who := unknown
	_ = raw.Control(func(fd uintptr) { // it stays unknown then
		if c, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil && c.Pid > 0 {
			who = fmt.Sprintf("process %d", c.Pid)
		}
	})
	return who
}

func (l *lock) release() error {
	var err error
	if l.place != nil {
		err = l.place.Close()
	}
	return fail("unlock folder", errors.Join(err, l.folder.Close()))
}

// furnish makes the folder so that nobody but us can write or list it, and the
// programs that run under us, as another user, can get to the folders in it that
// are theirs. It is ours, not theirs: what they may not touch is the journal.
func furnish(folder string) error {
	const op = "make folder"
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return unopened(op, err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return unopened(op, err)
	}
	f, err := os.OpenFile(folder, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return unopened(op, err)
	}
	defer f.Close()
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return unopened(op, err)
	}
	if int(s.Uid) != os.Geteuid() || s.Mode&0o022 != 0 {
		return tinycheck.Errorf(op, tinycheck.Conflict, fmt.Errorf("%s belongs to somebody else, or others may write in it: name a folder of our own", folder))
	}
	_, gid, other := child.RunAs()
	if !other || s.Mode&0o001 != 0 || int(s.Gid) == gid && s.Mode&0o010 != 0 {
		return nil
	}
	return unopened(op, errors.Join(f.Chown(-1, gid), f.Chmod(0o710)))
}
