package nettest

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Space is a network namespace of a test.
type Space struct {
	name   string
	handle netns.NsHandle
	tests  sync.WaitGroup // what Go started
}

// New makes one that has nothing but loopback. It is gone after the test.
func New(t testing.TB, name string) *Space {
	t.Helper()
	if state := os.Getenv(inside); state != "2" {
		t.Skipf("skipped: this kernel gives no network namespaces of one's own (%s)", strings.TrimPrefix(state, "none: "))
	}
	s := &Space{name: name}
	var err error
	apart(func() {
		if s.handle, err = netns.NewNamed(name); err == nil {
			err = loopback()
		}
	})
	if err != nil {
		t.Fatalf("new namespace %s: %v", name, err)
	}
	t.Cleanup(func() {
		s.tests.Wait()
		s.handle.Close()
		if err := netns.DeleteNamed(name); err != nil {
			t.Errorf("delete namespace %s: %v", name, err)
		}
	})
	return s
}

// apart runs f on a thread of its own, which ends with it: whatever namespace it
// is left in.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
	}()
	<-done
}

func loopback() error {
	link, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

// Name is what "ip netns" knows it by.
func (s *Space) Name() string { return s.name }

// Do runs f on a thread inside the namespace. Sockets that f opens itself belong
// to the namespace; goroutines that f starts are outside (a net.Dialer with
// several addresses starts some). Inside f, /sys shows the test's own namespace.
func (s *Space) Do(t testing.TB, f func()) {
	t.Helper()
	var err error
	finished := false
	apart(func() {
		if err = netns.Set(s.handle); err != nil {
			return
		}
		f()
		finished = true
	})
	if err != nil {
		t.Fatalf("enter namespace %s: %v", s.name, err)
	}
	if !finished {
		t.FailNow()
	}
}

// Go runs f inside, on a thread of its own; the test waits for it at its end.
func (s *Space) Go(t testing.TB, f func()) {
	s.tests.Go(func() {
		apart(func() {
			if err := netns.Set(s.handle); err != nil {
				t.Errorf("enter namespace %s: %v", s.name, err)
				return
			}
			f()
		})
	})
}

// Command is a program inside. Its process id is that of the program.
func (s *Space) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--net=/run/netns/" + s.name, "--", name}, args...)...)
}

// Run runs a program inside to its end and gives what it printed; a program that
// fails, fails the test.
func (s *Space) Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := s.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s %s: %v\n%s", s.name, name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Veth joins two namespaces by a cable. nil is the namespace of the test itself.
func Veth(t testing.TB, a *Space, nameA string, b *Space, nameB string) {
	t.Helper()
	pair := &netlink.Veth{LinkAttrs: netlink.NewLinkAttrs(), PeerName: nameB}
	pair.Name = nameA
	there, err := b.open()
	if err != nil {
		t.Fatalf("find namespace: %v", err)
	}
	defer there.Close()
	pair.PeerNamespace = netlink.NsFd(there)
	lay := func() {
		if err := netlink.LinkAdd(pair); err != nil {
			t.Fatalf("make cable %s to %s: %v", nameA, nameB, err)
		}
	}
	within(t, a, lay)
	within(t, a, func() { up(t, nameA) })
	within(t, b, func() { up(t, nameB) })
}

// open gives a handle to close: of the namespace, or of the test's own.
func (s *Space) open() (netns.NsHandle, error) {
	if s == nil {
		return netns.Get()
	}
	return netns.GetFromName(s.name)
}

func within(t testing.TB, s *Space, f func()) {
	t.Helper()
	if s == nil {
		f()
		return
	}
	s.Do(t, f)
}

func up(t testing.TB, name string) {
	t.Helper()
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		t.Fatalf("take %s up: %v", name, err)
	}
}

// Need skips the test when a program is missing, naming its Debian package.
func Need(t testing.TB, debian string, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if _, err := os.Stat("/usr/sbin/" + p); err != nil {
				t.Skipf("skipped: %s is not installed (Debian package %s)", p, debian)
			}
		}
	}
}
