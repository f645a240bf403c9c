package phone_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tinycheck/internal/child"
	"tinycheck/internal/nettest"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// box is a plain router where a phone joins: nothing is forbidden.
type box struct {
	guest   string // interface
	command func(name string, args ...string) *exec.Cmd
}

func (b *box) run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := b.command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// forward gives the box its addresses, and lets packets through.
func (b *box) forward(t testing.TB) {
	t.Helper()
	b.forward4(t)
	b.run(t, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
	b.run(t, "ip", "addr", "replace", "fd77:3::1/64", "dev", b.guest, "nodad")
}

func (b *box) forward4(t testing.TB) {
	t.Helper()
	b.run(t, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0")
	b.run(t, "ip", "addr", "replace", "10.77.3.1/24", "dev", b.guest)
}

// upstream is dnsmasq's option for names from the Internet.
const upstream = "--server=198.51.100.1"

// lease starts the real dnsmasq.
func (b *box) lease(t testing.TB, more ...string) *program {
	t.Helper()
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	if _, _, other := child.RunAs(); !other {
		t.Skip("skipped: dnsmasq does not run as the root of a user namespace that has no other user; run the tests as root")
	}
	p := start(t, "DHCP, sockets bound", b.command("dnsmasq", append([]string{
		"-k", "-C", "/dev/null", "-R", "-h", "--user=root", "--pid-file=", "--bind-interfaces", "--interface=" + b.guest, "--except-interface=lo",
		"--no-ping", "--dhcp-authoritative", "--dhcp-range=10.77.3.50,10.77.3.150,2m", "--dhcp-leasefile=" + filepath.Join(t.TempDir(), "leases"),
		"--log-facility=-",
	}, more...)...))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("dnsmasq:\n%s", p)
		}
	})
	return p
}

// advertise are dnsmasq's options for IPv6 by router advertisement.
var advertise = []string{upstream, "--enable-ra", "--dhcp-range=fd77:3::,ra-only,64,10m"}

// record records what passes at the guests' side until the function that it
// gives is called, which tells the file.
func (b *box) record(t testing.TB) func() string {
	t.Helper()
	nettest.Need(t, "tcpdump", "tcpdump")
	file := filepath.Join(t.TempDir(), "guest.pcap")
	p := start(t, "listening on", b.command("tcpdump", "-Z", "root", "-i", b.guest, "-U", "--immediate-mode", "-B", "65536", "-s", "8192", "-w", file))
	return func() string {
		for last := int64(-1); ; time.Sleep(50 * time.Millisecond) { // until everything is written
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() == last {
				break
			}
			last = info.Size()
		}
		p.stop(syscall.SIGINT)
		if words := p.String(); !strings.Contains(words, "\n0 packets dropped by kernel") {
			t.Errorf("tcpdump lost packets: %s", words)
		}
		return file
	}
}

// program is a program that runs beside the test and ends with it.
type program struct {
	*exec.Cmd
	over  chan struct{} // it says nothing more
	once  sync.Once
	mu    sync.Mutex
	said  strings.Builder
	word  string
	heard chan struct{}
}

// start starts a program and waits until it says the word.
func start(t testing.TB, word string, c *exec.Cmd) *program {
	t.Helper()
	p := &program{Cmd: c, over: make(chan struct{}), word: word, heard: make(chan struct{})}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = write, write
	err = c.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.over)
		io.Copy(p, read)
		read.Close()
	}()
	t.Cleanup(func() { p.stop(syscall.SIGKILL) })
	select {
	case <-p.heard:
	case <-p.over:
		t.Fatalf("%s ended: %s", c.Path, p)
	case <-time.After(10 * time.Second):
		t.Fatalf("%s does not say %q: %s", c.Path, word, p)
	}
	return p
}

func (p *program) stop(s syscall.Signal) {
	p.once.Do(func() {
		p.Process.Signal(s)
		<-p.over
		p.Wait()
	})
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.Write(b)
	if p.word != "" && strings.Contains(p.said.String(), p.word) {
		p.word = ""
		close(p.heard)
	}
	return len(b), nil
}

func (p *program) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}
