package capture_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

// The kernel shows a packet on loopback as it goes and as it comes.
func TestLoopbackCountsOnce(t *testing.T) {
	box := nettest.New(t, "box")
	done := make(chan struct{})
	l := listen(t, box, "lo", capture.LiveConfig{Done: done})
	box.Do(t, func() {
		to, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:999")))
		if err != nil {
			t.Fatal(err)
		}
		defer to.Close()
		c, err := net.DialUDP("udp4", nil, to.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range 40 {
			if _, err := c.Write([]byte("twice?")); err != nil {
				t.Fatal(err)
			}
		}
	})
	close(done)
	n := 0
	for _, p := range takeAll(t, l) {
		if p.Link != tinycheck.LinkEthernet {
			t.Fatalf("link type %d", p.Link)
		}
		if bytes.HasSuffix(p.Data, []byte("twice?")) {
			n++
		}
	}
	if n != 40 {
		t.Errorf("%d packets, 40 were sent", n)
	}
}

// The kernel takes VLAN tags off; they are put back, as the packet was.
func TestTagsStandWhereTheyStood(t *testing.T) {
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	s := newSender(t, phone, "wlan1")
	var sent [][]byte
	for i, tag := range []uint16{0x8100, 0x88a8} {
		f := frame(wanted, uint32(i), 300)
		f = slices.Insert(f, 12, byte(tag>>8), byte(tag), 0x60, 5) // priority 3, VLAN 5
		sent = append(sent, f)
		s.send(t, f)
		s.send(t, frame(unwanted, 0, 60))
	}
	close(done)
	got := slices.DeleteFunc(takeAll(t, l), func(p tinycheck.Packet) bool { return !bytes.HasPrefix(p.Data, sent[0][:12]) })
	if len(got) != 4 {
		t.Fatalf("%d packets, want 4", len(got))
	}
	for i, f := range sent {
		if p := got[2*i]; !bytes.Equal(p.Data, f) || p.Length != len(f) {
			t.Errorf("packet %d has %d of %d bytes: %x, want %x", i, len(p.Data), p.Length, p.Data[:24], f[:24])
		}
		if p := got[2*i+1]; kindOf(p.Data) != unwanted {
			t.Errorf("the packet behind it: %x", p.Data[:24])
		}
	}
}

// The kernel shows segments of TCP joined, up to 64 KiB: they come whole.
func TestJoinedSegmentsComeWhole(t *testing.T) {
	phone, box := cable(t)
	phone.Run(t, "ip", "addr", "add", "10.9.9.2/24", "dev", "wlan1")
	box.Run(t, "ip", "addr", "add", "10.9.9.1/24", "dev", "ap0")
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	var in net.Listener
	var err error
	box.Do(t, func() { in, err = net.Listen("tcp4", "10.9.9.1:80") })
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const size = 4 << 20
	box.Go(t, func() {
		if c, err := in.Accept(); err == nil {
			io.CopyN(io.Discard, c, size)
			c.Close()
		}
	})
	phone.Go(t, func() {
		defer close(done)
		c, err := net.Dial("tcp4", "10.9.9.1:80")
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		c.Write(make([]byte, size))
		io.Copy(io.Discard, c) // until the other side has everything
	})
	longest, sum := 0, 0
	for _, p := range takeAll(t, l) {
		if p.Length != len(p.Data) {
			t.Errorf("%d of %d bytes", len(p.Data), p.Length)
		}
		longest = max(longest, p.Length)
		sum += p.Length
	}
	if _, dropped := l.Drops(); longest <= 1514 || sum < size || dropped != 0 {
		t.Errorf("the longest packet has %d bytes, all %d of %d; %d dropped", longest, sum, size, dropped)
	}
}

func TestATunnelHasNoLinkLayer(t *testing.T) {
	box := nettest.New(t, "box")
	box.Run(t, "ip", "tuntap", "add", "dev", "tun7", "mode", "tun")
	var f *os.File
	box.Do(t, func() {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Skipf("skipped: this kernel has no tunnels (%v)", err)
		}
		f = os.NewFile(uintptr(fd), "tun")
		ask, err := unix.NewIfreq("tun7")
		if err != nil {
			t.Fatal(err)
		}
		ask.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ask); err != nil {
			t.Fatal(err)
		}
	})
	defer f.Close()
	box.Run(t, "ip", "link", "set", "tun7", "up")
	done := make(chan struct{})
	l := listen(t, box, "tun7", capture.LiveConfig{Filter: "ip proto 253", Done: done})
	packet := append([]byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 253, 0, 0, 10, 1, 1, 1, 10, 1, 1, 2}, make([]byte, 20)...)
	if _, err := f.Write(packet); err != nil {
		t.Fatal(err)
	}
	close(done)
	got := takeAll(t, l)
	if len(got) != 1 || got[0].Link != tinycheck.LinkRaw || !bytes.Equal(got[0].Data, packet) {
		t.Errorf("%d packets: %v", len(got), got)
	}
}
