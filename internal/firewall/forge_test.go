package firewall_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"

	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// A forgery is a packet that an honest phone does not send.
type forgery struct {
	name, from, to string
	port           uint16
	via            string // where a source route leads
	stray          bool   // of a connection that there never was
}

// public is an address of the box that is not closed as a destination.
const public = "203.0.114.1"

var forgeries = []forgery{
	{name: "under an address of the Internet", from: "203.0.113.77", to: internet4, port: 441},
	{name: "under an address of the Internet", from: "2001:db8:1::77", to: internet6, port: 442},
	{name: "under an address of the site", from: "192.168.50.77", to: internet4, port: 443},
	{name: "under an address of the site", from: "2001:db8:50::77", to: internet6, port: 444},
	{name: "under an address that it gave itself", from: "169.254.7.7", to: internet4, port: 445},
	{name: "under the box's address", from: box4, to: internet4, port: 446},
	{name: "under the box's address", from: box6, to: internet6, port: 447},
	{name: "by a source route to the site", from: phone4, to: public, port: 448, via: site4},
	{name: "by a routing header to the site", from: phone6, to: box6, port: 451, via: site6},
	{name: "of no connection", from: phone4, to: internet4, port: 449, stray: true},
	{name: "of no connection", from: phone6, to: internet6, port: 450, stray: true},
}

func TestForgedPacketsGoNowhere(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 22)
	listen(t, w.internet, 443)
	listen(t, w.site, 443)
	careless(t, w.box)
	out := func() []string {
		r := startRecord(t, w.router, "r1")
		for _, f := range forgeries {
			w.forge(t, f)
		}
		return r.lines(t, w.box, router4)
	}
	free := strings.Join(out(), "")
	for _, f := range forgeries {
		if !strings.Contains(free, fmt.Sprintf("%d: ", f.port)) {
			t.Errorf("without a firewall no packet %s goes out:\n%s", f.name, free)
		}
	}
	for _, c := range []firewall.Config{{}, {Visibility: true}} {
		c.Prefixes = prefixes(six)
		w.rule(t, c)
		if seen := out(); len(seen) > 0 {
			t.Errorf("%+v: this went out:\n%s", c, strings.Join(seen, ""))
		}
	}
}

// careless makes a box believe everything that its kernel can be made to believe.
func careless(t *testing.T, box *nettest.Space) {
	t.Helper()
	var settings []string
	for _, key := range []string{"accept_source_route", "route_localnet", "accept_local"} {
		for _, device := range []string{"all", "wlan0"} {
			settings = append(settings, "net.ipv4.conf."+device+"."+key+"=1")
		}
	}
	settings = append(settings, "net.ipv6.conf.all.seg6_enabled=1", "net.ipv6.conf.wlan0.seg6_enabled=1")
	box.Run(t, "sysctl", append([]string{"-qw"}, settings...)...)
	batch(t, box, "addr add "+public+"/32 dev lo")
}

// Loopback is the box's own, also when its kernel would let others in.
func TestLoopbackIsNotReachedFromOutside(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 22)
	careless(t, w.box)
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

// routed is a segment behind a routing header (RFC 8754 section 2): after the box
// there is one more destination.
type routed struct {
	*layers.TCP
	next []byte
}

func (r *routed) SerializeTo(b gopacket.SerializeBuffer, o gopacket.SerializeOptions) error {
	if err := r.TCP.SerializeTo(b, o); err != nil {
		return err
	}
	header, err := b.PrependBytes(8 + 2*16)
	copy(header, []byte{byte(layers.IPProtocolTCP), 4, 4, 1, 1, 0, 0, 0})
	copy(header[8:], r.next)
	copy(header[24:], netip.MustParseAddr(box6).AsSlice())
	return err
}

func (f forgery) frame(t *testing.T, phone, box net.HardwareAddr) []byte {
	t.Helper()
	from, to := netip.MustParseAddr(f.from).AsSlice(), netip.MustParseAddr(f.to).AsSlice()
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
			four.Protocol = layers.IPProtocolUDP
			four.Options = []layers.IPv4Option{{OptionType: 131, OptionLength: 7, OptionData: append([]byte{4}, netip.MustParseAddr(f.via).AsSlice()...)}, {OptionType: 0}}
		}
		ip = four
	}
	segment := &layers.TCP{SrcPort: 40000, DstPort: layers.TCPPort(f.port), SYN: !f.stray, FIN: f.stray, Window: 1000, Seq: 1}
	segment.SetNetworkLayerForChecksum(ip)
	rest := gopacket.SerializableLayer(segment)
	switch {
	case f.via != "" && len(from) == 16:
		ip.(*layers.IPv6).NextHeader = layers.IPProtocolIPv6Routing
		rest = &routed{segment, netip.MustParseAddr(f.via).AsSlice()}
	case f.via != "":
		// A datagram without a checksum (RFC 768): that of TCP would be wrong either
		// before or after the packet changed its destination.
		rest = gopacket.Payload([]byte{40000 >> 8, 40000 & 255, byte(f.port >> 8), byte(f.port), 0, 8, 0, 0})
	}
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, link, ip, rest); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}
