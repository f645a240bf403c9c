package scenario

import (
	"net/netip"

	"tinycheck/internal/wire/dns"
)

// mdnsAct is: mdns NAME, asked of everybody nearby (RFC 6762 section 5).
type mdnsAct struct{ name string }

func readMDNS(w *words) (act, error) {
	a := &mdnsAct{}
	return a, w.name(&a.name)
}

func (a *mdnsAct) play(t *turn) error {
	m, err := dns.Append(nil, dns.Message{Questions: []dns.Question{{Name: a.name, Type: dns.TypePTR, Class: dns.ClassIN}}})
	if err != nil {
		return err
	}
	group := netip.AddrFrom4([4]byte{224, 0, 0, 251})
	if !t.device.v4.IsValid() {
		group = netip.MustParseAddr("ff02::fb")
	}
	e, err := t.exchangeWith(protoUDP, netip.AddrPortFrom(group, 5353), 5353)
	if err != nil {
		return err
	}
	e.say(client, m, 0)
	return nil
}
