package dnsmasq_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"tinycheck/internal/dnsmasq"
)

// The option types of a router advertisement (RFC 4861, 4.6; RFC 8106, 5.1).
const (
	optionPrefix = 3
	optionRDNSS  = 25
	optionDNSSL  = 31
)

// advertisement waits for one at the phone, having asked for it.
func (w *world) advertisement(t *testing.T) []byte {
	t.Helper()
	var got []byte
	w.phone.Do(t, func() {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		link, err := net.InterfaceByName("wlan1")
		if err != nil {
			t.Fatal(err)
		}
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000})
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, 255)
		routers := &unix.SockaddrInet6{ZoneId: uint32(link.Index), Addr: netip.MustParseAddr("ff02::2").As16()}
		buffer := make([]byte, 1500)
		for until := time.Now().Add(2 * never); time.Now().Before(until); {
			unix.Sendto(fd, []byte{133, 0, 0, 0, 0, 0, 0, 0}, 0, routers) // fails until the link-local address is ours
			if n, _, err := unix.Recvfrom(fd, buffer, 0); err == nil && n >= 16 && buffer[0] == 134 {
				got = append([]byte(nil), buffer[:n]...)
				return
			}
		}
		t.Fatal("no router advertisement")
	})
	return got
}

func options(ra []byte) map[byte][]byte {
	found := make(map[byte][]byte)
	for rest := ra[16:]; len(rest) >= 8 && rest[1] > 0 && len(rest) >= int(rest[1])*8; rest = rest[int(rest[1])*8:] {
		found[rest[0]] = rest[:int(rest[1])*8]
	}
	return found
}

func TestIPv6(t *testing.T) {
	w := newWorld(t)
	w.box.Run(t, "ip", "addr", "add", "fd77:3::1/64", "dev", "ap0", "nodad")
	w.phone.Run(t, "sysctl", "-qw", "net.ipv6.conf.wlan1.accept_ra=2")
	w.start(t, func(c *dnsmasq.Config) { c.Six = prefix("fd77:3::1/64") })
	ra := w.advertisement(t)
	if flags, life := ra[5], binary.BigEndian.Uint16(ra[6:]); flags&0xc0 != 0 || life == 0 || life > 180 {
		t.Errorf("flags %#x, router for %d seconds", flags, life)
	}
	found := options(ra)
	p := found[optionPrefix]
	if len(p) != 32 || p[2] != 64 || p[3]&0xc0 != 0xc0 || netip.AddrFrom16([16]byte(p[16:32])) != netip.MustParseAddr("fd77:3::") {
		t.Errorf("prefix %x", p)
	} else if valid := binary.BigEndian.Uint32(p[4:]); valid > 600 {
		t.Errorf("the prefix is valid for %d seconds", valid)
	}
	if r := found[optionRDNSS]; len(r) != 24 || netip.AddrFrom16([16]byte(r[8:24])) != netip.MustParseAddr("fd77:3::1") || binary.BigEndian.Uint32(r[4:]) > 600 {
		t.Errorf("name servers %x", r)
	}
	if len(found[optionDNSSL]) != 0 {
		t.Errorf("a domain: %x", found[optionDNSSL])
	}
	for n := 0; !strings.Contains(w.phone.Run(t, "ip", "-6", "addr", "show", "dev", "wlan1", "scope", "global", "-tentative"), "fd77:3::") && n < 100; n++ {
		time.Sleep(50 * time.Millisecond)
	}
	if m := ask(t, w.phone, asked{name: "one.example.", kind: dnsmessage.TypeA, at: "[fd77:3::1]:53"}); address(m) != "203.0.113.7" {
		t.Errorf("answer %v", m)
	}
	if got := w.sockets(t); strings.Contains(got, ":547") || !strings.Contains(got, "[fd77:3::1]:53") || strings.Contains(got, "198.51.100") || strings.Contains(got, "[::1]") {
		t.Errorf("it listens on\n%s", got)
	}
}

// Without Six it can say nothing about IPv6: it has no socket for it.
func TestNoIPv6(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	if got := w.sockets(t); strings.Contains(got, "raw") || strings.Contains(got, ":547") {
		t.Errorf("it listens on\n%s", got)
	}
}
