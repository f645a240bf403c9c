package decode_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/wire/dhcp"
)

// find returns the host that has the address.
func find(t *testing.T, list []decode.Host, a netip.Addr) decode.Host {
	t.Helper()
	at := slices.IndexFunc(list, func(h decode.Host) bool { return slices.Contains(h.Addresses, a) })
	if at < 0 {
		t.Fatalf("no host %v in %+v", a, list)
	}
	return list[at]
}

// One link address is one device, unless it is that of a router.
func TestHostsByLinkAddress(t *testing.T) {
	w := newWire()
	linkLocal := netip.MustParseAddr("fe80::2")
	w.macs[linkLocal] = phoneMAC
	w.udp(at(phone, 40000), at(server, 9999), []byte("x"))
	w.udp(at(linkLocal, 40000), at(netip.MustParseAddr("ff02::fb"), 5353), []byte("x"))
	w.udp(at(phone6, 40000), at(server6, 9999), []byte("x"))
	w.udp(at(other, 40000), at(server, 9999), []byte("x"))
	w.udp(at(phone, 40001), at(router, 9999), []byte("x"))
	w.udp(at(phone, 40002), at(netip.MustParseAddr("10.0.0.9"), 9999), []byte("x")) // behind the router
	w.end(t)
	hosts := w.d.Hosts()
	one := find(t, hosts, phone)
	if want := []netip.Addr{phone, linkLocal, phone6}; !slices.Equal(one.Addresses, want) || one.MAC != phoneMAC {
		t.Errorf("phone %v %v, want %v", one.MAC, one.Addresses, want)
	}
	if two := find(t, hosts, other); len(two.Addresses) != 1 || two.MAC != otherMAC {
		t.Errorf("other %+v", two)
	}
	behind := find(t, hosts, netip.MustParseAddr("10.0.0.9"))
	if len(behind.Addresses) != 1 || behind.MAC != (tinycheck.MAC{}) {
		t.Errorf("behind the router %+v", behind)
	}
	if len(hosts) != 4 {
		t.Errorf("%d hosts, want 4: groups are none", len(hosts))
	}
	if one.Packets != 5 {
		t.Errorf("%d packets of the phone, want 5", one.Packets)
	}
}

// Somebody opens a connection towards the phone: by IPv6 the address does not
// tell whose side it is, the link address does.
func TestInwardOverIPv6(t *testing.T) {
	w := newWire()
	w.udp(at(phone, 40000), at(server, 9999), []byte("x"))
	w.tcp(at(server6, 50000), at(phone6, 8080)).open()
	w.end(t)
	f := w.ended[1]
	if !f.Inward || f.Local().Addr() != phone6 {
		t.Errorf("flow %v, inward %v", &f, f.Inward)
	}
	if got := find(t, w.d.Hosts(), phone); !slices.Contains(got.Addresses, phone6) {
		t.Errorf("phone %v", got.Addresses)
	}
}

// Two phones that have no address yet are two devices.
func TestHostsWithoutAddress(t *testing.T) {
	w := newWire()
	none, all := netip.IPv4Unspecified(), netip.AddrFrom4([4]byte{255, 255, 255, 255})
	for _, mac := range []tinycheck.MAC{phoneMAC, otherMAC} {
		m, err := dhcp.AppendV4(nil, dhcp.V4{Op: dhcp.FromClient, Type: dhcp.Request, ClientMAC: dhcp.MAC(mac), HostName: "name-" + mac.String()[12:], VendorClass: "android-dhcp-14"})
		if err != nil {
			t.Fatal(err)
		}
		w.frame(ethernet(mac, tinycheck.MAC{255, 255, 255, 255, 255, 255}, packet(17, none, all, datagram(68, 67, m))))
	}
	w.udp(at(phone, 40000), at(server, 9999), []byte("x"))
	w.udp(at(other, 40000), at(server, 9999), []byte("x"))
	w.end(t)
	requests := facts[tinycheck.DHCPRequest](w)
	if len(requests) != 2 || requests[0].MAC != phoneMAC || requests[1].MAC != otherMAC || requests[0].VendorClass != "android-dhcp-14" {
		t.Errorf("requests %+v", requests)
	}
	if w.ended[0].ClientMAC != phoneMAC || w.ended[1].ClientMAC != otherMAC || w.ended[0].Protocol != tinycheck.ProtocolDHCP {
		t.Errorf("flows %+v", w.ended[:2])
	}
	for mac, a := range map[tinycheck.MAC]netip.Addr{phoneMAC: phone, otherMAC: other} {
		h := find(t, w.d.Hosts(), a)
		if h.MAC != mac || !slices.Equal(h.Addresses, []netip.Addr{none, a}) {
			t.Errorf("host %v %v", h.MAC, h.Addresses)
		}
	}
}

// Observed time is the sum of the gaps between packets, each at most a minute,
// whatever the order of the packets and under however many addresses.
func TestObservedTime(t *testing.T) {
	tests := []struct {
		name  string
		waits []time.Duration
		want  time.Duration
		quiet time.Duration // the longest silence of more than a minute
	}{
		{"one packet", []time.Duration{0}, 0, 0},
		{"steady", []time.Duration{0, 30 * time.Second, 30 * time.Second}, time.Minute, 0},
		{"just a minute", []time.Duration{0, time.Minute, time.Minute}, 2 * time.Minute, 0},
		{"a long pause is a minute", []time.Duration{0, time.Second, time.Hour / 2, time.Second}, time.Minute + 2*time.Second, time.Hour / 2},
		{"time runs backwards", []time.Duration{0, time.Second, -time.Hour / 2, time.Second, time.Hour, time.Second}, 3*time.Second + 2*time.Minute, time.Hour/2 + time.Second},
		{"backwards within a run", []time.Duration{0, 10 * time.Second, -20 * time.Second, 5 * time.Second}, 20 * time.Second, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire()
			for i, d := range tt.waits {
				w.wait(d - time.Millisecond)
				a, b := phone, server
				if i%2 == 1 {
					a, b = phone6, server6
				}
				w.udp(at(a, 40000), at(b, 9999), []byte("x"))
			}
			w.end(t)
			if got := find(t, w.d.Hosts(), phone); got.Observed != tt.want || got.Silence != tt.quiet {
				t.Errorf("observed %v, silence %v; want %v, %v", got.Observed, got.Silence, tt.want, tt.quiet)
			}
		})
	}
}

// In a cooked capture the packet that opens a flow does not tell whose link
// address the other end has; its first answer does.
func TestLinkAddressFromTheAnswer(t *testing.T) {
	w := newWire()
	w.link = tinycheck.LinkSLL
	cooked := func(kind byte, mac tinycheck.MAC, p []byte) []byte {
		return slices.Concat([]byte{0, kind, 0, 1, 0, 6}, mac[:], []byte{0, 0, 0x08, 0x00}, p)
	}
	w.frame(cooked(4, routerMAC, packet(17, server, phone, datagram(9999, 40000, []byte("x")))))
	w.frame(cooked(0, phoneMAC, packet(17, phone, server, datagram(40000, 9999, []byte("x")))))
	w.end(t)
	if f := w.ended[0]; f.ClientMAC != phoneMAC || f.ServerMAC != routerMAC {
		t.Errorf("%v and %v", f.ClientMAC, f.ServerMAC)
	}
	if h := find(t, w.d.Hosts(), phone); h.MAC != phoneMAC {
		t.Errorf("host %v", h.MAC)
	}
}
