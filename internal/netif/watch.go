package netif

import (
	"context"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watched are the multicast groups of rtnetlink that tell of links, addresses
// and routes.
const watched = unix.RTMGRP_LINK |
	unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR |
	unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE

// Watch gives a tick after links, addresses or routes have changed: one for
// many changes, never more than fit the channel, and at least one after the
// last change. What has changed is for List to say. The channel is closed, and
// all is given back, when ctx ends.
func Watch(ctx context.Context) (<-chan struct{}, error) {
	const op = "watch interfaces"
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fail(op, err)
	}
	f := os.NewFile(uintptr(fd), "rtnetlink")
	conn, err := f.SyscallConn()
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: watched})
	}
	if err != nil {
		f.Close()
		return nil, fail(op, err)
	}
	ticks := make(chan struct{}, 1)
	go tell(ctx, f, conn, ticks)
	return ticks, nil
}

func tell(ctx context.Context, f *os.File, conn syscall.RawConn, ticks chan<- struct{}) {
	defer close(ticks)
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { f.Close() }) // ends a Read
	defer stop()
	buffer := make([]byte, watchMessage)
	for ctx.Err() == nil {
		if conn.Read(func(fd uintptr) bool { return drain(int(fd), buffer) }) != nil {
			return
		}
		select {
		case ticks <- struct{}{}:
		default: // one is waiting to be taken
		}
		rest(ctx)
	}
}

// drain takes what has come so far, and reports whether that was anything. It
// counts as something that messages were lost (ENOBUFS): something did change.
func drain(fd int, buffer []byte) (some bool) {
	for range maxDrain {
		_, _, err := unix.Recvfrom(fd, buffer, unix.MSG_DONTWAIT)
		switch err {
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return some
		}
		some = true
	}
	return some
}

func rest(ctx context.Context) {
	t := time.NewTimer(watchRest)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
