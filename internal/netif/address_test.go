package netif_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

func TestAddressesMayBeGivenAndTakenTwice(t *testing.T) {
	box, _ := cable(t)
	four, more, six := prefix("10.77.3.1/24"), prefix("192.0.2.1/32"), prefix("fd00:77::1/64")
	box.Do(t, func() {
		for range 2 {
			must(t, netif.AddAddress("ap0", six))
			must(t, netif.AddAddress("ap0", four))
			must(t, netif.AddAddress("ap0", more))
			has(t, "ap0", four, more, six)
		}
		for range 2 {
			must(t, netif.DeleteAddress("ap0", four))
			has(t, "ap0", more, six)
		}
		must(t, netif.DeleteAddress("ap0", six))
		must(t, netif.DeleteAddress("ap0", more))
		has(t, "ap0")
		must(t, netif.DeleteAddress("gone0", four))
	})
}

func TestOnlyTheNamedAddressGoes(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		must(t, netif.AddAddress("ap0", prefix("10.77.3.1/24")))
		must(t, netif.AddAddress("ap0", prefix("fd00:77::1/64")))
		for _, other := range []string{"10.77.3.1/16", "10.77.3.2/24", "fd00:77::1/80", "fd00:77::2/64"} {
			must(t, netif.DeleteAddress("ap0", prefix(other)))
		}
		has(t, "ap0", prefix("10.77.3.1/24"), prefix("fd00:77::1/64"))
	})
}

func TestAnAddressThatIsThereOtherwiseIsAConflict(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		must(t, netif.AddAddress("ap0", prefix("fd00:77::1/128")))
		err := netif.AddAddress("ap0", prefix("fd00:77::1/64"))
		if tinycheck.KindOf(err) != tinycheck.Conflict || !strings.Contains(err.Error(), "another prefix length") {
			t.Errorf("%v", err)
		}
		has(t, "ap0", prefix("fd00:77::1/128"))
	})
}

func TestAnAddressIsUsableAtOnce(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		must(t, netif.AddAddress("ap0", prefix("fd00:77::1/64")))
		// An address that is still asked for in the network cannot be bound.
		l, err := net.Listen("tcp6", "[fd00:77::1]:80")
		must(t, err)
		l.Close()
	})
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		for _, p := range []netip.Prefix{{}, prefix("0.0.0.0/0"), prefix("::/64"), prefix("224.0.0.1/24"), prefix("ff02::1/64"), netip.PrefixFrom(netip.MustParseAddr("::ffff:10.0.0.1"), 120)} {
			if err := netif.AddAddress("ap0", p); tinycheck.KindOf(err) != tinycheck.Invalid {
				t.Errorf("%s: %v", p, err)
			}
		}
		has(t, "ap0")
	})
}

func TestDefaultRoutesBestFirst(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	box, phone := cable(t)
	other := nettest.New(t, "other")
	nettest.Veth(t, box, "eth0", other, "lan0")
	for _, line := range []string{
		"addr add 10.0.0.2/24 dev ap0", "addr add 10.1.0.2/24 dev eth0",
		"addr add fd01::2/64 dev eth0 nodad",
		"route add default via 10.0.0.1 metric 600",
		"route add default via 10.1.0.1 metric 100",
		"route add default dev eth0 metric 700 scope link",
		"route add default via fd01::1 metric 50",
		"route add unreachable default metric 9999",
		"-6 route add unreachable default metric 9999",
		"route add 10.9.0.0/16 via 10.1.0.1", "route add 0.0.0.0/1 via 10.1.0.1",
		"route add default via 10.1.0.9 table 77",
	} {
		box.Run(t, "ip", strings.Fields(line)...)
	}
	want := func(list ...string) {
		t.Helper()
		box.Do(t, func() {
			routes, err := netif.Defaults()
			must(t, err)
			var got []string
			for _, r := range routes {
				gateway := "-"
				if r.Gateway.IsValid() {
					gateway = r.Gateway.String()
				}
				got = append(got, r.Prefix.String()+" "+r.Interface+" "+gateway)
			}
			if a, b := strings.Join(got, "\n"), strings.Join(list, "\n"); a != b {
				t.Errorf("have\n%s\nwant\n%s", a, b)
			}
		})
	}
	six := "::/0 eth0 fd01::1"
	want("0.0.0.0/0 eth0 10.1.0.1", "0.0.0.0/0 ap0 10.0.0.1", "0.0.0.0/0 eth0 -", six)
	box.Run(t, "ip", "route", "add", "default", "metric", "10", "nexthop", "via", "10.0.0.7", "nexthop", "via", "inet6", "fd01::7", "dev", "eth0")
	want("0.0.0.0/0 ap0 10.0.0.7", "0.0.0.0/0 eth0 fd01::7", "0.0.0.0/0 eth0 10.1.0.1", "0.0.0.0/0 ap0 10.0.0.1", "0.0.0.0/0 eth0 -", six)
	// What has lost its other end is no way out, however good it was.
	phone.Run(t, "ip", "link", "set", "wlan1", "down")
	want("0.0.0.0/0 eth0 fd01::7", "0.0.0.0/0 eth0 10.1.0.1", "0.0.0.0/0 eth0 -", "0.0.0.0/0 ap0 10.0.0.7", "0.0.0.0/0 ap0 10.0.0.1", six)
}

func TestAMachineWithoutAWayOut(t *testing.T) {
	nettest.New(t, "alone").Do(t, func() {
		if routes, err := netif.Defaults(); err != nil || len(routes) != 0 {
			t.Errorf("%v, %v", routes, err)
		}
	})
}
