package dnsmasq_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
)

// sockets are those that listen in the box, of all families.
func (w *world) sockets(t *testing.T) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(w.box.Run(t, "ss", "-Hlntu")) {
		f := strings.Fields(line)
		// A link-local address is another one each time.
		list = append(list, f[0]+" "+regexp.MustCompile(`fe80:[0-9a-f:]*`).ReplaceAllString(f[4], "fe80"))
	}
	raw, err := w.box.Command("ss", "-Hanw").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		list = append(list, "raw "+f[3])
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "\n")
}

func TestItListensToGuestsOnly(t *testing.T) {
	w := newWorld(t)
	w.box.Run(t, "ip", "addr", "flush", "dev", "ap0", "scope", "link")
	s := w.start(t)
	if got, want := w.sockets(t), "tcp 10.77.3.1:53\nudp 0.0.0.0%ap0:67\nudp 10.77.3.1:53"; got != want {
		t.Errorf("it listens on\n%s\nand not on\n%s", got, want)
	}
	// Who sends to the guests' address from elsewhere gets there, and no answer.
	w.internet.Run(t, "ip", "route", "add", "10.77.3.0/24", "via", "198.51.100.1")
	w.internet.Run(t, "ping", "-c1", "-W2", "10.77.3.1")
	for _, tcp := range []bool{false, true} {
		if m, err := tryAsk(t, w.internet, asked{name: "x.invalid.", kind: dnsmessage.TypeA, tcp: tcp}, 300*time.Millisecond); err == nil {
			t.Errorf("the uplink is answered: %v", m)
		}
	}
	ask(t, w.box, asked{name: "x.invalid.", kind: dnsmessage.TypeA, tcp: true})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	// Its process for the last connection was killed, and is gone in a moment.
	got := w.sockets(t)
	for until := time.Now().Add(never); got != "" && time.Now().Before(until); {
		got = w.sockets(t)
	}
	if got != "" {
		t.Errorf("after the end %s", got)
	}
}

func TestOthersOnOtherInterfacesAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.box.Run(t, "ip", "addr", "add", "127.0.0.53/8", "dev", "lo")
	var stub net.PacketConn
	w.box.Do(t, func() {
		var err error
		if stub, err = net.ListenPacket("udp", "127.0.0.53:53"); err != nil {
			t.Fatal(err)
		}
	})
	defer stub.Close()
	w.start(t)
	ask(t, w.box, asked{name: "one.example.", kind: dnsmessage.TypeA})
}

func TestADeathIsToldAndAnEndIsNot(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	if err := s.Err(); err != nil {
		t.Errorf("while it runs: %v", err)
	}
	if err := unix.Kill(s.PID(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	if err := s.Err(); !errors.Is(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("killed: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}

	s = w.start(t)
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
	<-s.Done()
	if err := s.Err(); err != nil {
		t.Errorf("stopped: %v", err)
	}
	if leases, err := s.Leases(); err != nil || len(leases) != 0 {
		t.Errorf("after the end there are leases %v (%v)", leases, err)
	}
	if files, _ := filepath.Glob(filepath.Join(w.folder, "*")); len(files) != 0 {
		t.Errorf("after the end there are %q", files)
	}
}

func TestWhatItWritesIsPrivate(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	w.lease(t, w.phone)
	for path, mode := range map[string]os.FileMode{w.folder: 0o700 | os.ModeDir, filepath.Join(w.folder, "dnsmasq.conf"): 0o600, filepath.Join(w.folder, "leases"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v (%v)", path, info.Mode(), err)
		}
	}
}

func TestItHasWhatItNeedsAndNoMore(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%016x", 1<<unix.CAP_NET_ADMIN|1<<unix.CAP_NET_RAW|1<<unix.CAP_NET_BIND_SERVICE)
	for _, set := range []string{"CapPrm:\t", "CapEff:\t", "CapAmb:\t"} {
		if !strings.Contains(string(status), set+want) {
			t.Errorf("no %s%s in\n%s", set, want, status)
		}
	}
}

// A Wi-Fi interface goes and comes back as another one with the same name.
func TestTheInterfaceComesBack(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	first := w.lease(t, w.phone)["ip"]
	w.box.Run(t, "ip", "link", "del", "ap0")
	w.box.Run(t, "ip", "link", "add", "ap0", "type", "veth", "peer", "name", "wlan1", "netns", "phone")
	w.box.Run(t, "ip", "addr", "add", "10.77.3.1/24", "dev", "ap0")
	w.box.Run(t, "ip", "link", "set", "ap0", "up")
	w.phone.Run(t, "ip", "link", "set", "wlan1", "up")
	if again := w.lease(t, w.phone)["ip"]; again == first {
		t.Errorf("a new phone has the address of the old one, %s", again)
	}
	if m := ask(t, w.phone, asked{name: "one.example.", kind: dnsmessage.TypeA}); address(m) != "203.0.113.7" {
		t.Errorf("answer %v", m)
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}

// When we are killed, dnsmasq is killed, and a process of its own for a
// connection over TCP lives on and keeps the port.
func TestWhatIsLeftOfAnEarlierRunIsEnded(t *testing.T) {
	w := newWorld(t)
	c := w.config()
	text, err := dnsmasq.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(w.folder, "dnsmasq.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	old := w.box.Command("dnsmasq", "--keep-in-foreground", "--user=root", "--conf-file="+conf)
	old.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	var conn net.Conn
	w.box.Do(t, func() {
		for until := time.Now().Add(never); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
			if conn, err = net.Dial("tcp", "10.77.3.1:53"); err == nil {
				return
			}
		}
		t.Fatal(err)
	})
	defer conn.Close()
	// Its process for the connection has the listener too.
	for n := 0; strings.Count(w.box.Run(t, "ss", "-H4ltnp", "sport", "53"), "pid=") < 2 && n < 300; n++ {
		time.Sleep(10 * time.Millisecond)
	}
	old.Process.Kill()
	old.Wait()
	if left := w.box.Run(t, "ss", "-Hltn", "sport", "53"); left == "" {
		t.Fatal("nothing is left: this test does not test anything")
	}
	w.start(t)
	ask(t, w.box, asked{name: "one.example.", kind: dnsmessage.TypeA, tcp: true})
	if _, err := os.Stat("/run/dnsmasq.pid"); err == nil { // the old one was root, and could
		t.Error("there is a pid file")
	}
}

// ordinary is set for the process that this test starts again as another user.
const ordinary = "TINYCHECK_TEST_ORDINARY"

// beOrdinary is what that process does: it starts, says so, and stops when its
// input ends.
func beOrdinary() {
	c := usual()
	c.Folder = os.Getenv(ordinary)
	c.Upstream = []netip.AddrPort{upstream(server)}
	c.Six = prefix("fd77:3::1/64")
	s, err := dnsmasq.Start(context.Background(), c)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("started as", os.Getuid())
	os.Stdin.Read(make([]byte, 1))
	if leases, err := s.Leases(); err != nil || len(leases) != 1 {
		fmt.Println("leases", leases, err)
		os.Exit(1)
	}
	if err := s.Stop(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

const nobody = 65534

// asOrdinary starts this program again as an ordinary user in the box.
func (w *world) asOrdinary(t *testing.T, capabilities ...uintptr) (c *exec.Cmd, in io.Closer, out io.Reader) {
	t.Helper()
	if err := os.Chown(w.folder, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	c = exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), ordinary+"="+w.folder)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, AmbientCaps: capabilities}
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	w.box.Do(t, func() {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	})
	return c, in, out
}

func TestAnOrdinaryUserWithThreeCapabilities(t *testing.T) {
	w := newWorld(t)
	w.box.Run(t, "ip", "addr", "add", "fd77:3::1/64", "dev", "ap0", "nodad")
	c, in, out := w.asOrdinary(t, unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE)
	said := make([]byte, 4096)
	n, _ := out.Read(said)
	if got := string(said[:n]); got != fmt.Sprintf("started as %d\n", nobody) {
		in.Close()
		c.Wait()
		t.Fatal(got)
	}
	w.lease(t, w.phone)
	if m := ask(t, w.phone, asked{name: "one.example.", kind: dnsmessage.TypeA}); address(m) != "203.0.113.7" {
		t.Errorf("answer %v", m)
	}
	in.Close()
	n, _ = out.Read(said)
	if err := c.Wait(); err != nil || n != 0 {
		t.Errorf("%v: %s", err, said[:n])
	}
}

func TestAnOrdinaryUserWithoutCapabilities(t *testing.T) {
	w := newWorld(t)
	w.box.Run(t, "ip", "addr", "add", "fd77:3::1/64", "dev", "ap0", "nodad")
	c, in, out := w.asOrdinary(t)
	defer in.Close()
	said, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if c.Wait() == nil || !strings.Contains(string(said), "no permission: run as root, or with CAP_NET_BIND_SERVICE") {
		t.Errorf("it said %s", said)
	}
}
