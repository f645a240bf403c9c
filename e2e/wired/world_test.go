package wired_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tinycheck/internal/nettest"
)

var binary string // the program, built once

func TestMain(m *testing.M) {
	if os.Getenv("TINYCHECK_NETTEST") == "" {
		folder, err := os.MkdirTemp("", "tinycheck-wired-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		if err := os.Chmod(folder, 0o755); err != nil {
			panic(err)
		}
		os.Setenv("TINYCHECK_WIRED", filepath.Join(folder, "tinycheck"))
		build := exec.Command("go", "build", "-o", os.Getenv("TINYCHECK_WIRED"), "tinycheck/cmd/tinycheck")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			os.Exit(1)
		}
	}
	binary = os.Getenv("TINYCHECK_WIRED")
	nettest.Main(m)
}

// The addresses of the world.
const (
	internet4 = "203.0.113.10"
	internet6 = "2001:db8:1::10"
	resolver  = "203.0.113.53"
	uplink4   = "192.168.50.2"
	uplink6   = "2001:db8:50::2"
	site4     = "192.168.50.77"
	site6     = "2001:db8:50::77"
	spy       = "203.0.113.66"
)

// world is two phones, the box, a machine of the site and the Internet.
type world struct {
	t                                *testing.T
	phone, second, box, site, street *nettest.Space
	folder                           string
	mu                               sync.Mutex
	heard                            []string // by any machine, in datagrams
}

// newWorld joins: phone and second – bridge guests0 in box – wan0 – bridge in
// street, where the site's machine hangs too and everything public lies on lo.
func newWorld(t *testing.T) *world {
	t.Helper()
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	nettest.Need(t, "busybox-static", "busybox")
	nettest.Need(t, "bind9-dnsutils", "dig")
	nettest.Need(t, "curl", "curl")
	nettest.Need(t, "nftables", "nft")
	w := &world{t: t, folder: t.TempDir()}
	t.Cleanup(func() { os.RemoveAll(w.runtime()) })
	for name, space := range map[string]**nettest.Space{"phone": &w.phone, "second": &w.second, "box": &w.box, "site": &w.site, "street": &w.street} {
		*space = nettest.New(t, name)
	}
	nettest.Veth(t, w.phone, "wlan0", w.box, "port1")
	nettest.Veth(t, w.second, "wlan0", w.box, "port2")
	nettest.Veth(t, w.box, "wan0", w.street, "isp0")
	nettest.Veth(t, w.site, "eth0", w.street, "isp1")
	w.sh(w.box, `ip link add guests0 type bridge; ip link set port1 master guests0; ip link set port2 master guests0; ip link set guests0 up
		echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null || : # or the firewall would hide what the bridge lets through
		ip addr add 192.168.50.2/24 dev wan0; ip addr add 2001:db8:50::2/64 dev wan0 nodad; ip route add default via 192.168.50.1; ip route add default via 2001:db8:50::1`)
	w.sh(w.street, `ip link add lan type bridge; ip link set isp0 master lan; ip link set isp1 master lan; ip link set lan up
		ip addr add 192.168.50.1/24 dev lan; ip addr add 2001:db8:50::1/64 dev lan nodad
		for a in 203.0.113.10 203.0.113.53 203.0.113.66; do ip addr add $a/32 dev lo; done; ip addr add 2001:db8:1::10/128 dev lo nodad`)
	w.sh(w.site, `ip addr add 192.168.50.77/24 dev eth0; ip addr add 2001:db8:50::77/64 dev eth0 nodad; ip route add default via 192.168.50.1`)
	w.names()
	w.listen(w.street, "tcp", internet4+":443")
	w.listen(w.street, "tcp", "["+internet6+"]:443")
	w.listen(w.site, "tcp", ":80")
	w.listen(w.second, "tcp", ":8000")
	for _, s := range []*nettest.Space{w.street, w.site, w.second, w.box} {
		w.hear(s)
	}
	for _, port := range []string{":22", ":80", ":443", ":8000", ":8080", ":8443"} {
		w.listen(w.box, "tcp", port)
	}
	return w
}

func (w *world) sh(s *nettest.Space, script string) string {
	w.t.Helper()
	return s.Run(w.t, "sh", "-ec", script)
}

// names starts the Internet's name server.
func (w *world) names() {
	c := w.street.Command("dnsmasq", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--keep-in-foreground", "--bind-interfaces", "--user=root", "--listen-address="+resolver,
		"--pid-file=", "--local-ttl=3600", "--address=/www.example.test/"+internet4, "--address=/spy.test/"+spy)
	w.begin(c)
}

// begin starts a program that ends with the test.
func (w *world) begin(c *exec.Cmd) {
	w.t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Process.Kill(); c.Wait() })
}

// listen answers TLS with "hello" wherever somebody could be reached.
func (w *world) listen(s *nettest.Space, network, address string) {
	w.t.Helper()
	var l net.Listener
	s.Do(w.t, func() {
		var err error
		if l, err = net.Listen(network, address); err != nil {
			w.t.Fatal(err)
		}
	})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })}
	var done sync.WaitGroup
	done.Go(func() {
		server.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate(w.t)}}))
	})
	w.t.Cleanup(func() { server.Close(); done.Wait() })
}

// datagrams are the ports on which boxes and phones usually hear.
var datagrams = []int{69, 111, 123, 137, 161, 443, 500, 514, 546, 1194, 1701, 1900, 4500, 5060, 5351, 5353, 5355, 51820}

// hear notes every datagram that reaches a space, on every port of datagrams: what
// is said in it.
func (w *world) hear(s *nettest.Space) {
	w.t.Helper()
	for _, port := range datagrams {
		var c net.PacketConn
		s.Do(w.t, func() {
			var err error
			if c, err = net.ListenPacket("udp", fmt.Sprintf(":%d", port)); err != nil {
				w.t.Fatal(err)
			}
		})
		var done sync.WaitGroup
		done.Go(func() {
			b := make([]byte, 100)
			for n, _, err := c.ReadFrom(b); err == nil; n, _, err = c.ReadFrom(b) {
				w.mu.Lock()
				w.heard = append(w.heard, string(b[:n]))
				w.mu.Unlock()
			}
		})
		w.t.Cleanup(func() { c.Close(); done.Wait() })
	}
}

var certificate = func() func(*testing.T) tls.Certificate {
	var once sync.Once
	var made tls.Certificate
	return func(t *testing.T) tls.Certificate {
		once.Do(func() {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			is := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"www.example.test"}, NotAfter: time.Now().Add(time.Hour)}
			raw, err := x509.CreateCertificate(rand.Reader, is, is, key.Public(), key)
			if err != nil {
				t.Fatal(err)
			}
			made = tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
		})
		return made
	}
}()

// run is the program while it runs in the box.
type run struct {
	*exec.Cmd
	w      *world
	lines  chan string // of standard error
	errors io.Closer   // our end of it
	answer strings.Builder
	seen   []string
}

// hotspot opens the guests' network by the program itself.
func (w *world) hotspot(args ...string) *run {
	w.t.Helper()
	list := filepath.Join(w.folder, "list.txt")
	if err := os.WriteFile(list, []byte("spy.test\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	args = append([]string{"hotspot", "-i", "guests0", "--wired", "--uplink-dns", resolver, "--indicators", list, "--plain", "--format", "json", "--runtime-dir", w.runtime()}, args...)
	return w.start(w.box.Command(binary, args...))
}

// runtime is where systemd would put it: /run is the test's own.
func (w *world) runtime() string { return "/run/box" }

func (w *world) start(c *exec.Cmd) *run {
	w.t.Helper()
	r := &run{Cmd: c, w: w, lines: make(chan string, 1000)}
	c.Stdout = &r.answer
	errors, err := c.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	r.errors = errors
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(r.lines)
		for s := bufio.NewScanner(errors); s.Scan(); {
			r.lines <- s.Text()
		}
	}()
	w.t.Cleanup(func() {
		if c.ProcessState == nil {
			c.Process.Kill()
			c.Wait()
		}
	})
	return r
}

// says waits for a line that begins so.
func (r *run) says(begin string) string {
	r.w.t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-r.lines:
			if r.seen = append(r.seen, line); strings.HasPrefix(line, begin) {
				return line
			}
			if !ok {
				r.w.t.Fatalf("ended without saying %q: %s", begin, strings.Join(r.seen, "\n"))
			}
		case <-late:
			r.w.t.Fatalf("did not say %q: %s", begin, strings.Join(r.seen, "\n"))
		}
	}
}

// stop ends it as Ctrl-C does, and gives its exit status.
func (r *run) stop() int {
	r.w.t.Helper()
	if err := r.Process.Signal(os.Interrupt); err != nil {
		r.w.t.Fatal(err)
	}
	for line := range r.lines {
		r.seen = append(r.seen, line)
	}
	r.Wait()
	return r.ProcessState.ExitCode()
}

// join gives a phone a lease, as phones do, and returns the box's address.
func (w *world) join(phone *nettest.Space) (address, box string) {
	w.t.Helper()
	script := filepath.Join(w.folder, "udhcpc")
	text := "#!/bin/sh\n[ \"$1\" = bound ] || exit 0\nip -4 addr flush dev $interface\nip addr add $ip/$mask dev $interface\nip route replace default via $router\necho \"granted $ip $router $dns\" >&2\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		w.t.Fatal(err)
	}
	w.sh(phone, "ip link set wlan0 down; ip link set wlan0 up") // a phone that joins asks for routers (RFC 4861, 6.3.7)
	out := phone.Run(w.t, "busybox", "udhcpc", "-i", "wlan0", "-n", "-q", "-t", "10", "-T", "1", "-s", script)
	_, lease, ok := strings.Cut(out, "granted ")
	fields := strings.Fields(lease)
	if !ok || len(fields) < 3 || fields[1] != fields[2] {
		w.t.Fatalf("no lease, or another name server: %s", out)
	}
	return fields[0], fields[1]
}

// within runs a program in a space and gives what it printed, whatever its status.
func within(s *nettest.Space, name string, args ...string) string {
	out, _ := s.Command("timeout", append([]string{"20", name}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out))
}
