package decode

import (
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/wire/ip"
)

// flow is an open flow and what its parsers remember.
type flow struct {
	tinycheck.Flow
	key        key
	first      int64
	last       int64
	prev, next *flow
	client     *host // nil when not on the local side
	server     *host
	swapped    bool // the client is the second end point of key
	closed     bool // RST, or FIN both ways
	fins       [2]bool
	mute       bool // a parser panicked: count only
	spoken     bool // nothing more can be learnt of a UDP flow
	tcp        *stream
	udp        *talk
}

// fromClient reports which way a packet goes.
func (f *flow) fromClient(swapped bool) bool { return swapped == f.swapped }

// counted finds or makes the flow of a packet and counts the packet.
func (d *Decoder) counted(src, dst netip.AddrPort, client bool, payload int) (f *flow, sent bool) {
	k, swapped := makeKey(d.datagram.Proto, src, dst)
	f = d.table.flows[k]
	if f == nil || f.closed && client && d.now-f.last > 0 {
		if f != nil {
			d.endFlow(f)
		}
		f = d.open(k, src, dst, client, swapped)
	}
	sent = f.fromClient(swapped)
	d.count(f, sent, payload)
	return f, sent
}

func (d *Decoder) count(f *flow, sent bool, payload int) {
	size := d.datagram.HeaderLen + len(d.datagram.Payload)
	if d.datagram.Cut {
		size += d.packet.Length - len(d.packet.Data)
	}
	v := &f.Received
	if sent {
		v = &f.Sent
	}
	v.Packets++
	v.Bytes += int64(size)
	v.Payload += int64(payload)
	f.last = max(f.last, d.now)
	d.table.touch(f)
	if f.client != nil {
		f.client.see(d.now, size)
	}
	if f.server != nil {
		f.server.see(d.now, size)
	}
	d.app(f)
}

// app reads whose program the flow is, where the capture says so.
func (d *Decoder) app(f *flow) {
	if f.App.Name != "" {
		return
	}
	if uid, name, ok := trailer(d.datagram.Trailer); ok {
		f.App = tinycheck.App{UID: uid, Name: name}
	} else if len(d.frame.App) > 0 {
		f.App.Name = string(d.frame.App)
	}
}

// open makes the flow whose first packet goes from src to dst. client says
// that src is known to have opened it; else ports and addresses tell.
func (d *Decoder) open(k key, src, dst netip.AddrPort, client, swapped bool) *flow {
	d.makeRoom()
	f := &flow{key: k, first: d.now, last: d.now, swapped: swapped}
	macs := [2]tinycheck.MAC{d.frame.Src, d.frame.Dst}
	if !d.frame.HasMAC {
		macs = [2]tinycheck.MAC{}
	}
	if !client && answers(src, dst) {
		src, dst, f.swapped = dst, src, !swapped
		macs[0], macs[1] = macs[1], macs[0]
	}
	f.Transport = transport(d.datagram.Proto)
	f.Client, f.Server, f.ClientMAC, f.ServerMAC = src, dst, macs[0], macs[1]
	f.First, f.FirstPacket = d.packet.Time, d.packet.Number
	d.attach(f)
	d.table.put(f)
	return f
}

// makeRoom ends the flow that was idle for longest when the table is full.
func (d *Decoder) makeRoom() {
	if !d.table.full() {
		return
	}
	old, current := d.table.oldest(), d.flow
	if d.now-old.last < int64(flowFresh) {
		d.table.lost++
	}
	d.endFlow(old)
	d.flow = current
}

// answers guesses whether the first recorded packet of a flow is an answer.
func answers(src, dst netip.AddrPort) bool {
	if dst.Addr().IsMulticast() {
		return false
	}
	low, high := src.Port() < 1024, dst.Port() < 1024
	if low != high {
		return low
	}
	return !Local(src.Addr()) && Local(dst.Addr())
}

// attach finds the hosts of a flow. Without any local end the client is the one.
func (d *Decoder) attach(f *flow) {
	here, there := Local(f.Client.Addr()), Local(f.Server.Addr())
	f.Inward = there && !here
	if here || !there {
		f.client = d.hosts.find(f.Client.Addr(), f.ClientMAC, d.now)
	}
	if there && !f.Server.Addr().IsUnspecified() {
		f.server = d.hosts.find(f.Server.Addr(), f.ServerMAC, d.now)
	}
	d.nameByDNS(f)
}

func (f *flow) local() *host {
	if f.Inward {
		return f.server
	}
	return f.client
}

// nameByDNS takes the names that the device was told of the remote address,
// unless the flow itself has said its name.
func (d *Decoder) nameByDNS(f *flow) {
	o := f.local()
	if o == nil || f.named() {
		return
	}
	for _, name := range d.hosts.told(o, f.Remote().Addr()) {
		f.addName(name, tinycheck.NameDNS)
	}
}

// named reports whether the flow itself said whom it is for.
func (f *flow) named() bool {
	return len(f.Names) > 0 && f.Names[0].Source.Rank() < tinycheck.NameDNS.Rank()
}

// addName keeps the names sorted, best first, those of equal rank as they came.
func (f *flow) addName(name string, source tinycheck.NameSource) {
	n := tinycheck.Name{Value: name, Source: source}
	if _, err := netip.ParseAddr(name); err == nil { // an address is no name
		return
	}
	if name == "" || len(f.Names) >= maxNames || slices.Contains(f.Names, n) {
		return
	}
	at := len(f.Names)
	for at > 0 && f.Names[at-1].Source.Rank() > source.Rank() {
		at--
	}
	f.Names = slices.Insert(f.Names, at, n)
}

func (d *Decoder) endFlow(f *flow) {
	d.table.remove(f)
	d.flow = f
	f.release(d)
	d.nameByDNS(f)
	d.judgeECH(f)
	if f.Tunnel == tinycheck.TunnelIPsec && calling(f) {
		f.Tunnel = tinycheck.TunnelCalling
	}
	f.Last = nanoTime(f.last)
	e := tinycheck.Event{Time: f.Last, Packet: d.packet.Number, Flow: &f.Flow, Fact: tinycheck.FlowEnd{}}
	d.flow = nil
	d.emit(e)
}

// judgeECH tells a real encrypted hello from GREASE, as far as DNS tells. The
// name of a real outer hello is only that of the provider: what the device
// asked for comes before it.
func (d *Decoder) judgeECH(f *flow) {
	o := f.local()
	if f.ECH != tinycheck.ECHOffered || o == nil || len(o.hidden) == 0 {
		return
	}
	told := d.hosts.told(o, f.Remote().Addr())
	outer := o.hidden[f.Name().Value]
	if !outer && !slices.ContainsFunc(told, func(n string) bool { return o.hidden[n] }) {
		return
	}
	f.ECH = tinycheck.ECHLikely
	if outer {
		said := f.Names
		f.Names = nil
		for _, name := range told {
			f.Names = append(f.Names, tinycheck.Name{Value: name, Source: tinycheck.NameDNS})
		}
		f.Names = append(f.Names, said...)
	}
}

// calling reports whether an IPsec flow goes to a carrier's gateway for calls
// over Wi-Fi (3GPP TS 23.003 section 19.4.2.9: the name of the ePDG).
func calling(f *flow) bool {
	for _, n := range f.Names {
		if strings.HasPrefix(n.Value, "epdg.") && strings.HasSuffix(n.Value, ".3gppnetwork.org") {
			return true
		}
	}
	return false
}

// release flushes the parsers of a flow and lets go of their memory.
func (f *flow) release(d *Decoder) {
	if f.tcp != nil {
		d.endTCP(f)
		f.tcp = nil
	}
	if f.udp != nil {
		d.endUDP(f)
		f.udp = nil
	}
}

func transport(proto uint8) tinycheck.Transport {
	switch proto {
	case ip.ProtoTCP:
		return tinycheck.TCP
	case ip.ProtoUDP:
		return tinycheck.UDP
	case ip.ProtoICMP, ip.ProtoICMPv6:
		return tinycheck.ICMP
	case ip.ProtoESP:
		return tinycheck.ESP
	case ip.ProtoSCTP:
		return tinycheck.SCTP
	}
	return tinycheck.Other
}

var shared = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598

// Local reports whether an address lies on the private side: private, shared,
// link-local, loopback or group addresses. Public addresses never do.
func Local(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() || a.IsUnspecified() ||
		a.IsMulticast() || shared.Contains(a) || a == broadcast
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
