package firewall_test

import (
	"bytes"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// A phone that has no address yet asks everybody, and the answer goes to everybody.
func TestAGuestGetsALease(t *testing.T) {
	w := newWorld(t)
	batch(t, w.other, "addr flush dev wlan1 scope global", "route add default dev wlan1")
	for _, c := range []firewall.Config{{}, {Contained: true}, {Prefixes: prefixes(six), Visibility: true}} {
		w.rule(t, c)
		server := datagrams(t, w.box, "wlan0", "0.0.0.0:67")
		unborn := datagrams(t, w.other, "wlan1", "0.0.0.0:68")
		unborn.send(t, "255.255.255.255:67")
		if from := server.receive(t); from != "0.0.0.0:68" {
			t.Errorf("%+v: the box was asked for a lease by %s", c, from)
		}
		server.send(t, "255.255.255.255:68")
		if from := unborn.receive(t); from != box4+":67" {
			t.Errorf("%+v: a lease was given by %s", c, from)
		}
		phone := datagrams(t, w.phone, "wlan1", "0.0.0.0:68")
		for _, to := range []string{box4 + ":67", "255.255.255.255:67"} {
			phone.send(t, to)
			if from := server.receive(t); from != phone4+":68" {
				t.Errorf("%+v: the box was asked at %s for a longer lease by %s", c, to, from)
			}
		}
		server.send(t, phone4+":68")
		if from := phone.receive(t); from != box4+":67" {
			t.Errorf("%+v: a longer lease was given by %s", c, from)
		}
		// The server's port is for clients of DHCP only.
		fails(t, w.phone, box4, 67, errRefused)
	}
}

// A socket sends and receives datagrams on one interface.
type socket int

func datagrams(t *testing.T, s *nettest.Space, device, local string) socket {
	t.Helper()
	var fd int
	s.Do(t, func() {
		at := netip.MustParseAddrPort(local)
		var err error
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			t.Fatal(err)
		}
		patience := unix.NsecToTimeval(int64(answers))
		for _, err := range []error{
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience),
			unix.BindToDevice(fd, device),
			unix.Bind(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Cleanup(func() { unix.Close(fd) })
	return socket(fd)
}

func (s socket) send(t *testing.T, to string) {
	t.Helper()
	a := netip.MustParseAddrPort(to)
	if err := unix.Sendto(int(s), []byte("lease"), 0, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}); err != nil {
		t.Fatal(err)
	}
}

func (s socket) receive(t *testing.T) string {
	t.Helper()
	for {
		_, from, err := unix.Recvfrom(int(s), make([]byte, 100), 0)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err.Error()
		default:
			a := from.(*unix.SockaddrInet4)
			return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
		}
	}
}

// Programs of the box that announce themselves are not heard by guests.
func TestTheBoxDoesNotTalkToGuestsUnasked(t *testing.T) {
	w := newWorld(t)
	listen(t, w.phone, 80)
	listen(t, w.box, 53)
	announce := func() {
		for _, to := range []string{"224.0.0.251", "ff02::fb%wlan0", "ff02::1:3%wlan0", "239.255.255.250", "10.77.3.255"} {
			port := 5353
			if strings.HasPrefix(to, "10.") {
				port = 137
			}
			ask(t, w.box, question{network: "udp", to: to, port: port, wait: silence})
		}
	}
	batch(t, w.box, "route add 224.0.0.0/4 dev wlan0")
	heard := func() []string {
		r := startRecord(t, w.phone, "wlan1")
		announce()
		return r.lines(t, w.phone, box4)
	}
	if lines := heard(); len(lines) < 4 {
		t.Fatalf("without a firewall this was heard only: %q", lines)
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	if lines := heard(); len(lines) > 0 {
		t.Errorf("the phone heard\n%s", strings.Join(lines, ""))
	}
	for _, to := range []string{phone4, phone6} {
		if _, err := ask(t, w.box, question{network: "tcp", to: to, port: 80, wait: silence}); err == nil {
			t.Errorf("the box opened a connection to %s", to)
		}
		if !echoes(w.box, to) {
			t.Errorf("no echo from %s", to)
		}
	}
}

// A phone asks from no address whether the one that it would like is free; when it
// is the box's, the box says so.
func TestTheBoxDefendsItsAddress(t *testing.T) {
	w := newWorld(t)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	w.phone.Run(t, "sysctl", "-qw", "net.ipv6.conf.wlan1.accept_dad=1", "net.ipv6.conf.wlan1.dad_transmits=1")
	batch(t, w.phone, "addr add "+box6+"/64 dev wlan1")
	for range 100 {
		if strings.Contains(w.phone.Run(t, "ip", "-6", "addr", "show", "dev", "wlan1"), "dadfailed") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the phone took the box's address")
}

// Many pings get fewer answers; other guests' names are not held up by them.
func TestAFloodOfPingsIsNotAnswered(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 53)
	received := regexp.MustCompile(`200 packets transmitted, (\d+) received`)
	flood := func(to string) int {
		out, _ := w.phone.Command("ping", "-n", "-q", "-l", "200", "-c", "200", "-W", "0.3", to).Output()
		found := received.FindSubmatch(out)
		if found == nil {
			t.Fatalf("ping %s says\n%s", to, out)
		}
		n, _ := strconv.Atoi(string(found[1]))
		return n
	}
	for _, to := range []string{box4, box6} {
		if n := flood(to); n < 150 {
			t.Fatalf("without a firewall %s answers %d of 200 pings", to, n)
		}
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, to := range []string{box4, box6} {
		if n := flood(to); n < 20 || n > 120 {
			t.Errorf("%s answers %d of 200 pings at once", to, n)
		}
		reaches(t, w.other, to, 53, "box saw "+at(to, other4, other6))
	}
}

// What is for everybody gets no answer from the box, be it a question for a name.
func TestNoiseIsNotAnswered(t *testing.T) {
	w := newWorld(t)
	linkLocal(t, w)
	listen(t, w.box, 53)
	w.rule(t, firewall.Config{Prefixes: prefixes(six), Visibility: true})
	seen := startRecord(t, w.phone, "wlan1")
	for _, to := range []string{"224.0.0.251", "239.255.255.250", "10.77.3.255", "255.255.255.255", "ff02::fb%wlan1", "ff02::1%wlan1", "ff05::c%wlan1"} {
		for _, port := range []int{53, 137, 1900, 5353} {
			ask(t, w.phone, question{network: "udp", to: to, port: port, wait: 10 * time.Millisecond})
		}
	}
	sent := 0
	for _, line := range seen.lines(t, w.phone, box4) {
		if own := regexp.MustCompile(`^IP6? (10\.77\.3\.50|fe80::50|fd00:77:3::50)\.`); own.MatchString(line) {
			sent++
		} else {
			t.Errorf("the box answers: %s", line)
		}
	}
	if sent < 20 {
		t.Errorf("the phone said %d things only", sent)
	}
}

// A phone looks for routers and neighbours; it does not play one to the box.
func TestAGuestAsksForRoutersAndIsNone(t *testing.T) {
	w := newWorld(t)
	linkLocal(t, w)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	const solicit, advertise, neighbour, redirect, query = 133, 134, 135, 137, 130
	for _, c := range []struct {
		name     string
		from, at *nettest.Space
		source   string
		to       string
		message  byte
		heard    bool
	}{
		{"a phone looks for routers", w.phone, w.box, "fe80::50%wlan1", "ff02::2%wlan1", solicit, true},
		{"a phone looks for its neighbour the box", w.phone, w.box, "fe80::50%wlan1", box6, neighbour, true},
		{"a phone looks for it by its other address", w.phone, w.box, phone6, "fe80::b0%wlan1", neighbour, true},
		{"the box is a router", w.box, w.phone, "fe80::b0%wlan0", "ff02::1%wlan0", advertise, true},
		{"the box asks who listens", w.box, w.phone, "fe80::b0%wlan0", "ff02::1%wlan0", query, true},
		{"a phone says it is a router", w.phone, w.box, "fe80::50%wlan1", "ff02::1%wlan1", advertise, false},
		{"a phone says so to the box", w.phone, w.box, "fe80::50%wlan1", "fe80::b0%wlan1", advertise, false},
		{"a phone shows the box a better way", w.phone, w.box, "fe80::50%wlan1", "fe80::b0%wlan1", redirect, false},
		{"the box shows a phone a better way", w.box, w.phone, "fe80::b0%wlan0", "fe80::50%wlan0", redirect, false},
		{"a phone asks who listens", w.phone, w.box, "fe80::50%wlan1", "ff02::1%wlan1", query, false},
	} {
		ear, mouth := icmp6(t, c.at, ""), icmp6(t, c.from, c.source)
		message := append([]byte{c.message, 0, 0, 0, 0, 0, 0, 0}, "to be told from what the kernel says"...)
		var sent error
		c.from.Do(t, func() {
			to := netip.MustParseAddr(c.to)
			_, sent = mouth.WriteTo(message, &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()})
		})
		if got := hears(ear, message); got != c.heard {
			t.Errorf("%s: heard: %v, want %v (%v)", c.name, got, c.heard, sent)
		}
	}
}

func icmp6(t *testing.T, s *nettest.Space, source string) (c net.PacketConn) {
	t.Helper()
	s.Do(t, func() {
		var err error
		if c, err = net.ListenPacket("ip6:ipv6-icmp", source); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { c.Close() })
	return c
}

func hears(ear net.PacketConn, message []byte) bool {
	ear.SetReadDeadline(time.Now().Add(silence))
	buffer := make([]byte, 200)
	for {
		n, _, err := ear.ReadFrom(buffer)
		if err != nil {
			return false
		}
		if n == len(message) && buffer[0] == message[0] && bytes.Equal(buffer[8:n], message[8:]) {
			return true
		}
	}
}

// Whoever tries all the time finds no moment at which the old table is gone and
// the new one not there yet.
func TestApplyLeavesNoGap(t *testing.T) {
	w := newWorld(t)
	listen(t, w.site, 80)
	c := firewall.Config{Prefixes: prefixes(six)}
	w.rule(t, c)
	c.Prefixes = prefixes(six, four)
	r := plan(t, c)
	done := make(chan struct{})
	w.box.Go(t, func() {
		defer close(done)
		for range 10 {
			if err := r.Apply(); err != nil {
				t.Error(err)
			}
		}
	})
	tries := 0
	w.phone.Do(t, func() {
		for ; ; tries++ {
			select {
			case <-done:
				return
			default:
			}
			if open, _ := knockAt(t, netip.MustParseAddr(site4), 80); open {
				t.Error("the site was reached")
				<-done
				return
			}
		}
	})
	if tries < 100 {
		t.Errorf("the phone tried %d times only", tries)
	}
}
