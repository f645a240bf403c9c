package decode

// Bounds that tests fill.
const (
	MaxPending = maxPending
	MaxHeld    = maxHeld
	MaxSearch  = maxSearch
	MaxPerAddr = maxPerAddr
)

// Held is what the readers of all flows hold, as the room counts it, and how
// many flows have readers.
func (d *Decoder) Held() (bytes, flows int) {
	for k := d.room.ring.end.next; k != &d.room.ring.end; k = k.next {
		flows++
	}
	return d.room.held, flows
}

// Open counts the flows in the table, and those of them that are closed.
func (d *Decoder) Open() (flows, closed int) {
	for k := d.table.closed.end.next; k != &d.table.closed.end; k = k.next {
		closed++
	}
	return len(d.table.flows), closed
}

// Piece is a segment for an Order.
type Piece struct {
	Seq  uint32
	Data []byte
	Lost int
}

// Order is an order that notes what comes out of it.
type Order struct {
	order order
	Out   []byte // bytes, with one '?' for every byte of a hole
	Holes int
}

func (o *Order) take(data []byte) { o.Out = append(o.Out, data...) }

func (o *Order) hole(n int) {
	o.Holes++
	for range min(n, 1<<16) {
		o.Out = append(o.Out, '?')
	}
}

func (o *Order) Anchor(seq uint32)           { o.order.anchor(seq) }
func (o *Order) Add(p Piece)                 { o.order.add(piece{p.Seq, p.Data, p.Lost}, o) }
func (o *Order) Acknowledge(ack uint32) bool { return o.order.acknowledge(ack) }
func (o *Order) Skip()                       { o.order.skip(o) }
func (o *Order) Waiting() (pieces, bytes int) {
	for _, p := range o.order.waiting {
		bytes += len(p.data)
	}
	return len(o.order.waiting), bytes
}
func (o *Order) Over() bool { return o.order.over() }
