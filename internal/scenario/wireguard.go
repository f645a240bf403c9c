package scenario

import "encoding/binary"

// wireguard follows its white paper, section 5.4: initiation, response, then
// transport messages whose payload is padded to 16 bytes.
func wireguard(a *tunnelAct, t *turn) error {
	e, err := t.exchange(a.at, 0)
	if err != nil {
		return err
	}
	e.path.pieces = a.fragment
	le := binary.LittleEndian
	index := [2]uint32{uint32(t.noise.next()), uint32(t.noise.next())}
	var counter [2]uint64
	e.say(client, le.AppendUint32([]byte{1, 0, 0, 0}, index[client]), 148-8)
	e.say(server, le.AppendUint32(le.AppendUint32([]byte{2, 0, 0, 0}, index[server]), index[client]), 92-12)
	a.spread(e, 1376, func(from side, size int) {
		head := le.AppendUint32([]byte{4, 0, 0, 0}, index[1-from])
		head = le.AppendUint64(head, counter[from])
		counter[from]++
		e.say(from, head, (size+15)&^15+16)
	})
	return nil
}
