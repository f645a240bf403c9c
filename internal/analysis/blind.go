package analysis

import (
	"bytes"
	"cmp"
	"net/netip"
	"time"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/match"
	"tinycheck/internal/spelling"
)

// What hides names or everything without saying so is told by its habits. All
// of them have innocent doubles: therefore each asks for several signs at once,
// and for questions in plain DNS to have ceased.
const (
	// A VPN that nothing else tells: one server takes all (sinkBytes,
	// sinkPackets), as much as a phone does and for this long, both ways, while
	// hardly anything is asked.
	sinkVolume   = 256 << 10
	sinkLeast    = 3 * time.Minute
	sinkQuiet    = 3 * time.Minute // at most one question in so long
	sinkBothWays = 0.02            // of its payload, in the lesser direction

	// SSH that carries more than somebody types: bytes each way, and for how long.
	sshEachWay = 256 << 10
	sshLeast   = time.Minute

	// DNS over HTTPS at a server that no list names: rounds of a small question
	// and a small answer in one connection, and how many remotes were called by
	// names that nobody saw asked for, while next to none was.
	dohRounds = 20
	dohLeast  = 2 * time.Minute
	dohDark   = 8
	dohAsked  = 0.10 // plain questions per such remote
)

// dark is what a page keeps to tell whether names are asked for out of sight.
type dark struct {
	asked    map[int64]int64 // plain questions by minute
	suspects []suspect
	wishes   bool // asked whether the resolver can encrypt
}

// suspect is a flow that talks as DNS over HTTPS does.
type suspect struct {
	remote      string
	first, last int64 // Unix seconds
}

// sink is one remote address, what it took and how.
type sink struct {
	bytes, packets int64
	up, down       int64 // payload
	first, last    int64 // Unix seconds
	named          bool
	tunnelled      bool // its flows are counted as a tunnel already
	vpn            bool // listed as a VPN
	media          bool // calls and other media that say what they are
	unasked        bool // called by a name that was not asked for in sight
}

func (s sink) plus(o sink) sink {
	s.first, s.last = cmp.Or(min(s.first, o.first), max(s.first, o.first)), max(s.last, o.last)
	s.bytes, s.packets, s.up, s.down = s.bytes+o.bytes, s.packets+o.packets, s.up+o.up, s.down+o.down
	s.named, s.vpn, s.media = s.named || o.named, s.vpn || o.vpn, s.media || o.media
	s.tunnelled, s.unasked = s.tunnelled || o.tunnelled, s.unasked || o.unasked
	return s
}

// sink counts a flow for its remote address.
func (l *ledger) sink(p *page, f *tinycheck.Flow, as []match.Listing) {
	a := f.Remote().Addr()
	s, before := p.sinks[a]
	if !before && !l.hold() {
		return
	}
	p.sinks[a] = s.plus(sink{
		bytes: f.Sent.Bytes + f.Received.Bytes, packets: f.Sent.Packets + f.Received.Packets, up: f.Up().Payload, down: f.Down().Payload,
		first: f.First.Unix(), last: f.Last.Unix(),
		named: known(f) != "", vpn: listed(as, tinycheck.InfraVPN), tunnelled: whole(f, tunnel(f, as)),
		media:   f.Protocol == tinycheck.ProtocolSTUN || f.Protocol == tinycheck.ProtocolDTLS,
		unasked: saidItself(f) && !askedFor(f),
	})
}

// note keeps the minute of a plain question. One about the resolver itself (RFC
// 9462 section 4) asks whether it can encrypt, and names nobody.
func (l *ledger) note(p *page, name string, at time.Time) {
	const resolver = "_dns.resolver.arpa"
	if name == resolver {
		p.dark.wishes = true
		return
	}
	minute := at.Unix() / 60
	if _, before := p.dark.asked[minute]; !before {
		if l.minutes >= maxMinutes {
			l.lost++
			return
		}
		l.minutes++
	}
	p.dark.asked[minute]++
}

// wish notes who asked for an encrypted resolver on joining: DHCP option 162
// (RFC 9463 section 6.1) in the list of what it wants to be told.
func (l *ledger) wish(r *tinycheck.DHCPRequest) {
	const optionDNR = 162
	if !r.V6 && bytes.IndexByte(r.Parameters, optionDNR) >= 0 && len(l.wishes) < maxPages {
		l.wishes[r.MAC] = true
	}
}

// suspect keeps a flow that may be DNS over HTTPS. A service that is known to be
// another one is none.
func (l *ledger) suspect(p *page, f *tinycheck.Flow) {
	quiet := f.Protocol == tinycheck.ProtocolTLS || f.Protocol == tinycheck.ProtocolQUIC
	if !quiet || f.Tunnel != "" || f.Rounds < dohRounds || f.Last.Sub(f.First) < dohLeast || len(p.dark.suspects) >= maxPer {
		return
	}
	name := f.Name().Value
	if c := l.index.Context(spelling.Host(name)); c != nil && c.Class != tinycheck.ContextPlatform {
		return
	}
	p.dark.suspects = append(p.dark.suspects, suspect{cmp.Or(name, f.Remote().Addr().String()), f.First.Unix(), f.Last.Unix()})
}

// habits adds to a coverage what only the traffic of the whole device tells.
func (l *ledger) habits(h *decode.Host, c *tinycheck.Coverage, sinks map[netip.Addr]sink) {
	all := dark{asked: make(map[int64]int64), wishes: l.wishes[h.MAC]}
	for _, a := range h.Addresses {
		if p := l.pages[a]; p != nil {
			all.add(&p.dark)
		}
	}
	c.AsksEncryption = all.wishes
	for _, s := range all.suspects {
		if all.resolves(s, sinks) {
			c.EncryptedBy, c.Resolvers = insert(c.EncryptedBy, tinycheck.ProtocolDoH), insert(c.Resolvers, s.remote)
		}
	}
	for _, s := range sinks {
		if private(h) && all.carriesAll(s, c) {
			c.Tunnelled += s.bytes
			c.Tunnels = insert(c.Tunnels, tinycheck.TunnelVPN)
		}
	}
}

func (d *dark) add(o *dark) {
	for minute, n := range o.asked {
		d.asked[minute] += n
	}
	d.suspects = append(d.suspects, o.suspects...)
	d.wishes = d.wishes || o.wishes
}

// questions counts those of the minutes after the one in which something began.
func (d *dark) questions(first, last int64) (during, besides int64) {
	for minute, n := range d.asked {
		if minute > first/60 && minute <= last/60 {
			during += n
		} else {
			besides += n
		}
	}
	return during, besides
}

// resolves reports whether a suspect seems to answer for names: the device asks
// in plain DNS at other times, but hardly while this flow lasts, and yet calls
// many by name. One whose questions the recording left out never asks.
func (d *dark) resolves(s suspect, sinks map[netip.Addr]sink) bool {
	during, besides := d.questions(s.first, s.last)
	if besides == 0 {
		return false
	}
	called := 0
	for _, o := range sinks {
		if o.unasked && o.first > s.first && o.first <= s.last {
			called++
		}
	}
	return called >= dohDark && float64(during) <= dohAsked*float64(called)
}

// carriesAll reports whether one remote is a VPN that its bytes do not tell: it
// takes everything and silences DNS, and is listed as one or has no name.
func (d *dark) carriesAll(s sink, c *tinycheck.Coverage) bool {
	if s.tunnelled || float64(s.bytes) < sinkBytes*float64(c.External) || float64(s.packets) < sinkPackets*float64(c.ExtPackets) {
		return false
	}
	lasted := time.Duration(s.last-s.first) * time.Second
	if during, _ := d.questions(s.first, s.last); during > int64(lasted/sinkQuiet) {
		return false
	}
	if s.vpn {
		return true
	}
	return !s.named && !s.media && s.bytes >= sinkVolume && lasted >= sinkLeast &&
		float64(min(s.up, s.down)) >= sinkBothWays*float64(s.up+s.down)
}

// bulky reports whether SSH carries more each way than somebody types.
func bulky(f *tinycheck.Flow) bool {
	return f.Sent.Payload >= sshEachWay && f.Received.Payload >= sshEachWay && f.Last.Sub(f.First) >= sshLeast
}

// ofName gives what lists say of a flow by its own name, and by its address only
// where it says none: whoever shares an address with a resolver is not one.
func ofName(as []match.Listing, f *tinycheck.Flow) []match.Listing {
	if tier(f.Name()) <= tinycheck.NameHTTP.Rank() && len(f.Names) > 0 {
		return as[1:]
	}
	return as
}
