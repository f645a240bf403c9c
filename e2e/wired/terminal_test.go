package wired_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is one that a program believes in (pty(7)).
type terminal struct {
	own, far *os.File
	mu       sync.Mutex
	shown    bytes.Buffer
	read     chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	own, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(own.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	fd, _, failed := syscall.Syscall(syscall.SYS_IOCTL, own.Fd(), unix.TIOCGPTPEER, uintptr(os.O_RDWR|syscall.O_NOCTTY))
	if failed != 0 {
		t.Fatal(failed)
	}
	term := &terminal{own: own, far: os.NewFile(fd, "terminal"), read: make(chan struct{})}
	if err := unix.IoctlSetWinsize(int(own.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 90}); err != nil {
		t.Fatal(err)
	}
	go term.copy()
	t.Cleanup(func() { own.Close(); term.far.Close() })
	return term
}

func (m *terminal) copy() {
	defer close(m.read)
	b := make([]byte, 4096)
	for {
		n, err := m.own.Read(b)
		m.mu.Lock()
		m.shown.Write(b[:n])
		m.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (m *terminal) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shown.String()
}

// On a terminal, hotspot says what to do, what is wrong, and who has come.
func TestHotspotOnATerminal(t *testing.T) {
	w := newWorld(t)
	w.sh(w.box, "ip route del default; ip -6 route del default")
	list := filepath.Join(w.folder, "list.txt")
	if err := os.WriteFile(list, []byte("spy.test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := newTerminal(t)
	c := w.box.Command(binary, "hotspot", "-i", "guests0", "--wired", "--uplink-dns", resolver, "--indicators", list, "--lang", "fr", "--runtime-dir", w.runtime())
	c.Stdin, c.Stdout, c.Stderr = term.far, term.far, term.far
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	for _, what := range []string{"Connectez maintenant le téléphone", "Ce boîtier n’a pas Internet", "Aucun téléphone"} {
		eventually(t, what, func() bool { return strings.Contains(term.text(), what) })
	}
	w.join(w.phone)
	eventually(t, "the phone", func() bool { return strings.Contains(term.text(), "rien de connu n’a été vu jusqu’ici") })
	if _, err := term.own.Write([]byte{3}); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	c.Wait()
	term.far.Close()
	if code := c.ProcessState.ExitCode(); code != 30 {
		t.Errorf("exit status %d: %s", code, term.text())
	}
}

// On a terminal, capture shows who joined, whom they contact and what that means,
// and Ctrl-C gives the answer.
func TestCaptureOnATerminal(t *testing.T) {
	w := newWorld(t)
	r := w.hotspot()
	r.says("open: guests0")
	list := filepath.Join(w.folder, "list.txt")
	term := newTerminal(t)
	c := w.box.Command(binary, "capture", "-i", "guests0", "--indicators", list, "--lang", "en")
	c.Stdin, c.Stdout, c.Stderr = term.far, term.far, term.far
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	eventually(t, "the picture", func() bool { return strings.Contains(term.text(), "Listening on guests0") })
	_, box := w.join(w.phone)
	within(w.phone, "dig", "+short", "+time=3", "@"+box, "www.example.test")
	within(w.phone, "dig", "+short", "+time=3", "@"+box, "spy.test")
	for _, what := range []string{"Names contacted: ", "www.example.test", "spy.test: contact with a known spying product was seen", "Ctrl-C ends the recording"} {
		eventually(t, what, func() bool { return strings.Contains(term.text(), what) })
	}
	if _, err := term.own.Write([]byte{3}); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	c.Wait()
	term.far.Close()
	if code := c.ProcessState.ExitCode(); code != 20 {
		t.Errorf("exit status %d", code)
	}
	eventually(t, "the answer", func() bool { return strings.Contains(term.text(), "Do not remove or change anything yet.") })
	r.stop()
}
