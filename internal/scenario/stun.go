package scenario

import (
	"net/netip"
	"time"
)

// stunAct is: stun PLACE [turn] and how much audio or video follows, in the
// format of RFC 3550 with encryption.
type stunAct struct {
	at     place
	turn   bool
	amount amount
}

func readSTUN(w *words) (act, error) {
	a := &stunAct{amount: amount{pace: time.Second}}
	if err := w.place(&a.at, 3478); err != nil {
		return nil, err
	}
	return a, w.options(a.at.familyOptions(), a.amount.options(), []option{flag("turn", &a.turn)})
}

// play asks for its own address (binding) or for a relay (allocate), RFC 8489
// section 5, RFC 8656 section 7.
func (a *stunAct) play(t *turn) error {
	e, err := t.exchange(a.at, 0)
	if err != nil {
		return err
	}
	method := 1
	attributes := []byte{}
	if a.turn {
		method, attributes = 3, []byte{0, 0x19, 0, 4, 17, 0, 0, 0} // requested transport: UDP
	}
	id := t.noise.bytes(12)
	e.say(client, stunMessage(method, id, attributes), 0)
	e.say(server, stunMessage(method|0x100, id, mapped(e.path.near, id)), 0)
	if a.amount.up+a.amount.down == 0 {
		return nil
	}
	var number [2]int
	source := uint32(t.noise.next())
	a.amount.rounds(func(pause time.Duration, up, down int) {
		e.pause(pause)
		for from, size := range []int{up, down} {
			e.bulk(side(from), size, 1000, func() []byte {
				number[from]++
				return be32(be32(be16([]byte{0x80, 111}, number[from]), uint32(e.now/time.Millisecond)), source+uint32(from))
			})
		}
	})
	return nil
}

const stunCookie = 0x2112a442

func stunMessage(kind int, id, attributes []byte) []byte {
	out := be32(be16(be16(nil, kind), len(attributes)), stunCookie)
	return append(append(out, id...), attributes...)
}

// mapped is XOR-MAPPED-ADDRESS, RFC 8489 section 14.2.
func mapped(a netip.AddrPort, id []byte) []byte {
	mask := append(be32(nil, stunCookie), id...)
	addr := a.Addr().AsSlice()
	for i := range addr {
		addr[i] ^= mask[i]
	}
	family := byte(1)
	if a.Addr().Is6() {
		family = 2
	}
	value := append(be16([]byte{0, family}, int(a.Port())^stunCookie>>16), addr...)
	return with16(be16(nil, 0x20), value)
}
