package firewall_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"

	"tinycheck/internal/firewall"
)

// A forgery is a packet that an honest phone does not send.
type forgery struct {
	name, from, to string
	port           uint16
	via            string // where a source route leads
}

var forgeries = []forgery{
	{name: "under an address of the Internet", from: "203.0.113.77", to: internet4, port: 443},
	{name: "under an address of the site", from: "192.168.50.77", to: internet4, port: 443},
	{name: "under an address of the Internet", from: "2001:db8:1::77", to: internet6, port: 443},
	{name: "under an address of the site", from: "2001:db8:50::77", to: internet6, port: 443},
	{name: "under an address that says nothing", from: "169.254.7.7", to: internet4, port: 443},
	{name: "by way of the box to the site, by a source route", from: phone4, to: uplink4, port: 443, via: site4},
}

func TestForgedPacketsGoNowhere(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 22)
	listen(t, w.internet, 443)
	listen(t, w.site, 443)
	sourceRoutes(t, w)
	for _, c := range []firewall.Config{{}, {Visibility: true}} {
		for _, f := range forgeries {
			w.box.Do(t, func() {
				if err := firewall.Remove(); err != nil {
					t.Fatal(err)
				}
			})
			free := startRecord(t, w.router, "r1")
			w.forge(t, f)
			if seen := free.lines(t, w.box, router4); len(seen) == 0 {
				t.Fatalf("without a firewall a packet %s goes nowhere either", f.name)
			}
			c.Prefixes = prefixes(six)
			w.rule(t, c)
			ruled := startRecord(t, w.router, "r1")
			w.forge(t, f)
			if seen := ruled.lines(t, w.box, router4); len(seen) > 0 {
				t.Errorf("a packet %s (%s) went out:\n%s", f.name, f.from, strings.Join(seen, ""))
			}
		}
	}
}

// sourceRoutes makes the box as careless as a machine can be.
func sourceRoutes(t *testing.T, w *world) {
	t.Helper()
	w.box.Run(t, "sysctl", "-qw", "net.ipv4.conf.all.accept_source_route=1", "net.ipv4.conf.wlan0.accept_source_route=1",
		"net.ipv4.conf.all.route_localnet=1", "net.ipv4.conf.wlan0.route_localnet=1")
}

// Loopback is the box's own, also when its kernel would let others in.
func TestLoopbackIsNotReachedFromOutside(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 22)
	sourceRoutes(t, w)
	open := func() bool {
		seen := startRecord(t, w.phone, "wlan1")
		w.forge(t, forgery{from: phone4, to: "127.0.0.1", port: 22})
		return strings.Contains(strings.Join(seen.lines(t, w.phone, box4), ""), "IP 127.0.0.1.22 > "+phone4+".40000: Flags [S.]")
	}
	if !open() {
		t.Fatal("without a firewall loopback is not reached either")
	}
	w.rule(t, firewall.Config{})
	if open() {
		t.Error("loopback answers")
	}
}

// forge sends the packet from the phone to the box.
func (w *world) forge(t *testing.T, f forgery) {
	t.Helper()
	var box net.HardwareAddr
	w.box.Do(t, func() { box = hardware(t, "wlan0") })
	w.phone.Do(t, func() {
		device, err := net.InterfaceByName("wlan1")
		if err != nil {
			t.Fatal(err)
		}
		s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(s)
		frame := f.frame(t, device.HardwareAddr, box)
		if err := unix.Sendto(s, frame, 0, &unix.SockaddrLinklayer{Ifindex: device.Index}); err != nil {
			t.Fatal(err)
		}
	})
}

func hardware(t *testing.T, name string) net.HardwareAddr {
	device, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return device.HardwareAddr
}

func (f forgery) frame(t *testing.T, phone, box net.HardwareAddr) []byte {
	t.Helper()
	from, to := netip.MustParseAddr(f.from).AsSlice(), netip.MustParseAddr(f.to).AsSlice()
	syn := &layers.TCP{SrcPort: 40000, DstPort: layers.TCPPort(f.port), SYN: true, Window: 1000, Seq: 1}
	link := &layers.Ethernet{SrcMAC: phone, DstMAC: box, EthernetType: layers.EthernetTypeIPv6}
	var ip interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	}
	if len(from) == 16 {
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP, SrcIP: from, DstIP: to}
	} else {
		link.EthernetType = layers.EthernetTypeIPv4
		four := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: from, DstIP: to}
		if f.via != "" { // loose source route, RFC 791 section 3.1
			four.Options = []layers.IPv4Option{{OptionType: 131, OptionLength: 7, OptionData: append([]byte{4}, netip.MustParseAddr(f.via).AsSlice()...)}, {OptionType: 0}}
		}
		ip = four
	}
	syn.SetNetworkLayerForChecksum(ip)
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, link, ip, syn); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}
