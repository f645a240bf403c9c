package firewall

import (
	"errors"
	"os"
	"syscall"

	"tinycheck"
)

// The causes that a person can do something about.
var (
	errPermission = errors.New("no permission: run as root, or with CAP_NET_ADMIN")
	errKernel     = errors.New("this kernel has no nf_tables: load the module nf_tables, or use a kernel with it")
	errPart       = errors.New("this kernel lacks a part of nf_tables: it needs the modules nft_ct, nft_limit, nft_masq, nft_nat and nft_reject_inet")
	errSilent     = errors.New("the kernel does not answer: another program may be changing its rules all the time, try again in a moment")
)

// causes are the answers of the kernel that have a meaning here.
var causes = []struct {
	is    error
	kind  tinycheck.ErrorKind
	cause error
}{
	{syscall.EPERM, tinycheck.Unavailable, errPermission},
	{syscall.EACCES, tinycheck.Unavailable, errPermission},
	{syscall.EPROTONOSUPPORT, tinycheck.Unsupported, errKernel}, // no netfilter sockets
	{syscall.EAFNOSUPPORT, tinycheck.Unsupported, errKernel},    // no netlink
	{syscall.EOPNOTSUPP, tinycheck.Unsupported, errKernel},      // no nf_tables behind them
	{syscall.ENOENT, tinycheck.Unsupported, errPart},            // no such expression or kind of chain
	{os.ErrDeadlineExceeded, tinycheck.Unavailable, errSilent},
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
