package netif

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink"

	"tinycheck"
)

// The causes that a person can do something about.
var (
	errPermission  = errors.New("no permission: run as root, or with CAP_NET_ADMIN")
	errReadOnly    = errors.New("the kernel's switches may only be read here: run outside of a container, or let it write /proc/sys")
	errChanging    = errors.New("the interfaces keep changing: try again in a moment")
	errBusy        = errors.New("another program is using it: stop that program, or try again in a moment")
	errRadioOff    = errors.New("the radio is switched off: use the switch of the machine, or rfkill unblock")
	errUnsupported = errors.New("this kernel or driver cannot do it: use another interface")
	errRefused     = errors.New("the kernel does not take it: choose another value")
	errGone        = errors.New("the interface has just gone away: plug it in again")
)

// causes are the answers of the kernel that have a meaning here.
var causes = []struct {
	is    error
	kind  tinycheck.ErrorKind
	cause error
}{
	{syscall.EPERM, tinycheck.Unavailable, errPermission},
	{syscall.EACCES, tinycheck.Unavailable, errPermission},
	{syscall.EROFS, tinycheck.Unavailable, errReadOnly},
	{syscall.ERFKILL, tinycheck.Unavailable, errRadioOff},
	{syscall.EBUSY, tinycheck.Busy, errBusy},
	{netlink.ErrDumpInterrupted, tinycheck.Busy, errChanging},
	{syscall.ENODEV, tinycheck.NotFound, errGone},
	{syscall.EOPNOTSUPP, tinycheck.Unsupported, errUnsupported},
	{syscall.EAFNOSUPPORT, tinycheck.Unsupported, errUnsupported},
	{syscall.EINVAL, tinycheck.Invalid, errRefused},
}

// fail gives what the kernel says its kind.
func fail(op string, err error) error {
	var own *tinycheck.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	for _, c := range causes {
		if errors.Is(err, c.is) {
			return tinycheck.Errorf(op, c.kind, c.cause)
		}
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}

func invalid(op, format string, args ...any) error {
	return tinycheck.Errorf(op, tinycheck.Invalid, fmt.Errorf(format, args...))
}
