package decode

import (
	"net/netip"

	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/tunnel"
)

// stream is what is remembered of a TCP flow while its head is read.
type stream struct {
	sides  [2]direction // client's bytes, server's bytes
	pair   *pair
	tunnel tunnel.Stream
}

// pair reads HTTP in both directions. Each direction takes its half when it
// begins; within a tunnel there may be another one.
type pair struct {
	halves [2]http.Stream
	taken  [2]bool
}

// direction is one side of a stream. It is the taker of its own order.
type direction struct {
	order order
	reader
	d      *Decoder
	f      *flow
	client bool // bytes of the client
}

func (d *Decoder) newStream(f *flow) *stream {
	s := d.room.streams.get()
	for i := range s.sides {
		s.sides[i].d, s.sides[i].f, s.sides[i].client = d, f, i == 0
	}
	return s
}

// weigh estimates from above what the stream holds.
func (s *stream) weigh() int {
	cost := streamCost + s.sides[0].weigh() + s.sides[1].weigh()
	if s.pair != nil {
		cost += pairCost
	}
	return cost
}

func (s *direction) weigh() int {
	return s.order.bytes + len(s.held) + min(s.fed, parserMost)
}

func (d *Decoder) segmentTCP() {
	g, s := &d.datagram, &d.segment
	err := ip.ParseTCP(g.Payload, s)
	if err != nil && len(g.Payload) < 4 { // not even the ports
		d.stats.Malformed++
		return
	}
	f, sent := d.flowTCP(ends{netip.AddrPortFrom(g.Src, s.SrcPort), netip.AddrPortFrom(g.Dst, s.DstPort)})
	d.count(f, sent, len(s.Payload)+d.missing)
	if s.Flags&ip.SYN != 0 {
		f.begin(sent, s)
		if sent && s.Flags&ip.ACK == 0 {
			f.SYN = d.kinds(s.Options)
		}
	}
	if err == nil && !f.done && !f.mute {
		d.flow = f
		d.stream(f, sent)
	}
	d.close(f, sent)
}

// begin notes the initial sequence numbers that a SYN tells.
func (f *flow) begin(sent bool, s *ip.TCP) {
	own, peer := side(sent), side(!sent)
	f.isn[own], f.syn[own] = s.Seq, true
	if s.Flags&ip.ACK != 0 && !f.syn[peer] { // its SYN was not recorded
		f.isn[peer], f.syn[peer] = s.Ack-1, true
	}
}

// kinds gives the kinds of TCP options as they stand, what pads them included.
// Stacks have their own order, so that few are kept for many flows.
func (d *Decoder) kinds(options []byte) string {
	var list [maxOptions]byte
	n := 0
	for len(options) > 0 && n < len(list) {
		list[n] = options[0]
		n++
		size := 1
		if options[0] > 1 { // beside end and padding each carries its length
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				return ""
			}
			size = int(options[1])
		}
		options = options[size:]
	}
	if known, ok := d.orders[string(list[:n])]; ok || len(d.orders) >= maxOrders {
		return known
	}
	order := string(list[:n])
	d.orders[order] = order
	return order
}

// flowTCP finds or makes the flow of the segment.
func (d *Decoder) flowTCP(e ends) (f *flow, sent bool) {
	s := &d.segment
	k, swapped := makeKey(d.datagram.Proto, e.src, e.dst)
	f = d.table.flows[k]
	if f != nil && s.Flags&ip.SYN != 0 && f.over(f.fromClient(swapped), s) {
		d.endFlow(f)
		f = nil
	}
	if f == nil {
		f = d.open(k, swapped, e, opensTCP(s.Flags))
	}
	return f, f.fromClient(swapped)
}

func opensTCP(flags uint8) opener {
	switch flags & (ip.SYN | ip.ACK) {
	case ip.SYN:
		return source
	case ip.SYN | ip.ACK:
		return destination
	}
	return unknown
}

// over reports whether a SYN begins another connection between the same ports
// (RFC 9293 section 3.6.1). A repetition does not, nor a SYN that answers one,
// nor the second one of a simultaneous open (section 3.5).
func (f *flow) over(sent bool, s *ip.TCP) bool {
	own, peer := side(sent), side(!sent)
	if s.Flags&ip.ACK != 0 && f.syn[peer] && s.Ack-1 == f.isn[peer] {
		return false
	}
	if f.syn[own] {
		return f.isn[own] != s.Seq
	}
	talked := f.Received.Packets > 0
	if sent {
		talked = f.Sent.Packets > 0
	}
	return talked || f.closed
}

func side(sent bool) int {
	if sent {
		return 0
	}
	return 1
}

// stream hands the bytes of a segment to the reader of its direction, in order.
func (d *Decoder) stream(f *flow, sent bool) {
	if f.tcp == nil {
		f.tcp = d.newStream(f)
	}
	s := &d.segment
	own, peer := &f.tcp.sides[side(sent)], &f.tcp.sides[side(!sent)]
	seq := s.Seq
	if s.Flags&ip.SYN != 0 {
		seq++
		own.order.anchor(seq)
	}
	if s.Flags&ip.ACK != 0 && peer.mode != modeDone {
		for peer.order.acknowledge(s.Ack) {
			peer.order.skip(peer)
		}
	}
	// The text of a reset is not of the stream (RFC 9293 section 3.5.3).
	if n := len(s.Payload) + d.missing; n > 0 && s.Flags&ip.RST == 0 && own.mode != modeDone {
		own.order.add(piece{seq, s.Payload, d.missing}, own)
		for own.order.over() {
			d.stats.WaitOverflow++
			own.order.skip(own)
		}
	}
	d.decided(f)
}

// decided lets go of the readers when both directions have been read.
func (d *Decoder) decided(f *flow) {
	if f.tcp.sides[0].mode == modeDone && f.tcp.sides[1].mode == modeDone {
		f.done = true
		d.room.drop(f)
		return
	}
	d.settle(f)
}

// close notes the end of a connection. A reset that the ends do not heed is
// none (RFC 9293 section 3.10.7.4: it has to be in the window, which is not
// followed here).
func (d *Decoder) close(f *flow, sent bool) {
	s := &d.segment
	closed := f.closed
	switch {
	case s.Flags&ip.RST != 0:
		f.closed = true
	case s.Flags&ip.FIN != 0:
		f.fin[side(sent)] = true
		f.closed = f.closed || f.fin[0] && f.fin[1]
	case f.closed && len(s.Payload) > 0:
		f.closed = f.fin[0] && f.fin[1]
	}
	if f.closed != closed {
		d.table.touch(f)
	}
}

// endTCP reads what is left, holes or not.
func (d *Decoder) endTCP(f *flow) {
	for i := range f.tcp.sides {
		for s := &f.tcp.sides[i]; len(s.order.waiting) > 0; {
			s.order.skip(s)
		}
	}
	for i := range f.tcp.sides {
		f.tcp.sides[i].flush()
	}
}

// take and hole make a direction the taker of its order.
func (s *direction) take(data []byte) {
	s.speak()
	s.read(data)
}

func (s *direction) hole(n int) {
	s.speak()
	s.d.stats.Holes++
	s.f.Gaps++
	s.skip(n)
}

// speak makes the direction the one whose messages are told.
func (s *direction) speak() { s.d.side, s.d.fromClient = s, s.client }
