package gateway_test

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/gateway"
)

// beat is a clock by hand: nothing is looked at but when it says so, or when the
// kernel tells of a change.
type beat struct {
	tick, look chan time.Time
}

func newBeat() beat { return beat{make(chan time.Time), make(chan time.Time)} }

func (b beat) clock() gateway.Clock { return gateway.Clock{Tick: b.tick, Look: b.look} }

// strike gives ticks until something is so.
func strike(t *testing.T, c chan time.Time, what string, so func() bool) {
	t.Helper()
	until(t, what, func() bool {
		select {
		case c <- time.Now():
		case <-time.After(10 * time.Millisecond):
		}
		return so()
	})
}

func TestAFirewallThatWasFlushedComesBack(t *testing.T) {
	w := build(t)
	b := newBeat()
	g, err := gateway.OpenWith(t.Context(), w.config(), b.clock())
	must(t, err)
	defer g.Close()
	const list = "nft list table inet tinycheck"
	whole := shell(t, list)
	if !strings.Contains(whole, `iifname "ap0"`) {
		t.Fatalf("the table is %s", whole)
	}
	for i, harm := range []string{
		"nft delete table inet tinycheck", "nft flush ruleset", "nft flush table inet tinycheck",
		"nft add chain inet tinycheck mine '{ type filter hook forward priority -500; policy accept; }'",
	} {
		script(t, harm)
		strike(t, b.tick, "the repair was counted", func() bool { return g.State().Repaired == i+1 })
		same(t, "the table after "+harm, shell(t, list), whole)
	}
	b.tick <- time.Now()
	b.tick <- time.Now() // the one before was heeded
	if s := g.State(); s.Repaired != 4 {
		t.Errorf("a whole table was put back: %+v", s)
	}
	told(t, g, func() {
		script(t, "nft delete table inet tinycheck")
		strike(t, b.tick, "the repair was counted", func() bool { return g.State().Repaired == 5 })
	})
}

// told does what changes the state, and waits until that was told.
func told(t *testing.T, g *gateway.Gateway, change func()) {
	t.Helper()
	for len(g.Changes()) > 0 {
		<-g.Changes()
	}
	change()
	until(t, "it was told", func() bool { return len(g.Changes()) > 0 })
}

func TestTheSiteFollowsTheUplink(t *testing.T) {
	w := build(t)
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	const table = "nft list table inet tinycheck"
	closes := func(what string, want bool) func() bool {
		return func() bool { return strings.Contains(shell(t, table), what) == want }
	}
	if !closes("198.51.100.0/24", true)() {
		t.Errorf("the site is open: %s", shell(t, table))
	}
	script(t, "ip address add 192.0.2.7/24 dev wan0")
	until(t, "a new network is closed", closes("192.0.2.0/24", true))
	script(t, "ip link add dmz0 type dummy 2>/dev/null || ip link add dmz0 type bridge; ip link set dmz0 up; ip address add 2001:db8:77::1/64 dev dmz0 nodad")
	until(t, "that of a new interface is closed", closes("2001:db8:77::/64", true))
	script(t, "ip link delete dmz0; ip address delete 192.0.2.7/24 dev wan0")
	until(t, "networks that are gone are open", closes("192.0.2.0/24", false))
	until(t, "networks that are gone are open", closes("2001:db8:77::/64", false))
	script(t, "ip route delete default; ip -6 route delete default")
	until(t, "the loss of the uplink is told", func() bool { return g.State().Uplink == "" })
}

func TestAnAddressThatWasLostComesBack(t *testing.T) {
	w := build(t)
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	script(t, "ip link set ap0 down; ip address flush dev ap0")
	until(t, "it is up and has its addresses", func() bool {
		now := shell(t, "ip -o link show dev ap0; ip -o address show dev ap0")
		return strings.Contains(now, ",UP") && !slices.ContainsFunc(g.Network().Prefixes, func(p netip.Prefix) bool { return !strings.Contains(now, p.String()) })
	})
}

func TestDnsmasqIsStartedAnewAFewTimes(t *testing.T) {
	w := build(t)
	before := w.state(t)
	b := newBeat()
	g, err := gateway.OpenWith(t.Context(), w.config(), b.clock())
	must(t, err)
	defer g.Close()
	for i := range gateway.MaxRestarts {
		told(t, g, func() {
			kill(t, w.servers(t)...)
			until(t, "dnsmasq was started anew", func() bool { return g.State().Restarted == i+1 })
		})
	}
	addr := w.lease(t)
	if !g.Network().Prefixes[0].Contains(addr) {
		t.Errorf("the phone has %s", addr)
	}
	kill(t, w.servers(t)...)
	<-g.Done()
	if err := g.Err(); !errors.Is(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "dnsmasq") {
		t.Errorf("it ended because of %v", err)
	}
	must(t, g.Close())
	w.untouched(t, "after the end", before)
}

func TestAKeeperThatDiedIsReplaced(t *testing.T) {
	w := build(t)
	before := w.state(t)
	r, _ := w.start(t, w.config(), "open", nil)
	first := w.keepers(t)
	kill(t, first...)
	until(t, "there is another keeper", func() bool {
		now := w.keepers(t)
		return len(now) == 1 && now[0] != first[0] && waits(now[0])
	})
	second := w.keepers(t)
	r.kill(t)
	until(t, "the keeper has ended", func() bool { return !runs(second[0]) })
	w.untouched(t, "after the second keeper", before)
}

// waits reports whether a keeper has come so far that it ignores SIGTERM.
func waits(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(text), "SigIgn:\t")
	ignored, err := strconv.ParseUint(strings.Fields(after + " -")[0], 16, 64)
	const all = 0x5007 // HUP, INT, QUIT, PIPE, TERM; whoever started the tests may ignore more
	return err == nil && ignored&all == all
}

func TestAnInterfaceThatIsGoneEndsIt(t *testing.T) {
	w := build(t)
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	script(t, "ip link delete ap0")
	<-g.Done()
	if err := g.Err(); !errors.Is(err, tinycheck.NotFound) || !strings.Contains(err.Error(), "ap0 went away") {
		t.Errorf("it ended because of %v", err)
	}
	must(t, g.Close())
	left := shell(t, "nft list tables; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding; find "+w.folder+" -mindepth 1")
	if left != "table inet foreign\n0\n0\n" {
		t.Errorf("what is left: %s", left)
	}
}

func TestAFirewallThatCannotBePutBackEndsIt(t *testing.T) {
	w := build(t)
	b := newBeat()
	g, err := gateway.OpenWith(t.Context(), w.config(), b.clock())
	must(t, err)
	defer g.Close()
	release := own(t)
	strike(t, b.tick, "it has ended", func() bool { return g.Err() != nil })
	if err := g.Err(); !strings.Contains(err.Error(), "put the firewall back") {
		t.Errorf("it ended because of %v", err)
	}
	if got := shell(t, "cat /proc/sys/net/ipv4/ip_forward"); got != "0\n" {
		t.Error("forwarding is still on")
	}
	if err := g.Close(); err == nil {
		t.Error("the table of somebody else was removed")
	}
	release()
	if said, err := gateway.Undo(w.folder); err != nil || len(said) == 0 {
		t.Errorf("undo did %q: %v", said, err)
	}
}

func TestWhatOthersHaveChangedSinceStaysAsItIs(t *testing.T) {
	w := build(t)
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	script(t, "echo 0 >/proc/sys/net/ipv6/conf/wan0/accept_ra; ip address add 192.168.77.1/24 dev ap0; ip link set lo mtu 1500")
	must(t, g.Close())
	if got := shell(t, "cat /proc/sys/net/ipv6/conf/wan0/accept_ra; ip -o -4 address show dev ap0"); !strings.HasPrefix(got, "0\n") || strings.Count(got, "\n") != 2 || !strings.Contains(got, "192.168.77.1/24") {
		t.Errorf("what somebody else has set is now %s", got)
	}
}

func TestContainedNothingGoesFurtherThanTheFirewall(t *testing.T) {
	w := build(t)
	w.serve(t)
	before := w.state(t)
	config := w.config()
	config.Contained = true
	g, err := gateway.OpenWith(t.Context(), config, newBeat().clock())
	must(t, err)
	defer g.Close()
	w.lease(t)
	box := g.Network().Prefixes[0].Addr().String()
	if got := w.phone.Run(t, "dig", "+short", "+time=2", "@"+box, webName); strings.TrimSpace(got) != dnsmasq.Sink {
		t.Errorf("the box says that %s is at %s", webName, got)
	}
	const refused = 7 // curl(1): failed to connect; 28 would be a timeout
	for _, to := range []string{webServer, dnsmasq.Sink} {
		c := w.phone.Command("curl", "-s", "-m", "10", "http://"+to+"/")
		if c.Run(); c.ProcessState.ExitCode() != refused {
			t.Errorf("%s: curl ends with %d", to, c.ProcessState.ExitCode())
		}
	}
	if got := shell(t, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding"); got != "0\n0\n" {
		t.Errorf("forwarding is on: %s", got)
	}
	// Without the firewall an answer would still not come back.
	script(t, "nft delete table inet tinycheck")
	if out, err := w.phone.Command("curl", "-s", "-m", "1", "http://"+webServer+"/").CombinedOutput(); err == nil {
		t.Errorf("the web server says %s", out)
	}
	must(t, g.Close())
	w.untouched(t, "after Close", before)
}

func TestSixReachesTheInternetToo(t *testing.T) {
	w := build(t)
	w.serve(t)
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	w.phone.Run(t, "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/wlan1/accept_dad; ip link set wlan1 down; ip link set wlan1 up")
	until(t, "the phone has made itself an address", func() bool {
		return strings.Contains(w.phone.Run(t, "ip", "-6", "-o", "address", "show", "dev", "wlan1", "scope", "global"), " fd")
	})
	if got := w.phone.Run(t, "curl", "-s", "-m", "5", "http://[2001:db8:f::10]/"); !strings.HasPrefix(got, page+" to [2001:db8:1::2]:") {
		t.Errorf("the web server says %q", got)
	}
	if got := shell(t, "cat /proc/sys/net/ipv6/conf/wan0/accept_ra"); got != "2\n" {
		t.Errorf("the uplink's accept_ra is %s", got)
	}
}

func TestWithoutSixGuestsGetNone(t *testing.T) {
	w := build(t)
	script(t, "ip -6 route delete default")
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	if p := g.Network().Prefixes; len(p) != 1 || !p[0].Addr().Is4() {
		t.Errorf("the guests' networks are %v", p)
	}
	if got := shell(t, "cat /proc/sys/net/ipv6/conf/all/forwarding"); got != "0\n" {
		t.Error("IPv6 is forwarded")
	}
}

func TestAGuestComesAndGoes(t *testing.T) {
	w := build(t)
	b := newBeat()
	g, err := gateway.OpenWith(t.Context(), w.config(), b.clock())
	must(t, err)
	defer g.Close()
	guest := func() gateway.Guest {
		list := g.Guests()
		if len(list) != 1 {
			return gateway.Guest{}
		}
		return list[0]
	}
	addr := w.lease(t)
	for len(g.Changes()) > 0 {
		<-g.Changes()
	}
	b.look <- time.Now()
	<-g.Changes()
	joined := guest()
	if !joined.Present || !slices.Contains(joined.Addrs, addr) {
		t.Errorf("the guest is %+v", joined)
	}
	w.phone.Run(t, "ip", "link", "set", "wlan1", "down")
	strike(t, b.look, "it has left", func() bool { return !guest().Present && !guest().Left.IsZero() })
	w.phone.Run(t, "ip", "link", "set", "wlan1", "up")
	w.lease(t)
	strike(t, b.look, "it is back", func() bool { return guest().Present })
	if again := guest(); !again.Joined.Equal(joined.Joined) || again.MAC != joined.MAC {
		t.Errorf("the guest that came back is %+v", again)
	}
}

func TestObstaclesOfOthersAreTold(t *testing.T) {
	w := build(t)
	script(t, "nft add table ip docker; nft 'add chain ip docker FORWARD { type filter hook forward priority 0; policy drop; }'")
	g, err := gateway.OpenWith(t.Context(), w.config(), newBeat().clock())
	must(t, err)
	defer g.Close()
	if list := g.State().Obstacles; len(list) != 1 || !strings.Contains(list[0], "docker") {
		t.Errorf("the obstacles are %q", list)
	}
}
