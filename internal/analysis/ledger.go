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
	held  int   // remotes of all pages
	lost  int64
	tells map[string]bool // of some hosts, whether their name says who is behind it

	minutes int                    // of all pages, with questions
	wishes  map[tinycheck.MAC]bool // asked for an encrypted resolver on joining
}

// page is the ledger of one local address.
type page struct {
	external  int64
	packets   int64 // external
	flows     int64
	six       int64 // external bytes over IPv6
	named     map[tinycheck.NameSource]int64
	behind    int64 // named bytes of which it is known who is behind the name
	unknown   int64
	unasked   int64 // flows
	hellos    tinycheck.Read
	initials  tinycheck.Read
	tunnelled int64
	tunnels   []tinycheck.TunnelKind
	encrypted []tinycheck.Protocol
	resolvers []string
	ech       int64
	offered   int64
	asked     bool
	talks     map[tinycheck.Identity]*tinycheck.Remote
	sinks     map[netip.Addr]sink
	dark      dark
}

func newLedger(index *match.Index) *ledger {
	return &ledger{index: index, pages: make(map[netip.Addr]*page), spare: newPage(), wishes: make(map[tinycheck.MAC]bool), tells: make(map[string]bool)}
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
	return &page{
		named: make(map[tinycheck.NameSource]int64), talks: make(map[tinycheck.Identity]*tinycheck.Remote),
		sinks: make(map[netip.Addr]sink), dark: dark{asked: make(map[int64]int64)},
	}
}

func (l *ledger) see(e tinycheck.Event) {
	if e.Flow == nil {
		return
	}
	switch fact := e.Fact.(type) {
	case tinycheck.DNSQuery:
		l.query(e, &fact)
	case tinycheck.ClientHello:
		l.hello(e.Flow, &fact)
	case tinycheck.QUICInitial:
		l.initial(e.Flow, &fact)
	case tinycheck.DHCPRequest:
		l.wish(&fact)
	case tinycheck.FlowEnd:
		l.flow(e.Flow)
	}
}

// query notes a name that was asked for, whether or not anything came of it.
func (l *ledger) query(e tinycheck.Event, q *tinycheck.DNSQuery) {
	if q.Via != tinycheck.ProtocolDNS || q.Name == "" || e.Flow.Inward {
		return
	}
	p := l.page(e.Flow.Local().Addr())
	p.asked = true
	l.note(p, q.Name, e.Time)
	if r := l.remote(p, l.identify(q.Name, netip.Addr{})); r != nil {
		l.call(r, tinycheck.Name{Value: q.Name, Source: tinycheck.NameDNS})
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
	if remote.Is6() {
		p.six += bytes
	}
	p.name(f, bytes)
	p.opened(f)
	if l.identified(f) {
		p.behind += bytes
	}
	as := l.listings(f)
	p.hidden(f, as, bytes)
	l.sink(p, f, as)
	l.suspect(p, f)
	l.talk(p, f)
}

// name counts the bytes by how the name of their remote is known.
func (p *page) name(f *tinycheck.Flow, bytes int64) {
	if source := known(f); source != "" {
		p.named[source] += bytes
		return
	}
	p.unknown += bytes
}

// known gives how the name of a remote is known. Plain DNS explains itself.
func known(f *tinycheck.Flow) tinycheck.NameSource {
	if f.Protocol == tinycheck.ProtocolDNS {
		return cmp.Or(f.Name().Source, tinycheck.NameDNS)
	}
	return f.Name().Source
}

// hidden notes what the flow kept from being seen.
func (p *page) hidden(f *tinycheck.Flow, as []match.Listing, bytes int64) {
	kind := tunnel(f, as)
	if whole(f, kind) {
		p.tunnelled += bytes
	}
	if whole(f, kind) || kind == tinycheck.TunnelCalling {
		p.tunnels = insert(p.tunnels, kind)
	}
	if how := encryptedDNS(f, as); how != "" {
		p.encrypted = insert(p.encrypted, how)
		if len(p.resolvers) < maxPer {
			p.resolvers = insert(p.resolvers, cmp.Or(f.Name().Value, f.Remote().Addr().String()))
		}
	}
	switch f.ECH {
	case tinycheck.ECHLikely, tinycheck.ESNIOld:
		p.ech++
	case tinycheck.ECHOffered:
		p.offered++
	}
}

// listings gives what lists say of the remote of a flow: of its names, as far as
// they are as sure as the best one, and of its address. A name that the device
// once asked for says nothing of a flow that has said another.
func (l *ledger) listings(f *tinycheck.Flow) []match.Listing {
	list := []match.Listing{l.index.Address(f.Remote().Addr())}
	for _, n := range f.Names {
		if tier(n) == tier(f.Names[0]) {
			list = append(list, l.index.Name(spelling.Host(n.Value)))
		}
	}
	return list
}

// tier tells apart what the flow said, what the device was told and what the
// server claimed.
func tier(n tinycheck.Name) int { return max(n.Source.Rank(), tinycheck.NameHTTP.Rank()) }

func listed(as []match.Listing, kind tinycheck.Infrastructure) bool {
	return slices.ContainsFunc(as, func(k match.Listing) bool { return k.Is(tinycheck.ClassInfrastructure, kind) })
}

// tunnel says what carries the flow: what its shape told, or what is known of
// its remote.
func tunnel(f *tinycheck.Flow, as []match.Listing) tinycheck.TunnelKind {
	switch {
	case f.Tunnel != "":
		return f.Tunnel
	case listed(as, tinycheck.InfraRelay):
		return tinycheck.TunnelRelay
	case listed(as, tinycheck.InfraTor):
		return tinycheck.TunnelTor
	}
	return ""
}

// whole reports whether a tunnel can carry everything that a phone sends. SSH is
// a login unless it carries too much for one.
func whole(f *tinycheck.Flow, k tinycheck.TunnelKind) bool {
	switch k {
	case "", tinycheck.TunnelSOCKS, tinycheck.TunnelCalling:
		return false
	case tinycheck.TunnelSSH:
		return bulky(f)
	}
	return true
}

func encryptedDNS(f *tinycheck.Flow, as []match.Listing) tinycheck.Protocol {
	switch f.Protocol {
	case tinycheck.ProtocolDoT, tinycheck.ProtocolDoQ, tinycheck.ProtocolDoH:
		return f.Protocol
	case tinycheck.ProtocolTLS, tinycheck.ProtocolQUIC:
		if listed(ofName(as, f), tinycheck.InfraDoH) {
			return tinycheck.ProtocolDoH
		}
	}
	return ""
}

// hold takes room for one more remote, or counts that there is none.
func (l *ledger) hold() bool {
	if l.held >= maxTalks {
		l.lost++
		return false
	}
	l.held++
	return true
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
