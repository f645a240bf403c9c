package analysis

import (
	"net/netip"

	"tinycheck"
	"tinycheck/internal/decode"
)

// MostSigns is how many signs a trait has room for.
const MostSigns = 64

// Signs is how many signs there are.
func Signs() int { return len(signs) }

// Recognize gives the device that a phone is taken for which tells these facts,
// each in a flow from 192.168.4.20.
func Recognize(list ...tinycheck.Event) tinycheck.Device {
	phone := netip.MustParseAddr("192.168.4.20")
	mac := tinycheck.MAC{2, 0, 0x5e, 0, 0x53, 20}
	t := make(traits)
	for _, e := range list {
		f := tinycheck.Flow{Transport: tinycheck.TCP}
		if e.Flow != nil {
			f = *e.Flow
		}
		if r, ok := e.Fact.(tinycheck.DHCPRequest); ok {
			r.MAC = mac
			e.Fact = r
		}
		f.Client = netip.AddrPortFrom(phone, 40000)
		e.Flow = &f
		t.see(e)
	}
	return t.device(&decode.Host{MAC: mac, Addresses: []netip.Addr{phone}})
}
