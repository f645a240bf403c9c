package child_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/child"
)

// The parts that this binary plays for its own tests.

var two = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW}

func configOf(name string, capabilities []uintptr, args ...string) (child.Config, error) {
	path, err := child.Find(name, "coreutils")
	return child.Config{Name: name, Program: path, Args: args, Folder: "/", Capabilities: capabilities}, err
}

// playFirst says whether goroutines run on the first thread.
func playFirst() error {
	runtime.UnlockOSThread()
	on := make(chan bool)
	go func() { on <- unix.Gettid() == os.Getpid() }()
	usual := <-on
	child.OnOwnThread(func() { on <- unix.Gettid() == os.Getpid() })
	fmt.Printf("usual: %v, own: %v\n", usual, <-on)
	return nil
}

// playParent starts children from threads that end at once, says their numbers
// when those threads are gone, and waits to be killed.
func playParent() error {
	var said []string
	for _, capabilities := range [][]uintptr{nil, two, two} {
		pid, err := startFromDyingThread(capabilities)
		if err != nil {
			return err
		}
		said = append(said, strconv.Itoa(pid))
	}
	fmt.Println(strings.Join(said, " "))
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func startFromDyingThread(capabilities []uintptr) (pid int, err error) {
	cfg, err := configOf("sleep", capabilities, "1000")
	if err != nil {
		return 0, err
	}
	thread := make(chan int, 1)
	go func() {
		runtime.LockOSThread()
		var c *child.Child
		if c, err = child.Start(cfg); err == nil {
			pid = c.PID()
		}
		thread <- unix.Gettid()
		// The thread ends with the goroutine that never unlocked it.
	}()
	tid := <-thread
	if err != nil {
		return 0, err
	}
	for range 4000 {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid)); err != nil {
			return pid, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0, fmt.Errorf("the thread %d does not end", tid)
}

// playStatus says whom children run as, and what the kernel says of one.
func playStatus() error {
	uid, gid, other := child.RunAs()
	fmt.Printf("RunAs: %d %d %v\n", uid, gid, other)
	cfg, err := configOf("cat", two, "/proc/self/status")
	if err != nil {
		return err
	}
	cfg.Lines = func(line string) { fmt.Println(line) }
	c, err := child.Start(cfg)
	if err != nil {
		return err
	}
	<-c.Done()
	return nil
}

// playGreedy asks for a capability that an ordinary user was not given.
func playGreedy() error {
	cfg, err := configOf("cat", []uintptr{unix.CAP_NET_RAW, unix.CAP_SYS_MODULE}, "/proc/self/status")
	if err != nil {
		return err
	}
	_, err = child.Start(cfg)
	return err
}

// playWhoAmI makes a folder and a file and says whose they are.
func playWhoAmI() error {
	folder, err := os.MkdirTemp("/tmp", "child-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	private, file := filepath.Join(folder, "private"), filepath.Join(folder, "private", "conf")
	if err := child.Private(private); err != nil {
		return err
	}
	if err := child.WriteFile(file, []byte("secret")); err != nil {
		return err
	}
	for _, path := range []string{private, file} {
		var s unix.Stat_t
		if err := unix.Stat(path, &s); err != nil {
			return err
		}
		fmt.Printf("%s %d %d %o\n", filepath.Base(path), s.Uid, s.Gid, s.Mode&0o7777)
	}
	return nil
}

// playOrdinaryExec starts a program without this package, to show what it inherits.
func playOrdinaryExec() error {
	text, err := exec.Command("cat", "/proc/self/status").Output()
	fmt.Print(string(text))
	return err
}

// playDrop drops, with many threads about, and says what each of them has left.
func playDrop() error {
	stop := make(chan struct{})
	var ready, threads sync.WaitGroup
	for range 8 {
		ready.Add(1)
		threads.Go(func() {
			runtime.LockOSThread()
			ready.Done()
			<-stop
		})
	}
	ready.Wait()
	if err := child.Drop(); err != nil {
		return err
	}
	paths, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Println("thread", field(string(text), "CapAmb"), field(string(text), "CapPrm"))
	}
	close(stop)
	threads.Wait()
	return playOrdinaryExec()
}
