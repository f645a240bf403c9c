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
var causes = []tinycheck.Cause{
	{Is: syscall.EPERM, Kind: tinycheck.Unavailable, Err: errPermission},
	{Is: syscall.EACCES, Kind: tinycheck.Unavailable, Err: errPermission},
	{Is: syscall.EROFS, Kind: tinycheck.Unavailable, Err: errReadOnly},
	{Is: syscall.ERFKILL, Kind: tinycheck.Unavailable, Err: errRadioOff},
	{Is: syscall.EBUSY, Kind: tinycheck.Busy, Err: errBusy},
	{Is: netlink.ErrDumpInterrupted, Kind: tinycheck.Busy, Err: errChanging},
	{Is: syscall.ENODEV, Kind: tinycheck.NotFound, Err: errGone},
	{Is: syscall.EOPNOTSUPP, Kind: tinycheck.Unsupported, Err: errUnsupported},
	{Is: syscall.EAFNOSUPPORT, Kind: tinycheck.Unsupported, Err: errUnsupported},
	{Is: syscall.EINVAL, Kind: tinycheck.Invalid, Err: errRefused},
}

// fail gives what the kernel says its kind.
func fail(op string, err error) error { return tinycheck.Explain(op, err, causes) }

func invalid(op, format string, args ...any) error {
	return tinycheck.Errorf(op, tinycheck.Invalid, fmt.Errorf(format, args...))
}
