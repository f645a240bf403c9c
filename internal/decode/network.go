package decode

import (
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
	if g.Fragmented() {
		if _, whole := d.frags.Add(g, d.now); !whole {
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

// rest counts every other IP protocol as a flow, unless it carries a packet.
func (d *Decoder) rest(depth int) {
	if inner, wrap, ok := ip.Unwrap(&d.datagram, nil); ok && depth < maxDepth {
		d.inner(inner, wrap, depth)
		return
	}
	g := &d.datagram
	f, _ := d.counted(netip.AddrPortFrom(g.Src, 0), netip.AddrPortFrom(g.Dst, 0), false, len(g.Payload))
	if g.Proto == ip.ProtoESP && f.Tunnel == "" {
		d.flow = f
		d.tunnelled(tinycheck.TunnelIPsec)
	}
}

// inner reads the packet that a tunnel carries. The outer packet makes no flow
// of its own: its bytes are those of the inner one.
func (d *Decoder) inner(p []byte, w ip.Wrap, depth int) {
	switch w.Kind {
	case ip.KindEthernet:
		d.link(tinycheck.LinkEthernet, p, depth+1)
	case ip.KindPPP:
		d.link(tinycheck.LinkPPP, p, depth+1)
	default:
		d.network(p, depth+1)
	}
}

// tunnelled says that the current flow is a tunnel.
func (d *Decoder) tunnelled(kind tinycheck.TunnelKind) {
	d.flow.Tunnel, d.flow.Protocol = kind, tinycheck.ProtocolTunnel
	d.event(tinycheck.TunnelSeen{Kind: kind})
}

// missing is how many bytes of the packet the recorder cut off.
func (d *Decoder) missing() int {
	if !d.datagram.Cut {
		return 0
	}
	return max(0, d.packet.Length-len(d.packet.Data))
}

// trailer reads the PCAPdroid trailer behind an IP packet.
func trailer(extra []byte) (uid int32, name string, ok bool) {
	const size = 32
	if len(extra) < size {
		return 0, "", false
	}
	return link.ParseTrailer(extra)
}
