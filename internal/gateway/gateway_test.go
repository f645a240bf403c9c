package gateway_test

import (
	"strings"
	"testing"
	"time"

	"tinycheck/internal/gateway"
)

func TestAPhoneReachesTheInternetThroughUs(t *testing.T) {
	w := build(t)
	w.serve(t)
	before := w.state(t)
	look := make(chan time.Time)
	g, err := gateway.OpenWith(t.Context(), w.config(), gateway.Clock{Look: look})
	must(t, err)
	defer g.Close()
	addr := w.lease(t)
	network := g.Network()
	if len(network.Prefixes) != 2 || !network.Prefixes[0].Contains(addr) || network.SSID != "" {
		t.Errorf("the phone has %s of %v", addr, network)
	}
	box := network.Prefixes[0].Addr().String()
	if got := w.phone.Run(t, "dig", "+short", "+time=2", "@"+box, webName); strings.TrimSpace(got) != webServer {
		t.Errorf("the box says that %s is at %s", webName, got)
	}
	if got := w.phone.Run(t, "curl", "-s", "-m", "5", "http://"+webServer+"/"); !strings.HasPrefix(got, page+" to 198.51.100.2:") {
		t.Errorf("the web server says %q", got)
	}
	if out, err := w.phone.Command("curl", "-s", "-m", "5", "http://"+siteGate+"/").CombinedOutput(); err == nil {
		t.Errorf("the phone reaches the site: %s", out)
	}
	look <- time.Now()
	until(t, "the phone is a guest", func() bool { return len(g.Guests()) == 1 })
	guest := g.Guests()[0]
	if !guest.Present || guest.Addrs[0] != addr || guest.Joined.IsZero() || !guest.Left.IsZero() {
		t.Errorf("the guest is %+v", guest)
	}
	if s := g.State(); s.Uplink != "wan0" || s.Repaired != 0 || len(s.Obstacles) != 0 {
		t.Errorf("the state is %+v", s)
	}
	pids := append(w.keepers(t), w.servers(t)...)
	if len(pids) != 2 {
		t.Errorf("there are %d processes beside us", len(pids))
	}
	must(t, g.Close())
	must(t, g.Close())
	<-g.Done()
	if err := g.Err(); err != nil {
		t.Errorf("closed by us, and it says %v", err)
	}
	for _, pid := range pids {
		if runs(pid) {
			t.Errorf("process %d still runs", pid)
		}
	}
	same(t, "after Close", w.state(t), before)
	if got, err := gateway.Undo(w.folder); err != nil || got != nil {
		t.Errorf("after Close, Undo did %q, %v", got, err)
	}
}
