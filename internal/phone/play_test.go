package phone_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/nettest"
	"tinycheck/internal/phone"
	"tinycheck/internal/wire/dhcp"
)

// TestInNamespacesOfOnesOwn: phone, box and Internet without a stage. The phone
// has a second interface, on which it says nothing.
func TestInNamespacesOfOnesOwn(t *testing.T) {
	guest, router, internet := nettest.New(t, "guest"), nettest.New(t, "router"), nettest.New(t, "internet")
	nettest.Veth(t, guest, "wlan1", router, "ap0")
	nettest.Veth(t, guest, "lan0", router, "lan1")
	nettest.Veth(t, router, "wan0", internet, "isp0")
	for _, s := range []*nettest.Space{guest, router, internet} {
		s.Run(t, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
	}
	guest.Run(t, "ip", "addr", "add", "10.8.8.2/24", "dev", "lan0")
	guest.Run(t, "ip", "route", "add", "default", "via", "10.8.8.1")
	router.Run(t, "ip", "addr", "add", "198.51.100.2/30", "dev", "wan0")
	router.Run(t, "ip", "route", "add", "default", "via", "198.51.100.1")
	internet.Run(t, "ip", "addr", "add", "198.51.100.1/30", "dev", "isp0")
	internet.Run(t, "ip", "route", "add", "default", "via", "198.51.100.2")
	b := &box{"ap0", router.Command}
	b.forward4(t)
	b.lease(t, upstream)
	stop := b.record(t)
	elsewhere := (&box{"lan1", router.Command}).record(t)
	s := find(t, "vpn")
	var servers *phone.Internet
	var played phone.Played
	var err error
	before := internet.Run(t, "ip", "addr")
	internet.Do(t, func() {
		servers, err = phone.Serve(t.Context(), s, phone.ServeConfig{DNS: netip.MustParseAddr("198.51.100.1")})
	})
	if err != nil {
		t.Fatal(err)
	}
	routes := guest.Run(t, "ip", "-d", "addr") + guest.Run(t, "ip", "route")
	guest.Do(t, func() {
		played, err = phone.Play(t.Context(), s, phone.Config{Interface: "wlan1", MAC: true, Wait: time.Second})
	})
	if err != nil {
		t.Fatal(err)
	}
	whole(t, s, played)
	same(t, inScenario(t, s), inFile(t, stop()))
	if ends := endsIn(t, elsewhere()); len(ends) > 0 {
		t.Errorf("the phone said something on another interface: %v", ends)
	}
	routes = strings.ReplaceAll(routes, macOf(routes), s.Phone().MAC.String())
	if after := guest.Run(t, "ip", "-d", "addr") + guest.Run(t, "ip", "route"); after != routes {
		t.Errorf("the phone left behind\n%s, expected\n%s", after, routes)
	}
	for range 2 {
		if err := servers.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := internet.Run(t, "ip", "addr"); after != before {
		t.Errorf("the Internet left behind\n%s", after)
	}
}

// macOf is that of wlan1, the first cable.
func macOf(text string) string {
	_, rest, _ := strings.Cut(text, "wlan1")
	_, rest, _ = strings.Cut(rest, "link/ether ")
	mac, _, _ := strings.Cut(rest, " ")
	return mac
}

func TestPlayRefuses(t *testing.T) {
	alone(t)
	s := find(t, "vpn")
	exec.Command("ip", "link", "add", "dead0", "type", "veth", "peer", "name", "dead1").Run()
	t.Cleanup(func() { exec.Command("ip", "link", "del", "dead0").Run() })
	cases := []struct {
		config phone.Config
		kind   tinycheck.ErrorKind
		says   string
	}{
		{phone.Config{}, tinycheck.Invalid, "which interface?"},
		{phone.Config{Interface: "dead0", Speed: -1}, tinycheck.Invalid, "speed"},
		{phone.Config{Interface: "dead0", Join: -1}, tinycheck.Invalid, "wait"},
		{phone.Config{Interface: "lo"}, tinycheck.Invalid, "own loop"},
		{phone.Config{Interface: "none0"}, tinycheck.NotFound, "none0"},
		{phone.Config{Interface: "dead0", Join: time.Nanosecond}, tinycheck.Unavailable, "start the box on the other end"},
	}
	for _, c := range cases {
		played, err := phone.Play(t.Context(), s, c.config)
		if tinycheck.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) || played.Tried() > 0 {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := phone.Play(ctx, s, phone.Config{Interface: "dead0"}); tinycheck.KindOf(err) != tinycheck.Unavailable || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("stopped before it began: %v", err)
	}
}

// TestStop ends a scenario that takes fifteen minutes.
func TestStop(t *testing.T) {
	s := find(t, "quiet")
	ctx, cancel := context.WithCancel(t.Context())
	w, b := stage(t, s, phone.StageConfig{Speed: 1, OnlyIPv4: true, Tell: func(said string) {
		if strings.Contains(said, "joined as 10.77.3.") {
			cancel()
		}
	}})
	b.lease(t, upstream)
	played, err := w.Play(ctx)
	if tinycheck.KindOf(err) != tinycheck.Unavailable || played.Untold != len(read(t, s).Conversations) {
		t.Errorf("%+v %v", played, err)
	}
}

// TestALeaseIsProlonged: a server whose leases are short hears of the phone again.
func TestALeaseIsProlonged(t *testing.T) {
	w, b := stage(t, parse(t, aPhone+"at 0s join"), phone.StageConfig{OnlyIPv4: true})
	again := make(chan dhcp.V4, 1)
	b.giveAddresses(t, 1, again)
	p, err := w.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-again:
		if m.Client != p.Address().Addr() || m.Server.IsValid() || m.Requested.IsValid() || m.HostName != "P" {
			t.Errorf("asked for more time by %+v", m)
		}
	case <-time.After(20 * time.Second):
		t.Error("nobody asked for more time")
	}
	for try := 0; ; try++ { // nothing is played, only told
		played, err := p.Play(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if played.Renewed > 0 {
			break
		}
		if try > 500 {
			t.Fatal("nothing was prolonged")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := p.Leave(); err != nil {
		t.Error(err)
	}
}

// giveAddresses is a DHCP server with leases of so many seconds; a request of
// somebody who has an address goes to again.
func (b *box) giveAddresses(t *testing.T, seconds uint32, again chan dhcp.V4) {
	t.Helper()
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			unix.BindToDevice(int(fd), b.guest)
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
		})
	}}
	conn, err := c.ListenPacket(t.Context(), "udp4", "0.0.0.0:67")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	own := netip.MustParseAddr("10.77.3.1")
	go func() {
		defer close(done)
		room := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(room)
			if err != nil {
				return
			}
			m, err := dhcp.ParseV4(room[:n])
			if err != nil {
				t.Error(err)
				continue
			}
			if m.Client.IsValid() && !m.Client.IsUnspecified() {
				select {
				case again <- m:
				default:
				}
			}
			answer := dhcp.V4{
				Op: dhcp.FromServer, Type: m.Type + 1, TransactionID: m.TransactionID, ClientMAC: m.ClientMAC, Your: netip.MustParseAddr("10.77.3.99"),
				Server: own, SubnetMask: netip.MustParseAddr("255.255.255.0"), Routers: []netip.Addr{own}, DNS: []netip.Addr{own}, Lease: seconds,
			}
			if m.Type == dhcp.Request {
				answer.Type = dhcp.Ack
			}
			body, err := dhcp.AppendV4(nil, answer)
			if err != nil {
				t.Error(err)
				return
			}
			conn.WriteTo(body, &net.UDPAddr{IP: net.IPv4bcast, Port: 68})
		}
	}()
}

func TestAnAddressThatWasThereStays(t *testing.T) {
	w, b := stage(t, find(t, "vpn"), phone.StageConfig{OnlyIPv4: true})
	b.giveAddresses(t, 3600, make(chan dhcp.V4, 1))
	inside := &box{"wlan0", func(name string, args ...string) *exec.Cmd {
		return exec.Command("nsenter", append([]string{"--net=" + w.PhonePath(), name}, args...)...)
	}}
	inside.run(t, "ip", "addr", "add", "10.77.3.99/24", "dev", "wlan0")
	state := func() string { return inside.run(t, "ip", "-o", "-4", "addr") + inside.run(t, "ip", "route") }
	before := state()
	p, err := w.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if during := state(); !strings.Contains(during, "default via 10.77.3.1") {
		t.Errorf("no way out: %s", during)
	}
	for range 2 {
		if err := p.Leave(); err != nil {
			t.Error(err)
		}
	}
	if after := state(); after != before {
		t.Errorf("left behind\n%s, expected\n%s", after, before)
	}
}

// TestWithoutPermission runs this test again as somebody who may do nothing.
func TestWithoutPermission(t *testing.T) {
	if os.Getenv("PHONE_NOBODY") != "" {
		_, err := phone.Stage(t.Context(), find(t, "vpn"), phone.StageConfig{Interface: "sim0"})
		fmt.Println(err)
		_, err = phone.Play(t.Context(), find(t, "vpn"), phone.Config{Interface: "wlan0"})
		fmt.Println(err)
		return
	}
	alone(t)
	if _, _, other := child.RunAs(); !other {
		t.Skip("skipped: only root can become somebody else; run the tests as root")
	}
	b := &box{"wlan0", exec.Command}
	b.run(t, "ip", "link", "add", "wlan0", "type", "veth", "peer", "name", "ap0")
	b.run(t, "ip", "link", "set", "wlan0", "up")
	t.Cleanup(func() { b.run(t, "ip", "link", "del", "wlan0") })
	c := exec.Command("/proc/self/exe", "-test.run=^TestWithoutPermission$")
	c.Env = append(os.Environ(), "PHONE_NOBODY=1")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := c.CombinedOutput()
	if said := string(out); err != nil || !strings.Contains(said, "make network namespace: no permission: run as root") || strings.Count(said, "no permission") != 2 {
		t.Errorf("%s %v", said, err)
	}
}
