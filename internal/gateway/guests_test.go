package gateway_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/gateway"
)

var noon = time.Date(2025, 1, 2, 12, 0, 0, 0, time.UTC)

func mac(n int) tinycheck.MAC {
	return tinycheck.MAC{2, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestWhoIsHere(t *testing.T) {
	four, six := netip.MustParsePrefix("10.9.8.1/24"), netip.MustParsePrefix("fd01::1/64")
	lease := dnsmasq.Lease{MAC: mac(1), Addr: addr("10.9.8.7"), Expires: noon.Add(time.Minute)}
	old := lease
	old.Expires = noon.Add(-time.Minute)
	knows := func(a string, m tinycheck.MAC, here bool) gateway.Neighbour { return gateway.NewNeighbour(a, m, here) }
	for _, c := range []struct {
		name string
		view gateway.View
		want []gateway.Sight
	}{
		{"nobody", gateway.View{Wired: true, Carrier: true}, nil},
		{"a lease that was just given", gateway.View{Wired: true, Carrier: true, Leases: []dnsmasq.Lease{lease}},
			[]gateway.Sight{gateway.NewSight(mac(1), true, lease.Addr)}},
		{"a lease that has run out", gateway.View{Wired: true, Carrier: true, Leases: []dnsmasq.Lease{old}},
			[]gateway.Sight{gateway.NewSight(mac(1), false, lease.Addr)}},
		{"a lease without a cable", gateway.View{Wired: true, Leases: []dnsmasq.Lease{lease}},
			[]gateway.Sight{gateway.NewSight(mac(1), false, lease.Addr)}},
		{"a lease whose phone does not answer", gateway.View{Wired: true, Carrier: true, Leases: []dnsmasq.Lease{lease},
			Neighbours: []gateway.Neighbour{knows("10.9.8.7", tinycheck.MAC{}, false)}},
			[]gateway.Sight{gateway.NewSight(mac(1), false, lease.Addr)}},
		{"a phone that answers by IPv6 too", gateway.View{Wired: true, Carrier: true, Leases: []dnsmasq.Lease{lease},
			Neighbours: []gateway.Neighbour{knows("fd01::7", mac(1), true), knows("fe80::7", mac(1), true)}},
			[]gateway.Sight{gateway.NewSight(mac(1), true, lease.Addr, addr("fd01::7"))}},
		{"one that has only made itself an address", gateway.View{Wired: true, Carrier: true,
			Neighbours: []gateway.Neighbour{knows("10.9.8.9", mac(2), true)}},
			[]gateway.Sight{gateway.NewSight(mac(2), true, addr("10.9.8.9"))}},
		{"what is no guest", gateway.View{Wired: true, Carrier: true,
			Neighbours: []gateway.Neighbour{knows("192.168.0.9", mac(2), true), knows("10.9.8.9", tinycheck.MAC{1, 0, 0x5e}, true)}}, nil},
		{"a station without an address", gateway.View{Stations: []tinycheck.MAC{mac(3)}},
			[]gateway.Sight{gateway.NewSight(mac(3), true)}},
		{"a station and one that has left", gateway.View{Stations: []tinycheck.MAC{mac(3)}, Leases: []dnsmasq.Lease{lease},
			Neighbours: []gateway.Neighbour{knows("10.9.8.7", mac(1), true)}},
			[]gateway.Sight{gateway.NewSight(mac(1), false, lease.Addr), gateway.NewSight(mac(3), true)}},
	} {
		c.view.Now, c.view.Prefixes = noon, []netip.Prefix{four, six}
		if got := c.view.Sights(); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

func TestGuestsComeAndGoAndAreRemembered(t *testing.T) {
	var crowd gateway.Crowd
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	one, two := addr("10.9.8.7"), addr("fd01::7")
	for i, c := range []struct {
		seen []gateway.Sight
		news bool
		want []gateway.Guest
	}{
		{[]gateway.Sight{gateway.NewSight(mac(1), false, one)}, false, []gateway.Guest{}},
		{[]gateway.Sight{gateway.NewSight(mac(1), true)}, true, []gateway.Guest{{MAC: mac(1), Joined: at(1), Present: true}}},
		{[]gateway.Sight{gateway.NewSight(mac(1), true)}, false, []gateway.Guest{{MAC: mac(1), Joined: at(1), Present: true}}},
		{[]gateway.Sight{gateway.NewSight(mac(1), true, one, two)}, true, []gateway.Guest{{MAC: mac(1), Addrs: []netip.Addr{one, two}, Joined: at(1), Present: true}}},
		{nil, true, []gateway.Guest{{MAC: mac(1), Addrs: []netip.Addr{one, two}, Joined: at(1), Left: at(4)}}},
		{[]gateway.Sight{gateway.NewSight(mac(1), false, one)}, false, []gateway.Guest{{MAC: mac(1), Addrs: []netip.Addr{one, two}, Joined: at(1), Left: at(4)}}},
		{[]gateway.Sight{gateway.NewSight(mac(1), true, two)}, true, []gateway.Guest{{MAC: mac(1), Addrs: []netip.Addr{one, two}, Joined: at(1), Present: true}}},
	} {
		if news := crowd.See(at(i), c.seen); news != c.news || !reflect.DeepEqual(crowd.List(), c.want) {
			t.Errorf("step %d: news %t, %+v", i, news, crowd.List())
		}
	}
}

func TestGuestsAreBounded(t *testing.T) {
	var crowd gateway.Crowd
	all := func(from, to int) (list []gateway.Sight) {
		for n := from; n < to; n++ {
			list = append(list, gateway.NewSight(mac(n), true))
		}
		return list
	}
	crowd.See(noon, all(0, gateway.MaxGuests+7))
	crowd.See(noon, all(0, gateway.MaxGuests+7))
	if len(crowd.List()) != gateway.MaxGuests || crowd.Overflow() != 7 {
		t.Errorf("%d guests, overflow %d", len(crowd.List()), crowd.Overflow())
	}
	crowd.See(noon.Add(time.Minute), all(1, gateway.MaxGuests)) // guest 0 leaves, and makes room
	crowd.See(noon.Add(time.Hour), all(1, gateway.MaxGuests+1))
	last := crowd.List()[gateway.MaxGuests-1]
	if last.MAC != mac(gateway.MaxGuests) || !last.Present || crowd.Overflow() != 7 {
		t.Errorf("the last is %+v, overflow %d", last, crowd.Overflow())
	}
	var many []netip.Addr
	for n := range 3 * gateway.MaxAddresses {
		many = append(many, netip.AddrFrom4([4]byte{10, 9, 8, byte(n)}))
	}
	crowd.See(noon.Add(time.Hour), append(all(2, gateway.MaxGuests+1), gateway.NewSight(mac(1), true, many...)))
	for _, g := range crowd.List() {
		if len(g.Addrs) > gateway.MaxAddresses {
			t.Errorf("a guest with %d addresses", len(g.Addrs))
		}
	}
}
