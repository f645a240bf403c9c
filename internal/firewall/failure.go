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
var causes = []tinycheck.Cause{
	{Is: syscall.EPERM, Kind: tinycheck.Unavailable, Err: errPermission},
	{Is: syscall.EACCES, Kind: tinycheck.Unavailable, Err: errPermission},
	{Is: syscall.EPROTONOSUPPORT, Kind: tinycheck.Unsupported, Err: errKernel}, // no netfilter sockets
	{Is: syscall.EAFNOSUPPORT, Kind: tinycheck.Unsupported, Err: errKernel},    // no netlink
	{Is: syscall.EOPNOTSUPP, Kind: tinycheck.Unsupported, Err: errKernel},      // no nf_tables behind them
	{Is: syscall.ENOENT, Kind: tinycheck.Unsupported, Err: errPart},            // no such expression or kind of chain
	{Is: os.ErrDeadlineExceeded, Kind: tinycheck.Unavailable, Err: errSilent},
}

// fail gives what the kernel says its kind.
func fail(op string, err error) error { return tinycheck.Explain(op, err, causes) }
