package scenario

import "time"

// Opcodes of OpenVPN (draft-openvpn-wire-protocol section 3), key id 0.
const (
	openvpnControl     = 4 << 3
	openvpnAck         = 5 << 3
	openvpnClientReset = 7 << 3
	openvpnServerReset = 8 << 3
	openvpnData        = 9 << 3
)

// openvpn resets both sides, exchanges control packets, then data.
func openvpn(a *tunnelAct, t *turn) error {
	session := [2][]byte{t.noise.bytes(8), t.noise.bytes(8)}
	var number [2]uint32
	data := func(from side) []byte { number[from]++; return be32([]byte{openvpnData, 0, 0, 1}, number[from]) }
	opening := []struct {
		from   side
		head   []byte
		filler int
	}{
		{client, append(append([]byte{openvpnClientReset}, session[client]...), 0, 0, 0, 0, 0), 0},
		{server, append(append(append(append([]byte{openvpnServerReset}, session[server]...), 1, 0, 0, 0, 0), session[client]...), 0, 0, 0, 0), 0},
		{client, append(append(append([]byte{openvpnAck}, session[client]...), 1, 0, 0, 0, 0), session[server]...), 0},
		{client, append(append([]byte{openvpnControl}, session[client]...), 0, 0, 0, 0, 1), 290},
		{server, append(append([]byte{openvpnControl}, session[server]...), 0, 0, 0, 0, 1), 1100},
	}
	if a.tcp {
		return a.openvpnStream(t, func(s *stream) {
			for _, o := range opening {
				s.say(o.from, append(be16(nil, len(o.head)+o.filler), o.head...), o.filler)
			}
		}, data)
	}
	e, err := t.exchange(a.at, 0)
	if err != nil {
		return err
	}
	e.path.pieces = a.fragment
	for _, o := range opening {
		e.say(o.from, o.head, o.filler)
	}
	a.spread(e, 1300, func(from side, size int) { e.say(from, data(from), size+32) })
	return nil
}

// openvpnStream puts a length before every packet.
func (a *tunnelAct) openvpnStream(t *turn, begin func(*stream), data func(side) []byte) error {
	a.how.fragment = a.fragment
	s, ok, err := t.stream(a.at, a.how)
	if err != nil || !ok {
		return err
	}
	begin(s)
	a.amount.rounds(func(pause time.Duration, up, down int) {
		s.pause(pause)
		for from, size := range []int{up, down} {
			for size > 0 {
				n := min(size, 1300)
				size -= n
				head := data(side(from))
				s.say(side(from), append(be16(nil, len(head)+n+32), head...), n+32)
			}
		}
	})
	s.close()
	return nil
}
