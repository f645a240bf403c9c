package phone

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// space is a network namespace, held by an open file: without any other name it
// ends when that is closed, at the latest with the process.
type space struct{ file *os.File }

// ownSpace is the file of the calling thread's namespace.
const ownSpace = "/proc/thread-self/ns/net"

// here is the namespace of the calling thread.
func here() (*space, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f, err := os.Open(ownSpace)
	if err != nil {
		return nil, tinycheck.Errorf("find network namespace", tinycheck.Unavailable, err)
	}
	return &space{f}, nil
}

// fresh makes a namespace that has nothing but loopback, switched off.
func fresh() (*space, error) {
	var s *space
	var err error
	apart(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			s, err = here()
		}
	})
	if errors.Is(err, syscall.EPERM) {
		err = errors.New("no permission: run as root (it takes CAP_SYS_ADMIN and CAP_NET_ADMIN), or say which interface of the phone's side to use")
	}
	if err != nil {
		return nil, tinycheck.Errorf("make network namespace", tinycheck.Unavailable, err)
	}
	return s, nil
}

// do runs f inside: on a thread that is spoilt for everything else and ends with
// it. Sockets that f opens stay inside, whoever uses them later.
func (s *space) do(f func()) error {
	var err error
	apart(func() {
		if err = s.enter(); err == nil {
			f()
		}
	})
	if err != nil {
		return tinycheck.Errorf("enter network namespace", tinycheck.Unavailable, err)
	}
	return nil
}

// enter moves the calling thread, unless it is there: moving takes a permission
// that a phone on an interface of its own does not need.
func (s *space) enter() error {
	var own, other unix.Stat_t
	if err := unix.Stat(ownSpace, &own); err != nil {
		return fmt.Errorf("look at %s: %w", ownSpace, err)
	}
	if err := unix.Fstat(int(s.file.Fd()), &other); err != nil {
		return err
	}
	if own.Ino == other.Ino && own.Dev == other.Dev {
		return nil
	}
	return unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET)
}

// path is by which programs of this machine can enter, as long as it is open.
func (s *space) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.file.Fd()) }

func (s *space) close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}

// again is the same space, held once more.
func (s *space) again() (*space, error) {
	fd, err := unix.FcntlInt(s.file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, tinycheck.Errorf("find network namespace", tinycheck.Unavailable, err)
	}
	return &space{os.NewFile(uintptr(fd), s.file.Name())}, nil
}

// apart runs f on a thread that ends afterwards. It is never the first one of
// the process, which cannot end and stands for all of it in /proc.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			apart(f)
			return
		}
		f()
	}()
	<-done
}
