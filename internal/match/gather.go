package match

import (
	"net/netip"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/spelling"
)

// Gatherer collects the sightings of one capture, by device address, rule and
// identity. It is not safe for concurrent use.
type Gatherer struct {
	index   *Index
	records map[subject]*record
	lost    int64
}

// subject is what evidence is grouped by.
type subject struct {
	local    netip.Addr
	rule     tinycheck.RuleID
	identity tinycheck.Identity
}

// NewGatherer returns an empty one.
func NewGatherer(index *Index) *Gatherer {
	return &Gatherer{index: index, records: make(map[subject]*record)}
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
	if !g.asked(e.Flow.Client.Addr(), a.Name) {
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
	list := g.index.Name(name)
	if list == nil {
		return true
	}
	r := g.records[subject{local, byName(list), identify(name)}]
	return r != nil && r.seen(name, tinycheck.ViaDNSQuery)
}

func (g *Gatherer) hello(e tinycheck.Event, h *tinycheck.ClientHello) {
	channel := tinycheck.ViaTLS
	if h.Via == tinycheck.ProtocolQUIC {
		channel = tinycheck.ViaQUIC
	}
	g.name(e, h.SNI, channel)
	for _, o := range [2]tinycheck.Observable{{Type: tinycheck.JA3, Value: h.JA3}, {Type: tinycheck.JA4, Value: h.JA4}} {
		if list := g.index.Exact(o); list != nil {
			g.put(e, tinycheck.RuleFingerprint, remote(e.Flow), sight{o, list, tinycheck.ViaFingerprint})
		}
	}
}

func (g *Gatherer) request(e tinycheck.Event, r *tinycheck.HTTPRequest) {
	g.name(e, r.Host, tinycheck.ViaHTTP)
	path, _, _ := strings.Cut(r.Path, "?")
	for _, p := range [2]string{r.Path, path} {
		o := tinycheck.Observable{Type: tinycheck.URL, Value: "http://" + r.Host + p}
		if list := g.index.Exact(o); list != nil {
			g.put(e, byName(list), identify(r.Host), sight{o, list, tinycheck.ViaHTTP})
			return
		}
	}
}

func (g *Gatherer) certificate(e tinycheck.Event, c *tinycheck.Certificate) {
	for _, o := range [2]tinycheck.Observable{{Type: tinycheck.CertSHA1, Value: c.SHA1}, {Type: tinycheck.CertSHA256, Value: c.SHA256}} {
		if list := g.index.Exact(o); list != nil {
			g.put(e, byHash(list), remote(e.Flow), sight{o, list, tinycheck.ViaCertHash})
		}
	}
	if c.Position > 0 {
		return
	}
	for _, name := range c.Names {
		name = spelling.Host(strings.TrimPrefix(name, "*."))
		if list := g.index.Name(name); list != nil {
			o := tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
			g.put(e, tinycheck.RuleCertName, identify(name), sight{o, list, tinycheck.ViaCertName})
		}
	}
}

// name takes a name that was seen through a channel.
func (g *Gatherer) name(e tinycheck.Event, name string, channel tinycheck.Channel) {
	name = spelling.Host(name)
	list := g.index.Name(name)
	if list == nil {
		return
	}
	o := tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
	g.put(e, byName(list), identify(name), sight{o, list, channel})
}

// flowEnd counts the flow for every identity that it is known to be with, and
// looks at the remote address.
func (g *Gatherer) flowEnd(e tinycheck.Event) {
	f := e.Flow
	counted := make(map[subject]bool)
	for _, name := range certain(f) {
		name = spelling.Host(name)
		list := g.index.Name(name)
		if list == nil {
			continue
		}
		key := subject{f.Local().Addr(), byName(list), identify(name)}
		if r := g.records[key]; r != nil && !counted[key] {
			counted[key] = true
			r.countFlow(f)
		}
	}
	g.address(e)
}

// certain returns the names that the flow is known to be for: those that it
// said itself, or, when it said none, the one that the device had asked for,
// unless strangers share the address.
func certain(f *tinycheck.Flow) []string {
	var said, told []string
	for _, n := range f.Names {
		switch n.Source {
		case tinycheck.NameDNS:
			told = append(told, n.Value)
		case tinycheck.NameCertificate:
		default:
			said = append(said, n.Value)
		}
	}
	if len(said) > 0 || tenants(told) > 1 {
		return said
	}
	return told
}

func tenants(names []string) int {
	var list []string
	for _, n := range names {
		if t := spelling.Tenant(n); !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return len(list)
}

// address takes a flow to a listed address.
func (g *Gatherer) address(e tinycheck.Event) {
	f := e.Flow
	addr := f.Remote().Addr()
	list := g.index.Address(addr)
	if list == nil {
		return
	}
	named, related := g.contradicts(f, list)
	if related {
		return
	}
	o, err := spelling.Address(addr.String())
	if err != nil {
		return
	}
	rule := g.byAddress(list, f, named)
	if r := g.put(e, rule, tinycheck.Identity{Address: o.Value}, sight{o, list, tinycheck.ViaAddress}); r != nil {
		r.countFlow(f)
	}
}

// contradicts reports whether the names of the flow speak of somebody else
// than the listing of its address, or of the same product: then the name is
// the evidence, and the address adds nothing. A certificate is what the server
// claims, and contradicts nothing.
func (g *Gatherer) contradicts(f *tinycheck.Flow, list []tinycheck.Indicator) (named, related bool) {
	for _, n := range f.Names {
		if n.Source == tinycheck.NameCertificate {
			continue
		}
		named = true
		if sameFamily(list, g.index.Name(spelling.Host(n.Value))) {
			return named, true
		}
	}
	return named, false
}

func sameFamily(a, b []tinycheck.Indicator) bool {
	for i := range a {
		for j := range b {
			if a[i].Family == b[j].Family {
				return true
			}
		}
	}
	return false
}

// identify gives the identity of a name.
func identify(name string) tinycheck.Identity {
	return tinycheck.Identity{Name: spelling.Tenant(name)}
}

// remote gives the identity of the other end of a flow.
func remote(f *tinycheck.Flow) tinycheck.Identity {
	if n := f.Name(); n.Value != "" {
		return identify(spelling.Host(n.Value))
	}
	return tinycheck.Identity{Address: f.Remote().Addr().String()}
}
