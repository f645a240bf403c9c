package scenario

import "time"

// plainAct is: tcp|udp PLACE [up N] [down N]. What is said means nothing, and
// looks like nothing that is known.
type plainAct struct {
	udp    bool
	at     place
	port   int // of the device
	amount amount
	how    treatment
}

func readTCP(w *words) (act, error) {
	a := &plainAct{amount: amount{up: 100, down: 100}}
	if err := w.place(&a.at, 0); err != nil {
		return nil, err
	}
	if a.at.port == 0 {
		return nil, w.expected("a port behind the address (203.0.113.7:8000),")
	}
	return a, w.options(a.at.familyOptions(), a.amount.options(), a.how.options())
}

func readUDP(w *words) (act, error) {
	a := &plainAct{udp: true, amount: amount{up: 100, down: 100}}
	if err := w.place(&a.at, 0); err != nil {
		return nil, err
	}
	if a.at.port == 0 {
		return nil, w.expected("a port behind the address (203.0.113.7:9000),")
	}
	return a, w.options(a.at.familyOptions(), a.amount.options(), []option{fragmentOption(&a.how.fragment), numberOption("port", &a.port, 1, 65535)})
}

// unlike begins a payload so that it is no opening of TLS, DTLS, QUIC, STUN, DNS
// or a tunnel.
const unlike = 0x71

func (a *plainAct) play(t *turn) error {
	if a.udp {
		return a.datagrams(t)
	}
	s, ok, err := t.stream(a.at, a.how)
	if err != nil || !ok {
		return err
	}
	a.amount.rounds(func(pause time.Duration, up, down int) {
		s.pause(pause)
		for from, size := range []int{up, down} {
			if size > 0 {
				s.say(side(from), []byte{unlike}, size-1)
			}
		}
	})
	s.close()
	return nil
}

func (a *plainAct) datagrams(t *turn) error {
	e, err := t.exchange(a.at, uint16(a.port))
	if err != nil {
		return err
	}
	e.path.pieces = a.how.fragment
	most := 1200
	if a.how.fragment > 0 {
		most = 4000
	}
	a.amount.rounds(func(pause time.Duration, up, down int) {
		e.pause(pause)
		for from, size := range []int{up, down} {
			for size > 0 {
				n := min(size, most)
				e.say(side(from), []byte{unlike}, n-1)
				size -= n
			}
		}
	})
	return nil
}
