package gateway_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/gateway"
	"tinycheck/internal/netif"
	"tinycheck/internal/nettest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, s := range texts {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

func TestTheGuestsNetworkTouchesNoOther(t *testing.T) {
	for _, c := range []struct {
		name   string
		taken  []netip.Prefix
		within string
	}{
		{"on an empty machine", nil, "10.0.0.0/8"},
		{"beside half of it", prefixes("10.0.0.0/9"), "10.128.0.0/9"},
		{"beside all of it", prefixes("10.0.0.0/8"), "172.16.0.0/12"},
		{"beside what a company has", prefixes("10.0.0.0/8", "172.16.0.0/12"), "192.168.0.0/16"},
		{"beside hosts", prefixes("10.0.0.0/9", "10.200.3.4/32"), "10.128.0.0/9"},
	} {
		for range 50 {
			p, err := gateway.ChooseFour(c.taken, rand.Reader)
			if err != nil || p.Bits() != 24 || p.Addr().As4()[3] != 1 || !netip.MustParsePrefix(c.within).Overlaps(p) || slices.ContainsFunc(c.taken, p.Overlaps) {
				t.Fatalf("%s: %s, %v", c.name, p, err)
			}
		}
	}
	if p, err := gateway.ChooseFour(prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), rand.Reader); !errors.Is(err, tinycheck.Conflict) {
		t.Errorf("where there is no room: %s, %v", p, err)
	}
	if _, err := gateway.ChooseFour(nil, bytes.NewReader(nil)); err == nil {
		t.Error("drawn without chance")
	}
	a, _ := gateway.ChooseSix(nil, rand.Reader)
	b, _ := gateway.ChooseSix(nil, rand.Reader)
	if a == b || a.Bits() != 64 || !strings.HasPrefix(a.String(), "fd") || !strings.HasSuffix(a.String(), "::1/64") {
		t.Errorf("the IPv6 networks are %s and %s", a, b)
	}
	if _, err := gateway.ChooseSix(prefixes("fd00::/8"), rand.Reader); !errors.Is(err, tinycheck.Conflict) {
		t.Errorf("where there is no room: %v", err)
	}
}

func TestWhatIsAround(t *testing.T) {
	all := []netif.Interface{
		{Name: "lo", Loopback: true, Prefixes: prefixes("127.0.0.1/8", "::1/128")},
		{Name: "ap0", Prefixes: prefixes("10.9.8.1/24", "fe80::1/64")},
		{Name: "eth0", Prefixes: prefixes("192.168.1.7/24", "2001:db8::7/64", "fe80::7/64")},
		{Name: "wg0", Prefixes: prefixes("100.64.0.3/10", "fd77::3/64")},
		{Name: "eth1", Prefixes: prefixes("192.168.1.8/24")},
	}
	four := func(name string) netif.Route { return netif.Route{Interface: name, Prefix: prefixes("0.0.0.0/0")[0]} }
	six := func(name string) netif.Route { return netif.Route{Interface: name, Prefix: prefixes("::/0")[0]} }
	site := "[100.64.0.0/10 192.168.1.0/24 2001:db8::/64 fd77::/64]"
	for _, c := range []struct {
		name     string
		defaults []netif.Route
		uplink   string
		six      bool
	}{
		{"no uplink", nil, "", false},
		{"IPv4", []netif.Route{four("eth0")}, "eth0", false},
		{"both", []netif.Route{four("eth1"), six("eth0")}, "eth1", true},
		{"IPv6 alone", []netif.Route{six("eth0")}, "eth0", true},
		{"IPv6 that leads nowhere", []netif.Route{four("eth0"), six("wg0")}, "eth0", false},
		{"a guest that says it is the way", []netif.Route{four("ap0"), six("ap0")}, "", false},
	} {
		uplink, around, with := gateway.Survey("ap0", all, c.defaults)
		if uplink != c.uplink || fmt.Sprint(around) != site || with != c.six {
			t.Errorf("%s: uplink %q, site %v, IPv6 %t", c.name, uplink, around, with)
		}
	}
}

// TestSwitches shows what is set on a machine that has been hardened here and there.
func TestSwitches(t *testing.T) {
	all := []netif.Interface{{Name: "lo", Loopback: true}, {Name: "ap0"}, {Name: "eth0"}, {Name: "eth1"}}
	usual := map[string]string{
		"net/ipv4/ip_forward": "0", "net/ipv6/conf/all/forwarding": "0", "net/ipv4/conf/all/accept_redirects": "0",
		"net/ipv6/conf/ap0/accept_ra": "1", "net/ipv6/conf/eth0/accept_ra": "1", "net/ipv6/conf/eth1/accept_ra": "0",
	}
	for _, name := range []string{"default", "lo", "ap0", "eth0", "eth1"} {
		usual["net/ipv4/conf/"+name+"/forwarding"], usual["net/ipv6/conf/"+name+"/forwarding"] = "0", "0"
	}
	var text strings.Builder
	for _, c := range []struct {
		name      string
		six       bool
		contained bool
		have      map[string]string
	}{
		{"an ordinary machine", true, false, nil},
		{"without IPv6 upstream", false, false, nil},
		{"contained", true, true, nil},
		{"a machine that forwards already", true, false, map[string]string{"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}},
	} {
		plan, err := gateway.PlanSwitches(gateway.Config{Interface: "ap0", Contained: c.contained}, all, c.six, func(key string) (string, error) {
			if value, other := c.have[key]; other {
				return value, nil
			}
			if value, there := usual[key]; there {
				return value, nil
			}
			return "", tinycheck.Errorf("read", tinycheck.NotFound, nil)
		})
		must(t, err)
		fmt.Fprintf(&text, "%s:\n", c.name)
		for _, s := range plan {
			if s.With == "" {
				fmt.Fprintf(&text, "\t%s %s -> %s\n", s.Key, s.Old, s.New)
			} else {
				fmt.Fprintf(&text, "\t%s %s, along with %s\n", s.Key, s.Old, s.With)
			}
		}
	}
	golden(t, "testdata/switches.golden", text.String())
	_, err := gateway.PlanSwitches(gateway.Config{Interface: "ap0"}, all, true, func(string) (string, error) { return "", os.ErrPermission })
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("switches that cannot be read: %v", err)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s is another one now (go test -update writes it anew):\n%s", path, got)
	}
}

func TestTheKernelTellsRoutesAndNeighbours(t *testing.T) {
	nettest.Need(t, "iproute2", "ip")
	phone := nettest.New(t, "phone")
	nettest.Veth(t, nil, "ap0", phone, "wlan1")
	t.Cleanup(func() { shell(t, "ip link delete ap0; ip route flush table 77") })
	script(t, `
ip address add 10.9.8.1/24 dev ap0
ip route add 10.200.0.0/16 via 10.9.8.9
ip route add 172.20.0.0/14 via 10.9.8.9 table 77
ip route add default via 10.9.8.9
ip neighbour add 10.9.8.7 lladdr 02:00:00:00:00:07 dev ap0 nud reachable
ip neighbour add 10.9.8.8 dev ap0 nud failed
ip neighbour add fd01::7 lladdr 02:00:00:00:00:07 dev ap0 nud stale`)
	list, err := gateway.Routes()
	must(t, err)
	for _, p := range prefixes("10.200.0.0/16", "172.20.0.0/14", "10.9.8.0/24") {
		if !slices.Contains(list, p) {
			t.Errorf("%s is not among the routes %v", p, list)
		}
	}
	if slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		t.Error("the default route is among those that networks must not touch")
	}
	i, err := netif.Find("ap0")
	must(t, err)
	there, err := gateway.Neighbours(i.Index)
	must(t, err)
	var text []string
	for _, n := range there {
		if !n.Addr().IsMulticast() {
			text = append(text, fmt.Sprint(n.Addr(), " ", n.MAC(), " ", n.Here()))
		}
	}
	slices.Sort(text)
	if got := strings.Join(text, "\n"); got != "10.9.8.7 02:00:00:00:00:07 true\n10.9.8.8  false\nfd01::7 02:00:00:00:00:07 true" {
		t.Errorf("the neighbours are\n%s", got)
	}
	if other, err := gateway.Neighbours(i.Index + 1000); err != nil || len(other) != 0 {
		t.Errorf("of no interface: %v, %v", other, err)
	}
}
