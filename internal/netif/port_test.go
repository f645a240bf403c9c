package netif_test

import (
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

func TestPortsOfABridgeAreKeptApartAndJoinedAgain(t *testing.T) {
	nettest.Need(t, "iproute2", "ip", "bridge")
	box, _ := cable(t)
	for _, line := range []string{
		"link add br0 type bridge", "link add br1 type bridge", "link set ap0 master br0",
		"link add lan1 type veth peer name far1", "link set lan1 master br0", "link set far1 master br1",
	} {
		box.Run(t, "ip", strings.Fields(line)...)
	}
	isolated := func(want ...bool) {
		t.Helper()
		ports, err := netif.Ports("br0")
		must(t, err)
		if len(ports) != 2 || ports[0].Name != "ap0" || ports[1].Name != "lan1" || ports[0].Index != find(t, "ap0").Index ||
			!slices.Equal(want, []bool{ports[0].Isolated, ports[1].Isolated}) {
			t.Errorf("the ports are %+v, want %v", ports, want)
		}
		for i, name := range []string{"ap0", "lan1"} {
			word := map[bool]string{true: "isolated on", false: "isolated off"}[want[i]]
			if out := box.Run(t, "bridge", "-d", "link", "show", "dev", name); !strings.Contains(out, word) {
				t.Errorf("%s is not %s: %s", name, word, out)
			}
		}
	}
	box.Do(t, func() {
		isolated(false, false)
		for range 2 {
			must(t, netif.SetIsolated("ap0", true))
			isolated(true, false)
		}
		must(t, netif.SetIsolated("lan1", true))
		isolated(true, true)
		for range 2 {
			must(t, netif.SetIsolated("ap0", false))
			isolated(false, true)
		}
	})
}

func TestWhatIsInNoBridge(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	box, _ := cable(t)
	box.Run(t, "ip", "link", "add", "br0", "type", "bridge")
	box.Do(t, func() {
		for _, name := range []string{"ap0", "br0"} {
			if ports, err := netif.Ports(name); err != nil || ports != nil {
				t.Errorf("%s has ports %v: %v", name, ports, err)
			}
			if err := netif.SetIsolated(name, true); tinycheck.KindOf(err) != tinycheck.NotFound || !strings.Contains(err.Error(), "in no bridge") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := netif.Ports("br7"); tinycheck.KindOf(err) != tinycheck.NotFound {
			t.Errorf("a bridge that is not there: %v", err)
		}
		if err := netif.SetIsolated("br7", true); tinycheck.KindOf(err) != tinycheck.NotFound {
			t.Errorf("a port that is not there: %v", err)
		}
		if err := netif.SetIsolated("../br0", true); tinycheck.KindOf(err) != tinycheck.Invalid {
			t.Errorf("a port that is a path: %v", err)
		}
	})
}
