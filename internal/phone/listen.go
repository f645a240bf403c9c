package phone

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// connections listens for TCP. A deaf listener is one that nobody ever reaches:
// the kernel throws away what comes, as if there were no such machine, where it
// would refuse without a listener.
func (n *Internet) connections(ctx context.Context, at netip.AddrPort, deaf bool) (net.Listener, error) {
	c := net.ListenConfig{KeepAlive: -1}
	c.SetMultipathTCP(false)
	if deaf {
		c.Control = func(_, _ string, raw syscall.RawConn) error { return control(raw, drop) }
	}
	l, err := c.Listen(ctx, "tcp", at.String())
	if err != nil {
		return nil, tinycheck.Errorf("serve "+at.String(), tinycheck.Unavailable, err)
	}
	n.open = append(n.open, l)
	return l, nil
}

// packets listens for UDP.
func (n *Internet) packets(ctx context.Context, at netip.AddrPort) (net.PacketConn, error) {
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return control(raw, func(s int) error { widen(s); return nil })
	}}
	conn, err := c.ListenPacket(ctx, "udp", at.String())
	if err != nil {
		return nil, tinycheck.Errorf("serve "+at.String(), tinycheck.Unavailable, err)
	}
	n.open = append(n.open, conn)
	return conn, nil
}

func control(raw syscall.RawConn, f func(socket int) error) error {
	var err error
	ran := raw.Control(func(fd uintptr) { err = f(int(fd)) })
	return errors.Join(ran, err)
}

// drop attaches a filter (socket(7), SO_ATTACH_FILTER) that takes nothing.
func drop(socket int) error {
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	return unix.SetsockoptSockFprog(socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
}
