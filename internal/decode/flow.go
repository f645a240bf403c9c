package decode

import (
	"net/netip"
	"slices"

	"tinycheck"
	"tinycheck/internal/wire/ip"
	"tinycheck/internal/wire/tunnel"
)

// flow is an open flow and what its parsers remember.
type flow struct {
	tinycheck.Flow
	key     key
	last    int64 // time of the latest packet, nanoseconds
	number  int64 // of the last packet
	busy    knot  // in the table
	reading knot  // in the room, while tcp or udp is there
	cost    int   // of tcp or udp, as the room knows it
	client  *host // nil when not on the local side
	server  *host
	tcp     *stream
	udp     *talk
	isn     [2]uint32 // initial sequence numbers of client and server
	syn     [2]bool   // and whether they are known
	fin     [2]bool
	rhythm  rhythm
	swapped bool // the client is the second end point of key
	closed  bool // RST, FIN both ways, or a question that was answered
	mute    bool // a parser panicked: count only
	done    bool // nothing more can be learnt
}

// opener says who opened a flow, where its first packet tells.
type opener uint8

const (
	unknown opener = iota
	source
	destination
)

// fromClient reports which way a packet goes.
func (f *flow) fromClient(swapped bool) bool { return swapped == f.swapped }

// counted finds or makes the flow of a packet and counts the packet.
func (d *Decoder) counted(src, dst netip.AddrPort, payload int) (f *flow, sent bool) {
	k, swapped := makeKey(d.datagram.Proto, src, dst)
	if src.Addr().IsUnspecified() && d.frame.HasMAC {
		k.distinguish(d.frame.Src)
	}
	f = d.table.flows[k]
	if f == nil {
		f = d.open(k, swapped, ends{src, dst}, unknown)
	}
	sent = f.fromClient(swapped)
	d.count(f, sent, payload)
	return f, sent
}

func (d *Decoder) count(f *flow, sent bool, payload int) {
	size := d.datagram.HeaderLen + len(d.datagram.Payload) + d.missing
	v := &f.Received
	if sent {
		v = &f.Sent
	}
	v.Packets++
	v.Bytes += int64(size)
	v.Payload += int64(payload)
	if v.Packets == 1 && f.FirstPacket != d.at.number {
		d.answered(f, sent)
	}
	if f.Server.Port() == portHTTPS && payload > 0 {
		f.rhythm.see(sent, payload)
	}
	f.number = d.at.number
	f.last = max(f.last, d.now)
	d.table.touch(f)
	if f.client != nil {
		d.hosts.see(f.client, d.now, size)
	}
	if f.server != nil {
		d.hosts.see(f.server, d.now, size)
	}
	if f.App.Name == "" {
		d.app(f)
	}
}

// app reads whose program the flow is, where the capture says so.
func (d *Decoder) app(f *flow) {
	if uid, name, ok := trailer(d.datagram.Trailer); ok {
		f.App = tinycheck.App{UID: uid, Name: name}
	} else if len(d.frame.App) > 0 {
		f.App.Name = string(d.frame.App)
	}
}

// ends are the end points of a packet.
type ends struct{ src, dst netip.AddrPort }

// open makes the flow of a packet.
func (d *Decoder) open(k key, swapped bool, e ends, who opener) *flow {
	d.makeRoom()
	f := &flow{key: k, last: d.now, swapped: swapped}
	macs := d.macs()
	if who == destination || who == unknown && d.answers(e, macs) {
		e.src, e.dst, f.swapped = e.dst, e.src, !swapped
		macs[0], macs[1] = macs[1], macs[0]
	}
	f.Transport = transport(d.datagram.Proto)
	f.Client, f.Server, f.ClientMAC, f.ServerMAC = e.src, e.dst, macs[0], macs[1]
	f.First, f.FirstPacket = d.at.time, d.at.number
	d.attach(f)
	d.nameByDNS(f)
	d.table.put(f)
	return f
}

// macs gives the link addresses of the packet's sender and receiver.
func (d *Decoder) macs() [2]tinycheck.MAC {
	if !d.frame.HasMAC {
		return [2]tinycheck.MAC{}
	}
	return [2]tinycheck.MAC{d.frame.Src, d.frame.Dst}
}

// makeRoom ends the flow that was idle for longest when the table is full.
func (d *Decoder) makeRoom() {
	if !d.table.full() {
		return
	}
	old := d.table.idle()
	if !old.closed && d.now-old.last < int64(flowFresh) {
		d.table.lost++
	}
	d.endFlow(old)
}

// endFlow reads what is left of a flow, dated by its last packet, and tells
// its end.
func (d *Decoder) endFlow(f *flow) {
	if !d.table.remove(f) {
		return
	}
	current, at := d.flow, d.at
	f.Last = nanoTime(f.last)
	d.flow, d.at = f, moment{f.number, f.Last}
	d.finish(f)
	if len(f.Names) == 0 {
		d.nameByDNS(f)
	}
	d.judgeECH(f)
	f.Rounds = f.rhythm.told(&f.Flow)
	if f.Tunnel == tinycheck.TunnelIPsec && slices.ContainsFunc(f.Names, calling) {
		f.Tunnel = tinycheck.TunnelCalling
	}
	d.event(tinycheck.FlowEnd{})
	d.flow, d.at = current, at
}

// calling reports whether a name is that of a carrier's gateway for calls over
// Wi-Fi (3GPP TS 23.003 section 19.4.2.9).
func calling(n tinycheck.Name) bool { return tunnel.WiFiCallingName(n.Value) }

// finish flushes the readers of a flow and lets go of their memory. A panic
// costs what they still held.
func (d *Decoder) finish(f *flow) {
	defer d.contain()
	switch {
	case f.mute:
	case f.tcp != nil:
		d.endTCP(f)
	case f.udp != nil:
		d.endUDP(f)
	}
	d.room.drop(f)
}

// addName keeps the names sorted, best first, those of equal rank as they came.
func (f *flow) addName(name string, source tinycheck.NameSource) {
	n := tinycheck.Name{Value: name, Source: source}
	if name == "" || len(f.Names) >= maxNames || slices.Contains(f.Names, n) {
		return
	}
	if _, err := netip.ParseAddr(name); err == nil { // an address is no name
		return
	}
	at := len(f.Names)
	for at > 0 && f.Names[at-1].Source.Rank() > source.Rank() {
		at--
	}
	f.Names = slices.Insert(f.Names, at, n)
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
