package scenario

import (
	"net/netip"
	"time"
)

// exchange is a conversation of single datagrams that is being composed.
type exchange struct {
	turn  *turn
	path  *path
	now   time.Duration
	rtt   time.Duration
	last  side
	quiet bool // the far end says nothing
}

// exchange begins a conversation over UDP, from a port of its own or the given one.
func (t *turn) exchange(at place, port uint16) (*exchange, error) {
	far, err := t.find(at)
	if err != nil {
		return nil, err
	}
	return t.exchangeWith(protoUDP, far, port)
}

func (t *turn) exchangeWith(proto uint8, far netip.AddrPort, port uint16) (*exchange, error) {
	p, err := t.path(proto, far, port)
	if err != nil {
		return nil, err
	}
	return &exchange{turn: t, path: p, now: t.at, rtt: p.delay()}, nil
}

// say sends one datagram: head, then filler bytes of noise.
func (e *exchange) say(from side, head []byte, filler int) {
	if e.quiet && from == server {
		return
	}
	switch {
	case from == e.last:
		e.now += e.turn.noise.between(60*time.Microsecond, 500*time.Microsecond)
	case from == server:
		e.now += e.rtt + e.turn.noise.between(200*time.Microsecond, 2*time.Millisecond)
	default:
		e.now += e.turn.reaction()
	}
	e.last = from
	e.turn.add(packet{at: e.now, path: e.path, back: from == server, head: head, filler: filler, seed: noise(e.turn.noise.next())})
}

// bulk sends size bytes in datagrams of at most piece bytes of noise, each
// behind a head of its own.
func (e *exchange) bulk(from side, size, piece int, head func() []byte) {
	for size > 0 {
		n := min(size, piece)
		e.say(from, head(), n)
		size -= n
	}
}

// pause lets time pass.
func (e *exchange) pause(d time.Duration) { e.now += d }
