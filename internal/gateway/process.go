package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// process is one process for ever: its number may be given to another one, but
// not with the same time of start (proc_pid_stat(5), field 22).
type process struct {
	Name  string `json:"name,omitempty"`
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // ticks since the machine was started
}

func processOf(name string, pid int) process {
	s, _ := statusOf(pid) // ended already: no process has the start 0
	return process{name, pid, s.start}
}

func ourselves() process { return processOf("", os.Getpid()) }

// status is what the kernel says of a process (proc_pid_stat(5)).
type status struct {
	session int
	start   uint64
}

func statusOf(pid int) (status, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return status{}, false
	}
	return readStatus(string(text))
}

// readStatus reads one line; false also for a process that has ended and is only
// not forgotten yet. The name of the program, in parentheses, may have anything
// in it.
func readStatus(text string) (s status, ok bool) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const state, session, start = 0, 3, 19
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return s, false
	}
	var err1, err2 error
	s.session, err1 = strconv.Atoi(fields[session])
	s.start, err2 = strconv.ParseUint(fields[start], 10, 64)
	return s, err1 == nil && err2 == nil
}

func (p process) runs() bool {
	s, ok := statusOf(p.PID)
	return ok && p.Start != 0 && s.start == p.Start
}

// end kills it, if it still is that one, and waits until it is gone.
func (p process) end() (bool, error) {
	op := "end " + p.Name
	if p.PID <= 1 || p.PID == os.Getpid() || !p.runs() {
		return false, nil
	}
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err == unix.ESRCH {
		return false, nil
	}
	if err != nil {
		return false, fail(op, os.NewSyscallError("pidfd_open", err))
	}
	defer os.NewFile(uintptr(fd), "pidfd").Close()
	if !p.runs() { // now that the number cannot change its meaning
		return false, nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		return false, fail(op, os.NewSyscallError("pidfd_send_signal", err))
	}
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(endPatience.Milliseconds()))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return true, fail(op, os.NewSyscallError("poll", err))
		case n == 0:
			return true, tinycheck.Errorf(op, tinycheck.Busy, fmt.Errorf("process %d does not end, not even when killed: restart the machine", p.PID))
		default:
			return true, nil
		}
	}
}

// offspring are processes that it has started and that outlived it, as dnsmasq's
// for a connection over TCP do: those of its session that were started with a
// path of our folder.
func (p process) offspring(folder string) (list []process) {
	if s, ok := statusOf(p.PID); p.Start == 0 || ok && s.start != p.Start {
		return nil // the number is another process's by now, and so is the session
	}
	paths, _ := filepath.Glob("/proc/[0-9]*")
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil || pid == p.PID {
			continue
		}
		s, ok := statusOf(pid)
		if !ok || s.session != p.PID || s.start < p.Start {
			continue
		}
		line, err := os.ReadFile(filepath.Join(path, "cmdline"))
		if err == nil && strings.Contains(string(line), folder+"/") {
			list = append(list, process{p.Name, pid, s.start})
		}
	}
	return list
}

// boot tells one start of the machine from another (random(4)).
func boot() string {
	text, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text))
}
