package analysis_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/match"
)

var dawn = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// station is one end of the wire: its link address and its addresses.
type station struct {
	mac    tinycheck.MAC
	v4, v6 netip.Addr
}

var (
	router  = station{tinycheck.MAC{0xc0, 0, 0, 0, 0, 1}, netip.MustParseAddr("192.168.2.1"), netip.MustParseAddr("fe80::1")}
	phone   = station{tinycheck.MAC{0xaa, 0xbb, 0xcc, 0, 0, 0x0a}, netip.MustParseAddr("192.168.2.10"), netip.MustParseAddr("2001:db8:1::a")}
	laptop  = station{tinycheck.MAC{0xac, 0, 0, 0, 0, 0x0b}, netip.MustParseAddr("192.168.2.11"), netip.MustParseAddr("2001:db8:1::b")}
	outside = station{router.mac, netip.MustParseAddr("203.0.113.5"), netip.MustParseAddr("2001:db8:ffff::5")}
)

func (s station) four(port uint16) netip.AddrPort { return netip.AddrPortFrom(s.v4, port) }
func (s station) six(port uint16) netip.AddrPort  { return netip.AddrPortFrom(s.v6, port) }

// at is the station under another IPv4 address.
func (s station) at(addr string) station {
	s.v4 = netip.MustParseAddr(addr)
	return s
}

// tap records packets between stations.
type tap struct {
	packets []tinycheck.Packet
	now     time.Time
	link    tinycheck.LinkType
	port    uint16
}

func newTap() *tap { return &tap{now: dawn, link: tinycheck.LinkEthernet, port: 40000} }

// last is the time of the last packet.
func (w *tap) last() time.Time { return w.packets[len(w.packets)-1].Time }

const protoTCP, protoUDP = 6, 17

// ip records one packet, over the IP version of the addresses.
func (w *tap) ip(a, b station, src, dst netip.Addr, proto byte, payload []byte) {
	var p []byte
	kind := []byte{0x08, 0x00}
	if src.Is4() {
		p = []byte{0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, proto, 0, 0}
		binary.BigEndian.PutUint16(p[2:], uint16(20+len(payload)))
	} else {
		kind = []byte{0x86, 0xdd}
		p = []byte{0x60, 0, 0, 0, 0, 0, proto, 64}
		binary.BigEndian.PutUint16(p[4:], uint16(len(payload)))
	}
	p = append(append(append(p, src.AsSlice()...), dst.AsSlice()...), payload...)
	if w.link == tinycheck.LinkEthernet {
		p = append(append(append(append([]byte{}, b.mac[:]...), a.mac[:]...), kind...), p...)
	}
	w.packets = append(w.packets, tinycheck.Packet{Number: int64(len(w.packets) + 1), Time: w.now, Length: len(p), Link: w.link, Data: p})
	w.now = w.now.Add(time.Millisecond)
}

func (w *tap) udp(a, b station, src, dst netip.AddrPort, payload []byte) {
	h := make([]byte, 8, 8+len(payload))
	binary.BigEndian.PutUint16(h, src.Port())
	binary.BigEndian.PutUint16(h[2:], dst.Port())
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(payload)))
	w.ip(a, b, src.Addr(), dst.Addr(), protoUDP, append(h, payload...))
}

const fin, syn, ack = 1, 2, 16

func (w *tap) tcp(a, b station, src, dst netip.AddrPort, flags byte, seq, acked uint32, payload []byte) {
	h := make([]byte, 20, 20+len(payload))
	binary.BigEndian.PutUint16(h, src.Port())
	binary.BigEndian.PutUint16(h[2:], dst.Port())
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[8:], acked)
	h[12], h[13] = 5<<4, flags
	w.ip(a, b, src.Addr(), dst.Addr(), protoTCP, append(h, payload...))
}

// bulk sends size bytes of IP packets that nothing can be read from, in
// datagrams of at most 1000.
func (w *tap) bulk(a, b station, src, dst netip.AddrPort, size int) {
	header := 28
	if src.Addr().Is6() {
		header = 48
	}
	for size > 0 {
		n := min(size, 1000)
		if rest := size - n; rest > 0 && rest < header {
			n -= header
		}
		w.udp(a, b, src, dst, make([]byte, n-header))
		size -= n
	}
}

func (w *tap) next() uint16 {
	w.port++
	return w.port
}

// ask asks the router for a name, which is at the addresses.
func (w *tap) ask(a station, name string, addresses ...netip.Addr) {
	src, dst := a.four(w.next()), router.four(53)
	w.udp(a, router, src, dst, question(name))
	if len(addresses) > 0 {
		w.udp(router, a, dst, src, answer(name, addresses))
	}
}

func question(name string) []byte {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: 7, RecursionDesired: true})
	must(b.StartQuestions())
	must(b.Question(dnsmessage.Question{Name: dnsmessage.MustNewName(name + "."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}))
	return built(b.Finish())
}

func answer(name string, addresses []netip.Addr) []byte {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: 7, Response: true})
	n := dnsmessage.MustNewName(name + ".")
	must(b.StartQuestions())
	must(b.Question(dnsmessage.Question{Name: n, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}))
	must(b.StartAnswers())
	for _, a := range addresses {
		h := dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET, TTL: 60}
		if a.Is4() {
			must(b.AResource(h, dnsmessage.AResource{A: a.As4()}))
		} else {
			must(b.AAAAResource(h, dnsmessage.AAAAResource{AAAA: a.As16()}))
		}
	}
	return built(b.Finish())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func built(b []byte, err error) []byte {
	must(err)
	return b
}

// tls opens a TLS flow to a server, exchanges a little, and closes it.
func (w *tap) tls(a, b station, src, dst netip.AddrPort, sni string) {
	hello := clientHello(sni)
	w.tcp(a, b, src, dst, syn, 100, 0, nil)
	w.tcp(b, a, dst, src, syn|ack, 900, 101, nil)
	w.tcp(a, b, src, dst, ack, 101, 901, hello)
	end := uint32(101 + len(hello))
	w.tcp(b, a, dst, src, ack, 901, end, []byte{23, 3, 3, 0, 3, 1, 2, 3})
	w.tcp(a, b, src, dst, fin|ack, end, 909, nil)
	w.tcp(b, a, dst, src, fin|ack, 909, end+1, nil)
}

// web is a TLS flow of a station to the outside.
func (w *tap) web(a station, sni string) { w.tls(a, outside, a.four(w.next()), outside.four(443), sni) }

// answerECH is an address and an HTTPS record (RFC 9460 section 2.2), with a
// parameter ech or without.
func answerECH(name string, ech bool) []byte {
	b := answer(name, []netip.Addr{outside.v4})
	b[7] = 2
	data := []byte{0, 1, 0, 0, 1, 0, 3, 2, 'h', '2'} // alpn
	if ech {
		config := []byte{0xfe, 0x0d, 0, 24, 7, 0, 0x20, 0, 4, 1, 2, 3, 4, 0, 4, 0, 1, 0, 1, 0, 3, 'f', '.', 'x', 0, 0, 0, 0}
		data = append(data, 0, 5, 0, byte(2+len(config)), 0, byte(len(config)))
		data = append(data, config...)
	}
	b = append(b, 0xc0, 12, 0, 65, 0, 1, 0, 0, 0, 60, 0, byte(len(data)))
	return append(b, data...)
}

// helloECH has the outer form of the extension (RFC 9849 section 5).
func helloECH(sni string) []byte {
	return hello(sni, []byte{0xfe, 0x0d, 0, 18, 0, 0, 1, 0, 1, 7, 0, 4, 1, 2, 3, 4, 0, 4, 1, 2, 3, 4})
}

// clientHello is a TLS record with as little as RFC 8446 section 4.1.2 allows.
func clientHello(sni string) []byte { return hello(sni, nil) }

func hello(sni string, more []byte) []byte {
	name := append([]byte{0, byte(len(sni) >> 8), byte(len(sni))}, sni...)
	list := append([]byte{byte(len(name) >> 8), byte(len(name))}, name...)
	extensions := append([]byte{0, 0, byte(len(list) >> 8), byte(len(list))}, list...)
	if sni == "" {
		extensions = nil
	}
	extensions = append(extensions, more...)
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0x13, 0x01, 1, 0, byte(len(extensions)>>8), byte(len(extensions)))
	body = append(body, extensions...)
	message := append([]byte{1, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	return append([]byte{22, 3, 1, byte(len(message) >> 8), byte(len(message))}, message...)
}

// capture is what a reader would say of the recording.
func (w *tap) capture() tinycheck.Capture {
	c := tinycheck.Capture{Name: "test", Packets: int64(len(w.packets)), Start: dawn, End: dawn}
	if n := len(w.packets); n > 0 {
		c.End = w.packets[n-1].Time
	}
	return c
}

// report analyzes what was recorded.
func (w *tap) report(t testing.TB, cfg analysis.Config) tinycheck.Report {
	t.Helper()
	r, err := w.analyze(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *tap) analyze(cfg analysis.Config) (tinycheck.Report, error) {
	if cfg.Index == nil {
		cfg.Index = lists()
	}
	line := analysis.New(cfg)
	for i := range w.packets {
		line.See(&w.packets[i])
	}
	return line.Report(w.capture())
}

// lists is an index of one c2 name, one c2 address of each version and one of
// watchware, with what is compiled in of techniques.
func lists(more ...tinycheck.Indicator) *match.Index {
	like := func(class tinycheck.Class, kind tinycheck.ObservableType, value string) tinycheck.Indicator {
		return tinycheck.Indicator{Observable: tinycheck.Observable{Type: kind, Value: value}, Class: class, Family: "S", Feed: "test"}
	}
	return match.NewIndex(append(more, like(tinycheck.ClassC2, tinycheck.DomainName, "spy.example"), like(tinycheck.ClassC2, tinycheck.IPv4Addr, "198.51.100.66"),
		like(tinycheck.ClassC2, tinycheck.IPv6Addr, "2001:db8:ffff::66"), like(tinycheck.ClassWatchware, tinycheck.DomainName, "kid.example")), nil)
}

// dated is a feed as old as the capture.
func dated() []tinycheck.FeedUse {
	return []tinycheck.FeedUse{{Name: "test", Indicators: 4, Date: dawn}}
}

// join is a DHCP request of a device that has no address yet (RFC 2131).
func (w *tap) join(a station, name, vendor string, parameters []byte) {
	p := make([]byte, 240)
	p[0], p[1], p[2] = 1, 1, 6
	copy(p[28:], a.mac[:])
	copy(p[236:], []byte{99, 130, 83, 99})
	p = append(p, 53, 1, 3, 12, byte(len(name)))
	p = append(p, name...)
	if vendor != "" {
		p = append(append(p, 60, byte(len(vendor))), vendor...)
	}
	p = append(append(p, 55, byte(len(parameters))), parameters...)
	everybody := station{mac: tinycheck.MAC{255, 255, 255, 255, 255, 255}}
	w.udp(a, everybody, netip.MustParseAddrPort("0.0.0.0:68"), netip.MustParseAddrPort("255.255.255.255:67"), append(p, 255))
}
