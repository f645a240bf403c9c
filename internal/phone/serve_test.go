package phone_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/nettest"
	"tinycheck/internal/phone"
	"tinycheck/internal/scenario"
	"tinycheck/internal/wire/dns"
)

const anInternet = aPhone + `
host a.example 203.0.113.7 203.0.113.8
at 1s ask a.example gets 203.0.113.7
at 2s ask a.example gets 203.0.113.8
at 3s ask gone.example gets nxdomain
at 4s ask silent.example
at 5s tcp 203.0.113.7:9000 up 300 down 500
at 6s tcp 203.0.113.7:9000 up 300 down 900
at 7s udp 203.0.113.7:9001 up 3000 down 2600
at 8s tcp 203.0.113.7:9002 unanswered
`

// serve starts the Internet in a namespace, in which tests are the phone, too.
func serve(t testing.TB, s *scenario.Scenario, c phone.ServeConfig) (*nettest.Space, *phone.Internet) {
	t.Helper()
	space := nettest.New(t, "served")
	c.DNS = netip.MustParseAddr("198.51.100.1")
	var n *phone.Internet
	var err error
	space.Do(t, func() { n, err = phone.Serve(t.Context(), s, c) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return space, n
}

func dial(t testing.TB, s *nettest.Space, network, at string) (conn net.Conn) {
	t.Helper()
	s.Do(t, func() {
		var err error
		if conn, err = net.DialTimeout(network, at, 5*time.Second); err != nil {
			t.Error(err)
		}
	})
	if conn == nil {
		t.FailNow()
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	return conn
}

func TestServersKnowWhomTheyTalkTo(t *testing.T) {
	s := parse(t, anInternet)
	space, n := serve(t, s, phone.ServeConfig{})
	talks := read(t, s).Conversations
	for _, i := range []int{1, 0, 1} { // in whatever order, and again
		conn := dial(t, space, "tcp", "203.0.113.7:9000")
		phoneSays, serverSays := sides(&talks[i])
		conn.Write([]byte(phoneSays[:100])) // in pieces
		time.Sleep(time.Millisecond)
		conn.Write([]byte(phoneSays[100:]))
		got := make([]byte, len(serverSays))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != serverSays {
			t.Errorf("conversation %d: %v", i, err)
		}
		conn.Close()
	}
	stranger := dial(t, space, "tcp", "203.0.113.7:9000")
	stranger.Write([]byte("who are you?"))
	if b, err := io.ReadAll(stranger); len(b) > 0 {
		t.Errorf("a stranger is told %q %v", b, err)
	}
	if served := n.Served(); served.Conversations != 3 || served.Strange != 1 {
		t.Errorf("served %+v", served)
	}
}

// TestWhatIsLostIsForgiven: a server of UDP answers what comes, whatever came
// before.
func TestWhatIsLostIsForgiven(t *testing.T) {
	s := parse(t, anInternet)
	space, n := serve(t, s, phone.ServeConfig{})
	c := read(t, s).Conversations[2]
	conn := dial(t, space, "udp", "203.0.113.7:9001")
	conn.Write([]byte("what?"))
	last := 0
	for i, l := range c.Lines {
		if !l.Server {
			last = i
		}
	}
	if last == 0 {
		t.Fatal("the phone says one datagram only")
	}
	conn.Write(c.Lines[last].Data)
	room := make([]byte, 2000)
	for _, l := range c.Lines[last+1:] {
		if k, err := conn.Read(room); err != nil || string(room[:k]) != string(l.Data) {
			t.Errorf("%d bytes of %d: %v", k, len(l.Data), err)
		}
	}
	if served := n.Served(); served.Conversations != 1 || served.Strange != 1 {
		t.Errorf("served %+v", served)
	}
}

func sides(c *phone.Conversation) (client, server string) {
	for _, l := range c.Lines {
		if l.Server {
			server += string(l.Data)
		} else {
			client += string(l.Data)
		}
	}
	return client, server
}

func TestNobodyAnswersWhereNobodyDid(t *testing.T) {
	space, _ := serve(t, parse(t, anInternet), phone.ServeConfig{})
	for at, want := range map[string]string{"203.0.113.7:9002": "timeout", "203.0.113.7:9003": "refused"} {
		space.Do(t, func() {
			_, err := net.DialTimeout("tcp", at, 100*time.Millisecond)
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: %v, expected %s", at, err, want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	web := netip.MustParseAddr("203.0.113.200")
	space, n := serve(t, parse(t, anInternet), phone.ServeConfig{Hosts: map[string][]netip.Addr{"web.example": {web}}})
	cases := []struct {
		name  string
		kind  dns.Type
		rcode dns.RCode
		addrs string
	}{
		{"a.example", dns.TypeA, dns.NoError, "[203.0.113.7]"},
		{"A.Example", dns.TypeA, dns.NoError, "[203.0.113.8]"}, // the next answer of the scenario
		{"a.example", dns.TypeA, dns.NoError, "[203.0.113.8]"}, // the last one stays
		{"a.example", dns.TypeAAAA, dns.NoError, "[]"},
		{"gone.example", dns.TypeA, dns.NXDomain, "[]"},
		{"gone.example", dns.TypeAAAA, dns.NXDomain, "[]"},
		{"other.example", dns.TypeHTTPS, dns.NXDomain, "[]"},
		{"web.example", dns.TypeA, dns.NoError, "[203.0.113.200]"},
		{"web.example", dns.TypeAAAA, dns.NoError, "[]"},
	}
	conn := dial(t, space, "udp", "198.51.100.1:53")
	stream := dial(t, space, "tcp", "198.51.100.1:53")
	for i, c := range cases {
		query, err := dns.Append(nil, dns.Message{ID: uint16(1000 + i), Recursion: true, Questions: []dns.Question{{Name: c.name, Type: c.kind, Class: dns.ClassIN}}})
		if err != nil {
			t.Fatal(err)
		}
		var answer []byte
		if i%3 == 2 {
			answer = overStream(t, stream, query)
		} else {
			conn.Write(query)
			answer = make([]byte, 2000)
			k, err := conn.Read(answer)
			if err != nil {
				t.Fatal(err)
			}
			answer = answer[:k]
		}
		m, err := dns.Parse(answer)
		var got []netip.Addr
		for _, r := range m.Records {
			got = append(got, r.Addr)
		}
		if err != nil || m.ID != uint16(1000+i) || !m.Response || m.RCode != c.rcode || fmt.Sprint(got) != c.addrs {
			t.Errorf("%s %s: %+v %v", c.kind, c.name, m, err)
		}
	}
	query, _ := dns.Append(nil, dns.Message{Questions: []dns.Question{{Name: "silent.example", Type: dns.TypeA, Class: dns.ClassIN}}})
	conn.Write(query)
	conn.Write([]byte("no message"))
	conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if k, err := conn.Read(make([]byte, 2000)); err == nil {
		t.Errorf("%d bytes for whom nobody answers", k)
	}
	if served := n.Served(); served.Questions != len(cases)+2 || served.Unknown != 3 {
		t.Errorf("served %+v", served)
	}
}

func overStream(t testing.TB, conn net.Conn, query []byte) []byte {
	t.Helper()
	conn.Write(append([]byte{byte(len(query) >> 8), byte(len(query))}, query...))
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, int(size[0])<<8|int(size[1]))
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestServeRefuses(t *testing.T) {
	space := nettest.New(t, "served")
	s := parse(t, anInternet)
	for _, c := range []phone.ServeConfig{{}, {DNS: netip.MustParseAddr("224.0.0.1")}, {DNS: netip.MustParseAddr("198.51.100.1"), Speed: -1}} {
		if _, err := phone.Serve(t.Context(), s, c); tinycheck.KindOf(err) != tinycheck.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	space.Do(t, func() {
		l, err := net.Listen("tcp", ":9000")
		if err != nil {
			t.Error(err)
			return
		}
		defer l.Close()
		_, err = phone.Serve(t.Context(), s, phone.ServeConfig{DNS: netip.MustParseAddr("198.51.100.1")})
		if tinycheck.KindOf(err) != tinycheck.Unavailable || !strings.Contains(fmt.Sprint(err), "203.0.113.7:9000") {
			t.Errorf("a port that is taken: %v", err)
		}
	})
	if out := space.Run(t, "ip", "addr"); strings.Contains(out, "203.0.113.") {
		t.Errorf("left behind: %s", out)
	}
}
