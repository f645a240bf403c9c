package phone

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// call is a socket that the phone opens.
type call struct {
	network string // tcp4, tcp6, udp4, udp6, or raw: ip6:ipv6-icmp
	port    uint16 // of the phone; 0: any
	to      netip.AddrPort
}

// dial opens a socket that sends on the phone's interface only.
func (p *Phone) dial(ctx context.Context, c call) (net.Conn, error) {
	d := net.Dialer{Timeout: p.config.Wait, KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) error { return p.bind(raw, c) }}
	if c.port != 0 {
		d.LocalAddr = &net.UDPAddr{Port: int(c.port)}
	}
	to := c.to.Addr()
	if to.Is6() && (to.IsLinkLocalUnicast() || to.IsLinkLocalMulticast()) {
		to = to.WithZone(itoa(p.index))
	}
	at := netip.AddrPortFrom(to, c.to.Port()).String()
	if c.to.Port() == 0 {
		at = to.String()
	}
	var conn net.Conn
	var err error
	entered := p.space.do(func() { conn, err = d.DialContext(ctx, c.network, at) })
	return conn, errors.Join(entered, err)
}

// bind is SO_BINDTODEVICE of socket(7), and what else a socket needs before it
// is used.
func (p *Phone) bind(raw syscall.RawConn, c call) error {
	var err error
	ran := raw.Control(func(fd uintptr) {
		s := int(fd)
		if err = unix.BindToDevice(s, p.config.Interface); err != nil {
			return
		}
		if c.port != 0 {
			err = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		switch to := c.to.Addr(); { // whoever gets less than 255 knows a packet from afar: RFC 4861 section 4.1, RFC 6762 section 11
		case to.IsMulticast() && to.Is4():
			err = errors.Join(err, unix.SetsockoptInt(s, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 255))
		case to.IsMulticast():
			err = errors.Join(err, unix.SetsockoptInt(s, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, 255))
		case strings.HasPrefix(c.network, "udp"):
			widen(s)
		}
	})
	return errors.Join(ran, err)
}

// widen lets the kernel keep more datagrams than usual, beyond its limit where
// that is allowed. One that keeps less only loses more of them.
func widen(socket int) {
	if unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketRoom) != nil {
		_ = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUF, socketRoom)
	}
}

// connections are those that the scenario leaves open: they are closed at the end.
type connections struct {
	mu   sync.Mutex
	list []net.Conn
}

func (c *connections) keep(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, conn)
}

func (c *connections) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.list {
		shut(conn)
	}
	c.list = nil
}

// cut ends every wait of a connection when ctx ends. The function that it gives
// is to be called when the connection is not used any more.
func cut(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// shut closes what was only listened to or said all: there is nothing to learn
// from its end.
func shut(c io.Closer) { c.Close() }

// refuses tells what the network says when it does not let somebody through, or
// nobody listens: RFC 1122 section 3.2.2.1 as Linux puts it.
func refuses(err error) bool {
	for _, e := range []error{syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EACCES, syscall.EPERM, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
