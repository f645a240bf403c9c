package dnsmasq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// errTaken is that somebody else listens there.
var errTaken = errors.New("taken")

// socket is one that dnsmasq will open.
type socket struct {
	network string // "udp" or "tcp"
	address netip.AddrPort
	device  string // packets from there alone; "": wherever they come from
}

// sockets are those that must be free.
func (c Config) sockets() []socket {
	list := []socket{
		{network: "udp", address: netip.AddrPortFrom(netip.IPv4Unspecified(), 67), device: c.Interface},
	}
	for _, p := range []netip.Prefix{c.Address, c.Six} {
		if p.IsValid() {
			at := netip.AddrPortFrom(p.Addr(), 53)
			list = append(list, socket{network: "udp", address: at}, socket{network: "tcp", address: at})
		}
	}
	return list
}

// checkFree refuses to start when somebody else listens where dnsmasq will. What
// is left of an earlier run of ours is ended.
func (c Config) checkFree() error {
	for _, s := range c.sockets() {
		if err := c.refuse(s, c.clear(s)); err != nil {
			return err
		}
	}
	return nil
}

// clear tries a socket, and ends what an earlier run of ours has left there. The
// kernel closes the files of a killed program a moment later.
func (c Config) clear(s socket) error {
	err := s.try()
	for until := time.Now().Add(endWait); errors.Is(err, errTaken) && time.Now().Before(until); err = s.try() {
		if held := s.holder(); !c.end(held) && !held.going() {
			break // somebody else's
		}
		time.Sleep(pause)
	}
	return err
}

func (c Config) refuse(s socket, err error) error {
	op := fmt.Sprintf("listen on port %d", s.address.Port())
	switch {
	case err == nil, errors.Is(err, unix.EADDRNOTAVAIL): // an IPv6 address that is still being looked at
		return nil
	case errors.Is(err, errTaken):
		return tinycheck.Errorf(op, tinycheck.Busy, fmt.Errorf("port %d (%s) on %s is taken by %s: stop it, or tell it to leave %s alone",
			s.address.Port(), s.network, c.where(s), s.holder(), c.Interface))
	case errors.Is(err, os.ErrPermission):
		return tinycheck.Errorf(op, tinycheck.Unavailable, errors.New("no permission: run as root, or with CAP_NET_BIND_SERVICE, CAP_NET_ADMIN and CAP_NET_RAW"))
	}
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}

func (c Config) where(s socket) string {
	if s.device != "" {
		return s.device
	}
	return s.address.Addr().String()
}

// try opens the socket without sharing it, as a program does that wants it for
// itself, and closes it.
func (s socket) try() error {
	l := net.ListenConfig{Control: s.bind}
	var opened io.Closer
	var err error
	if s.network == "tcp" {
		// Go reuses addresses (SO_REUSEADDR) here: connections that have ended do
		// not count, listeners do.
		opened, err = l.Listen(context.Background(), s.family(), s.address.String())
	} else {
		opened, err = l.ListenPacket(context.Background(), s.family(), s.address.String())
	}
	switch {
	case err == nil:
		return opened.Close()
	case errors.Is(err, unix.EADDRINUSE):
		return errTaken
	}
	return err
}

// family keeps the unspecified address from meaning IPv6 too.
func (s socket) family() string {
	if s.address.Addr().Is4() {
		return s.network + "4"
	}
	return s.network + "6"
}

// bind ties the socket to its interface: others may listen on other ones.
func (s socket) bind(_, _ string, raw syscall.RawConn) (err error) {
	if s.device == "" {
		return nil
	}
	if e := raw.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), s.device) }); e != nil {
		return e
	}
	return err
}
