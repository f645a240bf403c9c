package gateway_test

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"tinycheck/internal/child"
	"tinycheck/internal/gateway"
	"tinycheck/internal/nettest"
)

// world is a phone, the box (the test's own namespace) and the Internet:
//
//	phone wlan1 — ap0 box wan0 — isp0 internet
type world struct {
	phone, internet *nettest.Space
	folder          string
}

// The Internet's addresses (RFC 5737, RFC 3849).
const (
	siteGate  = "198.51.100.1"
	siteBox   = "198.51.100.2/24"
	webServer = "203.0.113.10"
	dnsServer = "203.0.113.53"
	webName   = "www.example.com."
	page      = "hello from the internet"
)

func build(t *testing.T) *world {
	t.Helper()
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	nettest.Need(t, "nftables", "nft")
	nettest.Need(t, "iproute2", "ip")
	if _, _, other := child.RunAs(); os.Geteuid() == 0 && !other {
		t.Skip("skipped: dnsmasq does not run as the root of a user namespace that has no other user; run the tests as root")
	}
	w := &world{phone: nettest.New(t, "phone"), internet: nettest.New(t, "internet")}
	script(t, "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad") // addresses do not change their mind later
	nettest.Veth(t, nil, "ap0", w.phone, "wlan1")
	nettest.Veth(t, nil, "wan0", w.internet, "isp0")
	t.Cleanup(func() { shell(t, "ip link delete ap0; ip link delete wan0; nft flush ruleset") })
	script(t, `
ip link set ap0 down
ip address add `+siteBox+` dev wan0
ip address add 2001:db8:1::2/64 dev wan0 nodad
ip route add default via `+siteGate+`
ip -6 route add default via 2001:db8:1::1
echo 0 >/proc/sys/net/ipv4/conf/all/accept_redirects
echo 1 >/proc/sys/net/ipv4/conf/wan0/forwarding
nft -f - <<'N'
table inet foreign { chain in { type filter hook input priority 0; policy accept; tcp dport 9 drop; }; set s { type ipv4_addr; elements = { 192.0.2.77 }; }; }
N`)
	for _, line := range []string{
		"address add " + siteGate + "/24 dev isp0",
		"address add " + webServer + "/32 dev lo", "address add " + dnsServer + "/32 dev lo",
		"address add 2001:db8:1::1/64 dev isp0 nodad", "address add 2001:db8:f::10/128 dev lo nodad",
	} {
		w.internet.Run(t, "ip", strings.Fields(line)...)
	}
	w.folder = folder(t)
	until(t, "the kernel has made the routes of IPv6, which it does later", func() bool {
		local := shell(t, "ip -6 route show table local dev wan0")
		return strings.Contains(local, "local 2001:db8:1::2 ") && strings.Contains(local, "local fe80:") &&
			strings.Contains(w.internet.Run(t, "ip", "-6", "route", "show", "table", "local"), "local 2001:db8:f::10 ")
	})
	return w
}

// folder is one that the user nobody can get to, other than those of t.TempDir.
func folder(t *testing.T) string {
	t.Helper()
	f, err := os.MkdirTemp("/run", "gateway")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(f) })
	return f
}

func (w *world) config() gateway.Config {
	return gateway.Config{
		Interface: "ap0", Wired: true, Folder: w.folder,
		Upstream: []netip.AddrPort{netip.MustParseAddrPort(dnsServer + ":53")},
		Keeper:   []string{"/proc/self/exe", "keep", w.folder},
	}
}

// state is everything of the box that a network could leave changed.
func (w *world) state(t *testing.T) string {
	t.Helper()
	return shell(t, `
nft list ruleset
ip -o address show dev wan0 | sed 's/valid_lft.*//'
ip -o address show dev ap0 | sed 's/valid_lft.*//'
ip -o link | sed 's/qlen.*//; s/@.*: </ </'
ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
cd /proc/sys/net
grep -H . /sys/class/net/*/brport/isolated 2>/dev/null
grep -H . ipv4/ip_forward ipv4/conf/*/* ipv6/conf/*/* 2>/dev/null
find `+w.folder+` -mindepth 1
`)
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	var changed []string
	have, had := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range have {
		if !strings.Contains(want, line) {
			changed = append(changed, "now: "+line)
		}
	}
	for _, line := range had {
		if !strings.Contains(got, line) {
			changed = append(changed, "was: "+line)
		}
	}
	t.Errorf("%s: not as before:\n%s", what, strings.Join(changed, "\n"))
}

// script runs lines of the shell in the box, and fails at the first that fails.
func script(t *testing.T, lines string) string {
	t.Helper()
	return shell(t, "set -e\n"+lines)
}

func shell(t *testing.T, lines string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", lines).CombinedOutput()
	if err != nil && strings.HasPrefix(lines, "set -e") {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for what must come; patience is only for a hopeless case.
func until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// serve runs a name server and a web server on the Internet.
func (w *world) serve(t *testing.T) {
	t.Helper()
	var names net.PacketConn
	var web, six net.Listener
	w.internet.Do(t, func() {
		var err error
		names, err = net.ListenPacket("udp4", dnsServer+":53")
		must(t, err)
		web, err = net.Listen("tcp4", webServer+":80")
		must(t, err)
		six, err = net.Listen("tcp6", "[2001:db8:f::10]:80")
		must(t, err)
	})
	s := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, page, " to ", r.RemoteAddr)
	})}
	t.Cleanup(func() { names.Close(); s.Close() })
	go s.Serve(web)
	go s.Serve(six)
	go answer(names)
}

// answer knows one name.
func answer(conn net.PacketConn) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		if q.Name.String() == webName && q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 300},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(webServer).As4()},
			}}
		}
		if reply, err := m.Pack(); err == nil {
			conn.WriteTo(reply, from)
		}
	}
}

// lease gets an address for the phone, as phones do, and gives it.
func (w *world) lease(t *testing.T) netip.Addr {
	t.Helper()
	nettest.Need(t, "busybox-static", "busybox")
	hook := filepath.Join(t.TempDir(), "hook")
	must(t, os.WriteFile(hook, []byte(`#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add $ip/$mask dev $interface; ip route add default via $router; echo "lease $ip $dns"
`), 0o700))
	out := w.phone.Run(t, "busybox", "udhcpc", "-i", "wlan1", "-n", "-q", "-f", "-s", hook)
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "lease" {
			return netip.MustParseAddr(f[1])
		}
	}
	t.Fatalf("no lease: %s", out)
	return netip.Addr{}
}

// keepers and servers are the processes of this world's folder.
func (w *world) keepers(t *testing.T) []int { return processes(t, "keep\x00"+w.folder) }
func (w *world) servers(t *testing.T) []int { return processes(t, "--conf-file="+w.folder+"/") }

func processes(t *testing.T, words string) (list []int) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	for _, path := range lines {
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), words) {
			pid, err := strconv.Atoi(strings.Split(path, "/")[2])
			must(t, err)
			list = append(list, pid)
		}
	}
	return list
}

// runs reports whether a process is there and no zombie.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

func kill(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		must(t, unix.Kill(pid, unix.SIGKILL))
		until(t, "the process is gone", func() bool { return !runs(pid) })
	}
}

// own puts a table that belongs to a process in the place of ours, so that nobody
// else may change it (nft(8), flags owner). The function ends both.
func own(t *testing.T) (release func()) {
	t.Helper()
	c := exec.Command("nft", "-i")
	in, err := c.StdinPipe()
	must(t, err)
	must(t, c.Start())
	until(t, "the table has an owner", func() bool {
		fmt.Fprintln(in, "delete table inet tinycheck; add table inet tinycheck { flags owner; }")
		return strings.Contains(shell(t, "nft list table inet tinycheck"), "flags owner")
	})
	return func() { in.Close(); c.Wait() }
}
