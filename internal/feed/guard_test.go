package feed_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/feedtest"
)

func TestWhatIsTheInternet(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true,
		"100.128.0.0": true, "192.167.255.255": true, "223.255.255.255": true, "2a00:1450::1": true, "2606:4700::1111": true,
		"::ffff:8.8.8.8": true, "64:ff9b::808:808": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false,
		"127.255.255.254": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"192.0.0.1": false, "192.0.2.1": false, "192.88.99.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.251": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:0:7f00:1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::c0a8:101": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::808:808": false,
		"2002:7f00:1::": false, "2002:808:808::1": false, "2001::1": false, "2001:db8::1": false, "3fff::1": false,
		"fc00::1": false, "fd12:3456::1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "ff02::fb": false, "4000::1": false,
	} {
		if got := feed.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
	if feed.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	l := &feedtest.Liar{}
	own := feedtest.Start(t, l)
	port := own[strings.LastIndexByte(own, ':'):]
	for _, host := range []string{
		"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "localhost", "LOCALHOST.", "a.localhost",
		"169.254.169.254", "10.0.0.1", "192.168.0.1", "[fe80::1%25eth0]", "[64:ff9b::7f00:1]", "224.0.0.1",
	} {
		b := set(t)
		source := httpFeed("http://" + host + port + "/list.txt")
		source.Private = false
		b.refused(source, tinycheck.Invalid, "private or reserved network")
		if len(b.pauses) != 0 {
			t.Errorf("%s: tried again", host)
		}
	}
	for _, host := range []string{"127.1", "0x7f.0.0.1", "2130706433", "0x7f000001", "017700000001", "1.2.3.4.5", "0x"} {
		set(t).refused(httpFeed("http://"+host+port+"/list.txt"), tinycheck.Invalid, "unusual spelling")
	}
	if n := len(l.Asked()); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

// names is a DNS server: a name has the first address once, then the second.
type names struct {
	mu        sync.Mutex
	addresses map[string][]netip.Addr
}

func (n *names) resolver(t *testing.T) *net.Resolver {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			size, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(n.answer(b[:size]), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

func (n *names) answer(asked []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	var m dnsmessage.Message
	if m.Unpack(asked) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Header.Response, m.Additionals = true, nil
	list, known := n.addresses[strings.TrimSuffix(q.Name.String(), ".")]
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	if q.Type == dnsmessage.TypeA && known {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: list[0].As4()}}}
		if len(list) > 1 {
			n.addresses[strings.TrimSuffix(q.Name.String(), ".")] = list[1:]
		}
	}
	out, _ := m.Pack()
	return out
}

func TestNamesOfPrivateAddressesAreRefused(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	n := &names{addresses: map[string][]netip.Addr{
		"inside.example": {loopback},
		"moving.example": {loopback, netip.MustParseAddr("192.168.1.1")},
	}}
	a, l := feedtest.NewAuthority(t), &feedtest.Liar{}
	url := feedtest.StartTLS(t, l, a.Good("inside.example"))
	change := func(c *feed.Config) { c.Resolver, c.Roots = n.resolver(t), a.Roots() }
	inside := strings.Replace(url, "127.0.0.1", "inside.example", 1) + "/list.txt"
	source := httpFeed(inside)
	set(t, change).must(source) // that the name works, if it may
	heard := len(l.Asked())
	source.Private = false
	set(t, change).refused(source, tinycheck.Invalid, "private or reserved network")
	source.URL = strings.Replace(inside, "inside", "moving", 1)
	set(t, change).refused(source, tinycheck.Invalid, "private or reserved network")
	if len(l.Asked()) != heard {
		t.Error("the server was asked")
	}
	b := set(t, change)
	b.refused(httpFeed("https://nowhere.example/"), tinycheck.Unavailable, "no server has this name")
	if len(b.pauses) != 0 {
		t.Error("a name that is not there was asked again")
	}
}

// proxy is an HTTP proxy that takes every name to the server, and keeps what it
// was asked.
func proxy(t *testing.T, to string, asked *[]string) string {
	there, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(there) }}
	return feedtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		*asked = append(*asked, r.Method+" "+r.Host)
		mu.Unlock()
		if r.Method != http.MethodConnect {
			forward.ServeHTTP(w, r)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		server, err := net.Dial("tcp", there.Host)
		if err != nil {
			return
		}
		defer server.Close()
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(server, c); server.Close() }()
		io.Copy(c, server)
	}))
}

// The proxy stands on a private address, which is nobody's fault; the feed must
// not.
func TestThroughAProxy(t *testing.T) {
	a, l := feedtest.NewAuthority(t), &feedtest.Liar{}
	for _, tt := range []struct{ server, feed, asked string }{
		{feedtest.Start(t, l), "http://feed.example/list.txt", "GET feed.example"},
		{feedtest.StartTLS(t, l, a.Good("feed.example")), "https://feed.example/list.txt", "CONNECT feed.example:443"},
	} {
		var asked []string
		through := func(c *feed.Config) { c.Proxy, c.Roots = proxy(t, tt.server, &asked), a.Roots() }
		source := httpFeed(tt.feed)
		source.Private = false
		if _, parts := set(t, through).must(source); len(parts) != 1 || fmt.Sprint(asked) != "["+tt.asked+"]" {
			t.Errorf("%q by %v, want %s", parts, asked, tt.asked)
		}
		for _, host := range []string{"127.0.0.1", "192.168.1.1", "localhost", "[::ffff:10.0.0.1]"} {
			source.URL = strings.Replace(tt.feed, "feed.example", host, 1)
			set(t, through).refused(source, tinycheck.Invalid, "private or reserved network")
		}
		source.URL = strings.Replace(tt.feed, "list.txt", "to/302?"+strings.SplitAfter(tt.feed, "//")[0]+"169.254.169.254/", 1)
		set(t, through).refused(source, tinycheck.Invalid, "private or reserved network")
		if len(asked) > 3 {
			t.Errorf("the proxy was asked %v", asked)
		}
	}
}

func TestNoProxyIsDialledStraight(t *testing.T) {
	t.Setenv("NO_PROXY", "inside.example")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	n := &names{addresses: map[string][]netip.Addr{"inside.example": {netip.MustParseAddr("127.0.0.1")}}}
	url := strings.Replace(feedtest.Start(t, &feedtest.Liar{}), "127.0.0.1", "inside.example", 1)
	change := func(c *feed.Config) { c.Resolver = n.resolver(t) }
	set(t, change).must(httpFeed(url + "/list.txt"))
	source := httpFeed(url + "/list.txt")
	source.Private = false
	set(t, change).refused(source, tinycheck.Invalid, "private or reserved network")
	set(t, change).refused(httpFeed("http://other.example/"), tinycheck.Unavailable, "refused")
}

// socks is a SOCKS 5 proxy (RFC 1928) that takes every name to one server.
func socks(t *testing.T, to string, asked chan<- string) string {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := listen.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 300)
		io.ReadFull(c, b[:2])        // version, number of methods
		io.ReadFull(c, b[:b[1]])     // methods
		c.Write([]byte{5, 0})        // no authentication
		io.ReadFull(c, b[:5])        // version, connect, 0, by name, length
		name := b[5 : 5+int(b[4])+2] // and the port
		io.ReadFull(c, name)         //
		asked <- string(name[:len(name)-2])
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		go func() { io.Copy(server, c); server.Close() }()
		io.Copy(c, server)
	}()
	t.Cleanup(func() { listen.Close(); <-done })
	return "socks5://" + listen.Addr().String()
}

func TestThroughSOCKS(t *testing.T) {
	asked := make(chan string, 1)
	server := strings.TrimPrefix(feedtest.Start(t, &feedtest.Liar{}), "http://")
	b := set(t, func(c *feed.Config) { c.Proxy = socks(t, server, asked) })
	source := httpFeed("http://feed.example/list.txt")
	source.Private = false
	b.must(source)
	if name := <-asked; name != "feed.example" {
		t.Errorf("the proxy was asked for %q", name)
	}
}

func TestRedirectsDoNotReachInside(t *testing.T) {
	// The feed's server is on the loopback interface, too: a proxy brings us to it.
	l := &feedtest.Liar{}
	var asked []string
	through := func(c *feed.Config) { c.Proxy = proxy(t, feedtest.Start(t, l), &asked) }
	for _, to := range []string{"http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://localhost:8080/", "http://0x7f.1/", "//10.0.0.1/", "file:///etc/passwd"} {
		source := httpFeed("http://feed.example/to/307?" + to)
		source.Private = false
		set(t, through).refused(source, tinycheck.Invalid, "the server redirects to")
	}
	if len(asked) != 7 {
		t.Errorf("the proxy was asked %v", asked)
	}
}
