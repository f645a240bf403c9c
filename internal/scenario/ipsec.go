package scenario

// ike is IKEv2 (RFC 7296) on port 500, then on 4500 with ESP in UDP (RFC 3948).
func ike(a *tunnelAct, t *turn) error {
	e, err := t.exchange(a.at, 500)
	if err != nil {
		return err
	}
	spi := ikeSPIs{t.noise.bytes(8), make([]byte, 8)}
	e.say(client, spi.head(34, 0x08, 0, 400), 400-28)
	t.noise.fill(spi[server])
	e.say(server, spi.head(34, 0x20, 0, 380), 380-28)
	t.at = e.now + t.reaction()
	if a.at.port == 500 {
		a.at.port = 4500
	}
	if e, err = t.exchange(a.at, 4500); err != nil {
		return err
	}
	e.path.pieces = a.fragment
	marker := []byte{0, 0, 0, 0}
	e.say(client, append(marker, spi.head(35, 0x08, 1, 1100)...), 1100-28)
	e.say(server, append(marker, spi.head(35, 0x20, 1, 1300)...), 1300-28)
	a.espPackets(e)
	return nil
}

// ikeSPIs are those of initiator and responder, zero before it is known.
type ikeSPIs [2][]byte

// head is the header of RFC 7296 section 3.1.
func (spi ikeSPIs) head(exchange, flags byte, id uint32, length int) []byte {
	next := byte(33) // security association
	if exchange == 35 {
		next = 46 // encrypted
	}
	out := append(append([]byte(nil), spi[client]...), spi[server]...)
	out = append(out, next, 0x20, exchange, flags)
	return be32(be32(out, id), uint32(length))
}

// espPackets are numbered, RFC 4303 section 2.
func (a *tunnelAct) espPackets(e *exchange) {
	spi := [2]uint32{uint32(e.turn.noise.next()) | 1<<30, uint32(e.turn.noise.next()) | 1<<30}
	var number [2]uint32
	a.spread(e, 1340, func(from side, size int) {
		number[from]++
		e.say(from, be32(be32(nil, spi[from]), number[from]), (size+3)&^3+32)
	})
}

// esp is IPsec without UDP, IP protocol 50.
func esp(a *tunnelAct, t *turn) error {
	far, err := t.find(a.at)
	if err != nil {
		return err
	}
	e, err := t.exchangeWith(protoESP, far, 0)
	if err != nil {
		return err
	}
	e.path.pieces = a.fragment
	a.espPackets(e)
	return nil
}
