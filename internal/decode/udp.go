package decode

import (
	"net/netip"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/dns"
	"tinycheck/internal/wire/dtls"
	"tinycheck/internal/wire/http"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/quic"
	"tinycheck/internal/wire/stun"
	"tinycheck/internal/wire/tunnel"
)

// talk is what is remembered of a UDP flow while something can be learnt of it.
type talk struct {
	tries  int
	quic   *quic.Stream
	begun  [2][]byte // first messages of client and server, as far as they are known
	told   bool      // the QUIC version
	dtls   *[2]dtls.Stream
	tunnel tunnel.Stream
}

func (d *Decoder) datagramUDP(depth int) {
	g, m := &d.datagram, &d.message
	if err := ip.ParseUDP(g.Payload, m); err != nil && m.SrcPort == 0 && m.DstPort == 0 {
		d.stats.Malformed++
		return
	}
	if inner, wrap, ok := ip.Unwrap(g, m); ok && depth < maxDepth {
		d.inner(inner, wrap, depth)
		return
	}
	src, dst := netip.AddrPortFrom(g.Src, m.SrcPort), netip.AddrPortFrom(g.Dst, m.DstPort)
	f, sent := d.counted(src, dst, false, len(m.Payload)+d.missing())
	if f.mute || len(m.Payload) == 0 {
		return
	}
	d.flow, d.side = f, nil
	if d.byPort(m) || f.spoken {
		return
	}
	if f.udp == nil {
		f.udp = &talk{}
	}
	if !d.listen(f.udp, m.Payload, sent) {
		d.endUDP(f)
		f.udp, f.spoken = nil, true
	}
}

// byPort reads the protocols that are known by their ports and come in single
// datagrams.
func (d *Decoder) byPort(m *ip.UDP) bool {
	for _, port := range [2]uint16{m.DstPort, m.SrcPort} {
		if read := single[port]; read != nil {
			return read(d, m.Payload)
		}
	}
	return false
}

// single lists them. A reader says whether it took the datagram.
var single = map[uint16]func(*Decoder, []byte) bool{
	53:   func(d *Decoder, p []byte) bool { return d.readDNS(p, tinycheck.ProtocolDNS) },
	5353: func(d *Decoder, p []byte) bool { return d.readDNS(p, tinycheck.ProtocolMDNS) },
	5355: func(d *Decoder, p []byte) bool { return d.readDNS(p, tinycheck.ProtocolLLMNR) },
	67:   (*Decoder).readDHCP,
	68:   (*Decoder).readDHCP,
	546:  (*Decoder).readDHCPv6,
	547:  (*Decoder).readDHCPv6,
	1900: (*Decoder).readSSDP,
}

func (d *Decoder) readDNS(p []byte, via tinycheck.Protocol) bool {
	if !dns.LooksOnPort(p) {
		return false
	}
	d.dnsMessage(p, via)
	return true
}

// readSSDP reads requests in the format of HTTP that devices send to find each
// other (UPnP Device Architecture section 1). Their host is the group, which names
// no remote.
func (d *Decoder) readSSDP(p []byte) bool {
	if r, ok := http.ParseHead(p); ok {
		d.event(tinycheck.HTTPRequest{Method: r.Method, Host: r.Host, Path: r.Path, UserAgent: r.UserAgent})
		return true
	}
	_, ok := http.ParseResponse(p)
	return ok
}

// listen tries the datagram on every parser until one knows the flow. It
// reports whether anything more can be learnt.
func (d *Decoder) listen(t *talk, p []byte, sent bool) bool {
	switch {
	case t.quic != nil:
		d.listenQUIC(t, p, sent)
		return true
	case t.dtls != nil:
		own := &t.dtls[side(sent)]
		own.Feed(p, d.emitters.dtls)
		return t.dtls[0].State() == dtls.More || t.dtls[1].State() == dtls.More
	}
	t.tries++
	return d.recogniseUDP(t, p, sent) && t.tries < maxUDPTries
}

// recogniseUDP tells protocols apart by their first bytes (as RFC 7983 does
// for those that share a port). It reports whether to go on.
func (d *Decoder) recogniseUDP(t *talk, p []byte, sent bool) bool {
	switch {
	case quic.Looks(p):
		t.quic = &quic.Stream{}
		d.listenQUIC(t, p, sent)
	case dtls.Looks(p):
		t.dtls = &[2]dtls.Stream{}
		t.dtls[side(sent)].Feed(p, d.emitters.dtls)
	case stun.Looks(p):
		d.readSTUN(p)
	case dns.Looks(p):
		d.dnsMessage(p, tinycheck.ProtocolDNS)
	default:
		return d.shape(&t.tunnel, p, sent)
	}
	return true
}

func (d *Decoder) listenQUIC(t *talk, p []byte, sent bool) {
	t.quic.See(p, sent, d.emitters.quic)
	version := t.quic.Version()
	if t.told || version == 0 {
		return
	}
	t.told = true
	f := d.flow
	f.QUICVersion = version.String()
	if f.Protocol == tinycheck.ProtocolUnknown {
		f.Protocol = quicProtocol(version)
	}
	d.event(tinycheck.QUICInitial{Version: f.QUICVersion, Decrypted: t.quic.Facts().Decrypted > 0})
}

func quicProtocol(v quic.Version) tinycheck.Protocol {
	if strings.HasPrefix(v.String(), "gQUIC") {
		return tinycheck.ProtocolGQUIC
	}
	return tinycheck.ProtocolQUIC
}

// quicCrypto reads the first handshake message of one side of a QUIC flow when
// it is complete.
func (d *Decoder) quicCrypto(c quic.Crypto) {
	begun := &d.flow.udp.begun[side(c.FromClient)]
	if !c.Complete {
		*begun = append((*begun)[:0], c.Data...)
		return
	}
	*begun = nil
	d.quicMessage(c.Data, c.FromClient)
}

func (d *Decoder) readSTUN(p []byte) {
	m, err := stun.Parse(p)
	if err != nil {
		d.stats.BadMessages++
	}
	if d.flow.Protocol == tinycheck.ProtocolUnknown {
		d.flow.Protocol = tinycheck.ProtocolSTUN
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
	if f.mute {
		return
	}
	for i, begun := range t.begun {
		if begun != nil {
			t.begun[i] = nil
			d.quicMessage(begun, i == 0)
		}
	}
	if t.dtls != nil {
		t.dtls[0].Flush(d.emitters.dtls)
		t.dtls[1].Flush(d.emitters.dtls)
	}
}
