package dnsmasq_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
)

func TestWhatCannotBeIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *dnsmasq.Config)
		kind   tinycheck.ErrorKind
		says   string
	}{
		{"no interface", func(c *dnsmasq.Config) { c.Interface = "" }, tinycheck.Invalid, "interface"},
		{"loopback", func(c *dnsmasq.Config) { c.Interface = "lo" }, tinycheck.Invalid, "interface"},
		{"every interface", func(c *dnsmasq.Config) { c.Interface = "ap*" }, tinycheck.Invalid, "interface"},
		{"a line more", func(c *dnsmasq.Config) { c.Interface = "ap0\nuser=root" }, tinycheck.Invalid, "interface"},
		{"a long interface", func(c *dnsmasq.Config) { c.Interface = strings.Repeat("a", 16) }, tinycheck.Invalid, "interface"},
		{"no address", func(c *dnsmasq.Config) { c.Address = netip.Prefix{} }, tinycheck.Invalid, "10.77.3.1/24"},
		{"a public address", func(c *dnsmasq.Config) { c.Address = prefix("203.0.113.1/24") }, tinycheck.Invalid, "private"},
		{"the network's own", func(c *dnsmasq.Config) { c.Address = prefix("10.77.3.0/24") }, tinycheck.Invalid, "network"},
		{"everybody's", func(c *dnsmasq.Config) { c.Address = prefix("10.77.3.255/24") }, tinycheck.Invalid, "everybody"},
		{"a small network", func(c *dnsmasq.Config) { c.Address = prefix("10.77.3.1/26") }, tinycheck.Invalid, "/24"},
		{"a huge network", func(c *dnsmasq.Config) { c.Address = prefix("10.77.3.1/8") }, tinycheck.Invalid, "/24"},
		{"in the middle", func(c *dnsmasq.Config) { c.Address = prefix("10.77.3.64/25") }, tinycheck.Invalid, "100 addresses"},
		{"IPv6 as IPv4", func(c *dnsmasq.Config) { c.Address = prefix("fd77:3::1/64") }, tinycheck.Invalid, "IPv4"},
		{"IPv4 as IPv6", func(c *dnsmasq.Config) { c.Six = prefix("10.0.0.1/24") }, tinycheck.Invalid, "unique local"},
		{"public IPv6", func(c *dnsmasq.Config) { c.Six = prefix("2001:db8::1/64") }, tinycheck.Invalid, "unique local"},
		{"long prefix", func(c *dnsmasq.Config) { c.Six = prefix("fd77:3::1/80") }, tinycheck.Invalid, "/64"},
		{"no address in it", func(c *dnsmasq.Config) { c.Six = prefix("fd77:3::/64") }, tinycheck.Invalid, "/64"},
		{"first elsewhere", func(c *dnsmasq.Config) { c.First = netip.MustParseAddr("10.77.4.2") }, tinycheck.Invalid, "first"},
		{"first too late", func(c *dnsmasq.Config) { c.First = netip.MustParseAddr("10.77.3.254") }, tinycheck.Invalid, "between 10.77.3.2 and 10.77.3.129"},
		{"first is ours", func(c *dnsmasq.Config) { c.First = netip.MustParseAddr("10.77.3.1") }, tinycheck.Invalid, "first"},
		{"nobody", func(c *dnsmasq.Config) { c.Upstream = []netip.AddrPort{{}} }, tinycheck.Invalid, "9.9.9.9:53"},
		{"no port", func(c *dnsmasq.Config) { c.Upstream = []netip.AddrPort{upstream("9.9.9.9:0")} }, tinycheck.Invalid, "port"},
		{"a line more in a zone", func(c *dnsmasq.Config) {
			c.Upstream = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone("x\nuser=root"), 53)}
		}, tinycheck.Invalid, "name server"},
		{"ourselves", func(c *dnsmasq.Config) { c.Upstream = []netip.AddrPort{upstream("10.77.3.1:53")} }, tinycheck.Conflict, "ask itself"},
		{"ourselves, in disguise", func(c *dnsmasq.Config) { c.Upstream = []netip.AddrPort{upstream("[::ffff:10.77.3.1]:53")} }, tinycheck.Conflict, "ask itself"},
		{"ourselves by IPv6", func(c *dnsmasq.Config) {
			c.Six = prefix("fd77:3::1/64")
			c.Upstream = []netip.AddrPort{upstream("[fd77:3::1]:53")}
		}, tinycheck.Conflict, "ask itself"},
		{"too many", func(c *dnsmasq.Config) { c.Upstream = make([]netip.AddrPort, 9) }, tinycheck.Invalid, "at most 8"},
		{"no folder", func(c *dnsmasq.Config) { c.Folder = "" }, tinycheck.Invalid, "folder"},
		{"a folder from here", func(c *dnsmasq.Config) { c.Folder = "run/x" }, tinycheck.Invalid, "folder"},
		{"up and down", func(c *dnsmasq.Config) { c.Folder = "/run/../etc" }, tinycheck.Invalid, "folder"},
		{"a line more in a folder", func(c *dnsmasq.Config) { c.Folder = "/run/x\nuser=root" }, tinycheck.Invalid, "folder"},
		{"a comment in a folder", func(c *dnsmasq.Config) { c.Folder = "/run/x #y" }, tinycheck.Invalid, "folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := usual()
			c.change(&config)
			_, err := dnsmasq.Plan(config)
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.kind, c.says)
			}
		})
	}
}

// Where the pool can lie: always a hundred addresses or more, in the network,
// never our own.
func TestThePoolHasRoom(t *testing.T) {
	for _, network := range []string{"10.77.3.1/24", "10.77.3.254/24", "10.77.3.100/24", "192.168.9.1/25", "192.168.9.126/25", "172.16.0.1/16", "172.16.255.254/16", "10.77.3.1/23"} {
		c := usual()
		c.Address = prefix(network)
		lowest, highest := c.Room()
		starts := make(map[netip.Addr]bool)
		for range 300 {
			var err error
			if c.First, err = c.Draw(); err != nil {
				t.Fatal(err)
			}
			if err := c.Validate(); err != nil {
				t.Fatalf("%s: drew %s: %v", network, c.First, err)
			}
			starts[c.First] = true
			first, final := c.Pool()
			n := 1
			for a := first; a != final; a = a.Next() {
				n++
				if a == c.Address.Addr() || !c.Address.Contains(a) {
					t.Fatalf("%s gives %s away", network, a)
				}
			}
			if n < dnsmasq.Fewest || first.Less(lowest) || highest.Less(final) {
				t.Fatalf("%s: %d addresses from %s to %s", network, n, first, final)
			}
		}
		if len(starts) < 10 {
			t.Errorf("%s: 300 draws gave %d different starts", network, len(starts))
		}
	}
}

func TestNameServersOfThisMachine(t *testing.T) {
	got := dnsmasq.ReadNameServers("# nameserver 1.1.1.1\nnameserver 9.9.9.9\nnameserver  fe80::1%eth0 # home\nnameserver\nnameserver x\noptions edns0\nnameserver ::ffff:8.8.8.8\n")
	want := []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("8.8.8.8")}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("read %v, want %v", got, want)
	}
}

// A table as proc(5) shows it: a listener on every address, one at ours, one
// connection, one on another port.
func TestWhoListens(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 01034D0A:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000000000000000 100 0 0 10 0
   1: 00000000:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1002 1 0000000000000000 100 0 0 10 0
   2: 01034D0A:0035 02034D0A:A001 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000000000000000 100 0 0 10 0
   3: 01034D0A:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1004 1 0000000000000000 100 0 0 10 0
   4: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1005 1 0000000000000000 100 0 0 10 0
   5: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 1006 1
   x: zz
`
	got := strings.Join(dnsmasq.Listeners(table, upstream("10.77.3.1:53")), " ")
	if want := "socket:[1001] socket:[1002] socket:[1006]"; got != want {
		t.Errorf("listeners %s, want %s", got, want)
	}
}
