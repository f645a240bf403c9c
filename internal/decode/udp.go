package decode

import (
	"net/netip"

	"tinycheck"
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/dtls"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/quic"
	"tinycheck/internal/wire/stun"
	"tinycheck/internal/wire/tunnel"
)

// talk is what is remembered of a UDP flow while something can be learnt of it.
type talk struct {
	strange int // datagrams that nobody knew
	fed     int // bytes that QUIC and DTLS were given
	quic    *quicTalk
	dtls    *[2]dtls.Stream // client's, server's
	tunnel  tunnel.Stream
	stun    uint16 // methods that were told
}

func (t *talk) weigh() int { return talkCost + min(t.fed, 2*parserMost) }

func (d *Decoder) datagramUDP(depth int) {
	g, m := &d.datagram, &d.message
	if err := ip.ParseUDP(g.Payload, m); err != nil && len(g.Payload) < 4 { // not even the ports
		d.stats.Malformed++
		return
	}
	if inner, wrap, ok := ip.Unwrap(g, m); ok && depth < maxDepth && d.inner(inner, wrap, depth) {
		return
	}
	src, dst := netip.AddrPortFrom(g.Src, m.SrcPort), netip.AddrPortFrom(g.Dst, m.DstPort)
	f, sent := d.counted(src, dst, len(m.Payload)+d.missing)
	if f.mute || len(m.Payload) == 0 {
		return
	}
	d.flow, d.side, d.fromClient = f, nil, sent
	if d.byPort(m.SrcPort, m.DstPort, m.Payload) || f.done && !again(m.Payload) {
		return
	}
	if f.udp == nil {
		f.udp = &talk{}
	}
	f.done = !d.listen(f.udp, m.Payload, sent)
	if f.done {
		d.finish(f)
		return
	}
	d.settle(f)
}

// again reports whether a datagram of a flow that was given up may begin a QUIC
// connection: a client's first one is a long header in at least 1200 bytes (RFC
// 9000 sections 14.1 and 17.2).
func again(p []byte) bool {
	const long, least = 0xc0, 1200
	return p[0]&long == long && len(p) >= least && quic.Looks(p)
}

// listen tells protocols apart by the first bytes of a datagram (as RFC 7983
// does for those that share a port). Each datagram is judged for itself, so that
// a wrong guess costs nothing later, and one protocol may follow another. It
// reports whether anything more can be learnt of the flow.
func (d *Decoder) listen(t *talk, p []byte, sent bool) bool {
	switch {
	case t.quic != nil && p[0]&0xc0 == 0x40: // short header: another connection may follow
	case t.quic.sure(p), quic.Looks(p):
		d.listenQUIC(t, p, sent)
	case dtls.Looks(p):
		return d.listenDTLS(t, p, sent)
	case stun.Looks(p):
		d.readSTUN(t, p)
	case dns.Looks(p):
		d.dnsMessage(p, tinycheck.ProtocolDNS)
	default:
		return d.listenRest(t, p, sent)
	}
	return true
}

// listenRest takes what none of the parsers begins with: encrypted DTLS 1.3,
// tunnels, and the unknown.
func (d *Decoder) listenRest(t *talk, p []byte, sent bool) bool {
	if t.dtls != nil && dtls.IsUnified(p) {
		return d.listenDTLS(t, p, sent)
	}
	t.strange++
	open := d.shape(&t.tunnel, p, sent)
	return d.flow.Tunnel == "" && (open || t.strange < maxStrange)
}

func (d *Decoder) listenDTLS(t *talk, p []byte, sent bool) bool {
	if t.dtls == nil {
		t.dtls = new([2]dtls.Stream)
	}
	t.fed += len(p)
	t.dtls[side(sent)].Feed(p, d.emitters.dtls)
	return t.dtls[0].State() == dtls.More || t.dtls[1].State() == dtls.More
}

func (d *Decoder) readSTUN(t *talk, p []byte) {
	m, err := stun.Parse(p)
	if err != nil {
		d.stats.BadMessages++
	}
	d.flow.protocol(tinycheck.ProtocolSTUN)
	bit := uint16(1) << (m.Method & 15)
	if t.stun&bit == 0 {
		t.stun |= bit
		d.event(tinycheck.STUNMessage{Method: stunMethods[m.Method], Class: stunClasses[m.Class], Software: m.Software})
	}
}

// The words of RFC 8489 section 5 and RFC 8656 section 17.
var (
	stunMethods = map[stun.Method]string{stun.Binding: "binding", stun.Allocate: "allocate", stun.Refresh: "refresh", stun.Send: "send",
		stun.Data: "data", stun.CreatePermission: "create-permission", stun.ChannelBind: "channel-bind", stun.Connect: "connect",
		stun.ConnectionBind: "connection-bind", stun.ConnectionAttempt: "connection-attempt"}
	stunClasses = map[stun.Class]string{stun.Request: "request", stun.Indication: "indication", stun.Success: "success", stun.Failure: "error"}
)

// endUDP reads the messages whose ends never came.
func (d *Decoder) endUDP(f *flow) {
	t := f.udp
	d.side = nil
	if t.quic != nil {
		d.endQUIC(t.quic)
	}
	if t.dtls != nil {
		for i := range t.dtls {
			d.fromClient = i == 0
			t.dtls[i].Flush(d.emitters.dtls)
		}
	}
}
