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
	room  room
	shown chains
	stats Stats
	frags ip.Reassembler

	orders map[string]string // of TCP options, see kinds

	// Of the packet that is being decoded.
	at       moment
	now      int64 // its time, nanoseconds
	snapped  int   // bytes of it that the recorder did not keep
	missing  int   // of these, in the IP packet being read
	frame    link.Frame
	datagram ip.Datagram
	segment  ip.TCP
	message  ip.UDP
	dns      dns.Message

	// Of the payload that is being read.
	flow       *flow
	side       *direction // of flow, nil for datagrams
	fromClient bool
	emitters   emitters
}

// moment is what an event is dated by.
type moment struct {
	number int64
	time   time.Time
}

// Stats counts what a Decoder met. Every packet is in a flow or in one of the
// counters up to Fragmented.
type Stats struct {
	Packets      int64
	UnknownLink  int64 // link types that are not understood
	NoIP         int64 // ARP and other protocols beside IP
	Encrypted    int64 // link frames that are encrypted
	Malformed    int64 // headers that contradict themselves or are cut off
	Fragmented   int64 // pieces of a datagram that did not complete it
	BadMessages  int64 // messages of application protocols that could not be read to the end
	Contained    int64 // panics of parsers
	Flows        int64
	FlowsLost    int64 // closed early because the table was full
	HostsLost    int64 // flows of local addresses beyond the bound
	NamesLost    int64 // names beyond the bounds
	ReadersLost  int64 // flows whose reading began anew because too much was held
	Holes        int64 // holes in TCP streams whose bytes never came
	WaitOverflow int64 // holes given up early because too much waited behind them
	Fragments    ip.Losses
}

// New returns a Decoder that hands every event to emit, from within Decode and
// End.
func New(cfg Config, emit func(tinycheck.Event)) *Decoder {
	d := &Decoder{emit: emit}
	d.orders = make(map[string]string)
	d.table.init(cfg.MaxFlows)
	d.hosts.init()
	d.room.ring.init()
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

// Decode reads one packet. Its data is not kept.
func (d *Decoder) Decode(p *tinycheck.Packet) {
	defer d.contain()
	d.at, d.now, d.snapped = moment{p.Number, p.Time}, p.Time.UnixNano(), max(0, p.Length-len(p.Data))
	d.flow = nil
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
		d.flow.mute = true
		d.room.drop(d.flow)
	}
}

// link takes the link layer off and reads the packets inside, of which one
// 802.11 frame may hold several. It reports whether there was any, or ARP.
func (d *Decoder) link(t tinycheck.LinkType, data []byte, depth int) bool {
	f := &d.frame
	err := link.Parse(t, data, f)
	if err != nil || f.Protocol == link.Other || f.Protocol == link.ARP {
		known := err == nil && f.Protocol == link.ARP
		if known || depth == 0 {
			d.countLink(err)
		}
		return known
	}
	if f.Wrappers&link.WrapAMSDU == 0 {
		d.network(f.Payload, depth)
		return true
	}
	for more := true; more; {
		frame := *f // what lies within a tunnel overwrites it
		d.network(frame.Payload, depth)
		*f = frame
		more = f.Next()
	}
	return true
}

func (d *Decoder) countLink(err error) {
	switch err {
	case link.ErrUnknown:
		d.stats.UnknownLink++
	case link.ErrEncrypted:
		d.stats.Encrypted++
	case link.ErrNotData, nil:
		d.stats.NoIP++
	default:
		d.stats.Malformed++
	}
}

func (d *Decoder) event(fact tinycheck.Fact) {
	e := tinycheck.Event{Time: d.at.time, Packet: d.at.number, Fact: fact}
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

// expire ends the flows that were idle for too long.
func (d *Decoder) expire() {
	for f := d.table.closed.first(); f != nil && d.now-f.last > int64(flowLinger); f = d.table.closed.first() {
		d.endFlow(f)
	}
	for f := d.table.open.first(); f != nil && d.now-f.last > int64(flowIdle); f = d.table.open.first() {
		d.endFlow(f)
	}
}

func nanoTime(n int64) time.Time { return time.Unix(0, n).UTC() }
