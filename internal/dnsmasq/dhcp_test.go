package dnsmasq_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"tinycheck/internal/dnsmasq"
)

func TestAPhoneGetsAnAddressAndNothingThatTells(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	got := w.lease(t, w.phone)
	for key, want := range map[string]string{"router": "10.77.3.1", "dns": "10.77.3.1", "subnet": "255.255.255.0", "broadcast": "10.77.3.255", "lease": "600", "serverid": "10.77.3.1"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	// What else there was, apart from what the shell and udhcpc say themselves.
	for key, value := range got {
		switch key {
		case "router", "dns", "subnet", "broadcast", "lease", "serverid", "ip", "mask", "siaddr", "interface", "opt53", "opt58", "opt59",
			"PATH", "PWD", "HOME", "TERM", "SHLVL", "_", "OLDPWD", "LANG":
		default:
			if os.Getenv(key) != value {
				t.Errorf("the phone was told %s=%s", key, value)
			}
		}
	}
	leases, err := s.Leases()
	if err != nil || len(leases) != 1 || leases[0].Addr.String() != got["ip"] || leases[0].Name != "" || leases[0].Expires.IsZero() {
		t.Fatalf("leases %+v (%v), the phone has %s", leases, err, got["ip"])
	}
	if link := w.phone.Run(t, "ip", "link", "show", "wlan1"); leases[0].MAC.String() == "" || !strings.Contains(link, leases[0].MAC.String()) {
		t.Errorf("the lease is for %s, the phone is %s", leases[0].MAC, link)
	}
}

// The address says when a phone came, and where the pool began; not what it is.
func TestAddressesDoNotComeFromTheMAC(t *testing.T) {
	w := newWorld(t)
	second := w.bridge(t, "second")[0]
	at := func(first string) func(*dnsmasq.Config) {
		return func(c *dnsmasq.Config) { c.First = netip.MustParseAddr(first) }
	}
	s := w.start(t, at("10.77.3.20"))
	a, b := w.lease(t, w.phone)["ip"], w.lease(t, second)["ip"]
	if a != "10.77.3.20" || b != "10.77.3.21" {
		t.Errorf("the phones have %s and %s", a, b)
	}
	for _, args := range [][]string{{}, {"-C", "-x", "0x3d:010203"}} { // also when it says that it is another one
		if again := w.lease(t, w.phone, args...)["ip"]; again != a {
			t.Errorf("the phone that had %s has %s", a, again)
		}
	}
	if leases, err := s.Leases(); len(leases) != 2 || err != nil {
		t.Errorf("leases %v (%v)", leases, err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	w.start(t, at("10.77.3.90"))
	b, a = w.lease(t, second)["ip"], w.lease(t, w.phone)["ip"]
	if a != "10.77.3.91" || b != "10.77.3.90" {
		t.Errorf("after a new start the phones have %s and %s", a, b)
	}
}

// A phone may call itself anything: nobody is told.
func TestNamesOfPhonesGoNowhere(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	for _, name := range []string{"wpad", "localhost", "annas-iphone", "connectivitycheck.gstatic.com", strings.Repeat("a", 63), "../../etc/passwd", "a b\"c'd\\", "ünï\x01"} {
		ip := w.lease(t, w.phone, "-x", "hostname:"+name, "-F", name)["ip"]
		leases, err := s.Leases()
		if err != nil || len(leases) != 1 || leases[0].Name != "" || leases[0].Addr.String() != ip {
			t.Errorf("%q: leases %+v (%v)", name, leases, err)
		}
		if !strings.ContainsAny(name, " /\\\x01ü") {
			if m := ask(t, w.phone, asked{name: name + ".", kind: dnsmessage.TypeA}); address(m) == ip {
				t.Errorf("%q leads to the phone", name)
			}
		}
		four := strings.Split(ip, ".")
		reverse := four[3] + "." + four[2] + "." + four[1] + "." + four[0] + ".in-addr.arpa."
		if m := ask(t, w.phone, asked{name: reverse, kind: dnsmessage.TypePTR}); len(m.Answers) != 0 || m.RCode != dnsmessage.RCodeNameError {
			t.Errorf("%s is answered with %v", reverse, m.Answers)
		}
	}
	if said := s.Said(); len(said) != 0 {
		t.Errorf("dnsmasq said %q", said)
	}
}

// What is not said is drawn.
func TestEveryStartDrawsAddresses(t *testing.T) {
	w := newWorld(t)
	ranges := make(map[string]bool)
	for range 8 {
		s := w.start(t)
		text, err := os.ReadFile(filepath.Join(w.folder, "dnsmasq.conf"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "dhcp-range=") {
				ranges[line] = true
			}
		}
		s.Stop()
	}
	if len(ranges) < 2 {
		t.Errorf("8 starts gave %v", ranges)
	}
}

// A phone that comes with the address of another network is told so, instead of
// waiting for somebody else to answer (dhcp-authoritative).
func TestAnAddressFromElsewhereIsRefused(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	request := make([]byte, 240, 300)
	request[0], request[1], request[2] = 1, 1, 6 // a request, Ethernet
	copy(request[4:], "four")                    // transaction
	request[10] = 0x80                           // answer to everybody
	copy(request[28:], []byte{2, 0, 0, 0, 0, 9})
	copy(request[236:], []byte{99, 130, 83, 99})
	request = append(request, 53, 1, 3, 50, 4, 192, 168, 1, 77, 255) // DHCPREQUEST for 192.168.1.77
	request = append(request, make([]byte, 300-len(request))...)
	answer := make([]byte, 1500)
	w.phone.Do(t, func() {
		conn, err := (&net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
			raw.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), "wlan1") })
			return err
		}}).ListenPacket(context.Background(), "udp4", "0.0.0.0:68")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(never))
		if _, err := conn.WriteTo(request, &net.UDPAddr{IP: net.IPv4bcast, Port: 67}); err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.ReadFrom(answer)
		if err != nil {
			t.Fatal(err)
		}
		answer = answer[:n]
	})
	const nak = "\x35\x01\x06"
	if len(answer) < 243 || string(answer[4:8]) != "four" || string(answer[240:243]) != nak {
		t.Errorf("answer %x", answer)
	}
	for _, name := range []string{"tinycheck", "dnsmasq"} {
		if strings.Contains(strings.ToLower(string(answer)), name) {
			t.Errorf("the answer names %s", name)
		}
	}
}
