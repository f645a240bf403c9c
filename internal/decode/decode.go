package decode

import (
	"time"

	"tinycheck"
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/link"
)

// Config says how to decode. The zero value is what an analysis uses.
type Config struct {
	MaxFlows int // flows held at once; 0 means the usual bound
}

// Decoder reads the packets of one capture. It is not safe for concurrent use.
type Decoder struct {
	emit  func(tinycheck.Event)
	table table
	hosts hosts
	stats Stats
	frags ip.Reassembler
	wait  int // bytes waiting for holes, all flows

	// Of the packet that is being decoded.
	packet   *tinycheck.Packet
	now      int64
	frame    link.Frame
	datagram ip.Datagram
	segment  ip.TCP
	message  ip.UDP
	dns      dns.Message
	flow     *flow      // whose payload is being read
	side     *direction // of flow
	emitters emitters
}

// Stats counts what a Decoder met. Every packet that gave nothing is in one of
// the counters.
type Stats struct {
	Packets      int64
	UnknownLink  int64 // link types that are not understood
	NoIP         int64 // ARP and other protocols beside IP
	Encrypted    int64 // link frames that are encrypted
	Malformed    int64 // headers that contradict themselves or are cut off
	BadMessages  int64 // messages of application protocols that could not be read to the end
	Contained    int64 // panics of parsers
	Flows        int64
	FlowsLost    int64 // closed early because the table was full
	HostsLost    int64 // local addresses beyond the bound
	NamesLost    int64 // names beyond the bounds
	Holes        int64 // holes in TCP streams whose bytes never came
	WaitOverflow int64 // holes given up early because too much waited behind them
	Fragments    ip.Losses
}

// New returns a Decoder that hands every event to emit, from within Decode and
// End.
func New(cfg Config, emit func(tinycheck.Event)) *Decoder {
	d := &Decoder{emit: emit}
	d.table.init(cfg.MaxFlows)
	d.hosts.init()
	d.emitters.init(d)
	return d
}

// Stats returns the counters so far.
func (d *Decoder) Stats() Stats {
	s := d.stats
	s.Fragments = d.frags.Losses
	s.Flows, s.FlowsLost = d.table.made, d.table.lost
	s.HostsLost, s.NamesLost = d.hosts.lost, d.hosts.namesLost
	return s
}

// Decode reads one packet.
func (d *Decoder) Decode(p *tinycheck.Packet) {
	defer d.contain()
	d.packet, d.now, d.flow = p, p.Time.UnixNano(), nil
	d.stats.Packets++
	d.expire()
	d.link(p.Link, p.Data, 0)
}

// contain keeps a panic of a parser from ending the analysis. The flow that
// caused it is only counted from then on.
func (d *Decoder) contain() {
	if recover() == nil {
		return
	}
	d.stats.Contained++
	if d.flow != nil {
		d.flow.release(d)
		d.flow.mute = true
	}
}

func (d *Decoder) link(t tinycheck.LinkType, data []byte, depth int) {
	f := &d.frame
	err := link.Parse(t, data, f)
	if err != nil {
		d.countLink(err)
		return
	}
	if f.Protocol == link.Other || f.Protocol == link.ARP {
		d.stats.NoIP++
		return
	}
	for more := true; more; {
		frame := *f // Next and inner frames overwrite it
		d.network(frame.Payload, depth)
		*f = frame
		more = f.Next()
	}
}

func (d *Decoder) countLink(err error) {
	switch err {
	case link.ErrUnknown:
		d.stats.UnknownLink++
	case link.ErrEncrypted:
		d.stats.Encrypted++
	case link.ErrNotData:
		d.stats.NoIP++
	default:
		d.stats.Malformed++
	}
}

func (d *Decoder) event(fact tinycheck.Fact) {
	e := tinycheck.Event{Time: d.packet.Time, Packet: d.packet.Number, Fact: fact}
	if d.flow != nil {
		e.Flow = &d.flow.Flow
	}
	d.emit(e)
}

// End ends every flow that is still open, oldest first. The Decoder is not to
// be used after it.
func (d *Decoder) End() {
	for _, f := range d.table.all() {
		d.endFlow(f)
	}
}

func (d *Decoder) expire() {
	for f := d.table.oldest(); f != nil && d.now-f.last > int64(flowIdle); f = d.table.oldest() {
		d.endFlow(f)
	}
}

func nanoTime(n int64) time.Time { return time.Unix(0, n).UTC() }
