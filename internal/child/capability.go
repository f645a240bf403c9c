package child

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// capabilities are the sets of one thread (capabilities(7)), a bit for each.
type capabilities struct {
	effective, permitted, inheritable uint64
}

func readCapabilities() (c capabilities, err error) {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // the low and the high 32 bits
	if err := unix.Capget(&head, &data[0]); err != nil {
		return c, err
	}
	join := func(low, high uint32) uint64 { return uint64(high)<<32 | uint64(low) }
	return capabilities{
		effective:   join(data[0].Effective, data[1].Effective),
		permitted:   join(data[0].Permitted, data[1].Permitted),
		inheritable: join(data[0].Inheritable, data[1].Inheritable),
	}, nil
}

// write sets those of the calling thread alone.
func (c capabilities) write() error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(c.effective), Permitted: uint32(c.permitted), Inheritable: uint32(c.inheritable)},
		{Effective: uint32(c.effective >> 32), Permitted: uint32(c.permitted >> 32), Inheritable: uint32(c.inheritable >> 32)},
	}
	return unix.Capset(&head, &data[0])
}

func setOf(list []uintptr) (set uint64) {
	for _, c := range list {
		set |= 1 << c
	}
	return set
}

// names of the capabilities that our children ask for.
var names = map[uintptr]string{
	unix.CAP_NET_ADMIN:        "CAP_NET_ADMIN",
	unix.CAP_NET_RAW:          "CAP_NET_RAW",
	unix.CAP_NET_BIND_SERVICE: "CAP_NET_BIND_SERVICE",
}

func nameOf(capability uintptr) string {
	if name, ok := names[capability]; ok {
		return name
	}
	return fmt.Sprintf("capability %d", capability)
}

// missing says what this program would have to be given.
func missing(list []uintptr, permitted uint64) error {
	var lacking []string
	for _, c := range list {
		if permitted&(1<<c) == 0 {
			lacking = append(lacking, nameOf(c))
		}
	}
	if lacking == nil {
		return nil
	}
	all := strings.Join(lacking, " and ")
	return fmt.Errorf("it needs %s, which this program was not given: run as root, or give it to the service (systemd: AmbientCapabilities=)", all)
}

// Drop gives up the ambient capabilities of all our threads, so that programs
// that are started by whatever means inherit none. The program keeps its own.
func Drop() error {
	if !ambient() {
		return nil // a thread begins with those of the one that makes it
	}
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
	switch {
	case errno == 0:
		return nil
	case errors.Is(errno, syscall.ENOTSUP):
		return tinycheck.Errorf("drop ambient capabilities", tinycheck.Unsupported, errors.New("this program was built with cgo: build it without"))
	}
	return tinycheck.Errorf("drop ambient capabilities", tinycheck.Unavailable, errno)
}

// ambient reports whether there is an ambient capability (capabilities(7)).
func ambient() bool {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if set, err := unix.PrctlRetInt(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, c, 0, 0); err == nil && set == 1 {
			return true
		}
	}
	return false
}
