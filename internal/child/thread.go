package child

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// onOwnThread runs f on a thread that nothing else of this program ever uses,
// and that ends with f, so that f may take away from it what it likes.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		// This is the first thread, whose state stands for the whole program in
		// /proc. It is held until another one was found.
		found := make(chan struct{})
		onOwnThread(func() { close(found); f() })
		<-found
		runtime.UnlockOSThread()
	}()
}

// namespace opens the network namespace of the calling thread.
func namespace() (*os.File, error) { return os.Open("/proc/thread-self/ns/net") }

// enter moves the calling thread into a network namespace, unless it is there.
func enter(ns *os.File) error {
	own, err := namespace()
	if err != nil {
		return err
	}
	defer own.Close()
	var a, b unix.Stat_t
	if err := unix.Fstat(int(own.Fd()), &a); err != nil {
		return err
	}
	if err := unix.Fstat(int(ns.Fd()), &b); err != nil {
		return err
	}
	if a.Dev == b.Dev && a.Ino == b.Ino {
		return nil
	}
	return unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
}

// shut keeps files that this program was started with from its children; those
// that it opened itself are shut already. Kernels before 5.11 cannot do it.
func shut() { _ = unix.CloseRange(3, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC) }

// shed leaves the calling thread with what it takes to start the child, which
// inherits the rest: the capabilities that it will have, no way to more, and a
// umask that keeps files private.
func shed(want uint64, other bool) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	own, err := readCapabilities()
	if err != nil {
		return err
	}
	keep := want
	if other {
		keep |= switching
	}
	keep &= own.permitted
	// Without inheritable ones there are no ambient ones either.
	if err := (capabilities{effective: keep, permitted: keep}).write(); err != nil {
		return fmt.Errorf("lower capabilities: %w", err)
	}
	if err := unix.Unshare(unix.CLONE_FS); err != nil { // a umask of its own
		return err
	}
	unix.Umask(0o077)
	return nil
}

// switching is what it takes to start a child as another user, and to kill what
// it left behind. The kernel takes it from the child when it changes the user.
const switching = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_KILL
