package analysis

import (
	"cmp"
	"net/netip"
	"slices"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/match"
	"tinycheck/internal/spelling"
)

// ledger counts, per local address, what could be seen and whom it talked to.
type ledger struct {
	index *match.Index
	pages map[netip.Addr]*page
	spare *page // takes what no page has room for; never read
	lost  int64
}

// page is the ledger of one local address.
type page struct {
	external  int64
	packets   int64 // external
	flows     int64
	named     map[tinycheck.NameSource]int64
	unknown   int64
	tunnelled int64
	tunnels   []tinycheck.TunnelKind
	encrypted []tinycheck.Protocol
	resolvers []string
	ech       int64
	offered   int64
	asked     bool
	talks     map[tinycheck.Identity]*tinycheck.Remote
	sinks     map[netip.Addr]sink
}

type sink struct {
	bytes, packets int64
	named          bool
}

func newLedger(index *match.Index) *ledger {
	return &ledger{index: index, pages: make(map[netip.Addr]*page), spare: newPage()}
}

func (l *ledger) page(a netip.Addr) *page {
	p := l.pages[a]
	if p == nil {
		if len(l.pages) >= maxPages {
			l.lost++
			return l.spare
		}
		p = newPage()
		l.pages[a] = p
	}
	return p
}

func newPage() *page {
	return &page{named: make(map[tinycheck.NameSource]int64), talks: make(map[tinycheck.Identity]*tinycheck.Remote), sinks: make(map[netip.Addr]sink)}
}

func (l *ledger) see(e tinycheck.Event) {
	if e.Flow == nil {
		return
	}
	switch fact := e.Fact.(type) {
	case tinycheck.DNSQuery:
		l.query(e, &fact)
	case tinycheck.FlowEnd:
		l.flow(e.Flow)
	}
}

// query notes a name that was asked for, whether or not anything came of it.
func (l *ledger) query(e tinycheck.Event, q *tinycheck.DNSQuery) {
	if q.Via != tinycheck.ProtocolDNS || q.Name == "" {
		return
	}
	p := l.page(e.Flow.Client.Addr())
	p.asked = true
	if r := l.remote(p, identify(q.Name, netip.Addr{})); r != nil {
		addName(r, tinycheck.Name{Value: q.Name, Source: tinycheck.NameDNS})
		r.First, r.Last = earliest(r.First, e.Time), latest(r.Last, e.Time)
	}
}

// flow counts a flow that has ended.
func (l *ledger) flow(f *tinycheck.Flow) {
	remote := f.Remote().Addr()
	if decode.Local(remote) {
		return
	}
	p := l.page(f.Local().Addr())
	bytes := f.Sent.Bytes + f.Received.Bytes
	p.flows++
	p.external += bytes
	p.packets += f.Sent.Packets + f.Received.Packets
	p.name(f, bytes)
	l.hidden(p, f, bytes)
	p.sink(f, bytes)
	l.talk(p, f)
}

// name counts the bytes by how the name of their remote is known. Plain DNS
// and a carrier's calls explain themselves.
func (p *page) name(f *tinycheck.Flow, bytes int64) {
	source := f.Name().Source
	if source == "" && (f.Protocol == tinycheck.ProtocolDNS || f.Tunnel == tinycheck.TunnelCalling) {
		source = tinycheck.NameDNS
	}
	if source == "" {
		p.unknown += bytes
		return
	}
	p.named[source] += bytes
}

// hidden notes what the flow kept from being seen.
func (l *ledger) hidden(p *page, f *tinycheck.Flow, bytes int64) {
	if kind := l.tunnel(f); whole(kind) {
		p.tunnelled += bytes
		p.tunnels = insert(p.tunnels, kind)
	}
	if how, resolver := l.encryptedDNS(f); how != "" {
		p.encrypted = insert(p.encrypted, how)
		if len(p.resolvers) < maxPer {
			p.resolvers = insert(p.resolvers, resolver)
		}
	}
	switch f.ECH {
	case tinycheck.ECHLikely, tinycheck.ESNIOld:
		p.ech++
	case tinycheck.ECHOffered:
		p.offered++
	}
}

// tunnel says what carries the flow: what its shape told, or what is known of
// its remote.
func (l *ledger) tunnel(f *tinycheck.Flow) tinycheck.TunnelKind {
	if f.Tunnel != "" {
		return f.Tunnel
	}
	switch {
	case l.listed(f, tinycheck.InfraRelay):
		return tinycheck.TunnelRelay
	case l.listed(f, tinycheck.InfraTor):
		return tinycheck.TunnelTor
	}
	return ""
}

// whole reports whether a tunnel can carry everything that a phone sends.
func whole(k tinycheck.TunnelKind) bool {
	switch k {
	case "", tinycheck.TunnelSSH, tinycheck.TunnelSOCKS, tinycheck.TunnelCalling:
		return false
	}
	return true
}

func (l *ledger) encryptedDNS(f *tinycheck.Flow) (how tinycheck.Protocol, resolver string) {
	resolver = cmp.Or(f.Name().Value, f.Remote().Addr().String())
	switch f.Protocol {
	case tinycheck.ProtocolDoT, tinycheck.ProtocolDoQ:
		return f.Protocol, resolver
	case tinycheck.ProtocolTLS, tinycheck.ProtocolQUIC:
		if l.listed(f, tinycheck.InfraDoH) {
			return tinycheck.ProtocolDoH, resolver
		}
	}
	return "", ""
}

// listed reports whether the remote of a flow is listed as a kind of infrastructure.
func (l *ledger) listed(f *tinycheck.Flow, kind tinycheck.Infrastructure) bool {
	is := func(i tinycheck.Indicator) bool { return i.Infrastructure == kind }
	for _, n := range f.Names {
		if slices.ContainsFunc(l.index.Name(spelling.Host(n.Value)), is) {
			return true
		}
	}
	return slices.ContainsFunc(l.index.Address(f.Remote().Addr()), is)
}

func (p *page) sink(f *tinycheck.Flow, bytes int64) {
	a := f.Remote().Addr()
	s, known := p.sinks[a]
	if !known && len(p.sinks) >= maxTalks {
		return
	}
	s.bytes += bytes
	s.packets += f.Sent.Packets + f.Received.Packets
	s.named = s.named || f.Name().Value != ""
	p.sinks[a] = s
}

// active reports whether any of the addresses talked to the outside, or asked
// for names.
func (l *ledger) active(addresses []netip.Addr) bool {
	return slices.ContainsFunc(addresses, func(a netip.Addr) bool {
		p := l.pages[a]
		return p != nil && (p.flows > 0 || p.asked)
	})
}

// insert keeps a sorted set.
func insert[T cmp.Ordered](set []T, v T) []T {
	at, found := slices.BinarySearch(set, v)
	if found {
		return set
	}
	return slices.Insert(set, at, v)
}
