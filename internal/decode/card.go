package decode

import (
	"net/netip"
	"slices"

	"tinycheck"
)

// card is what is known of one link address: whose it is.
type card struct {
	hosts  []*host
	v4     netip.Addr // the first IPv4 address behind it
	nets   [][8]byte  // the first global IPv6 networks behind it
	router bool
}

// maxNets is how many global IPv6 networks a device may be in.
const maxNets = 2

// note remembers that addr was seen behind mac. A link address with a second
// IPv4 address, or with more IPv6 networks than one device is in, is that of a
// router: what is behind it are several devices, or the whole Internet.
func (h *hosts) note(mac tinycheck.MAC, addr netip.Addr) {
	if mac == (tinycheck.MAC{}) || mac.Group() || addr.IsUnspecified() || addr.IsLinkLocalUnicast() || addr.IsMulticast() {
		return
	}
	c := h.card(mac)
	switch {
	case c == nil || c.router:
	case addr.Is4() && !c.v4.IsValid():
		c.v4 = addr
	case addr.Is4():
		c.router = c.v4 != addr
	case !addr.IsPrivate():
		c.noteNet([8]byte(addr.AsSlice()))
	}
}

func (c *card) noteNet(net [8]byte) {
	if slices.Contains(c.nets, net) {
		return
	}
	c.router = len(c.nets) >= maxNets
	if !c.router {
		c.nets = append(c.nets, net)
	}
}

// card finds the card of a link address or makes it; nil when there is no room.
func (h *hosts) card(mac tinycheck.MAC) *card {
	c := h.cards[mac]
	if c == nil && len(h.cards) < maxCards {
		c = &card{}
		h.cards[mac] = c
	}
	return c
}

// bind says whose link address it is, unless another is known.
func (h *hosts) bind(one *host, mac tinycheck.MAC) {
	if one.mac != (tinycheck.MAC{}) || mac == (tinycheck.MAC{}) || mac.Group() {
		return
	}
	if c := h.card(mac); c != nil {
		one.mac = mac
		c.hosts = append(c.hosts, one)
	}
}

// owns reports whether a link address is that of a device on the local side.
func (h *hosts) owns(mac tinycheck.MAC) bool {
	c := h.cards[mac]
	return c != nil && !c.router && len(c.hosts) > 0
}

// same returns the addresses of the host's device: those that share its link
// address, unless that is a router's.
func (h *hosts) same(o *host) []*host {
	if c := h.cards[o.mac]; c != nil && !c.router {
		return c.hosts
	}
	return []*host{o}
}
