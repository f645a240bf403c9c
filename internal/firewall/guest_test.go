package firewall_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// usual are ports that services of such a machine listen on.
var usual = []int{22, 53, 80, 111, 123, 137, 161, 443, 631, 1900, 5353, 5355, 8080, 8443}

func TestOfTheBoxAGuestReachesNamesOnly(t *testing.T) {
	w := newWorld(t)
	own := []string{box4, uplink4, box6, uplink6, linkLocal(t, w)}
	listen(t, w.box, usual...)
	for _, to := range own {
		reaches(t, w.phone, to, 22, "box saw "+seenAt(to))
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, to := range own {
		guests := to != uplink4 && to != uplink6
		if guests {
			reaches(t, w.phone, to, 53, "box saw "+seenAt(to))
		}
		for _, port := range usual {
			if port != 53 || !guests {
				fails(t, w.phone, to, port, errRefused)
			}
		}
		sweep(t, w.phone, to, guests)
	}
}

func seenAt(to string) string {
	switch a := netip.MustParseAddr(to); {
	case a.Is4():
		return phone4
	case a.IsLinkLocalUnicast():
		return "fe80::50"
	}
	return phone6
}

// linkLocal gives the phone a link-local address that is known, and tells the box's.
func linkLocal(t *testing.T, w *world) string {
	t.Helper()
	batch(t, w.phone, "addr flush dev wlan1 scope link", "addr add fe80::50/64 dev wlan1 nodad")
	batch(t, w.box, "addr add fe80::b0/64 dev wlan0 nodad")
	return "fe80::b0%wlan1"
}

// sweep knocks at every TCP port. Each must answer at once: 53 that it is open,
// where that is wanted, all others that they are not.
func sweep(t *testing.T, s *nettest.Space, to string, names bool) {
	t.Helper()
	var open, silent []int
	s.Do(t, func() { open, silent = knock(t, netip.MustParseAddr(to)) })
	var want []int
	if names {
		want = []int{53}
	}
	if !slices.Equal(open, want) || len(silent) > 0 {
		t.Errorf("%s: TCP ports %v are open, want %v; no answer from %v", to, open, want, silent)
	}
}

// knock tries all TCP ports, one after the other: on a cable of memory the answer
// is there in microseconds.
func knock(t *testing.T, to netip.Addr) (open, silent []int) {
	for port := 1; port <= 65535 && len(silent) < 3; port++ {
		switch is, err := knockAt(t, to, port); {
		case is:
			open = append(open, port)
		case err != unix.ECONNREFUSED:
			silent = append(silent, port)
		}
	}
	return open, silent
}

// knockAt tries one port, in the namespace of the thread.
func knockAt(t *testing.T, to netip.Addr, port int) (open bool, err error) {
	family, there := endpoint(t, to, port)
	s, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s)
	patience := unix.NsecToTimeval(int64(answers))
	unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience)
	err = unix.Connect(s, there)
	for err == unix.EINTR || err == unix.EALREADY { // the Go runtime signals its threads
		err = unix.Connect(s, there)
	}
	return err == nil, err
}

func endpoint(t *testing.T, a netip.Addr, port int) (int, unix.Sockaddr) {
	if a.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: a.As4()}
	}
	to := &unix.SockaddrInet6{Port: port, Addr: a.As16()}
	if zone := a.Zone(); zone != "" {
		index, err := interfaceIndex(zone)
		if err != nil {
			t.Fatal(err)
		}
		to.ZoneId = index
	}
	return unix.AF_INET6, to
}

func TestAGuestReachesTheInternetUnderTheAddressOfTheBox(t *testing.T) {
	w := newWorld(t)
	listen(t, w.internet, 53, 80, 123, 443, 853)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, port := range []int{53, 80, 123, 443, 853} {
		reaches(t, w.phone, internet4, port, "internet saw "+uplink4)
		reaches(t, w.phone, internet6, port, "internet saw "+uplink6)
		reaches(t, w.other, internet4, port, "internet saw "+uplink4)
	}
	for _, to := range []string{internet4, internet6, box4, box6} {
		if !echoes(w.phone, to) {
			t.Errorf("no echo from %s", to)
		}
	}
	// A narrow path tells so by ICMP.
	batch(t, w.router, "link set inet0 mtu 1300")
	for _, to := range []string{internet4, internet6} {
		if err := pour(t, w.phone, to, 443, 200_000); err != nil {
			t.Errorf("200 kB to %s over a narrow path: %v", to, err)
		}
	}
}

func TestAGuestReachesNeitherTheSiteNorOtherGuests(t *testing.T) {
	w := newWorld(t)
	// The phones send everything to the box, also what is for their neighbour.
	batch(t, w.other, "route add "+phone4+" via "+box4, "route add "+phone6+" via "+box6)
	batch(t, w.phone, "route add "+other4+" via "+box4, "route add "+other6+" via "+box6)
	// An address that is not the guests', but one has it.
	const odd4, odd6 = "198.51.100.60", "2001:db8:60::60"
	batch(t, w.other, "addr add "+odd4+"/32 dev lo", "addr add "+odd6+"/128 dev lo nodad")
	batch(t, w.box, "route add "+odd4+" via "+other4, "route add "+odd6+" via "+other6)
	closed := []string{site4, site6, router4, router6, other4, other6, odd4, odd6}
	for _, s := range []*nettest.Space{w.site, w.other, w.router} {
		listen(t, s, 53, 80)
	}
	for _, to := range closed {
		for _, network := range both {
			if _, err := ask(t, w.phone, question{network: network, to: to, port: 80}); err != nil {
				t.Fatalf("without a firewall %s %s is not reached: %v", network, to, err)
			}
		}
	}
	for _, c := range []firewall.Config{{}, {Visibility: true}, {Contained: true}} {
		c.Prefixes = prefixes(six)
		w.rule(t, c)
		for _, to := range closed {
			fails(t, w.phone, to, 80, errRefused)
			if !c.Visibility && !c.Contained {
				fails(t, w.phone, to, 53, errRefused)
			}
			if !silent(w.phone, to) {
				t.Errorf("echo from %s", to)
			}
		}
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, to := range []string{site4, site6, other4, other6} {
		sweep(t, w.phone, to, false)
	}
}

// What is not the Internet is refused by the box, not by the luck that nobody is there.
func TestAGuestReachesNoAddressThatHidesAPrivateOne(t *testing.T) {
	w := newWorld(t)
	hidden := []string{
		"10.1.2.3", "100.64.1.2", "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.8", "192.168.1.1",
		"198.18.0.1", "198.19.255.254", "240.0.0.1", "fc00::1", "fdff::1", "fec0::1", "2002:c0a8:3209::1", "2001:0:1::1",
		"64:ff9b::c0a8:3209", "64:ff9b::a00:1", "64:ff9b:1::c0a8:3209", "::ffff:0:c0a8:3209", "100::1",
	}
	here := []string{"64:ff9b::cb00:710a", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1"}
	for _, a := range slices.Concat(hidden, here) {
		batch(t, w.internet, fmt.Sprintf("addr add %s dev lo %s", a, nodad(a)))
		batch(t, w.router, fmt.Sprintf("route add %s via %s", a, at(a, internet4, internet6)))
		batch(t, w.box, fmt.Sprintf("route add %s via %s", a, at(a, router4, router6)))
		batch(t, w.phone, fmt.Sprintf("route add %s via %s", a, at(a, box4, box6)))
	}
	listen(t, w.internet, 80)
	for _, a := range hidden {
		if got, err := ask(t, w.phone, question{network: "tcp", to: a, port: 80}); err != nil {
			t.Errorf("without a firewall %s is not reached: %q, %v", a, got, err)
		}
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, a := range hidden {
		fails(t, w.phone, a, 80, errRefused)
	}
	for _, a := range here {
		reaches(t, w.phone, a, 80, "internet saw "+at(a, uplink4, uplink6))
	}
}

func nodad(a string) string { return at(a, "", "nodad") }

func at(a, four, six string) string {
	if netip.MustParseAddr(a).Is4() {
		return four
	}
	return six
}

func TestNobodyOutsideOpensAConnectionToAGuest(t *testing.T) {
	w := newWorld(t)
	listen(t, w.phone, 80)
	listen(t, w.internet, 443)
	for _, from := range []*nettest.Space{w.site, w.router, w.internet} {
		for _, to := range []string{phone4, phone6} {
			if _, err := ask(t, from, question{network: "tcp", to: to, port: 80}); err != nil {
				t.Fatalf("without a firewall %s does not reach %s: %v", from.Name(), to, err)
			}
		}
	}
	free := startRecord(t, w.phone, "wlan1")
	ask(t, w.internet, question{network: "tcp", to: phone4, port: 80})
	if lines := free.lines(t, w.phone, box4); !slices.ContainsFunc(lines, attempt.MatchString) {
		t.Fatalf("an attempt is not seen in %q", lines)
	}
	for _, c := range []firewall.Config{{}, {Contained: true}} {
		c.Prefixes = prefixes(six)
		w.rule(t, c)
		seen := startRecord(t, w.phone, "wlan1")
		for _, from := range []*nettest.Space{w.site, w.internet} {
			for _, to := range []string{phone4, phone6} {
				fails(t, from, to, 80, errSilence)
				if !silent(from, to) {
					t.Errorf("echo from %s to %s", to, from.Name())
				}
			}
		}
		// What was open before the firewall may still come to its end.
		for _, line := range seen.lines(t, w.phone, box4) {
			if attempt.MatchString(line) {
				t.Errorf("%+v: the phone saw %s", c, line)
			}
		}
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	reaches(t, w.phone, internet4, 443, "internet saw "+uplink4)
	// The port that the phone's question came from is not open to others.
	fails(t, w.site, phone4, 443, errSilence)
}

// attempt is somebody outside who begins.
var attempt = regexp.MustCompile(`^IP6? (192\.168\.50\.|203\.0\.113\.|2001:db8:).*(Flags \[S\]|UDP|echo request)`)

// pour sends many bytes and waits until they were all read.
func pour(t *testing.T, s *nettest.Space, to string, port, bytes int) (err error) {
	t.Helper()
	s.Do(t, func() {
		family, there := endpoint(t, netip.MustParseAddr(to), port)
		var c int
		if c, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return
		}
		defer unix.Close(c)
		patience := unix.NsecToTimeval(int64(10 * time.Second))
		unix.SetsockoptTimeval(c, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience)
		unix.SetsockoptTimeval(c, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience)
		if err = unix.Connect(c, there); err != nil {
			return
		}
		for data := make([]byte, bytes); len(data) > 0; {
			n, e := unix.Write(c, data)
			if e != nil {
				err = e
				return
			}
			data = data[n:]
		}
		unix.Shutdown(c, unix.SHUT_WR)
		if n, e := unix.Read(c, make([]byte, 100)); n == 0 || e != nil {
			err = fmt.Errorf("no answer: %w", e)
		}
	})
	return err
}

func interfaceIndex(name string) (uint32, error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(s)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	err = unix.IoctlIfreq(s, unix.SIOCGIFINDEX, request)
	return request.Uint32(), err
}
