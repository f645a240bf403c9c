package capture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestWhatWasSentIsTaken(t *testing.T) {
	begun := time.Now()
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	if l.Link() != tinycheck.LinkEthernet {
		t.Errorf("link type %d", l.Link())
	}
	s := newSender(t, phone, "wlan1")
	got := make(chan []tinycheck.Packet)
	go func() { got <- takeAll(t, l) }()
	const n = 5000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var sent [][]byte
	for i := range n {
		sent = append(sent, frame(wanted, uint32(i), 60+i*7%1455))
		s.send(t, sent[i])
	}
	close(done)
	all := <-got
	for i, p := range all {
		if p.Number != int64(i+1) || p.Time.Location() != time.UTC || p.Time.Before(begun) || time.Since(p.Time) < 0 {
			t.Fatalf("packet %d: number %d at %v", i+1, p.Number, p.Time)
		}
	}
	ours := of(wanted, all)
	if len(ours) != n {
		t.Fatalf("%d packets, %d were sent", len(ours), n)
	}
	for i, p := range ours {
		if !bytes.Equal(p.Data, sent[i]) || p.Length != len(sent[i]) || p.Link != tinycheck.LinkEthernet || p.Interface != 0 {
			t.Fatalf("packet %d is %d of %d bytes: %x", i, len(p.Data), p.Length, p.Data[:18])
		}
		if i > 0 && p.Time.Before(ours[i-1].Time) {
			t.Fatalf("packet %d is earlier than the one before", i)
		}
	}
	if received, dropped := l.Drops(); received < n || dropped != 0 {
		t.Errorf("%d received, %d dropped", received, dropped)
	}
	var p tinycheck.Packet
	if err := l.Next(&p); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
}

// A packet is not held back until others fill the ring.
func TestThinTrafficComesAtOnce(t *testing.T) {
	phone, box := cable(t)
	l := listen(t, box, "ap0", capture.LiveConfig{})
	s := newSender(t, phone, "wlan1")
	var p tinycheck.Packet
	for i := range 20 {
		s.send(t, frame(wanted, uint32(i), 60))
		for pauses := 0; ; {
			err := l.Next(&p)
			if err == nil && kindOf(p.Data) == wanted {
				break
			}
			if errors.Is(err, capture.ErrIdle) {
				pauses++
			} else if err != nil {
				t.Fatal(err)
			}
			if pauses > 20 {
				t.Fatalf("packet %d does not come", i)
			}
		}
		if numberOf(p.Data) != uint32(i) {
			t.Fatalf("packet %d, want %d", numberOf(p.Data), i)
		}
	}
}

func TestTheKernelCountsWhatItDrops(t *testing.T) {
	nettest.Need(t, "tcpdump", "tcpdump")
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Filter: "ether proto 0x88b5", Ring: 2 * capture.RingBlock, Done: done})
	s := newSender(t, phone, "wlan1")
	const n = 3000
	for i := range n { // 3 MB into a ring of 256 KiB while nobody reads
		s.send(t, frame(wanted, uint32(i), 1000))
	}
	close(done)
	got := int64(len(takeAll(t, l)))
	received, dropped := l.Drops()
	if dropped == 0 || received+dropped != n || got != received {
		t.Errorf("%d sent: %d received, %d dropped, %d taken", n, received, dropped, got)
	}
	l.Close()
	if r, d := l.Drops(); r != received || d != dropped {
		t.Errorf("after the end %d received, %d dropped", r, d)
	}
}

// Not even what comes while the listening begins passes a filter.
func TestAFilterLetsThroughOnlyWhatItSays(t *testing.T) {
	nettest.Need(t, "tcpdump", "tcpdump")
	phone, box := cable(t)
	s := newSender(t, phone, "wlan1")
	var stop atomic.Bool
	flood := make(chan uint32)
	go func() {
		n := uint32(0)
		for ; !stop.Load(); n++ {
			unix.Sendto(s.fd, frame(unwanted, n, 60), 0, &s.to)
		}
		flood <- n
	}()
	for range 5 {
		done := make(chan struct{})
		l := listen(t, box, "ap0", capture.LiveConfig{Filter: "ether proto 0x88b5 and len < 100", Done: done})
		for i := range 10 {
			s.send(t, frame(wanted, uint32(i), 60))
			s.send(t, frame(wanted, 99, 200))
		}
		close(done)
		got := takeAll(t, l)
		if len(got) != 10 || len(of(wanted, got)) != 10 || numberOf(got[9].Data) != 9 {
			t.Errorf("%d packets passed", len(got))
		}
		l.Close()
	}
	stop.Store(true)
	if n := <-flood; n == 0 {
		t.Error("nothing was sent that a filter had to stop")
	}
}

// nextWanted gives the next packet that the test sent.
func nextWanted(t *testing.T, l *capture.Live) (tinycheck.Packet, error) {
	t.Helper()
	var p tinycheck.Packet
	for pauses := 0; pauses < 100; {
		err := l.Next(&p)
		if errors.Is(err, capture.ErrIdle) {
			pauses++
			continue
		}
		if err != nil || kindOf(p.Data) == wanted {
			return p, err
		}
	}
	t.Fatal("nothing comes")
	return p, nil
}

// untilGone counts what comes until the interface is gone.
func untilGone(t *testing.T, l *capture.Live) (n int) {
	t.Helper()
	for {
		_, err := nextWanted(t, l)
		if errors.Is(err, capture.ErrGone) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

func TestAnInterfaceGoesAwayAndReturns(t *testing.T) {
	for name, way := range map[string]struct {
		away, back func(t *testing.T, phone, box *nettest.Space)
	}{
		"taken down": {
			func(t *testing.T, _, box *nettest.Space) { box.Run(t, "ip", "link", "set", "ap0", "down") },
			func(t *testing.T, _, box *nettest.Space) { box.Run(t, "ip", "link", "set", "ap0", "up") },
		},
		"deleted": {
			func(t *testing.T, _, box *nettest.Space) { box.Run(t, "ip", "link", "del", "ap0") },
			func(t *testing.T, phone, box *nettest.Space) { nettest.Veth(t, phone, "wlan1", box, "ap0") },
		},
		"unplugged at the other end": {
			func(t *testing.T, phone, _ *nettest.Space) { phone.Run(t, "ip", "link", "del", "wlan1") },
			func(t *testing.T, phone, box *nettest.Space) { nettest.Veth(t, phone, "wlan1", box, "ap0") },
		},
		"taken down for a moment": {
			func(t *testing.T, _, box *nettest.Space) {
				box.Run(t, "ip", "link", "set", "ap0", "down")
				box.Run(t, "ip", "link", "set", "ap0", "up")
			},
			func(*testing.T, *nettest.Space, *nettest.Space) {},
		},
	} {
		t.Run(name, func(t *testing.T) {
			phone, box := cable(t)
			done := make(chan struct{})
			l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
			s := newSender(t, phone, "wlan1")
			for i := range 30 {
				s.send(t, frame(wanted, uint32(i), 60))
			}
			way.away(t, phone, box)
			if n := untilGone(t, l); n != 30 {
				t.Errorf("%d packets before it went away, 30 were sent", n)
			}
			var p tinycheck.Packet
			if err := l.Next(&p); !errors.Is(err, capture.ErrGone) {
				t.Errorf("while it is gone: %v", err)
			}
			before, _ := l.Drops()
			back := make(chan error, 1)
			box.Go(t, func() { back <- l.Return(t.Context()) })
			way.back(t, phone, box)
			if err := <-back; err != nil {
				t.Fatal(err)
			}
			s = newSender(t, phone, "wlan1")
			s.send(t, frame(wanted, 77, 60))
			got, err := nextWanted(t, l)
			if err != nil || numberOf(got.Data) != 77 || got.Interface != 1 || got.Number <= 30 {
				t.Errorf("after its return: %v, packet %d of interface %d is %x", err, got.Number, got.Interface, got.Data[:18])
			}
			if received, dropped := l.Drops(); before < 30 || received <= before || dropped != 0 {
				t.Errorf("%d received before, %d after, %d dropped", before, received, dropped)
			}
			close(done)
			takeAll(t, l)
		})
	}
}

func TestReturnGivesUp(t *testing.T) {
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	phone.Run(t, "ip", "link", "del", "wlan1")
	untilGone(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	back := make(chan error, 1)
	box.Go(t, func() { back <- l.Return(ctx) })
	box.Run(t, "ip", "tuntap", "add", "dev", "ap0", "mode", "tun")
	box.Run(t, "ip", "link", "set", "ap0", "up")
	if err := <-back; !isKind(err, tinycheck.Conflict) || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("a tunnel of the same name: %v", err)
	}
	box.Run(t, "ip", "link", "del", "ap0")
	box.Go(t, func() { back <- l.Return(ctx) })
	cancel()
	if err := <-back; !isKind(err, tinycheck.Unavailable) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "ap0") {
		t.Errorf("given up: %v", err)
	}
	box.Go(t, func() { back <- l.Return(t.Context()) })
	close(done)
	if err := <-back; err != nil {
		t.Errorf("at the end: %v", err)
	}
	var p tinycheck.Packet
	if err := l.Next(&p); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
}

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

func TestWhyThereIsNoListening(t *testing.T) {
	_, box := cable(t)
	box.Run(t, "ip", "link", "add", "shut", "type", "bridge")
	for name, c := range map[string]struct {
		iface string
		cfg   capture.LiveConfig
		kind  tinycheck.ErrorKind
		says  string
	}{
		"no interface":  {"wlan7", capture.LiveConfig{}, tinycheck.NotFound, "ap0"},
		"no name":       {"", capture.LiveConfig{}, tinycheck.Invalid, "interface"},
		"down":          {"shut", capture.LiveConfig{}, tinycheck.Unavailable, "ip link set shut up"},
		"ring small":    {"ap0", capture.LiveConfig{Ring: 1}, tinycheck.Invalid, "ring"},
		"ring large":    {"ap0", capture.LiveConfig{Ring: 1<<30 + 1}, tinycheck.Invalid, "ring"},
		"filter long":   {"ap0", capture.LiveConfig{Filter: strings.Repeat("x", 5000)}, tinycheck.Invalid, "filter"},
		"filter zero":   {"ap0", capture.LiveConfig{Filter: "tcp\x00udp"}, tinycheck.Invalid, "filter"},
		"filter wrong":  {"ap0", capture.LiveConfig{Filter: "tcp prt 80"}, tinycheck.Invalid, "syntax error"},
		"filter option": {"ap0", capture.LiveConfig{Filter: "-r /etc/passwd"}, tinycheck.Invalid, "syntax error"},
		"filter never":  {"ap0", capture.LiveConfig{Filter: "ip and ip6"}, tinycheck.Invalid, "rejects all packets"},
		"filter of tag": {"ap0", capture.LiveConfig{Filter: "tcp or (vlan 5&&udp)"}, tinycheck.Unsupported, "VLAN"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.cfg.Filter != "" {
				nettest.Need(t, "tcpdump", "tcpdump")
			}
			box.Do(t, func() {
				l, err := capture.Listen(c.iface, c.cfg)
				if err == nil {
					l.Close()
				}
				if !isKind(err, c.kind) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want %v with %q", err, c.kind, c.says)
				}
			})
		})
	}
}

func TestListeningNeedsARight(t *testing.T) {
	_, box := cable(t)
	box.Do(t, func() { // on a thread that ends with it
		none := [2]unix.CapUserData{}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			t.Fatal(err)
		}
		_, err := capture.Listen("ap0", capture.LiveConfig{})
		if !isKind(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "CAP_NET_RAW") {
			t.Errorf("without a right: %v", err)
		}
	})
}

func TestAFilterNeedsTcpdump(t *testing.T) {
	if _, err := os.Stat("/usr/sbin/tcpdump"); err == nil {
		t.Skip("skipped: tcpdump is where it is found without PATH")
	}
	_, box := cable(t)
	t.Setenv("PATH", t.TempDir())
	box.Do(t, func() {
		_, err := capture.Listen("ap0", capture.LiveConfig{Filter: "tcp"})
		if !isKind(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "Debian package tcpdump") {
			t.Errorf("without tcpdump: %v", err)
		}
	})
}

func TestLinkTypes(t *testing.T) {
	for hardware, want := range map[uint16]tinycheck.LinkType{
		unix.ARPHRD_ETHER: tinycheck.LinkEthernet, unix.ARPHRD_LOOPBACK: tinycheck.LinkEthernet,
		unix.ARPHRD_NONE: tinycheck.LinkRaw, unix.ARPHRD_RAWIP: tinycheck.LinkRaw,
		unix.ARPHRD_IEEE80211_RADIOTAP: tinycheck.LinkRadiotap,
	} {
		if got, err := capture.LinkType("x", hardware); got != want || err != nil {
			t.Errorf("hardware type %d is %d, %v", hardware, got, err)
		}
	}
	for _, hardware := range []uint16{unix.ARPHRD_PPP, unix.ARPHRD_INFINIBAND, unix.ARPHRD_SIT} {
		if _, err := capture.LinkType("ppp0", hardware); !isKind(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), "ppp0 has the hardware type") {
			t.Errorf("hardware type %d: %v", hardware, err)
		}
	}
}

// What is listened to and recorded at once is the same when it is read again.
func TestListeningIsRecorded(t *testing.T) {
	phone, box := cable(t)
	done := make(chan struct{})
	l := listen(t, box, "ap0", capture.LiveConfig{Done: done})
	r := record(t, func(c *capture.RecordConfig) { c.Link = l.Link() })
	var want []tinycheck.Packet
	keep := func(p tinycheck.Packet) {
		p.Data = bytes.Clone(p.Data)
		want = append(want, p)
		must(t, r.Write(&p))
	}
	s := newSender(t, phone, "wlan1")
	for i := range 20 {
		s.send(t, frame(wanted, uint32(i), 60+70*i))
	}
	box.Run(t, "ip", "link", "set", "ap0", "down")
	var p tinycheck.Packet
	for err := l.Next(&p); !errors.Is(err, capture.ErrGone); err = l.Next(&p) {
		if err == nil {
			keep(p)
		}
	}
	from := time.Now().Round(0)
	back := make(chan error, 1)
	box.Go(t, func() { back <- l.Return(t.Context()) })
	box.Run(t, "ip", "link", "set", "ap0", "up")
	must(t, <-back)
	until := time.Now().Round(0)
	must(t, r.Away(from, until))
	s.send(t, frame(wanted, 99, 60))
	close(done)
	for _, p := range takeAll(t, l) {
		keep(p)
	}
	received, dropped := l.Drops()
	r.Count(received, dropped, 0)
	packets, facts := checkFile(t, closed(t, r)[0])
	if d := cmp.Diff(want, packets); d != "" || len(of(wanted, packets)) != 21 {
		t.Errorf("%d packets: %s", len(packets), d)
	}
	if facts.Away != until.Sub(from) || facts.Interfaces != 2 || facts.Dropped != (tinycheck.Drops{Kernel: dropped}) || received != facts.Packets {
		t.Errorf("%d received; facts %+v", received, facts)
	}
}
