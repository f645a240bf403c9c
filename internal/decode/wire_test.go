package decode_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/decode"
)

// The cast of most tests: a phone with IPv4 and IPv6, its router, a server.
var (
	phoneMAC  = tinycheck.MAC{0x02, 1, 1, 1, 1, 1}
	otherMAC  = tinycheck.MAC{0x02, 2, 2, 2, 2, 2}
	routerMAC = tinycheck.MAC{0x02, 9, 9, 9, 9, 9}

	phone   = netip.MustParseAddr("192.168.4.2")
	other   = netip.MustParseAddr("192.168.4.3")
	router  = netip.MustParseAddr("192.168.4.1")
	server  = netip.MustParseAddr("198.51.100.7")
	phone6  = netip.MustParseAddr("2001:db8:4::2")
	server6 = netip.MustParseAddr("2001:db8:ff::7")
)

func at(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }

// TCP flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// wire is a made-up recording that is decoded while it is made.
type wire struct {
	d      *decode.Decoder
	events []tinycheck.Event
	ended  []tinycheck.Flow // as they were at their FlowEnd
	now    time.Time
	number int64
	snap   int // length that packets are cut to, 0: none
	macs   map[netip.Addr]tinycheck.MAC
	link   tinycheck.LinkType
	keep   *[]tinycheck.Packet // every packet, where somebody wants them
}

var begin = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func newWire() *wire { return newWireOf(decode.Config{}) }

func newWireOf(cfg decode.Config) *wire {
	w := &wire{now: begin, link: tinycheck.LinkEthernet, macs: map[netip.Addr]tinycheck.MAC{
		phone: phoneMAC, phone6: phoneMAC, other: otherMAC, router: routerMAC,
	}}
	w.d = decode.New(cfg, w.see)
	return w
}

func (w *wire) see(e tinycheck.Event) {
	w.events = append(w.events, e)
	if _, ok := e.Fact.(tinycheck.FlowEnd); ok {
		w.ended = append(w.ended, *e.Flow)
	}
}

// wait lets time pass.
func (w *wire) wait(d time.Duration) { w.now = w.now.Add(d) }

// frame records one frame, a millisecond after the one before.
func (w *wire) frame(data []byte) {
	w.number++
	w.wait(time.Millisecond)
	p := tinycheck.Packet{Number: w.number, Time: w.now, Length: len(data), Link: w.link, Data: data}
	if w.snap > 0 && len(data) > w.snap {
		p.Data = data[:w.snap]
	}
	if w.keep != nil {
		*w.keep = append(*w.keep, p)
	}
	w.d.Decode(&p)
}

func (w *wire) mac(a netip.Addr) tinycheck.MAC {
	if m, ok := w.macs[a]; ok {
		return m
	}
	if a.IsMulticast() {
		return tinycheck.MAC{1, 0, 0x5e, 0, 0, 1}
	}
	return routerMAC
}

// ip sends the payload of an IP packet.
func (w *wire) ip(proto uint8, src, dst netip.Addr, payload []byte) {
	w.frame(ethernet(w.mac(src), w.mac(dst), packet(proto, src, dst, payload)))
}

func (w *wire) udp(src, dst netip.AddrPort, payload []byte) {
	w.ip(17, src.Addr(), dst.Addr(), datagram(src.Port(), dst.Port(), payload))
}

func ethernet(src, dst tinycheck.MAC, p []byte) []byte {
	kind := uint16(0x0800)
	if len(p) > 0 && p[0]>>4 == 6 {
		kind = 0x86dd
	}
	return append(binary.BigEndian.AppendUint16(append(slices.Clone(dst[:]), src[:]...), kind), p...)
}

// packet is an IP packet without a checksum.
func packet(proto uint8, src, dst netip.Addr, payload []byte) []byte {
	if src.Is4() {
		p := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, proto, 0, 0}
		binary.BigEndian.PutUint16(p[2:], uint16(20+len(payload)))
		return slices.Concat(p, src.AsSlice(), dst.AsSlice(), payload)
	}
	p := []byte{0x60, 0, 0, 0, 0, 0, proto, 64}
	binary.BigEndian.PutUint16(p[4:], uint16(len(payload)))
	return slices.Concat(p, src.AsSlice(), dst.AsSlice(), payload)
}

func datagram(src, dst uint16, payload []byte) []byte {
	p := make([]byte, 8, 8+len(payload))
	binary.BigEndian.PutUint16(p, src)
	binary.BigEndian.PutUint16(p[2:], dst)
	binary.BigEndian.PutUint16(p[4:], uint16(8+len(payload)))
	return append(p, payload...)
}

func segment(src, dst uint16, flags uint8, seq, acked uint32, payload []byte) []byte {
	p := make([]byte, 20, 20+len(payload))
	binary.BigEndian.PutUint16(p, src)
	binary.BigEndian.PutUint16(p[2:], dst)
	binary.BigEndian.PutUint32(p[4:], seq)
	binary.BigEndian.PutUint32(p[8:], acked)
	p[12], p[13] = 5<<4, flags
	return append(p, payload...)
}

// conversation is a TCP connection on a wire.
type conversation struct {
	w              *wire
	client, server netip.AddrPort
	up, down       uint32 // next sequence numbers
}

func (w *wire) tcp(client, server netip.AddrPort) *conversation {
	return &conversation{w: w, client: client, server: server, up: 1000, down: 5000}
}

// raw sends one segment of the client or of the server.
func (c *conversation) raw(fromClient bool, flags uint8, seq, acked uint32, payload []byte) {
	src, dst := c.client, c.server
	if !fromClient {
		src, dst = dst, src
	}
	c.w.ip(6, src.Addr(), dst.Addr(), segment(src.Port(), dst.Port(), flags, seq, acked, payload))
}

// open does the three-way handshake.
func (c *conversation) open() *conversation {
	c.raw(true, syn, c.up, 0, nil)
	c.up++
	c.raw(false, syn|ack, c.down, c.up, nil)
	c.down++
	c.raw(true, ack, c.up, c.down, nil)
	return c
}

// say sends bytes of the client in one segment, answer those of the server.
func (c *conversation) say(payload []byte) {
	c.raw(true, psh|ack, c.up, c.down, payload)
	c.up += uint32(len(payload))
}

func (c *conversation) answer(payload []byte) {
	c.raw(false, psh|ack, c.down, c.up, payload)
	c.down += uint32(len(payload))
}

// close ends the connection from both sides.
func (c *conversation) close() {
	c.raw(true, fin|ack, c.up, c.down, nil)
	c.up++
	c.raw(false, fin|ack, c.down, c.up, nil)
	c.down++
	c.raw(true, ack, c.up, c.down, nil)
}

// end ends the recording. It checks what holds for every recording.
func (w *wire) end(t *testing.T) *wire {
	t.Helper()
	w.d.End()
	check(t, w.d, w.events)
	return w
}

// check asserts what is true of the events of any recording.
func check(t *testing.T, d *decode.Decoder, events []tinycheck.Event) {
	t.Helper()
	stats := d.Stats()
	ended := make(map[*tinycheck.Flow]bool)
	var last, counted int64
	for i, e := range events {
		if e.Flow == nil {
			t.Fatalf("event %d has no flow: %+v", i, e)
		}
		if ended[e.Flow] {
			t.Fatalf("event %d comes after the end of its flow %v: %+v", i, e.Flow, e.Fact)
		}
		if _, end := e.Fact.(tinycheck.FlowEnd); end {
			ended[e.Flow] = true
			counted += e.Flow.Sent.Packets + e.Flow.Received.Packets
			continue
		}
		if e.Packet < last && !due(events[i:]) {
			t.Fatalf("event %d is of packet %d, one before of %d", i, e.Packet, last)
		}
		last = max(last, e.Packet)
	}
	if int64(len(ended)) != stats.Flows {
		t.Errorf("%d flows, %d of them ended", stats.Flows, len(ended))
	}
	passed := stats.UnknownLink + stats.NoIP + stats.Encrypted + stats.Malformed + stats.Fragmented
	if counted+passed != stats.Packets {
		t.Errorf("%d packets, %d in flows and %d in counters: %+v", stats.Packets, counted, passed, stats)
	}
	if held, flows := d.Held(); held != 0 || flows != 0 {
		t.Errorf("%d bytes of %d flows are still held", held, flows)
	}
}

// due reports whether the first event is one that only the end of its flow
// completed: nothing of other flows comes before that.
func due(events []tinycheck.Event) bool {
	for _, e := range events {
		if e.Flow != events[0].Flow {
			return false
		}
		if _, end := e.Fact.(tinycheck.FlowEnd); end {
			return true
		}
	}
	return false
}

// facts returns the facts of type T in the order of their coming.
func facts[T tinycheck.Fact](w *wire) (list []T) {
	for _, e := range w.events {
		if f, ok := e.Fact.(T); ok {
			list = append(list, f)
		}
	}
	return list
}

// one returns the only fact of type T.
func one[T tinycheck.Fact](t *testing.T, w *wire) T {
	t.Helper()
	list := facts[T](w)
	if len(list) != 1 {
		t.Fatalf("%d facts of type %T, want 1: %+v", len(list), *new(T), list)
	}
	return list[0]
}

// names gives the names of a flow as "name (source)".
func names(f tinycheck.Flow) (list []string) {
	for _, n := range f.Names {
		list = append(list, n.Value+" ("+string(n.Source)+")")
	}
	return list
}
