package child_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/child"
	"tinycheck/internal/nettest"
)

// A part holds the first thread, which never ends, so that others are used.
func init() {
	if os.Getenv(partVariable) != "" {
		runtime.LockOSThread()
	}
}

// TestMain plays a part when the tests start their own binary again: as another
// user, in another user namespace, or as a parent that will be killed.
func TestMain(m *testing.M) {
	part, ok := parts[os.Getenv(partVariable)]
	if !ok {
		nettest.Main(m)
	}
	os.Unsetenv(partVariable)
	if err := part(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

const partVariable = "CHILD_TEST_PART"

var parts = map[string]func() error{
	"first":    playFirst,
	"parent":   playParent,
	"status":   playStatus,
	"greedy":   playGreedy,
	"drop":     playDrop,
	"whoami":   playWhoAmI,
	"ordinary": playOrdinaryExec,
}

// situation is as whom the tests start their binary again.
type situation struct {
	name  string
	uid   int // of its children, as they see it; ofRunAs: what RunAs tells root
	other bool
	begin func(t *testing.T) *exec.Cmd
}

const (
	someUser = 65534
	ofRunAs  = -1
)

var situations = []situation{
	{"root", ofRunAs, true, asRoot},
	{"an ordinary user with ambient capabilities", someUser, false, asOrdinaryUser},
	{"root of a user namespace with nobody else in it", 0, false, asNamespaceRoot},
	{"root that cannot become somebody else", 0, false, asPoorRoot},
}

func (s situation) child() (uid, gid int) {
	if uid, gid, _ := child.RunAs(); s.uid == ofRunAs {
		return uid, gid
	}
	return s.uid, s.uid
}

func asRoot(t *testing.T) *exec.Cmd {
	needRoot(t)
	return exec.Command("/proc/self/exe")
}

func asOrdinaryUser(t *testing.T) *exec.Cmd {
	c := asRoot(t)
	c.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: someUser, Gid: someUser},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE},
	}
	return c
}

func asNamespaceRoot(t *testing.T) *exec.Cmd {
	c := exec.Command("/proc/self/exe")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if _, _, other := child.RunAs(); other { // then only the user is missing, and no group
		c.SysProcAttr.GidMappings[0].Size, c.SysProcAttr.GidMappingsEnableSetgroups = 1<<16, true
	}
	return c
}

func asPoorRoot(t *testing.T) *exec.Cmd {
	needRoot(t)
	nettest.Need(t, "util-linux", "setpriv")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command("setpriv", "--bounding-set", "-all,+net_admin,+net_raw,+net_bind_service", own)
}

// needRoot skips where there is no other user to become.
func needRoot(t *testing.T) {
	t.Helper()
	if _, _, other := child.RunAs(); !other {
		t.Skip("skipped: only root can become somebody else; run the tests as root")
	}
}

// again starts this binary once more, to play a part.
func again(t *testing.T, part string, c *exec.Cmd) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	if c.SysProcAttr == nil {
		c.SysProcAttr = new(syscall.SysProcAttr)
	}
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL
	runtime.LockOSThread() // until the test ends: the signal is that of the thread
	t.Cleanup(runtime.UnlockOSThread)
	c.Dir = "/"
	c.Env = append(os.Environ(), partVariable+"="+part)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		if c.SysProcAttr.Cloneflags != 0 {
			t.Skipf("skipped: this kernel gives no user namespaces here: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		c.Process.Kill()
		c.Wait()
	})
	return c, bufio.NewReader(out)
}

// said is everything that a part prints.
func said(t *testing.T, part string, c *exec.Cmd) string {
	t.Helper()
	_, out := again(t, part, c)
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// program finds one that every Debian has.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := child.Find(name, "coreutils")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// script is a child that runs a line of shell.
func script(t testing.TB, line string) child.Config {
	return child.Config{Name: "script", Program: program(t, "sh"), Args: []string{"-c", line}, Folder: "/"}
}

// start starts a child that is gone after the test.
func start(t testing.TB, cfg child.Config) *child.Child {
	t.Helper()
	c, err := child.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(0) })
	return c
}

// patience is how long anything may take on a busy machine.
const patience = 20 * time.Second

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func await(t testing.TB, c *child.Child) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(patience):
		t.Fatal("the child never ended")
	}
}

// alive reports whether a process runs; one that has ended and was not reaped
// by its new parent yet does not.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// field is a line of /proc/PID/status.
func field(status, name string) string {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}
