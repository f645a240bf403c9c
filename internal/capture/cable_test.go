package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

// Two EtherTypes for experiments (IEEE 802, local): nobody else sends them.
const (
	wanted   = 0x88b5
	unwanted = 0x88b6
)

// cable is two spaces with a cable between; the box listens.
func cable(t testing.TB) (phone, box *nettest.Space) {
	t.Helper()
	phone, box = nettest.New(t, "phone"), nettest.New(t, "box")
	nettest.Veth(t, phone, "wlan1", box, "ap0")
	return phone, box
}

// listen listens in a space.
func listen(t testing.TB, s *nettest.Space, name string, cfg capture.LiveConfig) *capture.Live {
	t.Helper()
	var l *capture.Live
	var err error
	s.Do(t, func() { l, err = capture.Listen(name, cfg) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// sender sends frames out of an interface of a space.
type sender struct {
	fd int
	to unix.SockaddrLinklayer
}

func newSender(t testing.TB, s *nettest.Space, name string) *sender {
	t.Helper()
	var out sender
	var err error
	s.Do(t, func() {
		var i *net.Interface
		if i, err = net.InterfaceByName(name); err != nil {
			return
		}
		out.to = unix.SockaddrLinklayer{Ifindex: i.Index}
		out.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(out.fd) })
	return &out
}

func (s *sender) send(t testing.TB, frame []byte) {
	t.Helper()
	if err := unix.Sendto(s.fd, frame, 0, &s.to); err != nil {
		t.Fatal(err)
	}
}

// frame is an Ethernet frame of so many bytes with a number in it.
func frame(kind uint16, number uint32, size int) []byte {
	b := payload(size, byte(number))
	copy(b, []byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1})
	binary.BigEndian.PutUint16(b[12:], kind)
	binary.BigEndian.PutUint32(b[14:], number)
	return b
}

func kindOf(b []byte) uint16   { return binary.BigEndian.Uint16(b[12:]) }
func numberOf(b []byte) uint32 { return binary.BigEndian.Uint32(b[14:]) }

// takeAll reads until the end, with data copied; pauses are passed over.
func takeAll(t testing.TB, l *capture.Live) (packets []tinycheck.Packet) {
	t.Helper()
	var p tinycheck.Packet
	for {
		switch err := l.Next(&p); {
		case err == nil:
			p.Data = bytes.Clone(p.Data)
			packets = append(packets, p)
		case err == io.EOF:
			return packets
		case !errors.Is(err, capture.ErrIdle):
			t.Error(err)
			return packets
		}
	}
}

func of(kind uint16, packets []tinycheck.Packet) (list []tinycheck.Packet) {
	for _, p := range packets {
		if kindOf(p.Data) == kind {
			list = append(list, p)
		}
	}
	return list
}
