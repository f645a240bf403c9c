package scenario

import "net/netip"

// pingAct is: ping PLACE, an echo and its reply (RFC 792, RFC 4443 section 4).
type pingAct struct{ at place }

func readPing(w *words) (act, error) {
	a := &pingAct{}
	if err := w.place(&a.at, 0); err != nil {
		return nil, err
	}
	return a, w.options(a.at.familyOptions())
}

func (a *pingAct) play(t *turn) error {
	far, err := t.find(a.at)
	if err != nil {
		return err
	}
	proto, kinds := uint8(protoICMP), [2]byte{8, 0}
	if far.Addr().Is6() {
		proto, kinds = protoICMPv6, [2]byte{128, 129}
	}
	e, err := t.exchangeWith(proto, netip.AddrPortFrom(far.Addr(), 0), 0)
	if err != nil {
		return err
	}
	body := append([]byte{0, 0, 0}, t.noise.bytes(60)...)
	e.say(client, append([]byte{kinds[0]}, body...), 0)
	e.say(server, append([]byte{kinds[1]}, body...), 0)
	return nil
}
