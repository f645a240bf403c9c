package phone_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"tinycheck"
	"tinycheck/internal/phone"
	"tinycheck/internal/scenario"
)

var update = flag.Bool("update", false, "write the golden files")

func read(t testing.TB, s *scenario.Scenario) *phone.Script {
	t.Helper()
	script, err := phone.Read(s)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func parse(t testing.TB, words string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse(words)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// painted is what another program makes of the packets: every byte of a stream
// at the place where its sequence number puts it, every datagram in its order.
type painted struct {
	first   map[string]uint32
	streams map[string][]byte
	packets map[string][]string
}

func paint(t testing.TB, s *scenario.Scenario) painted {
	t.Helper()
	p := painted{map[string]uint32{}, map[string][]byte{}, map[string][]string{}}
	err := s.Packets(func(one *tinycheck.Packet) error {
		packet := gopacket.NewPacket(one.Data, layers.LinkTypeEthernet, gopacket.Default)
		if packet.NetworkLayer() == nil || packet.TransportLayer() == nil {
			return nil
		}
		network, transport := packet.NetworkLayer().NetworkFlow(), packet.TransportLayer().TransportFlow()
		key := fmt.Sprintf("%s %s %s", packet.TransportLayer().LayerType(), network, transport)
		switch l := packet.TransportLayer().(type) {
		case *layers.UDP:
			p.packets[key] = append(p.packets[key], string(l.Payload))
		case *layers.TCP:
			if l.SYN {
				p.first[key] = l.Seq + 1
			}
			at := int(l.Seq - p.first[key])
			if len(l.Payload) > 0 {
				p.streams[key] = append(p.streams[key], make([]byte, max(0, at+len(l.Payload)-len(p.streams[key])))...)
				copy(p.streams[key][at:], l.Payload)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryByteIsThatOfTheScenario(t *testing.T) {
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			s := find(t, name)
			script, want := read(t, s), paint(t, s)
			compared := 0
			for i := range script.Conversations {
				compared += compare(t, s, &script.Conversations[i], want)
			}
			left := 0
			for key, b := range want.streams {
				if len(b) > 0 {
					left++
					t.Errorf("%d bytes of %s are in no conversation", len(b), key)
				}
			}
			for key := range want.packets {
				if port := key[strings.LastIndex(key, " ")+1:]; !strings.HasPrefix(port, "53->") && !strings.HasSuffix(port, "->53") && port != "68->67" && port != "67->68" {
					left++
					t.Errorf("%s is in no conversation", key)
				}
			}
			if compared < 100_000 || left > 0 {
				t.Errorf("%d bytes compared, %d flows left", compared, left)
			}
		})
	}
}

// compare takes what was compared from want, and gives its size.
func compare(t *testing.T, s *scenario.Scenario, c *phone.Conversation, want painted) int {
	t.Helper()
	var streams [2][]byte
	var packets [2][]string
	for _, l := range c.Lines {
		side := 0
		if l.Server {
			side = 1
		}
		streams[side] = append(streams[side], l.Data...)
		packets[side] = append(packets[side], string(l.Data))
	}
	for side := range streams {
		key := flowKey(s, c, side == 1)
		if c.Transport == phone.TCP && !bytes.Equal(streams[side], want.streams[key]) {
			t.Errorf("%s has %d bytes, expected %d", key, len(streams[side]), len(want.streams[key]))
		}
		if c.Transport == phone.UDP && !slices.Equal(packets[side], want.packets[key]) {
			t.Errorf("%s has %d datagrams, expected %d", key, len(packets[side]), len(want.packets[key]))
		}
		delete(want.streams, key)
		delete(want.packets, key)
	}
	return len(streams[0]) + len(streams[1])
}

func flowKey(s *scenario.Scenario, c *phone.Conversation, back bool) string {
	d := s.Phone()
	own := d.Addresses[slices.IndexFunc(d.Addresses, func(a netip.Addr) bool { return a.Is6() == c.Remote.Addr().Is6() })]
	kind := map[phone.Transport]gopacket.LayerType{phone.TCP: layers.LayerTypeTCP, phone.UDP: layers.LayerTypeUDP}[c.Transport]
	src, dst := netip.AddrPortFrom(own, c.Port), c.Remote
	if back {
		src, dst = dst, src
	}
	port := func(p uint16) gopacket.Endpoint {
		if c.Transport == phone.TCP {
			return layers.NewTCPPortEndpoint(layers.TCPPort(p))
		}
		return layers.NewUDPPortEndpoint(layers.UDPPort(p))
	}
	from, _ := gopacket.FlowFromEndpoints(port(src.Port()), port(dst.Port()))
	return fmt.Sprintf("%s %s->%s %s", kind, src.Addr(), dst.Addr(), from)
}

func TestSummaries(t *testing.T) {
	quiet := strings.Split(summary(read(t, find(t, "quiet")))+summary(read(t, find(t, "quiet-iphone"))), "\n")
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join("testdata", name+".txt")
			got := summary(read(t, find(t, name)))
			if !strings.HasPrefix(name, "quiet") { // only what it does beside what all do
				got = besides(got, quiet)
			}
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func besides(text string, ordinary []string) string {
	var b strings.Builder
	same := 0
	for _, line := range strings.Split(text, "\n") {
		if slices.Contains(ordinary, line) {
			same++
			continue
		}
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(&b, "and %d lines as the quiet ones\n", same)
	return b.String()
}

// summary is a script in one line per question and conversation.
func summary(s *phone.Script) string {
	var b strings.Builder
	fmt.Fprintf(&b, "joins %q %q %v, told of %v\n", s.Joining.Discover.HostName, s.Joining.Discover.VendorClass, s.Joining.Discover.Options, s.Resolvers)
	for _, q := range s.Questions {
		transport := phone.UDP
		if q.TCP {
			transport = phone.TCP
		}
		fmt.Fprintf(&b, "%v ask %s %s %s", q.At.Round(time.Millisecond), q.Type, q.Name, transport)
		if q.Server.IsValid() {
			fmt.Fprintf(&b, " at %s", q.Server)
		}
		fmt.Fprintf(&b, ": %d bytes %v\n", len(q.Answer), q.Addresses)
	}
	for i := range s.Conversations {
		c := &s.Conversations[i]
		up, down := c.Bytes()
		fmt.Fprintf(&b, "%v to %v %s %s %q lines %d up %d down %d %s\n", c.Begin.Round(time.Millisecond), c.Last.Round(time.Millisecond), c.Transport, c.Remote, c.Name,
			len(c.Lines), up, down, c.End)
	}
	fmt.Fprintf(&b, "skipped %v\n", s.Skipped)
	return b.String()
}

const aPhone = "phone 192.168.4.20 mac 02:00:5e:00:53:20 ip6 2001:db8:4::20 android name P\nresolver 192.168.4.1\n"

func TestWhatHappensToATCPConnection(t *testing.T) {
	cases := []struct {
		words string
		end   phone.End
		bytes int // of the phone
	}{
		{"", phone.EndClosed, 5000},
		{"split 5", phone.EndClosed, 5000},
		{"reorder", phone.EndClosed, 5000},
		{"retransmit", phone.EndClosed, 5000},
		{"reorder retransmit", phone.EndClosed, 5000},
		{"midstream", phone.EndClosed, 5000},
		{"midstream reorder", phone.EndClosed, 5000},
		{"fragment 400", phone.EndClosed, 5000},
		{"reset", phone.EndReset, 5000},
		{"open", phone.EndOpen, 5000},
		{"refused", phone.EndRefused, 0},
		{"unanswered", phone.EndUnanswered, 0},
	}
	plain := read(t, parse(t, aPhone+"at 1s tcp 203.0.113.7:8000 up 5000 down 3000")).Conversations[0]
	for _, c := range cases {
		t.Run(c.words, func(t *testing.T) {
			script := read(t, parse(t, aPhone+"at 1s tcp 203.0.113.7:8000 up 5000 down 3000 "+c.words))
			if len(script.Conversations) != 1 || len(script.Skipped) != 0 {
				t.Fatal(summary(script))
			}
			got := script.Conversations[0]
			up, down := got.Bytes()
			if got.End != c.end || up != c.bytes || down != c.bytes*3/5 {
				t.Error(summary(script))
			}
			if up > 0 && (sizes(got, false) != sizes(plain, false) || sizes(got, true) != sizes(plain, true)) {
				t.Errorf("turns of %s, expected %s", sizes(got, false), sizes(plain, false))
			}
			if !slices.IsSortedFunc(got.Lines, func(a, b phone.Line) int { return int(a.At - b.At) }) {
				t.Error("lines are not in the order of time")
			}
		})
	}
}

// sizes tells how much each side says before the other goes on. The bytes of
// both are noise that depends on the words, so that only sizes can be compared.
func sizes(c phone.Conversation, server bool) string {
	var turns []int
	last := !server
	for _, l := range c.Lines {
		if l.Server == server && last != server {
			turns = append(turns, 0)
		}
		if last = l.Server; l.Server == server {
			turns[len(turns)-1] += len(l.Data)
		}
	}
	return fmt.Sprint(turns)
}

func TestAHoleIsZeros(t *testing.T) {
	for hole := 1; hole <= 4; hole++ {
		s := parse(t, fmt.Sprintf("%sat 1s tcp 203.0.113.7:8000 up 5000 down 3000 hole %d", aPhone, hole))
		script, want := read(t, s), paint(t, s)
		c := &script.Conversations[0]
		if up, down := c.Bytes(); up != 5000 || down != 3000 || c.Lines[len(c.Lines)-1].Server == false {
			t.Error(summary(script))
		}
		missing := 0
		for _, l := range c.Lines {
			if len(bytes.Trim(l.Data, "\x00")) == 0 {
				missing += len(l.Data)
			}
		}
		if missing == 0 {
			t.Errorf("hole %d: nothing is missing", hole)
		}
		if last := hole == 4; !last { // behind the last segment, the oracle sees no end
			compare(t, s, c, want)
		}
	}
}

// TestWhatWasAnsweredWasSaidBefore: a message that was not recorded stands before
// its answer, not where the next one is.
func TestWhatWasAnsweredWasSaidBefore(t *testing.T) {
	words := aPhone + "at 1s tcp 203.0.113.7:8000 up 4000 down 3000 for 30s pace 10s "
	want, got := read(t, parse(t, words)).Conversations[0], read(t, parse(t, words+"hole 2")).Conversations[0]
	if sizes(got, false) != sizes(want, false) || sizes(got, true) != sizes(want, true) || len(got.Lines) != 8 {
		t.Errorf("turns of %s and %s in %d lines, expected %s and %s", sizes(got, false), sizes(got, true), len(got.Lines), sizes(want, false), sizes(want, true))
	}
}

func TestAPortIsUsedAgain(t *testing.T) {
	script := read(t, parse(t, aPhone+"every 1s from 1s until 28300s tcp 203.0.113.7:8000 refused")) // more than there are ports
	if n := len(script.Conversations); n != 28300 {
		t.Errorf("%d conversations", n)
	}
}

func TestTheLinkLayerDoesNotMatter(t *testing.T) {
	words := aPhone + "host a.example 203.0.113.7 2001:db8:5::7\nat 0s join\nat 1s visit a.example up 3000 down 9000\nat 2s visit a.example quic fragment 600\nat 3s mdns _x._tcp.local"
	want := summary(read(t, parse(t, words)))
	for _, link := range []string{"vlan", "qinq", "ethernet-pppoe", "wifi", "radiotap", "sll", "sll2", "raw", "null", "loop", "ppp", "pppoe", "nflog"} {
		if diff := cmp.Diff(want, summary(read(t, parse(t, "link "+link+"\n"+words)))); diff != "" {
			t.Errorf("%s: %s", link, diff)
		}
	}
}

func TestQuestions(t *testing.T) {
	cases := []struct{ words, want string }{
		{"ask a.example gets 203.0.113.7", "ask A a.example udp: 43 bytes [203.0.113.7]"},
		{"ask a.example gets 203.0.113.7 over tcp", "ask A a.example tcp: 43 bytes [203.0.113.7]"},
		{"ask a.example gets 203.0.113.7 server 192.0.2.53", "ask A a.example udp at 192.0.2.53: 43 bytes [203.0.113.7]"},
		{"ask a.example gets nxdomain", "ask A a.example udp: 27 bytes []"},
		{"ask a.example gets nothing type AAAA", "ask AAAA a.example udp: 27 bytes []"},
		{"ask a.example type TXT", "ask TXT a.example udp: 0 bytes []"},
		{"ask a.example alias b.example gets 203.0.113.7", "ask A a.example udp: 59 bytes [203.0.113.7]"},
	}
	for _, c := range cases {
		script := read(t, parse(t, aPhone+"at 1s "+c.words))
		if len(script.Questions) != 1 || len(script.Conversations) != 0 || !strings.Contains(summary(script), c.want) {
			t.Errorf("%s:\n%s", c.words, summary(script))
		}
	}
}

func TestWhatIsNoDNSOnItsPortIsAConversation(t *testing.T) {
	script := read(t, parse(t, aPhone+"at 1s udp 203.0.113.7:53\nat 2s tcp 203.0.113.7:53"))
	if len(script.Questions) != 0 || len(script.Conversations) != 2 {
		t.Error(summary(script))
	}
}

func TestNamesOfRemotes(t *testing.T) {
	script := read(t, parse(t, aPhone+`
host a.example 203.0.113.7 203.0.113.8
host b.example 203.0.113.7
at 1s tls 203.0.113.7
at 2s visit a.example
at 3s visit b.example
at 4s tls 203.0.113.7
at 5s tls 203.0.113.9
`))
	var got []string
	for _, c := range script.Conversations {
		got = append(got, c.Name)
	}
	if want := []string{"", "a.example", "b.example", "b.example", ""}; !slices.Equal(got, want) {
		t.Errorf("names %q, expected %q", got, want)
	}
	if want := []string{"203.0.113.7", "203.0.113.8"}; fmt.Sprint(script.Addresses("a.example")) != fmt.Sprint(want) {
		t.Errorf("a.example has %v", script.Addresses("a.example"))
	}
	if got := fmt.Sprint(script.Remotes()); got != "[203.0.113.7 203.0.113.8 203.0.113.9]" {
		t.Errorf("remotes %s", got)
	}
}

func TestWhatNoSocketCanSay(t *testing.T) {
	cases := []struct {
		words string
		skip  phone.Skip
		count int
	}{
		{"at 1s ping 203.0.113.7", phone.SkipProtocol, 2},
		{"at 1s esp 203.0.113.7 up 1000 down 1000", phone.SkipProtocol, 2},
		{"from 192.168.4.99 at 1s udp 203.0.113.7:9000", phone.SkipDevice, 2},
		{"snap 60\nat 1s udp 203.0.113.7:9000 up 100 down 100", phone.SkipCut, 2},
	}
	for _, c := range cases {
		script := read(t, parse(t, aPhone+c.words))
		if script.Skipped[c.skip] < c.count || len(script.Skipped) != 1 || len(script.Conversations) != 0 {
			t.Errorf("%s: %s", c.words, summary(script))
		}
	}
}
