package firewall_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// A world has two phones on the network of the box, the site whose cable the box
// hangs on, and the Internet behind the site's router. Everybody forwards.
//
//	phone ─┐
//	other ─┴─ wlan0 (box) up0 ─┬─ lan0 (router) inet0 ─── internet
//	                    site ──┘
type world struct {
	phone, other, box, site, router, internet *nettest.Space
}

// Addresses of the world.
const (
	phone4, phone6       = "10.77.3.50", "fd00:77:3::50"
	other4, other6       = "10.77.3.60", "fd00:77:3::60"
	box4, box6           = "10.77.3.1", "fd00:77:3::1"
	uplink4, uplink6     = "192.168.50.2", "2001:db8:50::2"
	site4, site6         = "192.168.50.9", "2001:db8:50::9"
	router4, router6     = "192.168.50.1", "2001:db8:50::1"
	internet4, internet6 = "203.0.113.10", "2001:db8:1::10"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	nettest.Need(t, "iproute2", "ip", "bridge")
	nettest.Need(t, "iputils-ping", "ping")
	nettest.Need(t, "procps", "sysctl")
	w := &world{}
	for name, s := range map[string]**nettest.Space{
		"phone": &w.phone, "other": &w.other, "box": &w.box, "site": &w.site, "router": &w.router, "internet": &w.internet,
	} {
		*s = nettest.New(t, name)
		quick(t, *s)
	}
	nettest.Veth(t, w.phone, "wlan1", w.box, "p1")
	nettest.Veth(t, w.other, "wlan1", w.box, "p2")
	nettest.Veth(t, w.box, "up0", w.router, "r1")
	nettest.Veth(t, w.site, "eth0", w.router, "r2")
	nettest.Veth(t, w.internet, "eth0", w.router, "inet0")
	bridge(t, w.box, "wlan0", "p1", "p2")
	bridge(t, w.router, "lan0", "r1", "r2")
	host(t, w.phone, "wlan1", []string{phone4 + "/24", phone6 + "/64"}, box4, box6)
	host(t, w.other, "wlan1", []string{other4 + "/24", other6 + "/64"}, box4, box6)
	host(t, w.box, "wlan0", []string{box4 + "/24", box6 + "/64"})
	host(t, w.box, "up0", []string{uplink4 + "/24", uplink6 + "/64"}, router4, router6)
	host(t, w.site, "eth0", []string{site4 + "/24", site6 + "/64"}, router4, router6)
	host(t, w.router, "lan0", []string{router4 + "/24", router6 + "/64"})
	host(t, w.router, "inet0", []string{"203.0.113.1/24", "2001:db8:1::1/64"})
	host(t, w.internet, "eth0", []string{internet4 + "/24", internet6 + "/64"}, "203.0.113.1", "2001:db8:1::1")
	// Everybody knows the way to the phones: nothing but the firewall keeps them out.
	batch(t, w.router, "route add 10.77.3.0/24 via "+uplink4, "route add fd00:77:3::/64 via "+uplink6)
	batch(t, w.site, "route add 10.77.3.0/24 via "+uplink4, "route add fd00:77:3::/64 via "+uplink6)
	// The phones hear each other only by way of the box.
	w.box.Run(t, "bridge", "link", "set", "dev", "p1", "isolated", "on")
	w.box.Run(t, "bridge", "link", "set", "dev", "p2", "isolated", "on")
	return w
}

// quick forwards, and uses addresses at once instead of asking whether they are free.
func quick(t *testing.T, s *nettest.Space) {
	t.Helper()
	s.Do(t, func() {
		for key, value := range map[string]string{
			"ipv4/ip_forward":                  "1",
			"ipv4/conf/all/send_redirects":     "0",
			"ipv4/conf/default/send_redirects": "0",
			"ipv4/conf/default/accept_local":   "0",
			"ipv4/conf/all/rp_filter":          "0",
			"ipv4/conf/default/rp_filter":      "0",
			"ipv4/icmp_ratelimit":              "0",
			"ipv4/icmp_msgs_per_sec":           "100000",
			"ipv4/icmp_msgs_burst":             "100000",
			"ipv6/icmp/ratelimit":              "0",
			"ipv6/conf/all/forwarding":         "1",
			"ipv6/conf/all/accept_dad":         "0",
			"ipv6/conf/default/accept_dad":     "0",
			"ipv6/conf/default/dad_transmits":  "0",
		} {
			// Not every kernel has each of them in every namespace.
			if err := os.WriteFile("/proc/sys/net/"+key, []byte(value), 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	})
}

// batch gives lines to ip.
func batch(t *testing.T, s *nettest.Space, lines ...string) {
	t.Helper()
	c := s.Command("ip", "-batch", "-")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: ip: %v\n%s\n%s", s.Name(), err, strings.Join(lines, "\n"), out)
	}
}

func bridge(t *testing.T, s *nettest.Space, name string, ports ...string) {
	t.Helper()
	lines := []string{"link add " + name + " type bridge mcast_snooping 0", "link set " + name + " up"}
	for _, p := range ports {
		lines = append(lines, "link set "+p+" master "+name)
	}
	batch(t, s, lines...)
}

func host(t *testing.T, s *nettest.Space, device string, addresses []string, routers ...string) {
	t.Helper()
	var lines []string
	for _, a := range addresses {
		line := "addr add " + a + " dev " + device
		if strings.Contains(a, ":") {
			line += " nodad"
		}
		lines = append(lines, line)
	}
	for _, r := range routers {
		lines = append(lines, "route add default via "+r)
	}
	batch(t, s, lines...)
}

// rule applies the firewall to the box.
func (w *world) rule(t *testing.T, c firewall.Config) {
	t.Helper()
	c.Prefixes = append(c.Prefixes, prefixes(four)...)
	c.Site = append(c.Site, prefixes("192.168.50.0/24", "2001:db8:50::/64")...)
	w.box.Do(t, func() {
		if err := plan(t, c).Apply(); err != nil {
			t.Fatal(err)
		}
	})
}

// listen answers on ports of somebody, TCP and UDP, until the end of the test:
// with who he is, and whom he sees.
func listen(t *testing.T, s *nettest.Space, ports ...int) {
	t.Helper()
	s.Do(t, func() {
		for _, port := range ports {
			stream, err := net.Listen("tcp", fmt.Sprintf("[::]:%d", port))
			if err != nil {
				t.Fatal(err)
			}
			serve(t, stream, func() { acceptAll(s.Name(), stream) })
			for _, a := range own(t) {
				packets, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(port))))
				if errors.Is(err, unix.EADDRNOTAVAIL) && a.IsLinkLocalUnicast() {
					continue // of a cable that has just been put into a bridge
				}
				if err != nil {
					t.Fatal(err)
				}
				serve(t, packets, func() { answerAll(s.Name(), packets) })
			}
		}
	})
}

func serve(t *testing.T, c io.Closer, f func()) {
	ended := make(chan struct{})
	go func() { defer close(ended); f() }()
	t.Cleanup(func() { c.Close(); <-ended })
}

// own are the addresses that there are: one that is asked in UDP answers, and not
// another of the same machine.
func own(t *testing.T) (list []netip.Addr) {
	t.Helper()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addresses {
			address := netip.MustParsePrefix(a.String()).Addr()
			if address.IsLinkLocalUnicast() && address.Is6() {
				address = address.WithZone(i.Name)
			}
			list = append(list, address)
		}
	}
	return list
}

func acceptAll(name string, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			io.Copy(io.Discard, c)
			io.WriteString(c, saw(name, c.RemoteAddr()))
		}()
	}
}

func answerAll(name string, p net.PacketConn) {
	buffer := make([]byte, 9000)
	for {
		_, from, err := p.ReadFrom(buffer)
		if err != nil {
			return
		}
		p.WriteTo([]byte(saw(name, from)), from)
	}
}

func saw(name string, a net.Addr) string {
	at := netip.MustParseAddrPort(a.String())
	return name + " saw " + at.Addr().Unmap().WithZone("").String()
}

// A question is something said to somebody.
type question struct {
	network, to string
	port        int
	from        string // address and port to ask from; none: what the kernel chooses
	wait        time.Duration
	size        int // bytes of the question; 0: few
}

// ask asks, and gives the answer. What is refused comes back as errRefused,
// waiting in vain as errSilence.
func ask(t *testing.T, s *nettest.Space, q question) (answer string, err error) {
	t.Helper()
	dialer := net.Dialer{Timeout: cmp.Or(q.wait, answers), KeepAlive: -1}
	if from, e := netip.ParseAddrPort(q.from); e == nil && q.network == "tcp" {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(from)
	} else if e == nil {
		dialer.LocalAddr = net.UDPAddrFromAddrPort(from)
	}
	s.Do(t, func() {
		var c net.Conn
		if c, err = dialer.Dial(q.network, net.JoinHostPort(q.to, fmt.Sprint(q.port))); err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(dialer.Timeout))
		if _, err = c.Write(make([]byte, max(q.size, 12))); err != nil {
			return
		}
		if stream, ok := c.(*net.TCPConn); ok {
			stream.CloseWrite()
		}
		buffer, n := make([]byte, 512), 0
		n, err = c.Read(buffer)
		answer = string(buffer[:n])
	})
	return answer, plainly(err)
}

var (
	errRefused = errors.New("refused")
	errSilence = errors.New("silence")
)

const (
	answers = 3 * time.Second        // how long an answer may take, on a busy machine
	silence = 100 * time.Millisecond // how long silence lasts before it is believed
)

// plainly tells what a failed attempt means to an app: errors at once, or waiting.
func plainly(err error) error {
	var waited net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EACCES), errors.Is(err, unix.ENETUNREACH):
		return errRefused
	case errors.As(err, &waited) && waited.Timeout():
		return errSilence
	}
	return err
}

// both are the transports.
var both = []string{"tcp", "udp"}

// reaches fails unless somebody answers, in TCP and UDP, who saw what is said.
func reaches(t *testing.T, s *nettest.Space, to string, port int, want string) {
	t.Helper()
	for _, network := range both {
		if got, err := ask(t, s, question{network: network, to: to, port: port}); err != nil || got != want {
			t.Errorf("%s asks %s %s port %d: %q, %v; want %q", s.Name(), network, to, port, got, err, want)
		}
	}
}

// fails fails unless TCP and UDP fail in this way.
func fails(t *testing.T, s *nettest.Space, to string, port int, want error) {
	t.Helper()
	q := question{to: to, port: port}
	if want == errSilence {
		q.wait = silence
	}
	for _, q.network = range both {
		if got, err := ask(t, s, q); !errors.Is(err, want) {
			t.Errorf("%s asks %s %s port %d: %q, %v; want: %v", s.Name(), q.network, to, port, got, err, want)
		}
	}
}

// echoes gives whether a ping comes back.
func echoes(s *nettest.Space, to string) bool { return pinged(s, to, "3") }

// silent gives whether none does.
func silent(s *nettest.Space, to string) bool { return !pinged(s, to, "0.1") }

func pinged(s *nettest.Space, to, seconds string) bool {
	return s.Command("ping", "-n", "-c", "1", "-W", seconds, to).Run() == nil
}
