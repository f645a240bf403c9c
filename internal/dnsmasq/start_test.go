package dnsmasq_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/nettest"
)

// refused checks that a start fails with words that help, and leaves nothing.
func (w *world) refused(t *testing.T, c dnsmasq.Config, kind tinycheck.ErrorKind, says ...string) {
	t.Helper()
	w.refusedIn(t, context.Background(), c, kind, says...)
}

func (w *world) refusedIn(t *testing.T, ctx context.Context, c dnsmasq.Config, kind tinycheck.ErrorKind, says ...string) {
	t.Helper()
	var s *dnsmasq.Server
	var err error
	w.box.Do(t, func() { s, err = dnsmasq.Start(ctx, c) })
	if err == nil {
		s.Stop()
		t.Fatal("it started")
	}
	for _, part := range says {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v\ndoes not say %q", err, part)
		}
	}
	if tinycheck.KindOf(err) != kind {
		t.Errorf("%v\nis of the kind %q, want %q", err, tinycheck.KindOf(err), kind)
	}
	if files, _ := filepath.Glob(filepath.Join(w.folder, "*")); len(files) != 0 {
		t.Errorf("it left %q", files)
	}
}

func TestAStartThatCannotWorkIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, taken := range []struct{ network, at string }{
		{"udp4", "10.77.3.1:53"}, {"udp4", "0.0.0.0:53"}, {"udp", "[::]:53"}, {"tcp4", "10.77.3.1:53"}, {"tcp4", "0.0.0.0:53"}, {"tcp", "[::]:53"}, {"udp4", "0.0.0.0:67"},
	} {
		t.Run(taken.network+" "+taken.at, func(t *testing.T) {
			var closer interface{ Close() error }
			w.box.Do(t, func() {
				var err error
				if strings.HasPrefix(taken.network, "udp") {
					closer, err = net.ListenPacket(taken.network, taken.at)
				} else {
					closer, err = net.Listen(taken.network, taken.at)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
			defer closer.Close()
			w.refused(t, w.config(), tinycheck.Busy, "taken by "+self(t), "stop it", "port "+taken.at[strings.LastIndex(taken.at, ":")+1:])
		})
	}
	t.Run("no such interface", func(t *testing.T) {
		c := w.config()
		c.Interface = "ap9"
		w.refused(t, c, tinycheck.NotFound, "ap9", "up0")
	})
	t.Run("no such address", func(t *testing.T) {
		c := w.config()
		c.Address = prefix("10.77.4.1/24")
		w.refused(t, c, tinycheck.NotFound, "10.77.4.1/24", "ip address add")
	})
	t.Run("no such IPv6 address", func(t *testing.T) {
		c := w.config()
		c.Six = prefix("fd77:9::1/64")
		w.refused(t, c, tinycheck.NotFound, "fd77:9::1/64", "ip address add")
	})
	t.Run("no folder", func(t *testing.T) {
		c := w.config()
		c.Folder = filepath.Join(w.folder, "missing")
		w.refused(t, c, tinycheck.NotFound, "missing")
	})
	t.Run("a file for a folder", func(t *testing.T) {
		c := w.config()
		c.Folder = filepath.Join(filepath.Dir(w.folder), "file")
		if err := os.WriteFile(c.Folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		w.refused(t, c, tinycheck.Conflict, "no folder")
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.box.Do(t, func() {
			s, err := dnsmasq.Start(ctx, w.config())
			if err == nil {
				s.Stop() // it was faster
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	})
}

// Another Start with the same folder is no reason to end what runs there.
func TestASecondOneIsRefusedAndTheFirstLivesOn(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	var conn net.Conn
	w.box.Do(t, func() { // with a process of its own for a connection
		var err error
		if conn, err = net.Dial("tcp", "10.77.3.1:53"); err != nil {
			t.Fatal(err)
		}
	})
	defer conn.Close()
	ask(t, w.box, asked{name: "x.invalid.", kind: dnsmessage.TypeA, tcp: true}) // the first connection was taken before
	if _, err := w.try(t, w.config()); !errors.Is(err, tinycheck.Busy) || !strings.Contains(err.Error(), "taken by dnsmasq (process") {
		t.Errorf("got %v", err)
	}
	w.lease(t, w.phone)
	if leases, err := s.Leases(); len(leases) != 1 || err != nil || s.Err() != nil {
		t.Errorf("the first one: leases %v (%v), %v", leases, err, s.Err())
	}
}

// self is this program as an error names it.
func self(t *testing.T) string {
	t.Helper()
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s (process %d)", strings.TrimSpace(string(name)), os.Getpid())
}

// With a DHCP server on another interface ours can live.
func TestADHCPServerOfAnotherInterfaceIsNoneOfOurs(t *testing.T) {
	w := newWorld(t)
	listen(t, w, "up0")
	w.start(t)
	w.lease(t, w.phone)
}

func listen(t *testing.T, w *world, device string) {
	t.Helper()
	var fd int
	w.box.Do(t, func() {
		var err error
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(unix.BindToDevice(fd, device), unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.Bind(fd, &unix.SockaddrInet4{Port: 67})); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { unix.Close(fd) })
}

func TestTwoDHCPServersForTheSameGuestsAreOneTooMany(t *testing.T) {
	w := newWorld(t)
	listen(t, w, "ap0") // and it shares, as dnsmasq does
	w.refused(t, w.config(), tinycheck.Busy, "port 67 (udp) on ap0 is taken by "+self(t))
}

// resolv puts words where this machine says whom it asks: over an /etc that is
// the test's own. What it returns changes them, as programs do that care for it.
func resolv(t *testing.T, text string) (change func(text string)) {
	t.Helper()
	top, err := os.MkdirTemp("/run", "etc-*")
	if err != nil {
		t.Fatal(err)
	}
	upper, work := filepath.Join(top, "upper"), filepath.Join(top, "work")
	if err := errors.Join(os.Chmod(top, 0o755), os.Mkdir(upper, 0o755), os.Mkdir(work, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("overlay", "/etc", "overlay", 0, "lowerdir=/etc,upperdir="+upper+",workdir="+work); err != nil {
		t.Skipf("skipped: /etc cannot be replaced here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount("/etc", unix.MNT_DETACH); os.RemoveAll(top) })
	change = func(text string) {
		t.Helper()
		if err := errors.Join(os.WriteFile("/etc/resolv.conf.new", []byte(text), 0o644), os.Rename("/etc/resolv.conf.new", "/etc/resolv.conf")); err != nil {
			t.Fatal(err)
		}
	}
	change(text)
	return change
}

func TestWhomThisMachineAsks(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       tinycheck.ErrorKind
		says       string
	}{
		{"nobody", "# empty\n", tinycheck.Unavailable, "names no name server"},
		{"ourselves", "nameserver 10.77.3.1\n", tinycheck.Conflict, "ask itself"},
		{"somebody here who is not there", "nameserver 127.0.0.53\n", tinycheck.Unavailable, "127.0.0.53"},
		{"both", "nameserver 10.77.3.1\nnameserver 127.0.0.53\nnameserver ::1\n", tinycheck.Unavailable, "127.0.0.53 and ::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			resolv(t, c.text)
			config := w.config()
			config.Upstream = nil
			w.refused(t, config, c.kind, c.says)
			config.Contained = true // asks nobody
			s, err := w.try(t, config)
			if err != nil {
				t.Fatal(err)
			}
			s.Stop()
		})
	}
}

func TestWhomThisMachineAsksMayChange(t *testing.T) {
	w := newWorld(t)
	w.box.Run(t, "ip", "addr", "add", "127.0.0.53/8", "dev", "lo")
	var stub net.PacketConn
	w.box.Do(t, func() {
		var err error
		if stub, err = net.ListenPacket("udp", "127.0.0.53:53"); err != nil {
			t.Fatal(err)
		}
	})
	change := resolv(t, "nameserver 10.77.3.1\nnameserver 127.0.0.53\n")
	w.start(t, func(c *dnsmasq.Config) { c.Upstream = nil })
	// Who is asked there answers.
	go (&internet{}).overUDP(stub)
	if m := ask(t, w.box, asked{name: "one.example.", kind: dnsmessage.TypeA}); address(m) != "203.0.113.7" {
		t.Errorf("answer %v", m)
	}
	stub.Close()
	change("nameserver 198.51.100.53\n")
	for n := 0; len(w.names.questions("two.example")) == 0; n++ {
		tryAsk(t, w.box, asked{name: "two.example.", kind: dnsmessage.TypeA}, never/30)
		if n == 60 {
			t.Fatal("the new name server is not asked")
		}
	}
}

// The system's own dnsmasq and its files are somebody else's business.
func TestTheSystemsOwnFilesMeanNothing(t *testing.T) {
	w := newWorld(t)
	resolv(t, "nameserver 10.99.99.99\nsearch home.example\n")
	const mac = "02:00:00:00:00:09"
	w.phone.Run(t, "ip", "link", "set", "wlan1", "address", mac)
	for path, text := range map[string]string{
		"/etc/dnsmasq.conf": "address=/one.example/10.9.9.9\ndhcp-option=15,home.example\nlog-facility=" + w.folder + "/log\n",
		"/etc/hosts":        "10.9.9.9 one.example\n10.9.9.9 box\n",
		"/etc/ethers":       mac + " 10.77.3.250\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.start(t, func(c *dnsmasq.Config) { c.First = netip.MustParseAddr("10.77.3.20") })
	if got := w.lease(t, w.phone); got["ip"] != "10.77.3.20" || got["domain"] != "" || got["search"] != "" {
		t.Errorf("the phone got %v", got)
	}
	if m := ask(t, w.phone, asked{name: "one.example.", kind: dnsmessage.TypeA}); address(m) != "203.0.113.7" {
		t.Errorf("one.example is at %q", address(m))
	}
	if m := ask(t, w.phone, asked{name: "box.", kind: dnsmessage.TypeA}); address(m) != "" {
		t.Errorf("box is at %q", address(m))
	}
}

// A loop over somebody else is found by dnsmasq itself.
func TestALoopOverSomebodyElse(t *testing.T) {
	w := newWorld(t)
	other := filepath.Join(t.TempDir(), "other.conf")
	text := "port=5300\nno-resolv\nno-hosts\nlisten-address=127.0.0.1\nbind-interfaces\nserver=10.77.3.1\nlog-facility=/dev/null\npid-file\nuser=root\n"
	if err := os.WriteFile(other, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c := w.box.Command("dnsmasq", "--keep-in-foreground", "--conf-file="+other)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { c.Process.Kill(); c.Wait() }()
	for n := 0; ; n++ { // it tells itself what it is
		if _, err := tryAsk(t, w.box, asked{name: "version.bind.", kind: dnsmessage.TypeTXT, class: dnsmessage.ClassCHAOS, at: "127.0.0.1:5300"}, never/30); err == nil {
			break
		}
		if n == 300 {
			t.Fatal("the other one does not answer")
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.start(t, func(c *dnsmasq.Config) { c.Upstream = []netip.AddrPort{upstream("127.0.0.1:5300")} })
	for n := 0; ; n++ {
		m, err := tryAsk(t, w.box, asked{name: fmt.Sprintf("n%d.example.", n), kind: dnsmessage.TypeA}, never/30)
		if err == nil && m.RCode == dnsmessage.RCodeRefused {
			return // it has nobody left to ask
		}
		if n == 60 {
			t.Fatalf("the loop goes on: %v, %v", m, err)
		}
	}
}

// In a user namespace of somebody who is not root, root is nobody else's master.
func TestRootThatCannotBecomeAnotherUser(t *testing.T) {
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	if uid, _, _ := child.RunAs(); uid != 0 {
		asNobody(t)
		return
	}
	c := usual()
	c.Folder = t.TempDir()
	if _, err := dnsmasq.Start(context.Background(), c); !errors.Is(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), "ordinary user") {
		t.Errorf("got %v", err)
	}
}

// asNobody runs the calling test once more, as an ordinary user: nettest then
// makes him root of a user namespace that has nobody else.
func asNobody(t *testing.T) {
	t.Helper()
	again := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	again.Dir = "/"
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TINYCHECK_NETTEST=") {
			again.Env = append(again.Env, v)
		}
	}
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as an ordinary user: %v\n%s", err, out)
	}
}

func TestAnOldDnsmasqIsRefused(t *testing.T) {
	w := newWorld(t)
	bin := filepath.Join(filepath.Dir(w.folder), "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]struct {
		kind tinycheck.ErrorKind
		says string
	}{
		"dnsmasq: bad option at line 29 of /run/box/dnsmasq.conf":                          {tinycheck.Unsupported, "older than 2.90"},
		"dnsmasq: failed to create listening socket for 10.77.3.1: Address already in use": {tinycheck.Busy, "stop it"},
		"dnsmasq: process is missing required capability NET_ADMIN":                        {tinycheck.Unavailable, "run as root"},
		"dnsmasq: cannot read /run/box/dnsmasq.conf: Permission denied":                    {tinycheck.Unavailable, "runtime folder"},
		"dnsmasq: something new": {tinycheck.Unavailable, "something new"},
	} {
		program := "#!/bin/sh\necho '" + said + "' >&2\nexit 1\n"
		if err := os.WriteFile(filepath.Join(bin, "dnsmasq"), []byte(program), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		w.refused(t, w.config(), want.kind, want.says, said)
	}
}

func TestOneThatRunsAndDoesNotAnswer(t *testing.T) {
	w := newWorld(t)
	bin := filepath.Join(filepath.Dir(w.folder), "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "dnsmasq"), []byte("#!/bin/sh\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx, cancel := context.WithTimeout(context.Background(), never/10)
	defer cancel()
	w.refusedIn(t, ctx, w.config(), tinycheck.Unavailable, "does not answer at 10.77.3.1")
}
