package phone

import (
	"net/netip"
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/scenario"
	"tinycheck/internal/wire/dhcp"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/link"
)

// The ports that are not conversations.
const (
	portDNS        = 53
	portDHCPServer = 67
	portDHCPClient = 68
)

// Read takes the packets of a scenario apart. The only failure is that of the
// scenario itself.
func Read(s *scenario.Scenario) (*Script, error) {
	r := reader{phone: s.Phone(), start: s.Start(), open: make(map[ends]*flow), script: &Script{Skipped: make(map[Skip]int)}}
	r.script.Joining = joining(&r.phone)
	if err := s.Packets(func(p *tinycheck.Packet) error { r.packet(p); return nil }); err != nil {
		return nil, err
	}
	for _, f := range r.flows {
		r.end(f)
	}
	r.script.finish()
	return r.script, nil
}

// joining is what a phone of that kind says when the scenario does not tell.
func joining(d *tinycheck.Device) Joining {
	m := dhcp.V4{
		Op: dhcp.FromClient, Type: dhcp.Discover, HostName: d.Name, ClientMAC: dhcp.MAC(d.MAC), ClientID: append([]byte{1}, d.MAC[:]...),
		ParameterList: []uint8{1, 3, 6, 15, 28, 51}, MaxSize: 1500,
	}
	if d.Class == tinycheck.ClassAndroid {
		m.VendorClass = "android-dhcp-14"
	}
	again := m
	again.Type = dhcp.Request
	return Joining{m, again}
}

// reader collects the flows of the phone.
type reader struct {
	script *Script
	phone  tinycheck.Device
	start  time.Time
	parts  ip.Reassembler
	open   map[ends]*flow
	flows  []*flow // in the order of their first packet
}

// ends tell flows apart.
type ends struct {
	transport Transport
	port      uint16
	remote    netip.AddrPort
}

// flow is a conversation that is being collected.
type flow struct {
	ends
	begin, last time.Duration
	lines       []Line // of UDP
	halves      [2]half
	syn         uint32
	opened      bool // by a SYN
	answered    bool
	reset       bool
}

// heard is one packet of the phone's.
type heard struct {
	at   time.Duration
	back bool // from the other end
	data *ip.Datagram
}

func (r *reader) packet(p *tinycheck.Packet) {
	var f link.Frame
	for ok := link.Parse(p.Link, p.Data, &f) == nil; ok; ok = f.Next() {
		if f.Protocol == link.IPv4 || f.Protocol == link.IPv6 {
			r.datagram(p, &f)
		}
	}
}

func (r *reader) datagram(p *tinycheck.Packet, f *link.Frame) {
	var d ip.Datagram
	if ip.Parse(f.Payload, &d) != nil || d.Cut {
		r.script.Skipped[SkipCut]++
		return
	}
	if _, ok := r.parts.Add(&d, p.Time.UnixNano()); !ok {
		return
	}
	h := heard{at: p.Time.Sub(r.start), data: &d}
	own := func(a netip.Addr, mac [6]byte) bool {
		return slices.Contains(r.phone.Addresses, a) || f.HasMAC && tinycheck.MAC(mac) == r.phone.MAC
	}
	switch {
	case own(d.Src, f.Src):
	case own(d.Dst, f.Dst):
		h.back = true
	default:
		if !discovers(&d) && !r.joins(&d) {
			r.script.Skipped[SkipDevice]++
		}
		return
	}
	r.transport(h)
}

func (r *reader) transport(h heard) {
	switch h.data.Proto {
	case ip.ProtoTCP:
		var t ip.TCP
		if ip.ParseTCP(h.data.Payload, &t) == nil {
			r.segment(h, &t)
		}
	case ip.ProtoUDP:
		var u ip.UDP
		if ip.ParseUDP(h.data.Payload, &u) == nil && !r.joins(h.data) {
			r.message(h, &u)
		}
	default:
		if !discovers(h.data) {
			r.script.Skipped[SkipProtocol]++
		}
	}
}

// discovers tells router and neighbour discovery, and what belongs to it (RFC
// 4861, RFC 2710): the kernel does that itself.
func discovers(d *ip.Datagram) bool {
	return d.Proto == ip.ProtoICMPv6 && len(d.Payload) > 0 && d.Payload[0] >= 130 && d.Payload[0] <= 137
}

// joins takes what DHCP says of the phone. The real stack speaks it itself.
func (r *reader) joins(d *ip.Datagram) bool {
	var u ip.UDP
	if d.Proto != ip.ProtoUDP || ip.ParseUDP(d.Payload, &u) != nil {
		return false
	}
	to := u.DstPort
	if to != portDHCPServer && to != portDHCPClient || u.SrcPort != portDHCPServer && u.SrcPort != portDHCPClient {
		return false
	}
	m, err := dhcp.ParseV4(u.Payload)
	if err != nil || tinycheck.MAC(m.ClientMAC) != r.phone.MAC {
		return false
	}
	if m.Op == dhcp.FromServer {
		for _, a := range m.DNS {
			if !slices.Contains(r.script.Resolvers, a) {
				r.script.Resolvers = append(r.script.Resolvers, a)
			}
		}
		return true
	}
	switch m.Type {
	case dhcp.Discover:
		r.script.Joining.Discover = m
	case dhcp.Request:
		r.script.Joining.Request = m
	}
	return true
}

// flow finds the flow of a packet, or begins it.
func (r *reader) flow(e ends, at time.Duration) *flow {
	f := r.open[e]
	if f == nil {
		f = &flow{ends: e, begin: at}
		r.open[e] = f
		r.flows = append(r.flows, f)
	}
	f.last = max(f.last, at)
	return f
}

func (h *heard) ends(t Transport, src, dst uint16) ends {
	if h.back {
		return ends{t, dst, netip.AddrPortFrom(h.data.Src, src)}
	}
	return ends{t, src, netip.AddrPortFrom(h.data.Dst, dst)}
}

func (r *reader) message(h heard, u *ip.UDP) {
	e := h.ends(UDP, u.SrcPort, u.DstPort)
	if h.back && r.open[e] == nil {
		r.script.Skipped[SkipInward]++
		return
	}
	if u.Cut {
		r.script.Skipped[SkipCut]++
		return
	}
	f := r.flow(e, h.at)
	f.answered = f.answered || h.back
	f.lines = append(f.lines, Line{At: h.at, Server: h.back, Data: slices.Clone(u.Payload)})
}

// end makes a conversation or questions of a flow.
func (r *reader) end(f *flow) {
	c := Conversation{Transport: f.transport, Port: f.port, Remote: f.remote, Begin: f.begin, Last: f.last, Lines: f.lines, End: EndOpen}
	if f.transport == TCP {
		c.Lines = f.order()
		c.End = f.how()
	} else if !f.answered {
		c.End = EndUnanswered
	}
	if f.remote.Port() == portDNS && r.questions(&c) {
		return
	}
	r.script.Conversations = append(r.script.Conversations, c)
}
