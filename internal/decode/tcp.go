package decode

import (
	"net/netip"

	"tinycheck"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/tunnel"
)

// stream is what is remembered of a TCP flow while its head is read.
type stream struct {
	sides  [2]direction // client's bytes, server's bytes
	http   *[2]http.Stream
	tunnel tunnel.Stream
}

// direction is one side of a stream. It is the taker of its own order.
type direction struct {
	order  order
	reader reader
	d      *Decoder
	f      *flow
	client bool // bytes of the client
	sized  bool // the body of the request being read has a declared length
}

func (d *Decoder) segmentTCP() {
	g, s := &d.datagram, &d.segment
	if err := ip.ParseTCP(g.Payload, s); err != nil && s.SrcPort == 0 {
		d.stats.Malformed++
		return
	}
	src, dst := netip.AddrPortFrom(g.Src, s.SrcPort), netip.AddrPortFrom(g.Dst, s.DstPort)
	missing := d.missing()
	syn, ack := s.Flags&ip.SYN != 0, s.Flags&ip.ACK != 0
	if syn && ack {
		d.answered(src, dst)
	}
	f, sent := d.counted(src, dst, syn && !ack, len(s.Payload)+missing)
	if f.mute || f.tcp == nil && f.FirstPacket != d.packet.Number {
		d.close(f, sent)
		return
	}
	if f.tcp == nil {
		f.tcp = newStream(d, f)
	}
	d.flow = f
	d.stream(f, sent, missing)
	d.close(f, sent)
}

// answered makes the flow of a SYN+ACK whose SYN was not recorded the right way round.
func (d *Decoder) answered(src, dst netip.AddrPort) {
	k, swapped := makeKey(d.datagram.Proto, src, dst)
	if d.table.flows[k] != nil {
		return
	}
	mac := &d.frame
	mac.Src, mac.Dst = mac.Dst, mac.Src
	d.open(k, dst, src, true, !swapped)
	mac.Src, mac.Dst = mac.Dst, mac.Src
}

func newStream(d *Decoder, f *flow) *stream {
	s := &stream{}
	for i := range s.sides {
		s.sides[i].d, s.sides[i].f, s.sides[i].client = d, f, i == 0
	}
	return s
}

func side(sent bool) int {
	if sent {
		return 0
	}
	return 1
}

// stream hands the bytes of a segment to the reader of its direction, in order.
func (d *Decoder) stream(f *flow, sent bool, missing int) {
	s := &d.segment
	own, peer := &f.tcp.sides[side(sent)], &f.tcp.sides[side(!sent)]
	seq := s.Seq
	if s.Flags&ip.SYN != 0 {
		seq++
		own.order.start(seq)
	}
	if s.Flags&ip.ACK != 0 && s.Flags&ip.SYN == 0 && peer.order.lostFor(s.Ack) {
		d.skipHole(peer)
	}
	if len(s.Payload)+missing > 0 && own.reader.mode != modeDone {
		own.order.start(seq)
		d.wait += own.order.add(piece{seq, s.Payload, missing}, own)
		for own.order.over() || d.wait > maxWaiting && len(own.order.waiting) > 0 {
			d.stats.WaitOverflow++
			d.skipHole(own)
		}
	}
	d.settle(f)
}

func (d *Decoder) skipHole(side *direction) {
	before := side.order.bytes
	side.order.skip(side)
	d.wait += side.order.bytes - before
}

// settle lets go of the parsers when both directions have been read.
func (d *Decoder) settle(f *flow) {
	for i := range f.tcp.sides {
		if f.tcp.sides[i].reader.mode != modeDone {
			return
		}
	}
	d.endTCP(f)
	f.tcp = nil
}

// close notes the end of a connection, so that its ports may be used again.
func (d *Decoder) close(f *flow, sent bool) {
	flags := d.segment.Flags
	if flags&ip.RST != 0 {
		f.closed = true
	}
	if flags&ip.FIN != 0 {
		f.fins[side(sent)] = true
		f.closed = f.closed || f.fins[0] && f.fins[1]
	}
}

func (d *Decoder) endTCP(f *flow) {
	for i := range f.tcp.sides {
		s := &f.tcp.sides[i]
		for len(s.order.waiting) > 0 && s.reader.mode != modeDone && !f.mute {
			d.skipHole(s)
		}
		d.wait -= s.order.drop()
	}
	for i := range f.tcp.sides {
		if s := &f.tcp.sides[i]; !f.mute && s.reader.mode != modeDone {
			d.side = s
			s.flush()
		}
	}
}

// take and hole make a direction the taker of its order.
func (s *direction) take(data []byte) {
	s.d.side = s
	s.read(data)
}

func (s *direction) hole(n int) {
	s.d.side = s
	s.d.stats.Holes++
	s.f.Gaps++
	s.skip(n)
}

func (s *direction) peer() *direction { return &s.f.tcp.sides[side(!s.client)] }

func (s *direction) port(p uint16) bool { return s.f.Client.Port() == p || s.f.Server.Port() == p }

func (s *direction) protocol(p tinycheck.Protocol) {
	if s.f.Protocol == tinycheck.ProtocolUnknown {
		s.f.Protocol = p
	}
}
