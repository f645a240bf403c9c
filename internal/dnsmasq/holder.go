package dnsmasq

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// program is one that runs, as far as /proc lets us see it (proc(5)).
type program struct {
	pid  int // 0: not to be seen
	name string
}

func (p program) String() string {
	if p.pid == 0 {
		return "another program"
	}
	return fmt.Sprintf("%s (process %d)", p.name, p.pid)
}

// holder is who listens at a socket, or at its port on all addresses.
func (s socket) holder() program {
	var nodes []string
	for _, table := range []string{s.network, s.network + "6"} {
		f, err := os.Open("/proc/thread-self/net/" + table)
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(f, maxTable)) // what could be read will do
		f.Close()
		nodes = append(nodes, s.listeners(string(text))...)
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && slices.Contains(nodes, to) {
			return seen(strings.Split(link, "/")[2])
		}
	}
	return program{}
}

func seen(pid string) program {
	n, _ := strconv.Atoi(pid)
	name, err := os.ReadFile("/proc/" + pid + "/comm")
	if err != nil {
		return program{}
	}
	return program{n, strings.TrimSpace(string(name))}
}

// States of sockets in the kernel's tables.
const (
	tcpListens = "0A"
	udpBound   = "07"
)

// listeners are the sockets of a table, as /proc/PID/fd names them.
func (s socket) listeners(table string) (nodes []string) {
	for line := range strings.Lines(table) {
		field := strings.Fields(line)
		if len(field) < 10 || field[3] != tcpListens && field[3] != udpBound {
			continue
		}
		at, ok := readEndpoint(field[1])
		if ok && at.Port() == s.address.Port() && (at.Addr() == s.address.Addr() || at.Addr().IsUnspecified()) {
			nodes = append(nodes, "socket:["+field[9]+"]")
		}
	}
	return nodes
}

// readEndpoint reads "01034D0A:0035": the address in words of the machine's own
// order, which is the little one on all that we are built for.
func readEndpoint(s string) (at netip.AddrPort, ok bool) {
	words, port, _ := strings.Cut(s, ":")
	b, err1 := hex.DecodeString(words)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err1 != nil || err2 != nil {
		return at, false
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), ok
}

func (p program) arguments() [][]byte {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
	if err != nil || len(line) == 0 {
		return nil
	}
	return bytes.Split(line, []byte{0})
}

// going reports whether a program is about to be gone, with or without its name.
func (p program) going() bool { return p.arguments() == nil }

// ours reports whether a program is a dnsmasq of this folder.
func (c Config) ours(p program) bool {
	return slices.ContainsFunc(p.arguments(), func(arg []byte) bool { return string(arg) == c.argument() })
}

// leftover reports whether a program is a process that a dnsmasq of this folder
// started for a connection over TCP, and that has lost it: it keeps the port for
// up to 150 seconds. A dnsmasq leads its session (see child), and never outlives us.
func (c Config) leftover(p program) bool {
	if p.pid == 0 || !c.ours(p) {
		return false
	}
	session, err := unix.Getsid(p.pid)
	return err == nil && session != p.pid && !c.ours(program{pid: session})
}

// end kills what is left of an earlier run, and nothing else.
func (c Config) end(p program) bool {
	process, err := os.FindProcess(p.pid) // holds on to it: the number cannot become another's
	if err != nil {
		return false
	}
	defer func() { _ = process.Release() }()
	return c.leftover(p) && process.Kill() == nil
}
