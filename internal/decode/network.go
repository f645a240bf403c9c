package decode

import (
	"encoding/binary"
	"net/netip"

	"tinycheck"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/link"
)

// network reads one IP packet, puts fragments together and looks into tunnels.
func (d *Decoder) network(p []byte, depth int) {
	g := &d.datagram
	if err := ip.Parse(p, g); err != nil {
		d.stats.Malformed++
		return
	}
	d.missing = 0
	if g.Cut {
		d.missing = d.cutOff(p)
	}
	if g.Fragmented() {
		if _, whole := d.frags.Add(g, d.now); !whole {
			d.stats.Fragmented++
			return
		}
	}
	switch g.Proto {
	case ip.ProtoTCP:
		d.segmentTCP()
	case ip.ProtoUDP:
		d.datagramUDP(depth)
	default:
		d.rest(depth)
	}
}

// cutOff is how many bytes of the IP packet p were not recorded. Its header
// tells, unless it is wrong; the length of the frame may count a check sequence
// too.
func (d *Decoder) cutOff(p []byte) int {
	total := int(binary.BigEndian.Uint16(p[2:])) // RFC 791 section 3.1
	if d.datagram.Version == 6 {
		total = 40 + int(binary.BigEndian.Uint16(p[4:])) // RFC 8200 section 3: without the header
	}
	return min(max(0, total-len(p)), d.snapped)
}

// rest counts every other IP protocol as a flow, unless it carries a packet.
func (d *Decoder) rest(depth int) {
	g := &d.datagram
	inner, wrap, ok := ip.Unwrap(g, nil)
	if ok && depth < maxDepth && d.inner(inner, wrap, depth) {
		return
	}
	f, _ := d.counted(netip.AddrPortFrom(g.Src, 0), netip.AddrPortFrom(g.Dst, 0), len(g.Payload))
	if f.Tunnel != "" {
		return
	}
	switch d.flow = f; {
	case g.Proto == ip.ProtoESP:
		d.tunnelled(tinycheck.TunnelIPsec)
	case wrap.Tunnel == ip.TunnelPPTP: // its data is compressed or encrypted, or there is none
		d.tunnelled(tinycheck.TunnelPPTP)
	}
}

// inner reads the packet that a tunnel carries. The outer packet then makes no
// flow of its own: its bytes are those of the inner one. It reports false when
// the content is none that can be read, as with encrypted PPP; then the outer
// packet counts.
func (d *Decoder) inner(p []byte, w ip.Wrap, depth int) bool {
	frame := d.frame
	read := true
	switch w.Kind {
	case ip.KindEthernet:
		read = d.link(tinycheck.LinkEthernet, p, depth+1)
	case ip.KindPPP:
		read = d.link(tinycheck.LinkPPP, p, depth+1)
	default:
		d.network(p, depth+1)
	}
	if !read {
		d.frame = frame
	}
	return read
}

// tunnelled says that the current flow is a tunnel.
func (d *Decoder) tunnelled(kind tinycheck.TunnelKind) {
	d.flow.Tunnel, d.flow.Protocol = kind, tinycheck.ProtocolTunnel
	d.event(tinycheck.TunnelSeen{Kind: kind})
}

// trailer reads the PCAPdroid trailer behind an IP packet.
func trailer(extra []byte) (uid int32, name string, ok bool) {
	const size = 28 // without the check sequence
	if len(extra) < size {
		return 0, "", false
	}
	return link.ParseTrailer(extra)
}
