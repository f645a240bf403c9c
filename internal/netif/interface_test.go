package netif_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

func TestWhatAnInterfaceIs(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	box, phone := cable(t)
	box.Run(t, "ip", "link", "add", "br0", "type", "bridge")
	box.Run(t, "ip", "link", "set", "ap0", "address", "02:00:5e:10:00:01", "mtu", "1400", "master", "br0")
	box.Do(t, func() {
		i := find(t, "ap0")
		if i.Kind != "veth" || !i.Up || !i.Carrier || i.Loopback || i.Wireless || i.Master != "br0" || i.MTU != 1400 || i.MAC.String() != "02:00:5e:10:00:01" {
			t.Errorf("%+v", i)
		}
		if b := find(t, "br0"); b.Kind != "bridge" || b.Up || b.Carrier || b.Master != "" {
			t.Errorf("%+v", b)
		}
		if lo := find(t, "lo"); !lo.Loopback || lo.Kind != "device" || lo.MAC != (tinycheck.MAC{}) ||
			!slices.Equal(lo.Prefixes, slices.Insert(lo.Prefixes[1:], 0, prefix("127.0.0.1/8"))) {
			t.Errorf("%+v", lo)
		}
	})
	phone.Run(t, "ip", "link", "set", "wlan1", "down")
	box.Do(t, func() {
		if i := find(t, "ap0"); !i.Up || i.Carrier {
			t.Errorf("with the phone gone: %+v", i)
		}
	})
}

func TestTheListIsSortedAndWhole(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	box := nettest.New(t, "box")
	for _, name := range []string{"z9", "a1", "m5"} {
		box.Run(t, "ip", "link", "add", name, "type", "bridge")
	}
	box.Do(t, func() {
		list, err := netif.List()
		must(t, err)
		var names []string
		for _, i := range list {
			names = append(names, i.Name)
		}
		if !slices.IsSortedFunc(list, func(a, b netif.Interface) int { return cmp.Compare(a.Index, b.Index) }) || !slices.Equal(names, []string{"lo", "z9", "a1", "m5"}) {
			t.Errorf("%v", names)
		}
	})
}

func TestAnUnknownInterfaceNamesThoseThereAre(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		for what, ask := range map[string]func() error{
			"find":    func() error { _, err := netif.Find("wlan0"); return err },
			"up":      func() error { return netif.SetUp("wlan0", true) },
			"address": func() error { return netif.AddAddress("wlan0", prefix("10.0.0.1/24")) },
		} {
			err := ask()
			if tinycheck.KindOf(err) != tinycheck.NotFound || !strings.HasSuffix(err.Error(), "there is no interface wlan0; there are lo, ap0") {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestManyInterfacesAreNamedInShort(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	box := nettest.New(t, "box")
	var batch strings.Builder
	for n := range 20 {
		fmt.Fprintf(&batch, "ip link add x%d type bridge && ", n)
	}
	batch.WriteString("true")
	box.Run(t, "sh", "-c", batch.String())
	box.Do(t, func() {
		_, err := netif.Find("none")
		if err == nil || !strings.HasSuffix(err.Error(), "x13, x14 and 5 more") {
			t.Errorf("%v", err)
		}
	})
}

func TestNamesThatCannotBeAreRefused(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", "../../etc", "two words", "tab\t", "eth0:1", "sixteen-bytes-ab", "zero\x00", "\xff", "\u00a0"} {
		for what, ask := range map[string]func() error{
			"find": func() error { _, err := netif.Find(name); return err },
			"up":   func() error { return netif.SetUp(name, true) },
			"add":  func() error { return netif.AddAddress(name, prefix("10.0.0.1/24")) },
			"del":  func() error { return netif.DeleteAddress(name, prefix("10.0.0.1/24")) },
		} {
			if err := ask(); tinycheck.KindOf(err) != tinycheck.Invalid {
				t.Errorf("%s %q: %v", what, name, err)
			}
		}
	}
	if _, err := netif.Find("fifteen-bytes-a"); tinycheck.KindOf(err) != tinycheck.NotFound {
		t.Errorf("a name that can be: %v", err)
	}
}

func TestUpAndDown(t *testing.T) {
	box, _ := cable(t)
	box.Do(t, func() {
		for _, up := range []bool{false, false, true, true} {
			must(t, netif.SetUp("ap0", up))
			if got := find(t, "ap0").Up; got != up {
				t.Errorf("up is %v, want %v", got, up)
			}
		}
	})
}
