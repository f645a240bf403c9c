package match

import (
	"time"

	"tinycheck"
)

// rules says which rule an indicator of a class leads to, when it is matched
// by name. The first row that applies to any of the indicators decides.
var rules = []struct {
	class tinycheck.Class
	infra tinycheck.Infrastructure
	rule  tinycheck.RuleID
}{
	{tinycheck.ClassC2, "", tinycheck.RuleC2Name},
	{tinycheck.ClassWebsite, "", tinycheck.RuleWebsite},
	{tinycheck.ClassWatchware, "", tinycheck.RuleWatchware},
	{tinycheck.ClassDistribution, "", tinycheck.RuleDistribution},
	{tinycheck.ClassTracker, "", tinycheck.RuleTracker},
	{tinycheck.ClassInfrastructure, tinycheck.InfraTor, tinycheck.RuleTor},
	{tinycheck.ClassInfrastructure, tinycheck.InfraRelay, tinycheck.RuleRelay},
	{tinycheck.ClassInfrastructure, tinycheck.InfraVPN, tinycheck.RuleVPN},
	{tinycheck.ClassInfrastructure, tinycheck.InfraDoH, tinycheck.RuleDoH},
	{tinycheck.ClassInfrastructure, tinycheck.InfraDynamicDNS, tinycheck.RuleDynamicDNS},
	{tinycheck.ClassInfrastructure, tinycheck.InfraParking, tinycheck.RuleParking},
}

// byName gives the rule of a name that is listed so. A name that is both a
// spy's server and its shop has a rule of its own: looking at the shop is not
// being spied on.
func byName(l Listing) tinycheck.RuleID {
	rule := byClass(l)
	if rule == tinycheck.RuleC2Name && l.Is(tinycheck.ClassWebsite, "") {
		return tinycheck.RuleC2Website
	}
	return rule
}

func byClass(l Listing) tinycheck.RuleID {
	for _, row := range rules {
		if l.Is(row.class, row.infra) {
			return row.rule
		}
	}
	return tinycheck.RuleWeak
}

// byHash gives the rule of a listed certificate.
func byHash(l Listing) tinycheck.RuleID {
	if rule := byClass(l); rule != tinycheck.RuleC2Name {
		return rule
	}
	return tinycheck.RuleC2Certificate
}

// byAddress gives the rule of a flow to a listed address. named says that the
// flow is known to be for a host that the list does not connect with it.
func (g *Gatherer) byAddress(l Listing, f *tinycheck.Flow, named bool) tinycheck.RuleID {
	if rule := byClass(l); rule != tinycheck.RuleC2Name {
		return rule
	}
	switch {
	case named:
		return tinycheck.RuleNamedAddress
	case g.index.Shared(f.Remote().Addr()):
		return tinycheck.RuleSharedAddress
	case !fresh(l, f.Last):
		return tinycheck.RuleAgedAddress
	}
	return tinycheck.RuleC2Address
}

// fresh reports whether any c2 listing names this one address and had not aged
// when the flow was seen. A listing without a date is taken to be current.
func fresh(l Listing, seen time.Time) bool {
	for n := range l.Len() {
		if i := l.At(n); i.Class == tinycheck.ClassC2 && single(&i) && !aged(&i, seen) {
			return true
		}
	}
	return false
}

func single(i *tinycheck.Indicator) bool {
	p, ok := i.Prefix()
	return ok && p.IsSingleIP()
}

func aged(i *tinycheck.Indicator, seen time.Time) bool {
	if !i.ValidUntil.IsZero() && seen.After(i.ValidUntil) {
		return true
	}
	said := i.Updated
	if said.IsZero() {
		said = i.ValidFrom
	}
	return !said.IsZero() && seen.Sub(said) > agedAfter
}

// related reports whether two listings speak of the same product. Where a
// source names no product, the same class is as near as one can say.
func related(a, b Listing) bool {
	for n := range a.Len() {
		for m := range b.Len() {
			x, y := a.about(n), b.about(m)
			if x.Family == y.Family && (x.Family != "" || x.Class == y.Class && x.Infrastructure == y.Infrastructure) {
				return true
			}
		}
	}
	return false
}

// monitors reports whether any of the indicators is of a product that watches
// people: those of advertisers and of techniques stand in every second
// certificate.
func monitors(l Listing) bool {
	return l.Is(tinycheck.ClassC2, "") || l.Is(tinycheck.ClassWebsite, "") ||
		l.Is(tinycheck.ClassWatchware, "") || l.Is(tinycheck.ClassDistribution, "")
}

// contact reports whether the device had to do with the remote of a flow at all.
// Packets that merely arrive are none: anybody may send them, and a closed port
// answers them by itself.
func contact(f *tinycheck.Flow) bool {
	switch {
	case f.Inward:
		return f.Up().Payload > 0
	case f.Transport == tinycheck.TCP:
		return f.Up().Packets > 0 || f.Down().Payload > 0 // the recorder may have missed one direction
	}
	return f.Up().Packets > 0
}

// encrypted reports whether a flow can carry names asked for out of sight: a
// resolver that is listed for that answers plain questions too.
func encrypted(f *tinycheck.Flow) bool {
	switch f.Protocol {
	case tinycheck.ProtocolDoT, tinycheck.ProtocolDoQ, tinycheck.ProtocolDoH, tinycheck.ProtocolTLS, tinycheck.ProtocolQUIC:
		return true
	case tinycheck.ProtocolUnknown:
		port := f.Remote().Port()
		return port == 443 || port == 853
	}
	return false
}
