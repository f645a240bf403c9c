package capture

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

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
// the kernel. It runs without any right, and never sees a packet.
func compile(words string, link tinycheck.LinkType) ([]unix.SockFilter, error) {
	if strings.TrimSpace(words) == "" {
		return nil, nil
	}
	if speaksOfTags(words) {
		return nil, tinycheck.Errorf("compile filter", tinycheck.Unsupported,
			errors.New("the kernel takes VLAN tags off before a filter sees a packet: listen to the interface of the VLAN, or leave the word vlan out"))
	}
	program, err := child.Find("tcpdump", "tcpdump")
	if err != nil {
		return nil, err
	}
	said, err := ask(child.Config{
		Name: "tcpdump", Program: program, Folder: "/",
		Args: []string{"-y", dialects[link], "-ddd", "--", words},
	})
	if err != nil {
		return nil, err
	}
	return judge(said)
}

// speaksOfTags says whether a filter asks for VLAN tags.
func speaksOfTags(words string) bool {
	apart := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	}
	return slices.Contains(strings.FieldsFunc(words, apart), "vlan")
}

// ask gives what a program says until it ends, which it does soon.
func ask(c child.Config) (said []string, err error) {
	lines := 0
	c.Lines = func(line string) {
		if lines++; lines <= 2*maxInstructions {
			said = append(said, line)
		}
	}
	running, err := child.Start(c)
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
		errors.New("tcpdump does not answer: if the filter has a name of a host, write its address"))
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
