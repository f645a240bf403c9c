package decode

// room bounds what the readers of all flows hold. When it is exceeded, the flow
// that was idle for longest is read as far as it goes and begins anew with its
// next packet.
type room struct {
	ring    ring // flows with readers
	held    int
	streams pool[stream]
	pairs   pool[pair]
}

// pool keeps what is needed again soon.
type pool[T any] struct{ spare []*T }

func (p *pool[T]) get() *T {
	n := len(p.spare) - 1
	if n < 0 {
		return new(T)
	}
	one := p.spare[n]
	p.spare = p.spare[:n]
	return one
}

func (p *pool[T]) put(one *T) {
	if one != nil && len(p.spare) < maxSpare {
		*one = *new(T)
		p.spare = append(p.spare, one)
	}
}

// settle takes the cost of a flow's readers into account.
func (r *room) settle(f *flow) {
	cost := f.weigh()
	r.held += cost - f.cost
	f.cost = cost
	if cost > 0 {
		r.ring.touch(&f.reading)
	}
}

// drop lets go of the readers of a flow.
func (r *room) drop(f *flow) {
	if f.tcp != nil {
		r.pairs.put(f.tcp.pair)
		r.streams.put(f.tcp)
	}
	f.tcp, f.udp = nil, nil
	r.held -= f.cost
	f.cost = 0
	f.reading.cut()
}

// weigh estimates what the readers of a flow hold, from above.
func (f *flow) weigh() int {
	switch {
	case f.tcp != nil:
		return f.tcp.weigh()
	case f.udp != nil:
		return f.udp.weigh()
	}
	return 0
}

// settle keeps the room within its bound after f was read. What another flow
// still told then is dated by its own last packet.
func (d *Decoder) settle(f *flow) {
	d.room.settle(f)
	for d.room.held > maxHeld {
		old := d.room.ring.first()
		d.stats.ReadersLost++
		current, at := d.flow, d.at
		d.flow, d.at = old, moment{old.number, nanoTime(old.last)}
		d.finish(old)
		d.flow, d.at = current, at
	}
}
