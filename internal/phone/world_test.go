package phone_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"tinycheck"
	"tinycheck/internal/nettest"
	"tinycheck/internal/phone"
	"tinycheck/internal/scenario"
)

// spaces counts those that only show whether there can be any.
var spaces int

// alone skips where there are no namespaces of one's own.
func alone(t testing.TB) {
	t.Helper()
	spaces++
	nettest.New(t, fmt.Sprintf("unused%d", spaces))
}

// stage builds a world around the test's own namespace, which is the box.
func stage(t testing.TB, s *scenario.Scenario, c phone.StageConfig) (*phone.World, *box) {
	t.Helper()
	alone(t)
	c.Interface = "sim0"
	w, err := phone.Stage(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &box{"sim0", exec.Command}
	b.forward(t)
	return w, b
}

func find(t testing.TB, name string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func play(t testing.TB, w *phone.World) phone.Played {
	t.Helper()
	played, err := w.Play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return played
}

// whole fails unless the phone did everything that the script has.
func whole(t testing.TB, s *scenario.Scenario, played phone.Played) {
	t.Helper()
	script := read(t, s)
	var want phone.Played
	want.Address, want.IPv6, want.Renewed, want.Skipped = played.Address, played.IPv6, played.Renewed, played.Skipped
	want.Questions, want.Done = len(script.Questions), len(script.Conversations)
	for _, q := range script.Questions {
		if q.Answer != nil {
			want.Answered++
		}
	}
	for i := range script.Conversations {
		up, down := script.Conversations[i].Bytes()
		want.Sent, want.Received = want.Sent+int64(up), want.Received+int64(down)
	}
	if fmt.Sprint(want) != fmt.Sprint(played) {
		t.Errorf("played   %+v\nexpected %+v", played, want)
	}
}

func TestEveryBuiltInScenarioPlays(t *testing.T) {
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			s := find(t, name)
			w, b := stage(t, s, phone.StageConfig{Wait: time.Second})
			b.lease(t, advertise...)
			stop := b.record(t)
			played := play(t, w)
			whole(t, s, played)
			same(t, inScenario(t, s), inFile(t, stop()))
			if served := w.Served(); served.Strange+served.Refused+served.Unknown > 0 {
				t.Errorf("served %+v", served)
			}
		})
	}
}

func TestWithoutIPv6APhoneGoesToTheOtherAddress(t *testing.T) {
	s := find(t, "quiet")
	w, b := stage(t, s, phone.StageConfig{Wait: time.Second, OnlyIPv4: true})
	b.lease(t, upstream)
	stop := b.record(t)
	played := play(t, w)
	if played.IPv6 {
		t.Error("there is IPv6")
	}
	whole(t, s, played)
	same(t, inScenario(t, s), inFile(t, stop()))
}

func TestPace(t *testing.T) {
	s := find(t, "watchware")
	w, b := stage(t, s, phone.StageConfig{Wait: time.Second, Speed: 600}) // fifteen minutes in a second and a half
	b.lease(t, advertise...)
	whole(t, s, play(t, w))
}

// TestEveryVerb plays what no built-in scenario has.
func TestEveryVerb(t *testing.T) {
	s := parse(t, aPhone+`
host mail.example 203.0.113.25 2001:db8:5::25
host a.example 203.0.113.7 203.0.113.8 2001:db8:5::7 alias b.example
at 0s join
at 1s tls 203.0.113.7 sni old.example cert old.example
at 1s starttls smtp 203.0.113.25:587 sni mail.example
at 1s starttls imap mail.example:143 ip6
at 1s connect 203.0.113.9:3128 a.example:443
at 1s socks 203.0.113.9:1080 a.example:443 with 4a
at 2s visit a.example http POST /upload up 90k reorder retransmit
at 2s http 203.0.113.7 GET x.example/same
at 3s http 203.0.113.7 GET x.example/same
at 3s dtls 203.0.113.7:4433 sni d.example
at 3s stun 203.0.113.7:3478 turn up 20k down 20k
at 3s mdns _x._tcp.local
at 3s doq 203.0.113.53 sni dns.example
at 4s quic a.example retry split 3
at 4s quic 203.0.113.11 sni q.example unanswered
at 4s openvpn 203.0.113.12:1194 up 50k down 50k
at 4s openvpn 203.0.113.12:443 over tcp up 50k down 50k
at 5s ssh 203.0.113.13 up 5k down 5k
at 5s tcp 203.0.113.14:9000 up 700k down 900k hole 3
at 5s tcp 203.0.113.14:9001 reset
at 5s tcp 203.0.113.14:9002 midstream
at 5s udp 203.0.113.14:9003 fragment 800 up 9000 down 9000
at 5s udp 203.0.113.14:9004 port 4000 up 100 down 0
at 6s ask c.example gets 203.0.113.7 over tcp
at 6s ask d.example gets 203.0.113.7 server 203.0.113.53
at 6s ask e.example https ech
at 7s ask f.example gets servfail
`)
	w, b := stage(t, s, phone.StageConfig{Wait: time.Second})
	b.lease(t, advertise...)
	stop := b.record(t)
	whole(t, s, play(t, w))
	file := stop()
	same(t, inScenario(t, s), inFile(t, file))
	if ports := flagsIn(t, file, func(l *layers.TCP) bool { return l.RST }); len(ports) != 1 || ports[0] != 9001 {
		t.Errorf("somebody hung up at %v", ports)
	}
	if hops := hopsIn(t, file, "224.0.0.251"); len(hops) != 1 || hops[0] != 255 {
		t.Errorf("hops of what is for everybody nearby: %v", hops)
	}
}

// TestAsFastAsPossibleInOrder: conversations begin one after the other, and what
// the scenario leaves open ends last.
func TestAsFastAsPossibleInOrder(t *testing.T) {
	words := aPhone + "at 0s tcp 203.0.113.7:9000 open\n"
	want := []int{9000}
	for i := 1; i <= 40; i++ {
		words += fmt.Sprintf("at %ds tcp 203.0.113.7:%d\n", i, 9000+i)
		want = append(want, 9000+i)
	}
	w, b := stage(t, parse(t, words), phone.StageConfig{})
	b.lease(t)
	stop := b.record(t)
	if p := play(t, w); p.Done != 41 {
		t.Errorf("played %+v", p)
	}
	file := stop()
	if began := flagsIn(t, file, func(l *layers.TCP) bool { return l.SYN && !l.ACK }); !slices.Equal(began, want) {
		t.Errorf("began at %v", began)
	}
	ended := flagsIn(t, file, func(l *layers.TCP) bool { return l.FIN && l.DstPort >= 9000 && l.DstPort <= 9040 })
	if want = append(want[1:], 9000); !slices.Equal(ended, want) {
		t.Errorf("ended at %v", ended)
	}
}

func TestIPv6IsNotThere(t *testing.T) {
	s := parse(t, aPhone+"host six.example 2001:db8:5::7\nat 1s visit six.example\nat 2s tcp [2001:db8:5::8]:80\nat 3s tcp 203.0.113.7:80")
	w, b := stage(t, s, phone.StageConfig{OnlyIPv4: true})
	b.lease(t, upstream)
	if p := play(t, w); p.Done != 1 || p.Unresolved != 1 || p.NoFamily != 1 {
		t.Errorf("played %+v", p)
	}
}

func TestNobodyThere(t *testing.T) {
	s := parse(t, aPhone+`
at 1s tcp 203.0.113.14:9001 refused
at 2s tcp 203.0.113.14:9002 unanswered
at 3s tcp 203.0.113.15:9002 unanswered
at 4s udp 203.0.113.14:9003 up 50 down 0
`)
	w, b := stage(t, s, phone.StageConfig{Wait: 200 * time.Millisecond})
	b.lease(t, upstream)
	if p := play(t, w); p.Refused != 1 || p.Unanswered != 2 || p.Done != 1 {
		t.Errorf("played %+v", p)
	}
}

// forbid puts a rule before everything that is forwarded.
func (b *box) forbid(t testing.TB, rule string) {
	t.Helper()
	nettest.Need(t, "nftables", "nft")
	b.run(t, "nft", "table inet box { chain forward { type filter hook forward priority 0; "+rule+"; }; }")
	t.Cleanup(func() { b.run(t, "nft", "delete table inet box") })
}

func TestABoxThatLetsNothingThrough(t *testing.T) {
	for _, rule := range []string{"drop", "reject", "reject with icmpx type admin-prohibited", "meta l4proto tcp reject with tcp reset; drop"} {
		t.Run(rule, func(t *testing.T) {
			s := find(t, "vpn")
			w, b := stage(t, s, phone.StageConfig{Wait: 150 * time.Millisecond, Hosts: map[string][]netip.Addr{}})
			b.lease(t, upstream)
			b.forbid(t, rule)
			p := play(t, w)
			if p.Answered != p.Questions || p.Done+p.Broken > 0 || p.Tried() != 4 || p.Received != 0 {
				t.Errorf("played %+v", p)
			}
			if refused := strings.HasPrefix(rule, "reject"); (p.Refused == 4) != refused || (p.Unanswered == 4) != (rule == "drop") {
				t.Errorf("played %+v", p)
			}
			if served := w.Served(); served.Conversations+served.Strange > 0 {
				t.Errorf("the Internet heard of it: %+v", served)
			}
		})
	}
}

func TestABoxWithoutNames(t *testing.T) {
	s := find(t, "vpn")
	w, b := stage(t, s, phone.StageConfig{Wait: 200 * time.Millisecond})
	b.lease(t, "--port=0", "--dhcp-option=6,10.77.3.1")
	if p := play(t, w); p.Answered != 0 || p.Unresolved != 3 || p.Done != 1 {
		t.Errorf("played %+v", p)
	}
}

// TestASinkIsFollowed: where the box answers with an address of its own, the
// phone goes there, and tries nothing else.
func TestASinkIsFollowed(t *testing.T) {
	s := find(t, "stalkerware-ipv6")
	w, b := stage(t, s, phone.StageConfig{Wait: 200 * time.Millisecond})
	b.lease(t, append(advertise[1:], "--address=/#/10.77.3.1")...)
	stop := b.record(t)
	p := play(t, w)
	// All hosts of the scenario are found by name, but for the message to everybody nearby.
	if p.Refused != len(read(t, s).Conversations)-1 || p.Done != 1 {
		t.Errorf("played %+v", p)
	}
	ends := endsIn(t, stop())
	if !ends[netip.MustParseAddr("10.77.3.1")] {
		t.Errorf("ends %v", ends)
	}
	for _, server := range read(t, s).Remotes() {
		if ends[server] {
			t.Errorf("the phone went to %s", server)
		}
	}
	if served := w.Served(); served != (phone.Served{}) {
		t.Errorf("the Internet heard of it: %+v", served)
	}
}

// TestWeb: the real servers are reached through the box by a real client.
func TestWeb(t *testing.T) {
	at := netip.MustParseAddr("203.0.113.200")
	w, b := stage(t, find(t, "vpn"), phone.StageConfig{Web: at, Hosts: map[string][]netip.Addr{"www.example.test": {at}}})
	b.lease(t, upstream)
	p, err := w.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !netip.MustParsePrefix("10.77.3.0/24").Contains(p.Address().Addr()) || p.DNS() != netip.MustParseAddr("10.77.3.1") {
		t.Errorf("joined as %s with %s", p.Address(), p.DNS())
	}
	for _, url := range []string{"https://www.example.test/", "http://www.example.test/bytes/300000", "http://www.example.test/bytes/x"} {
		t.Log(url)
		status, size := get(t, w, p, url)
		if want := map[string]int{"/": 200, "0": 200, "x": 400}[url[len(url)-1:]]; status != want || strings.HasSuffix(url, "0") && size != 300000 {
			t.Errorf("%s: status %d, %d bytes", url, status, size)
		}
	}
	if err := p.Leave(); err != nil {
		t.Error(err)
	}
	if out, err := exec.Command("nsenter", "--net="+w.PhonePath(), "ip", "route").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("the phone left behind: %s %v", out, err)
	}
}

// get fetches a page as the phone, asking the box for the name.
func get(t *testing.T, w *phone.World, p *phone.Phone, url string) (status, size int) {
	t.Helper()
	dial := func(ctx context.Context, network, at string) (conn net.Conn, err error) {
		entered := w.AsPhone(func() { conn, err = (&net.Dialer{}).DialContext(ctx, network, at) })
		return conn, errors.Join(entered, err)
	}
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, netip.AddrPortFrom(p.DNS(), 53).String())
	}}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			host, port, _ := net.SplitHostPort(at)
			list, err := resolver.LookupNetIP(ctx, "ip4", host)
			if err != nil {
				return nil, err
			}
			return dial(ctx, network, net.JoinHostPort(list[0].String(), port))
		},
	}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, len(body)
}

// state is everything of the machine that a world could change.
func state(t testing.TB) string {
	t.Helper()
	b := &box{"", exec.Command}
	var out strings.Builder
	for _, what := range []string{"-o link", "-o addr", "route show table all", "-6 route show table all", "rule", "-6 rule"} {
		out.WriteString(b.run(t, "ip", strings.Fields(what)...))
	}
	for _, name := range []string{"all", "default", "lo"} {
		out.WriteString(b.run(t, "sysctl", "-a", "-r", `net\.ipv[46]\.conf\.`+name+`\.`))
	}
	return out.String()
}

func TestNothingIsLeft(t *testing.T) {
	alone(t)
	before := state(t)
	w, err := phone.Stage(t.Context(), find(t, "quiet"), phone.StageConfig{Interface: "sim0"})
	if err != nil {
		t.Fatal(err)
	}
	during := state(t)
	for _, want := range []string{"sim0", "198.51.100.0/24 via 198.51.100.1 dev simup0", "2001:db8::/32 via"} {
		if !strings.Contains(during, want) {
			t.Errorf("no %s in the world", want)
		}
	}
	if strings.Contains(during, "default") && !strings.Contains(before, "default") {
		t.Error("there is a default route")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if after := state(t); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if err := w.Close(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestAddressesOfOthersAreLeftOut(t *testing.T) {
	s := parse(t, aPhone+"at 1s tcp 93.184.215.14:80\nat 2s tcp 203.0.113.14:80\nat 3s tcp 192.168.4.77:80")
	for _, everywhere := range []bool{false, true} {
		w, b := stage(t, s, phone.StageConfig{Everywhere: everywhere})
		routes := b.run(t, "ip", "route")
		if strings.Contains(routes, "93.184.215.14") != everywhere || !strings.Contains(routes, "203.0.113.0/24") || strings.Contains(routes, "192.168.4.") {
			t.Errorf("everywhere %v: %s", everywhere, routes)
		}
		if left := fmt.Sprint(w.Left()); left != map[bool]string{false: "[93.184.215.14]", true: "[]"}[everywhere] {
			t.Errorf("left out %s", left)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoWorldsDoNotFit(t *testing.T) {
	_, b := stage(t, find(t, "vpn"), phone.StageConfig{})
	before := b.run(t, "ip", "route")
	_, err := phone.Stage(t.Context(), find(t, "vpn"), phone.StageConfig{Interface: "sim1", Uplink: "simup1"})
	if tinycheck.KindOf(err) != tinycheck.Conflict || !strings.Contains(err.Error(), "203.0.113.0/24") {
		t.Error(err)
	}
	if after := b.run(t, "ip", "route"); after != before || strings.Contains(state(t), "sim1") {
		t.Errorf("left behind\n%s", after)
	}
}

// TestAKilledWorldIsGone kills a process that has staged a world.
func TestAKilledWorldIsGone(t *testing.T) {
	if os.Getenv("PHONE_WORLD") != "" {
		if _, err := phone.Stage(t.Context(), find(t, "vpn"), phone.StageConfig{Interface: "sim0"}); err != nil {
			fmt.Println(err)
		}
		fmt.Println("staged")
		time.Sleep(time.Minute)
		return
	}
	alone(t)
	before := state(t)
	c := exec.Command("/proc/self/exe", "-test.run=^TestAKilledWorldIsGone$")
	c.Env = append(os.Environ(), "PHONE_WORLD=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if line != "staged\n" || !strings.Contains(state(t), "sim0") {
		t.Errorf("the process says %q", line)
	}
	c.Process.Signal(syscall.SIGKILL)
	c.Wait()
	for range 500 { // the kernel takes namespaces away behind our back
		if state(t) == before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("left behind: %s", state(t))
}

func TestStageRefuses(t *testing.T) {
	alone(t)
	exec.Command("ip", "link", "add", "taken0", "type", "veth", "peer", "name", "taken1").Run()
	t.Cleanup(func() { exec.Command("ip", "link", "del", "taken0").Run() })
	before := state(t)
	vpn := find(t, "vpn")
	cases := []struct {
		scenario *scenario.Scenario
		config   phone.StageConfig
		kind     tinycheck.ErrorKind
		says     string
	}{
		{vpn, phone.StageConfig{}, tinycheck.Invalid, "name of 1 to 15"},
		{vpn, phone.StageConfig{Interface: "a b"}, tinycheck.Invalid, "name of 1 to 15"},
		{vpn, phone.StageConfig{Interface: "sim0", Uplink: "0123456789abcdef"}, tinycheck.Invalid, "name of 1 to 15"},
		{vpn, phone.StageConfig{Interface: "simup0"}, tinycheck.Invalid, "two names"},
		{vpn, phone.StageConfig{Interface: "sim0", Speed: -1}, tinycheck.Invalid, "speed"},
		{vpn, phone.StageConfig{Interface: "sim0", Wait: -1}, tinycheck.Invalid, "wait"},
		{vpn, phone.StageConfig{Interface: "taken0"}, tinycheck.Conflict, "taken0 already"},
		{vpn, phone.StageConfig{Interface: "sim0", Uplink: "taken0"}, tinycheck.Conflict, "taken0 already"},
		{parse(t, aPhone+"at 1s tcp 198.51.100.2:80"), phone.StageConfig{Interface: "sim0"}, tinycheck.Invalid, "198.51.100.2"},
	}
	for _, c := range cases {
		w, err := phone.Stage(t.Context(), c.scenario, c.config)
		if tinycheck.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%+v: %v", c.config, err)
		}
		if err == nil {
			w.Close()
		}
		if after := state(t); after != before {
			t.Errorf("%+v left behind\n%s", c.config, after)
		}
	}
}
