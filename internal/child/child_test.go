package child_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/nettest"
)

// output runs a child to its end and gives what it said.
func output(t testing.TB, cfg child.Config) string {
	t.Helper()
	var all []string
	cfg.Lines = func(line string) { all = append(all, line) }
	await(t, start(t, cfg))
	return strings.Join(all, "\n")
}

// first gives the first line that a child says.
func first(t testing.TB, cfg child.Config) (*child.Child, string) {
	t.Helper()
	line := make(chan string, 1)
	cfg.Lines = func(s string) {
		select {
		case line <- s:
		default:
		}
	}
	c := start(t, cfg)
	select {
	case s := <-line:
		return c, s
	case <-time.After(patience):
		t.Fatal("the child never said anything")
		return nil, ""
	}
}

func TestTheLastWordsAreInTheError(t *testing.T) {
	c := start(t, script(t, "echo one; echo; echo two >&2; exit 3"))
	await(t, c)
	err := c.Err()
	if tinycheck.KindOf(err) != tinycheck.Unavailable || err.Error() != "run script: ended by itself (exit status 3); its last words: one | two" {
		t.Errorf("Err is %q, %q", tinycheck.KindOf(err), err)
	}
	if got := c.Tail(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("Tail is %q", got)
	}
	if err := c.Stop(time.Second); err != nil {
		t.Errorf("stopping what has ended: %v", err)
	}
	if c.Err() == nil {
		t.Error("a late Stop made the error go away")
	}
}

func TestAnEndThatNobodyAskedForIsAnError(t *testing.T) {
	for line, want := range map[string]string{
		"exit 0":         "run script: ended by itself (exit status 0) and said nothing",
		"kill -SEGV $$":  "run script: ended by itself (signal: segmentation fault) and said nothing",
		"printf partial": "run script: ended by itself (exit status 0); its last words: partial",
	} {
		c := start(t, script(t, line))
		await(t, c)
		// A core dump, where one is made, is told after the signal.
		if got := strings.Replace(c.Err().Error(), " (core dumped)", "", 1); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestAStoppedChildEndedWell(t *testing.T) {
	c := start(t, child.Config{Name: "sleep", Program: program(t, "sleep"), Args: []string{"1000"}, Folder: "/"})
	if err := c.Err(); err != nil {
		t.Errorf("Err while it runs: %v", err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := c.Stop(patience); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if c.Err() != nil || alive(c.PID()) {
		t.Errorf("Err %v, alive %v", c.Err(), alive(c.PID()))
	}
}

func TestAChildThatIgnoresSIGTERMIsKilled(t *testing.T) {
	c, _ := first(t, script(t, `trap "" TERM; echo ready; while :; do sleep 1000; done`))
	if err := c.Stop(30 * time.Millisecond); err != nil {
		t.Error(err)
	}
	if alive(c.PID()) {
		t.Error("it lives")
	}
}

func TestWhatAChildLeavesBehindGoesToo(t *testing.T) {
	c, line := first(t, script(t, "sleep 1000 & echo $!; wait"))
	pid := numbers(t, line)[0]
	if err := c.Stop(patience); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the sleep that it left behind is gone", func() bool { return !alive(pid) })
}

func TestAnEscapedProcessDoesNotHoldTheEndBack(t *testing.T) {
	nettest.Need(t, "util-linux", "setsid")
	c, line := first(t, script(t, `setsid sh -c 'echo $$; exec sleep 1000' & sleep 1000`))
	defer syscall.Kill(numbers(t, line)[0], syscall.SIGKILL)
	if err := c.Stop(patience); err != nil {
		t.Error(err)
	}
}

func TestATerminalIsNotTheChildrens(t *testing.T) {
	c, _ := first(t, script(t, "echo ready; exec sleep 1000"))
	text, err := os.ReadFile("/proc/" + strconv.Itoa(c.PID()) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	// state, parent, process group, session, terminal
	f := strings.Fields(after)
	if own := strconv.Itoa(c.PID()); f[2] != own || f[3] != own || f[4] != "0" {
		t.Errorf("group %s, session %s, terminal %s of %s", f[2], f[3], f[4], own)
	}
}

func TestAChildInheritsNothing(t *testing.T) {
	t.Setenv("SECRET", "of ours")
	open, err := syscall.Dup(1) // as one that this program was started with
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(open)
	got := output(t, script(t, `env | grep -v ^PWD= | sort; umask; pwd; cat; for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done`))
	want := "HOME=/\nLC_ALL=C\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n0077\n/\n0\n1\n2"
	if got != want {
		t.Errorf("it has\n%s\nwant\n%s", got, want)
	}
	if now := syscall.Umask(0o022); now == 0o077 {
		t.Error("our own umask was changed")
	} else {
		syscall.Umask(now)
	}
}

func TestAChildIsInTheNamespaceOfItsCaller(t *testing.T) {
	box := nettest.New(t, "childbox")
	look := script(t, "readlink /proc/self/ns/net")
	outside := output(t, look)
	var inside, want string
	box.Do(t, func() {
		inside = output(t, look)
		want, _ = os.Readlink("/proc/thread-self/ns/net")
	})
	if inside != want || inside == outside {
		t.Errorf("inside %s, want %s; outside %s", inside, want, outside)
	}
}

func TestAFailedStartSaysWhyAndLeavesNothing(t *testing.T) {
	open := t.TempDir() // of the tests' own user, so that a child of root's cannot enter it
	text := filepath.Join("/run", "not-a-program")
	if err := os.WriteFile(text, []byte("text"), 0o755); err != nil {
		t.Skipf("skipped: /run is not ours: %v", err)
	}
	defer os.Remove(text)
	for name, c := range map[string]struct {
		change func(*child.Config)
		kind   tinycheck.ErrorKind
		says   string
	}{
		"no name":          {func(c *child.Config) { c.Name = "" }, tinycheck.Invalid, "no name"},
		"relative":         {func(c *child.Config) { c.Program = "sh" }, tinycheck.Invalid, "absolute"},
		"no folder":        {func(c *child.Config) { c.Folder = "" }, tinycheck.Invalid, "absolute"},
		"zero byte":        {func(c *child.Config) { c.Args = []string{"a\x00b"} }, tinycheck.Invalid, "zero byte"},
		"many arguments":   {func(c *child.Config) { c.Args = make([]string, 65) }, tinycheck.Invalid, "65 arguments, at most 64"},
		"odd capability":   {func(c *child.Config) { c.Capabilities = []uintptr{99} }, tinycheck.Invalid, "capability 99"},
		"missing program":  {func(c *child.Config) { c.Program = "/usr/sbin/nothing-here" }, tinycheck.NotFound, "/usr/sbin/nothing-here"},
		"missing folder":   {func(c *child.Config) { c.Folder = "/nothing-here" }, tinycheck.NotFound, "/nothing-here"},
		"no program":       {func(c *child.Config) { c.Program = text }, tinycheck.Unavailable, "no program for this machine"},
		"not executable":   {func(c *child.Config) { c.Program = "/etc/passwd" }, tinycheck.Unavailable, "may not run /etc/passwd"},
		"forbidden folder": {func(c *child.Config) { c.Folder = open }, tinycheck.Unavailable, "may not enter the folder " + filepath.Dir(open)},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "forbidden folder" {
				needRoot(t)
			}
			cfg := script(t, "exit")
			c.change(&cfg)
			files, routines := count(t, "/proc/self/fd"), runtime.NumGoroutine()
			_, err := child.Start(cfg)
			if tinycheck.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q %v, want %q and %q", tinycheck.KindOf(err), err, c.kind, c.says)
			}
			eventually(t, "nothing is left", func() bool {
				return count(t, "/proc/self/fd") <= files && runtime.NumGoroutine() <= routines
			})
		})
	}
}

func count(t *testing.T, folder string) int {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestAnEndedChildLeavesNothing(t *testing.T) {
	await(t, start(t, script(t, "exit")))            // what the runtime opens once
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close what was forgotten
	files, routines := count(t, "/proc/self/fd"), runtime.NumGoroutine()
	for range 20 {
		await(t, start(t, script(t, "echo word")))
	}
	eventually(t, "nothing is left", func() bool {
		return count(t, "/proc/self/fd") <= files && runtime.NumGoroutine() <= routines
	})
}

func TestTheFirstThreadIsNeverTaken(t *testing.T) {
	t.Setenv("GOMAXPROCS", "1") // a goroutine then most likely goes on where the one before it stopped
	text := said(t, "first", exec.Command("/proc/self/exe"))
	if !strings.Contains(text, "usual: true") {
		t.Skipf("skipped: the scheduler does not use the first thread here: %q", text)
	}
	if text != "usual: true, own: false\n" {
		t.Errorf("it runs on the thread that stands for the whole program: %q", text)
	}
}

func TestAMissingProgramNamesItsPackage(t *testing.T) {
	_, err := child.Find("no-such-hostapd", "hostapd")
	if tinycheck.KindOf(err) != tinycheck.Unavailable || err.Error() != "no-such-hostapd is not installed (Debian package hostapd)" {
		t.Errorf("%v", err)
	}
	if _, err := child.Find("../bin/sh", "dash"); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("a path: %v", err)
	}
}

func TestProgramsAreFoundWhereAnOrdinaryPathHasNone(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	for _, path := range []string{"", "/nowhere", "relative:."} {
		t.Setenv("PATH", path)
		found, err := child.Find("tc", "iproute2") // in /sbin only
		if err != nil || !filepath.IsAbs(found) {
			t.Errorf("with PATH=%s: %q, %v", path, found, err)
		}
	}
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	if err := os.WriteFile(filepath.Join(folder, "tc"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if found, err := child.Find("tc", "iproute2"); err != nil || filepath.Dir(found) == folder {
		t.Errorf("what cannot be run was found: %q, %v", found, err)
	}
	os.Chmod(filepath.Join(folder, "tc"), 0o755)
	if found, _ := child.Find("tc", "iproute2"); filepath.Dir(found) != folder {
		t.Errorf("PATH comes first: %q", found)
	}
}
