package dnsmasq_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck/internal/child"
	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/nettest"
)

func TestMain(m *testing.M) {
	if os.Getenv(ordinary) != "" {
		beOrdinary()
		return
	}
	nettest.Main(m)
}

// world is a box with a cable to a phone and one to the Internet, where somebody
// answers questions at 198.51.100.53.
type world struct {
	box, phone, internet *nettest.Space
	names                *internet
	folder               string
}

// server is where the Internet answers.
const server = "198.51.100.53:53"

func newWorld(t *testing.T) *world {
	t.Helper()
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	nettest.Need(t, "busybox-static", "busybox")
	nettest.Need(t, "iproute2", "ip", "ss")
	nettest.Need(t, "procps", "sysctl")
	if uid, _, _ := child.RunAs(); uid == 0 {
		t.Skip("skipped: these namespaces have no user but root, as which dnsmasq does not run; test as root")
	}
	w := &world{box: nettest.New(t, "box"), phone: nettest.New(t, "phone"), internet: nettest.New(t, "internet")}
	for _, s := range []*nettest.Space{w.box, w.phone, w.internet} {
		// Nobody waits for a test whether somebody has an IPv6 address already.
		s.Run(t, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
	}
	nettest.Veth(t, w.phone, "wlan1", w.box, "ap0")
	nettest.Veth(t, w.internet, "up1", w.box, "up0")
	w.box.Run(t, "ip", "addr", "add", "10.77.3.1/24", "dev", "ap0")
	w.box.Run(t, "ip", "addr", "add", "198.51.100.1/24", "dev", "up0")
	w.internet.Run(t, "ip", "addr", "add", "198.51.100.53/24", "dev", "up1")
	w.names = serve(t, w.internet)
	w.folder = newFolder(t)
	return w
}

// newFolder is below /run, which is the test's own and open to everybody down to
// the folder itself.
func newFolder(t *testing.T) string {
	t.Helper()
	top, err := os.MkdirTemp("/run", "box-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	folder := filepath.Join(top, "dnsmasq")
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func (w *world) config() dnsmasq.Config {
	c := usual()
	c.Folder = w.folder
	c.Upstream = []netip.AddrPort{upstream(server)}
	return c
}

// start starts with the usual configuration, changed.
func (w *world) start(t *testing.T, changes ...func(c *dnsmasq.Config)) *dnsmasq.Server {
	t.Helper()
	c := w.config()
	for _, change := range changes {
		change(&c)
	}
	s, err := w.try(t, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

func (w *world) try(t *testing.T, c dnsmasq.Config) (s *dnsmasq.Server, err error) {
	t.Helper()
	w.box.Do(t, func() { s, err = dnsmasq.Start(context.Background(), c) })
	return s, err
}

// script is what a phone does with its lease: it takes it, and tells all it got.
const script = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr flush dev $interface scope global
ip addr add $ip/$mask dev $interface
[ -z "$router" ] || ip route replace default via $router
env
`

// lease lets a phone ask for an address, and for everything else that there is.
func (w *world) lease(t *testing.T, phone *nettest.Space, args ...string) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	all := []string{"udhcpc", "-i", "wlan1", "-n", "-q", "-f", "-t", "10", "-T", "1", "-s", path}
	for option := 1; option < 255; option++ {
		all = append(all, "-O", fmt.Sprint(option))
	}
	got := make(map[string]string)
	for line := range strings.Lines(phone.Run(t, "busybox", append(all, args...)...)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			got[key] = value
		}
	}
	if got["ip"] == "" {
		t.Fatal("no lease")
	}
	return got
}

// bridge joins more phones: the network of guests becomes a bridge.
func (w *world) bridge(t *testing.T, names ...string) (phones []*nettest.Space) {
	t.Helper()
	w.box.Run(t, "ip", "link", "set", "ap0", "down")
	w.box.Run(t, "ip", "link", "set", "ap0", "name", "port0")
	w.box.Run(t, "ip", "link", "add", "ap0", "type", "bridge", "forward_delay", "0")
	w.box.Run(t, "ip", "addr", "flush", "dev", "port0")
	w.box.Run(t, "ip", "addr", "add", "10.77.3.1/24", "dev", "ap0")
	for i, name := range names {
		phone := nettest.New(t, name)
		nettest.Veth(t, phone, "wlan1", w.box, fmt.Sprintf("port%d", i+1))
		phones = append(phones, phone)
	}
	for i := range len(names) + 1 {
		w.box.Run(t, "ip", "link", "set", fmt.Sprintf("port%d", i), "master", "ap0", "up")
	}
	w.box.Run(t, "ip", "link", "set", "ap0", "up")
	return phones
}

// asked is a question, and how to ask it.
type asked struct {
	name  string
	kind  dnsmessage.Type
	class dnsmessage.Class
	tcp   bool
	at    string
}

const (
	typeSVCB  = dnsmessage.Type(64)
	typeHTTPS = dnsmessage.Type(65)
	typeAny   = dnsmessage.TypeALL
	never     = 3 * time.Second // when an answer is given up
)

// ask asks from a phone, and fails the test without an answer.
func ask(t *testing.T, from *nettest.Space, q asked) dnsmessage.Message {
	t.Helper()
	m, err := tryAsk(t, from, q, never)
	if err != nil {
		t.Fatalf("%s %v: %v", q.name, q.kind, err)
	}
	return m
}

func tryAsk(t *testing.T, from *nettest.Space, q asked, wait time.Duration) (m dnsmessage.Message, err error) {
	t.Helper()
	if q.class == 0 {
		q.class = dnsmessage.ClassINET
	}
	if q.at == "" {
		q.at = "10.77.3.1:53"
	}
	question := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(q.name), Type: q.kind, Class: q.class}},
	}
	out, err := question.Pack()
	if err != nil {
		t.Fatal(err)
	}
	var in []byte
	from.Do(t, func() { in, err = exchange(q.at, out, q.tcp, wait) })
	if err != nil {
		return m, err
	}
	return m, m.Unpack(in)
}

func exchange(at string, out []byte, tcp bool, wait time.Duration) ([]byte, error) {
	network := "udp"
	if tcp {
		network = "tcp"
		out = append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)
	}
	conn, err := net.DialTimeout(network, at, wait)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(wait))
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	if tcp {
		return readFrame(conn)
	}
	in := make([]byte, 4096)
	n, err := conn.Read(in)
	return in[:n], err
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	in := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, in)
	return in, err
}

// kinds are the types of the records of a section.
func kinds(list []dnsmessage.Resource) (types []dnsmessage.Type) {
	for _, r := range list {
		types = append(types, r.Header.Type)
	}
	return types
}

// address is the first IPv4 address of an answer.
func address(m dnsmessage.Message) string {
	for _, r := range m.Answers {
		if a, ok := r.Body.(*dnsmessage.AResource); ok {
			return netip.AddrFrom4(a.A).String()
		}
	}
	return ""
}

// internet answers every question with long lives, and remembers what it was asked.
type internet struct {
	mu    sync.Mutex
	asked []string
}

// questions are those of a name or below it; "" for all that phones can have asked.
func (i *internet) questions(name string) (list []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, q := range i.asked {
		if strings.HasSuffix(strings.Fields(q)[0], ".test.") { // dnsmasq looks for loops
			continue
		}
		if name == "" || strings.Contains(q, name) {
			list = append(list, q)
		}
	}
	return list
}

func serve(t *testing.T, space *nettest.Space) *internet {
	t.Helper()
	i := &internet{}
	var packets net.PacketConn
	var listener net.Listener
	space.Do(t, func() {
		var err error
		if packets, err = net.ListenPacket("udp", server); err != nil {
			t.Fatal(err)
		}
		if listener, err = net.Listen("tcp", server); err != nil {
			t.Fatal(err)
		}
	})
	var wait sync.WaitGroup
	wait.Go(func() { i.overUDP(packets) })
	wait.Go(func() { i.overTCP(listener) })
	t.Cleanup(func() { packets.Close(); listener.Close(); wait.Wait() })
	return i
}

func (i *internet) overUDP(conn net.PacketConn) {
	in := make([]byte, 4096)
	for {
		n, from, err := conn.ReadFrom(in)
		if err != nil {
			return
		}
		conn.WriteTo(i.answer(in[:n]), from)
	}
}

func (i *internet) overTCP(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if in, err := readFrame(conn); err == nil {
			out := i.answer(in)
			conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...))
		}
		conn.Close()
	}
}

const long = 3600 // seconds

// ech is an HTTPS record with a key for hiding names: priority 1, no other name,
// parameter 5 (RFC 9460, 2.2; RFC 9848).
var ech = []byte("\x00\x01\x00\x00\x05\x00\x09\x00\x07an-ech!")

func (i *internet) answer(in []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(in) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	i.mu.Lock()
	i.asked = append(i.asked, q.Name.String()+" "+q.Type.String())
	i.mu.Unlock()
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	add := func(name dnsmessage.Name, body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: q.Class, TTL: long}, Body: body})
	}
	if strings.HasPrefix(q.Name.String(), "nothing.") {
		m.RCode = dnsmessage.RCodeNameError
		soa := &dnsmessage.SOAResource{NS: q.Name, MBox: q.Name, MinTTL: long}
		m.Authorities = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("example."), Class: q.Class, TTL: long}, Body: soa}}
	} else if strings.HasPrefix(q.Name.String(), "alias.") {
		add(q.Name, &dnsmessage.UnknownResource{Type: typeHTTPS, Data: []byte("\x00\x00\x03cdn\x00")})
		m.Additionals = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("cdn."), Class: q.Class, TTL: long},
			Body:   &dnsmessage.UnknownResource{Type: typeHTTPS, Data: ech},
		}}
	} else if canonical := "cdn." + q.Name.String(); strings.HasPrefix(q.Name.String(), "www.") {
		add(q.Name, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(canonical)})
		records(dnsmessage.MustNewName(canonical), q.Type, add)
	} else {
		records(q.Name, q.Type, add)
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

func records(name dnsmessage.Name, kind dnsmessage.Type, add func(dnsmessage.Name, dnsmessage.ResourceBody)) {
	for _, r := range []struct {
		kind dnsmessage.Type
		body dnsmessage.ResourceBody
	}{
		{dnsmessage.TypeA, &dnsmessage.AResource{A: [4]byte{203, 0, 113, 7}}},
		{dnsmessage.TypeAAAA, &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("2001:db8::7").As16()}},
		{dnsmessage.TypeTXT, &dnsmessage.TXTResource{TXT: []string{"words"}}},
		{dnsmessage.TypeMX, &dnsmessage.MXResource{Pref: 1, MX: name}},
		{dnsmessage.TypePTR, &dnsmessage.PTRResource{PTR: name}},
		{typeHTTPS, &dnsmessage.UnknownResource{Type: typeHTTPS, Data: ech}},
		{typeSVCB, &dnsmessage.UnknownResource{Type: typeSVCB, Data: ech}},
	} {
		if r.kind == kind || kind == typeAny {
			add(name, r.body)
		}
	}
}

func contains[T comparable](list []T, x T) bool { return slices.Contains(list, x) }
