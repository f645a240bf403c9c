package match

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Gatherer collects the sightings of one capture, by device address, rule and
// identity. It is not safe for concurrent use.
type Gatherer struct {
	// First, where it is set, is told of everything that a device is found with, once
	// per rule and identity, from within See: before all evidence is there.
	First func(local netip.Addr, f tinycheck.Finding)

	index     *Index
	locals    map[netip.Addr]*evidence
	records   int
	sightings int
	open      map[*tinycheck.Flow][]*record     // flows that showed something themselves
	copies    map[uint32][]*tinycheck.Indicator // of listings, by their place, for sightings
	lost      int64
}

// evidence is what was gathered of one local address, in the order seen.
type evidence struct {
	records map[subject]*record
	order   []*record
}

// subject is what evidence is grouped by.
type subject struct {
	rule     tinycheck.RuleID
	identity tinycheck.Identity
}

// NewGatherer returns an empty one.
func NewGatherer(index *Index) *Gatherer {
	return &Gatherer{index: index, locals: make(map[netip.Addr]*evidence),
		open: make(map[*tinycheck.Flow][]*record), copies: make(map[uint32][]*tinycheck.Indicator)}
}

// Lost counts the sightings that did not fit.
func (g *Gatherer) Lost() int64 { return g.lost }

// See takes one event.
func (g *Gatherer) See(e tinycheck.Event) {
	if e.Flow == nil {
		return
	}
	switch fact := e.Fact.(type) {
	case tinycheck.DNSQuery:
		g.name(e, fact.Name, tinycheck.ViaDNSQuery)
	case tinycheck.DNSAnswer:
		g.answer(e, &fact)
	case tinycheck.ClientHello:
		g.hello(e, &fact)
	case tinycheck.HTTPRequest:
		g.request(e, &fact)
	case tinycheck.SOCKSRequest:
		g.name(e, fact.Host, tinycheck.ViaSOCKS)
	case tinycheck.Certificate:
		g.certificate(e, &fact)
	case tinycheck.FlowEnd:
		g.flowEnd(e)
	}
}

// answer takes every alias of a response. The name that it answers was taken
// with the question, unless that was not recorded.
func (g *Gatherer) answer(e tinycheck.Event, a *tinycheck.DNSAnswer) {
	if !g.asked(e.Flow.Local().Addr(), a.Name) {
		g.name(e, a.Name, tinycheck.ViaDNSQuery)
	}
	for _, alias := range a.CNAME {
		g.name(e, alias.Alias, tinycheck.ViaDNSAlias)
	}
	for _, s := range a.Services {
		g.name(e, s.Name, tinycheck.ViaDNSAlias)
	}
}

func (g *Gatherer) asked(local netip.Addr, name string) bool {
	name = spelling.Host(name)
	l := g.index.Name(name)
	if l.Len() == 0 {
		return true
	}
	r := g.find(local, subject{byName(l), g.identify(name)})
	return r != nil && r.find(tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, tinycheck.ViaDNSQuery) != nil
}

func (g *Gatherer) hello(e tinycheck.Event, h *tinycheck.ClientHello) {
	channel := tinycheck.ViaTLS
	if h.Via == tinycheck.ProtocolQUIC {
		channel = tinycheck.ViaQUIC
	}
	g.name(e, h.SNI, channel)
	for _, o := range [2]tinycheck.Observable{{Type: tinycheck.JA3, Value: h.JA3}, {Type: tinycheck.JA4, Value: h.JA4}} {
		if l := g.index.Exact(o); l.Len() > 0 {
			g.put(e, subject{tinycheck.RuleFingerprint, g.remote(e.Flow)}, sight{o, l, tinycheck.ViaFingerprint})
		}
	}
}

// request takes the host of a request, and the whole URL as it may be listed:
// with the port where that is not the usual one, with the query or without.
func (g *Gatherer) request(e tinycheck.Event, r *tinycheck.HTTPRequest) {
	g.name(e, r.Host, tinycheck.ViaHTTP)
	if r.Host == "" || !strings.HasPrefix(r.Path, "/") {
		return
	}
	host := spelling.Host(r.Host)
	path, _, _ := strings.Cut(r.Path, "?")
	for _, p := range [2]string{r.Path, path} {
		o := tinycheck.Observable{Type: tinycheck.URL, Value: "http://" + authority(host, e.Flow.Server.Port()) + p}
		if l := g.index.Exact(o); l.Len() > 0 {
			g.put(e, subject{byName(l), g.identify(host)}, sight{o, l, tinycheck.ViaHTTP})
			return
		}
	}
}

// authority writes host and port as they stand in a URL (RFC 3986 section 3.2).
func authority(host string, port uint16) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == 80 || port == 0 {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}

func (g *Gatherer) certificate(e tinycheck.Event, c *tinycheck.Certificate) {
	for _, o := range [2]tinycheck.Observable{{Type: tinycheck.CertSHA1, Value: c.SHA1}, {Type: tinycheck.CertSHA256, Value: c.SHA256}} {
		if l := g.index.Exact(o); l.Len() > 0 {
			g.put(e, subject{byHash(l), g.remote(e.Flow)}, sight{o, l, tinycheck.ViaCertHash})
		}
	}
	if c.Position > 0 {
		return
	}
	for _, name := range c.Names {
		name = spelling.Host(strings.TrimPrefix(name, "*."))
		if l := g.index.Name(name); monitors(l) {
			o := tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
			g.put(e, subject{tinycheck.RuleCertName, g.identify(name)}, sight{o, l, tinycheck.ViaCertName})
		}
	}
}

// name takes a name that was seen through a channel.
func (g *Gatherer) name(e tinycheck.Event, name string, channel tinycheck.Channel) {
	name = spelling.Host(name)
	l := g.index.Name(name)
	if l.Len() == 0 {
		return
	}
	o := tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
	g.put(e, subject{byName(l), g.identify(name)}, sight{o, l, channel})
}

// flowEnd counts the flow for every identity that it is known to be with, and
// looks at the remote address.
func (g *Gatherer) flowEnd(e tinycheck.Event) {
	counted := g.open[e.Flow]
	delete(g.open, e.Flow)
	for _, about := range g.told(e.Flow) {
		if r := g.record(e, about); r == nil {
			g.lost++
		} else if !slices.Contains(counted, r) {
			counted = append(counted, r)
		}
	}
	for _, r := range counted {
		r.countFlow(e.Flow)
	}
	g.address(e)
}

// told returns what a flow is known to be for although it said no name: the
// names that the device had asked for. A flow that carried nothing is no
// contact, and where strangers share the address it may be for any of them.
func (g *Gatherer) told(f *tinycheck.Flow) (list []subject) {
	if f.Name().Source != tinycheck.NameDNS || f.Sent.Payload+f.Received.Payload == 0 || g.index.Shared(f.Remote().Addr()) {
		return nil
	}
	tenant := ""
	for _, n := range f.Names {
		if n.Source != tinycheck.NameDNS {
			continue
		}
		name := spelling.Host(n.Value)
		id := g.identify(name)
		if tenant != "" && tenant != id.Name {
			return nil
		}
		tenant = id.Name
		if l := g.index.Name(name); l.Len() > 0 {
			list = append(list, subject{byName(l), id})
		}
	}
	return list
}

// address takes a flow to a listed address.
func (g *Gatherer) address(e tinycheck.Event) {
	f := e.Flow
	addr := f.Remote().Addr()
	l := g.index.Address(addr)
	if l.Len() == 0 {
		return
	}
	named, same := g.contradicts(f, l)
	rule := g.byAddress(l, f, named)
	if same || !contact(f) || rule == tinycheck.RuleDoH && !encrypted(f) {
		return
	}
	o, err := spelling.Address(addr.String())
	if err != nil {
		return
	}
	if r := g.put(e, subject{rule, tinycheck.Identity{Address: o.Value}}, sight{o, l, tinycheck.ViaAddress}); r != nil {
		r.countFlow(f)
	}
}

// contradicts reports whether the names of the flow speak of somebody else
// than the listing of its address, or of the same product: then the name is
// the evidence, and the address adds nothing. A certificate is what the server
// claims, and contradicts nothing.
func (g *Gatherer) contradicts(f *tinycheck.Flow, l Listing) (named, same bool) {
	for _, n := range f.Names {
		if n.Source == tinycheck.NameCertificate {
			continue
		}
		named = true
		if related(l, g.index.Name(spelling.Host(n.Value))) {
			return named, true
		}
	}
	return named, false
}

// identify gives the identity of a name, or of an address that stands where
// names do.
func (g *Gatherer) identify(name string) tinycheck.Identity {
	if a, err := netip.ParseAddr(name); err == nil {
		return tinycheck.Identity{Address: a.Unmap().String()}
	}
	return tinycheck.Identity{Name: g.index.Tenant(name)}
}

// remote gives the identity of the other end of a flow.
func (g *Gatherer) remote(f *tinycheck.Flow) tinycheck.Identity {
	if n := f.Name(); n.Value != "" {
		return g.identify(spelling.Host(n.Value))
	}
	return tinycheck.Identity{Address: f.Remote().Addr().Unmap().String()}
}
