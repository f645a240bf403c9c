package capture

import (
	"bytes"
	"net/netip"
)

// resolve reads a name resolution block (section 4.5): what the recording system
// knew of addresses, one record per address with one or more names that each end
// with a zero.
func (g *pcapng) resolve(body []byte) {
	for len(body) >= 4 {
		kind, n := g.order.u16(body), int(g.order.u16(body[2:]))
		if kind == 0 || len(body) < 4+n { // nrb_record_end
			return
		}
		value := body[4 : 4+n]
		switch {
		case kind == 1 && n > 4: // nrb_record_ipv4
			g.resolved(netip.AddrFrom4([4]byte(value)), value[4:])
		case kind == 2 && n > 16: // nrb_record_ipv6
			g.resolved(netip.AddrFrom16([16]byte(value)), value[16:])
		}
		body = body[min(4+pad4(n), len(body)):]
	}
}

func (g *pcapng) resolved(a netip.Addr, names []byte) {
	for len(names) > 0 {
		name, rest, _ := bytes.Cut(names, []byte{0})
		if len(name) > 0 {
			g.notes.name(a, name)
		}
		names = rest
	}
}
