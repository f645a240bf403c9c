package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck/internal/gateway"
	"tinycheck/internal/nettest"
)

// bridged is a world in which the guests' interface is a bridge with two phones,
// and a third port that somebody else keeps apart for reasons of his own:
//
//	phone wlan1 — ap0 ┐
//	other wlan1 — ap1 ├ br0 box
//	             lan2 ┘
func bridged(t *testing.T) (w *world, other *nettest.Space) {
	t.Helper()
	nettest.Need(t, "iproute2", "bridge")
	w, other = build(t), nettest.New(t, "other")
	nettest.Veth(t, nil, "ap1", other, "wlan1")
	t.Cleanup(func() { shell(t, "ip link delete br0; ip link delete ap1; ip link delete lan2; ip link delete lan3") })
	// Where br_netfilter is loaded, bridged packets come to the firewall, which
	// would stand in for what is tested here.
	shell(t, "for s in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 >$s; done")
	script(t, `
ip link add br0 type bridge
ip link set br0 address 02:00:00:00:00:99
ip link add lan2 type veth peer name lan3
ip link set ap0 master br0; ip link set ap1 master br0; ip link set lan2 master br0
bridge link set dev lan2 isolated on
ip link set ap0 up; ip link set br0 up
`)
	for i, phone := range []*nettest.Space{w.phone, other} {
		phone.Run(t, "ip", "address", "add", fmt.Sprintf("192.0.2.%d/24", i+1), "dev", "wlan1")
		phone.Run(t, "ip", "address", "add", fmt.Sprintf("2001:db8:7::%d/64", i+1), "dev", "wlan1", "nodad")
	}
	until(t, "the phones and the kernel have settled", func() bool {
		return !slices.Contains(reach(w.phone, "192.0.2.2", "2001:db8:7::2"), false) && strings.Contains(shell(t, "ip -6 route show table local dev br0"), "local fe80:")
	})
	return w, other
}

func (w *world) overBridge() gateway.Config {
	c := w.config()
	c.Interface = "br0"
	return c
}

// reach reports for each address whether a phone gets an answer from there.
func reach(phone *nettest.Space, addrs ...string) (answers []bool) {
	for _, a := range addrs {
		answers = append(answers, phone.Command("ping", "-c", "2", "-i", "0.2", "-W", "1", a).Run() == nil)
	}
	return answers
}

// isolation is that of every port, as "ap0 1".
func isolation(t *testing.T) string {
	t.Helper()
	return shell(t, `cd /sys/class/net; for p in */brport; do echo "${p%/*} $(cat $p/isolated)"; done`)
}

func TestGuestsOnABridgeDoNotReachEachOther(t *testing.T) {
	w, other := bridged(t)
	w.serve(t)
	before := w.state(t)
	g, err := gateway.OpenWith(t.Context(), w.overBridge(), newBeat().clock())
	must(t, err)
	defer g.Close()
	one, two := w.lease(t), (&world{phone: other}).lease(t)
	box := g.Network().Prefixes[0].Addr()
	if !g.Network().Prefixes[0].Contains(two) || one == two {
		t.Fatalf("the phones have %s and %s", one, two)
	}
	listen(t, other, netip.AddrPortFrom(two, 80), netip.MustParseAddrPort("[2001:db8:7::2]:80"))
	link := strings.Fields(other.Run(t, "ip", "-6", "-o", "address", "show", "dev", "wlan1", "scope", "link"))[3]
	others := []string{two.String(), "192.0.2.2", "2001:db8:7::2", strings.TrimSuffix(link, "/64") + "%wlan1"}
	if got := reach(w.phone, others...); slices.Contains(got, true) {
		t.Errorf("a guest reaches another one at %q: %v", others, got)
	}
	for _, at := range []string{two.String(), "[2001:db8:7::2]"} {
		if connects(t, w.phone, at) {
			t.Errorf("a guest connects to another one at %s", at)
		}
	}
	w.phone.Run(t, "ip", "route", "add", two.String()+"/32", "via", box.String())
	if connects(t, w.phone, two.String()) {
		t.Error("a guest connects to another one through us")
	}
	w.phone.Run(t, "ip", "route", "delete", two.String()+"/32")
	for _, phone := range []*nettest.Space{w.phone, other} {
		if out := phone.Run(t, "dig", "+short", "+time=2", "@"+box.String(), webName); strings.TrimSpace(out) != webServer {
			t.Error("a guest does not reach us")
		}
	}
	must(t, g.Close())
	w.untouched(t, "after Close", before)
	until(t, "the phones reach each other again", func() bool { return !slices.Contains(reach(w.phone, others...), false) })
	for _, at := range []string{two.String(), "[2001:db8:7::2]"} {
		if !connects(t, w.phone, at) {
			t.Errorf("nobody listens at %s: the test says nothing", at)
		}
	}
}

// listen answers connections in a namespace.
func listen(t *testing.T, s *nettest.Space, at ...netip.AddrPort) {
	t.Helper()
	for _, a := range at {
		var l net.Listener
		s.Do(t, func() {
			var err error
			l, err = net.Listen("tcp", a.String())
			must(t, err)
		})
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				io.WriteString(c, page)
				c.Close()
			}
		}()
	}
}

func connects(t *testing.T, s *nettest.Space, to string) (yes bool) {
	t.Helper()
	s.Do(t, func() {
		c, err := net.DialTimeout("tcp", to+":80", time.Second)
		if err != nil {
			return
		}
		defer c.Close()
		text, _ := io.ReadAll(c)
		yes = string(text) == page
	})
	return yes
}

// crossing are the points that opening on a bridge that is up comes past.
var crossing = []string{"after firewall", "before ports", "after ports", "open"}

func TestKilledWithABridgeAndTheKeeperJoinsItsPorts(t *testing.T) {
	w, _ := bridged(t)
	before := w.state(t)
	for _, point := range append(crossing, "undo ports") {
		r, past := w.start(t, w.overBridge(), point, nil)
		if slices.Contains(past, "after ports") && !slices.Contains(past, "undo ports") && isolation(t) != "ap0 1\nap1 1\nlan2 1\n" {
			t.Errorf("%s: the ports are %s", point, isolation(t))
		}
		keepers := w.keepers(t)
		r.kill(t)
		until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
		w.untouched(t, point, before)
	}
}

func TestKilledWithABridgeAndUndoJoinsItsPorts(t *testing.T) {
	w, _ := bridged(t)
	before := w.state(t)
	for _, point := range crossing {
		r, _ := w.start(t, w.overBridge(), point, nil)
		r.freeze(t)
		kill(t, w.keepers(t)...)
		r.kill(t)
		said, err := gateway.Undo(w.folder)
		must(t, err)
		if told := strings.Contains(strings.Join(said, "\n"), "port ap0 of br0"); told != strings.Contains("after ports open", point) {
			t.Errorf("%s: undo did %q", point, said)
		}
		w.untouched(t, point, before)
	}
}

func TestOpenThatFailsOnABridgeLeavesNothing(t *testing.T) {
	w, _ := bridged(t)
	before := w.state(t)
	for _, point := range []string{"before ports", "after ports", "before address"} {
		_, err := gateway.OpenWith(t.Context(), w.overBridge(), gateway.Clock{At: func(at string) error {
			if at == point {
				return errFault
			}
			return nil
		}})
		if err == nil {
			t.Errorf("%s: it is open", point)
		}
		w.untouched(t, point, before)
	}
}

func TestAnOrdinaryUserKeepsPortsApart(t *testing.T) {
	w, _ := bridged(t)
	as := ordinary(t, w)
	before := w.state(t)
	r, _ := w.start(t, w.overBridge(), "open", as)
	if got := isolation(t); got != "ap0 1\nap1 1\nlan2 1\n" {
		t.Errorf("the ports are %s", got)
	}
	keepers := w.keepers(t)
	r.kill(t)
	until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
	w.untouched(t, "killed", before)
}

func TestPortsThatComeLaterAreKeptApartToo(t *testing.T) {
	w, _ := bridged(t)
	script(t, "ip link set ap1 nomaster")
	r, _ := w.start(t, w.overBridge(), "open", nil)
	script(t, "ip link set ap1 master br0")
	until(t, "it is isolated", func() bool { return strings.Contains(isolation(t), "ap1 1") })
	script(t, "bridge link set dev ap0 isolated off")
	until(t, "it is isolated again", func() bool { return strings.Contains(isolation(t), "ap0 1") })
	script(t, "ip link set lan3 master br0; ip link set lan3 nomaster; ip link set lan3 master br0")
	until(t, "the third one is isolated", func() bool { return strings.Contains(isolation(t), "lan3 1") })
	keepers := w.keepers(t)
	r.kill(t)
	until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
	if got := isolation(t); got != "ap0 0\nap1 0\nlan2 1\nlan3 0\n" {
		t.Errorf("the ports are %s", got)
	}
}

func TestPortsThatSomebodyHasChangedSinceStayAsTheyAre(t *testing.T) {
	w, _ := bridged(t)
	script(t, "ip link add br1 type bridge")
	t.Cleanup(func() { shell(t, "ip link delete br1") })
	g, err := gateway.OpenWith(t.Context(), w.overBridge(), newBeat().clock())
	must(t, err)
	defer g.Close()
	script(t, "ip link set ap1 master br1; bridge link set dev ap1 isolated on")
	must(t, g.Close())
	if got := isolation(t); got != "ap0 0\nap1 1\nlan2 1\n" {
		t.Errorf("the ports are %s", got)
	}
	for _, line := range []string{
		`{"step":"ports","interface":"br0","ports":[{"name":"lan2","index":99999}]}`, // another lan2
		`{"step":"ports","interface":"br1","ports":[{"name":"lan2","index":` + index(t, "lan2") + `}]}`,
		`{"step":"ports","interface":"ap0","ports":[{"name":"lan2","index":` + index(t, "lan2") + `}]}`,
		`{"step":"ports","interface":"br7","ports":[{"name":"lan2","index":` + index(t, "lan2") + `}]}`,
		`{"step":"ports","interface":"br0","ports":[` + strings.Repeat(`{},`, 1024) + `{"name":"lan2","index":` + index(t, "lan2") + `}]}`,
	} {
		head := `{"journal":1,"run":"A","boot":"","pid":1,"start":1,"interface":"br0"}`
		must(t, os.WriteFile(filepath.Join(w.folder, "journal"), []byte(head+"\n"+line+"\n"), 0o600))
		if _, err := gateway.Undo(w.folder); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if got := isolation(t); got != "ap0 0\nap1 1\nlan2 1\n" {
			t.Errorf("%s: the ports are %s", line, got)
		}
	}
}

func index(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(shell(t, "cat /sys/class/net/"+name+"/ifindex"))
}
