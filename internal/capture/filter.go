package capture

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
)

// dialects are the names that tcpdump has for link types.
var dialects = map[tinycheck.LinkType]string{
	tinycheck.LinkEthernet: "EN10MB",
	tinycheck.LinkRaw:      "RAW",
	tinycheck.LinkRadiotap: "IEEE802_11_RADIO",
}

// compile has tcpdump turn the words of a filter (pcap-filter(7)) into a program for
// the kernel. It runs without any right, never sees a packet, and gets no word that
// it could look up.
func compile(words string, link tinycheck.LinkType) ([]unix.SockFilter, error) {
	words, err := tame(words)
	if err != nil || words == "" {
		return nil, err
	}
	program, err := child.Find("tcpdump", "tcpdump")
	if err != nil {
		return nil, err
	}
	said, err := ask(child.Config{
		Name: "tcpdump", Program: program, Folder: "/",
		Args: []string{"-n", "-y", dialects[link], "-ddd", "--", words},
	})
	if err != nil {
		return nil, err
	}
	return judge(said)
}

// secluded starts a program in a network namespace that has nothing in it, where we
// may make one (CAP_SYS_ADMIN): should it want to ask a name server all the same, it
// reaches none. Elsewhere it runs where we are, and tame has to be enough; so it has
// for programs of this machine that look names up for others and are asked through a
// socket in the file system.
func secluded(c child.Config) (running *child.Child, err error) {
	apart(func() {
		_ = unix.Unshare(unix.CLONE_NEWNET)
		running, err = child.Start(c)
	})
	return running, err
}

// apart runs f on a thread that ends with it, and that is not the first one: what
// /proc shows of this program is that one.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		apart(f)
		runtime.UnlockOSThread()
	}()
	<-done
}

// ask gives what a program says until it ends, which it does soon.
func ask(c child.Config) (said []string, err error) {
	lines := 0
	c.Lines = func(line string) {
		if lines++; lines <= 2*maxInstructions {
			said = append(said, line)
		}
	}
	running, err := secluded(c)
	if err != nil {
		return nil, err
	}
	late := time.NewTimer(compileWait)
	defer late.Stop()
	select {
	case <-running.Done():
		return said, nil
	case <-late.C:
	}
	if err := running.Stop(0); err != nil {
		return nil, err
	}
	return nil, tinycheck.Errorf("compile filter", tinycheck.Unavailable,
		errors.New("tcpdump does not answer: try again, or leave the filter out"))
}

// judge tells a program from a complaint.
func judge(said []string) ([]unix.SockFilter, error) {
	var numbers, words []string
	for _, line := range said {
		if line[0] >= '0' && line[0] <= '9' {
			numbers = append(numbers, line)
		} else {
			words = append(words, strings.TrimPrefix(line, "tcpdump: "))
		}
	}
	program, err := parseProgram(numbers)
	switch {
	case err == nil:
		return program, nil
	case len(words) > 0:
		return nil, tinycheck.Errorf("compile filter", tinycheck.Invalid, errors.New(strings.Join(words, "; ")))
	}
	return nil, tinycheck.Errorf("compile filter", tinycheck.Unavailable, fmt.Errorf("tcpdump gave no program: %w", err))
}

// parseProgram reads what "tcpdump -ddd" prints: the number of instructions, then
// each as code, jump if true, jump if false and operand, in decimal.
func parseProgram(lines []string) ([]unix.SockFilter, error) {
	if len(lines) == 0 {
		return nil, errors.New("it is empty")
	}
	n, err := strconv.Atoi(lines[0])
	if err != nil || n < 1 || n > maxInstructions || n != len(lines)-1 {
		return nil, fmt.Errorf("%q instructions are announced, %d are there", lines[0], len(lines)-1)
	}
	program := make([]unix.SockFilter, n)
	for i, line := range lines[1:] {
		if program[i], err = parseInstruction(line); err != nil {
			return nil, err
		}
	}
	return program, nil
}

func parseInstruction(line string) (s unix.SockFilter, err error) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return s, fmt.Errorf("%q is no instruction", line)
	}
	var v [4]uint64
	for i, bits := range []int{16, 8, 8, 32} {
		if v[i], err = strconv.ParseUint(fields[i], 10, bits); err != nil {
			return s, fmt.Errorf("%q is no instruction", line)
		}
	}
	return unix.SockFilter{Code: uint16(v[0]), Jt: uint8(v[1]), Jf: uint8(v[2]), K: uint32(v[3])}, nil
}
