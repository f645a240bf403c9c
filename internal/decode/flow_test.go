package decode_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/decode"
)

func TestFlowCountsBothWays(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443)).open()
	c.say(make([]byte, 100))
	c.answer(make([]byte, 1000))
	c.close()
	w.end(t)
	f := w.ended[0]
	if len(w.ended) != 1 || f.String() != "tcp 192.168.4.2:40000 > 198.51.100.7:443" {
		t.Fatalf("flows: %v", w.ended)
	}
	if want := (tinycheck.Volume{Packets: 5, Bytes: 5*40 + 100, Payload: 100}); f.Sent != want {
		t.Errorf("sent %+v, want %+v", f.Sent, want)
	}
	if want := (tinycheck.Volume{Packets: 3, Bytes: 3*40 + 1000, Payload: 1000}); f.Received != want {
		t.Errorf("received %+v, want %+v", f.Received, want)
	}
	if f.ClientMAC != phoneMAC || f.ServerMAC != routerMAC || f.Inward || f.FirstPacket != 1 {
		t.Errorf("flow %+v", f)
	}
	if f.First != begin.Add(time.Millisecond) || f.Last != begin.Add(8*time.Millisecond) {
		t.Errorf("from %v to %v", f.First, f.Last)
	}
}

// Who opened a flow, and who is the device.
func TestFlowDirection(t *testing.T) {
	far := netip.MustParseAddr("203.0.113.9")
	tests := []struct {
		name   string
		first  func(*wire)
		want   string
		inward bool
	}{
		{"the SYN tells", func(w *wire) { w.tcp(at(far, 80), at(server, 50000)).raw(true, syn, 1, 0, nil) }, "tcp 203.0.113.9:80 > 198.51.100.7:50000", false},
		{"the SYN+ACK tells", func(w *wire) { w.tcp(at(phone, 80), at(server, 50000)).raw(false, syn|ack, 1, 2, nil) }, "tcp 192.168.4.2:80 > 198.51.100.7:50000", false},
		{"the port of a service tells", func(w *wire) { w.udp(at(server, 443), at(far, 1025), []byte("x")) }, "udp 203.0.113.9:1025 > 198.51.100.7:443", false},
		{"the private side tells", func(w *wire) { w.udp(at(server, 40000), at(phone, 5000), []byte("x")) }, "udp 192.168.4.2:5000 > 198.51.100.7:40000", false},
		{"a client's port tells", func(w *wire) { w.udp(at(server, 5228), at(far, 40000), []byte("x")) }, "udp 203.0.113.9:40000 > 198.51.100.7:5228", false},
		{"a group never opens", func(w *wire) { w.udp(at(phone, 80), at(netip.MustParseAddr("224.0.0.251"), 5353), []byte("x")) }, "udp 192.168.4.2:80 > 224.0.0.251:5353", false},
		{"towards the device", func(w *wire) { w.tcp(at(server, 50000), at(phone, 8080)).raw(true, syn, 1, 0, nil) }, "tcp 198.51.100.7:50000 > 192.168.4.2:8080", true},
		{"a site-local resolver is not outside", func(w *wire) { w.udp(at(phone6, 40000), at(netip.MustParseAddr("fd00::1"), 53), []byte("x")) }, "udp [2001:db8:4::2]:40000 > [fd00::1]:53", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire()
			tt.first(w)
			w.end(t)
			if f := w.ended[0]; f.String() != tt.want || f.Inward != tt.inward {
				t.Errorf("got %v, inward %v; want %v, %v", &f, f.Inward, tt.want, tt.inward)
			}
		})
	}
}

func TestFlowEnds(t *testing.T) {
	tests := []struct {
		name string
		play func(*wire, *conversation)
		want int // flows
	}{
		{"the ports are used again after the close", func(w *wire, c *conversation) {
			c.close()
			again(c)
		}, 2},
		{"the ports are used again without a close", func(w *wire, c *conversation) { again(c) }, 2},
		{"by the other end", func(w *wire, c *conversation) {
			c.close()
			w.tcp(c.server, c.client).open()
		}, 2},
		{"a SYN that comes again", func(w *wire, c *conversation) { c.raw(true, syn, 1000, 0, nil) }, 1},
		{"stragglers after the close", func(w *wire, c *conversation) {
			c.close()
			w.wait(20 * time.Second)
			c.raw(false, fin|ack, c.down-1, c.up, nil)
		}, 1},
		{"idle for an hour", func(w *wire, c *conversation) {
			w.wait(59 * time.Minute)
			c.say([]byte("x"))
			w.wait(59 * time.Minute)
			c.say([]byte("x"))
			w.wait(61 * time.Minute)
			c.say([]byte("x"))
		}, 2},
		{"time runs backwards", func(w *wire, c *conversation) {
			w.wait(-3 * time.Hour)
			c.say([]byte("x"))
			w.wait(2 * time.Hour)
			c.say([]byte("x"))
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire()
			tt.play(w, w.tcp(at(phone, 40000), at(server, 443)).open())
			w.end(t)
			if len(w.ended) != tt.want {
				t.Errorf("%d flows, want %d", len(w.ended), tt.want)
			}
		})
	}
}

// again opens the connection between the same ports once more.
func again(c *conversation) {
	c.up, c.down = 700000, 900000
	c.open()
}

// A closed flow ends soon, before the recording does; a reset that nobody heeds
// closes nothing.
func TestFlowEndsSoonAfterItsClose(t *testing.T) {
	w := newWire()
	w.tcp(at(phone, 40000), at(server, 443)).open().close()
	reset := w.tcp(at(phone, 40001), at(server, 443)).open()
	reset.raw(false, rst, reset.down, 0, []byte("HTTP/1.1 200 text of a reset\r\n\r\n"))
	reset.say([]byte("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"))
	w.wait(2 * time.Minute)
	reset.say([]byte("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n"))
	if len(w.ended) != 1 || w.ended[0].Client.Port() != 40000 {
		t.Errorf("ended: %v", w.ended)
	}
	w.end(t)
	if got := hosts(w); !slices.Equal(got, []string{"a.example", "b.example"}) {
		t.Errorf("hosts %v", got)
	}
	if list := facts[tinycheck.HTTPResponse](w); len(list) > 0 {
		t.Errorf("a reset answered: %+v", list)
	}
}

// What only the end of a flow completes is dated by the flow's own last packet,
// however late the end is told.
func TestFlowEndIsDatedByTheLastPacket(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443)).open()
	cut := hello("a.example", alpn("h2"))
	c.say(cut[:len(cut)-1])
	when := w.now
	w.wait(2 * time.Hour)
	w.udp(at(phone, 40000), at(server, 9999), []byte("x"))
	if len(w.events) != 2 {
		t.Fatalf("events %+v", w.events)
	}
	for _, e := range w.events {
		if e.Packet != 4 || !e.Time.Equal(when) {
			t.Errorf("%T is of packet %d at %v, want 4 at %v", e.Fact, e.Packet, e.Time, when)
		}
	}
	w.end(t)
}

func hosts(w *wire) (list []string) {
	for _, r := range facts[tinycheck.HTTPRequest](w) {
		list = append(list, r.Host)
	}
	return list
}

// A full table ends the flow that was idle for longest, closed ones first.
func TestFullTable(t *testing.T) {
	w := newWireOf(decode.Config{MaxFlows: 4})
	for i := range uint16(4) {
		w.udp(at(phone, 40000+i), at(server, 9999), []byte("x"))
	}
	w.udp(at(phone, 40000), at(server, 9999), []byte("x"))
	w.tcp(at(phone, 50000), at(server, 443)).open().close() // in the place of 40001
	w.udp(at(phone, 40004), at(server, 9999), []byte("x"))  // of the closed one
	w.wait(2 * time.Minute)
	w.udp(at(phone, 40005), at(server, 9999), []byte("x")) // of 40002, no loss
	var ports []uint16
	for _, f := range w.ended {
		ports = append(ports, f.Client.Port())
	}
	if want := []uint16{40001, 50000, 40002}; !slices.Equal(ports, want) {
		t.Errorf("ended %v, want %v", ports, want)
	}
	if flows, _ := w.d.Open(); flows != 4 || w.d.Stats().FlowsLost != 1 {
		t.Errorf("%d flows, %d lost", flows, w.d.Stats().FlowsLost)
	}
	w.end(t)
}

// What the recorder cut off counts as sent, and the stream goes on behind it.
func TestSnapLength(t *testing.T) {
	w := newWire()
	w.snap = 14 + 40 + 300
	c := w.tcp(at(phone, 40000), at(server, 80)).open()
	c.say([]byte("POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000\r\n\r\n" + fmt.Sprintf("%01000d", 7)))
	c.say([]byte("GET /b HTTP/1.1\r\nHost: b.example\r\n\r\n"))
	w.end(t)
	f := w.ended[0]
	if f.Sent.Payload != 1059+36 || f.Gaps != 1 || f.Uploaded != 1000 {
		t.Errorf("payload %d, gaps %d, uploaded %d", f.Sent.Payload, f.Gaps, f.Uploaded)
	}
	if got := hosts(w); !slices.Equal(got, []string{"a.example", "b.example"}) {
		t.Errorf("hosts %v", got)
	}
}

// Segments of another IP protocol, and what tunnels cannot be opened.
func TestOtherProtocols(t *testing.T) {
	w := newWire()
	w.ip(1, phone, server, make([]byte, 16))
	w.ip(50, phone, server, make([]byte, 100))
	w.ip(47, phone, server, []byte{0x30, 0x01, 0x88, 0x0b, 0, 6, 0, 1, 0, 0, 0, 1, 0x00, 0xfd, 1, 2, 3, 4}) // PPTP, encrypted
	w.ip(4, phone, server, packet(17, phone, server, datagram(40000, 53, query(t, "in.example"))))          // IP in IP
	w.end(t)
	var got []string
	for _, f := range w.ended {
		got = append(got, string(f.Transport)+" "+string(f.Tunnel)+" "+string(f.Protocol))
	}
	slices.Sort(got)
	if want := []string{"esp ipsec tunnel", "icmp  ", "ip pptp tunnel", "udp  dns"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if q := one[tinycheck.DNSQuery](t, w); q.Name != "in.example" {
		t.Errorf("query %+v", q)
	}
}

// A broken packet is counted, and costs no other anything.
func TestBrokenPackets(t *testing.T) {
	w := newWire()
	w.frame([]byte{1, 2, 3})
	w.frame(ethernet(phoneMAC, routerMAC, []byte{0x45, 0, 0}))
	w.frame(ethernet(phoneMAC, routerMAC, packet(6, phone, server, []byte{1, 2}))) // not even the ports
	w.ip(17, phone, server, []byte{1, 2})
	w.frame(append(slices.Concat(routerMAC[:], phoneMAC[:]), 0x08, 0x06, 0, 1)) // ARP
	w.udp(at(phone, 40000), at(router, 53), query(t, "a.example"))
	w.link = 250
	w.frame([]byte{1})
	w.end(t)
	s := w.d.Stats()
	if s.Malformed != 4 || s.NoIP != 1 || s.UnknownLink != 1 || s.Flows != 1 {
		t.Errorf("stats %+v", s)
	}
	one[tinycheck.DNSQuery](t, w)
}
