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
func byName(list []tinycheck.Indicator) tinycheck.RuleID {
	rule := byClass(list)
	if rule == tinycheck.RuleC2Name && has(list, tinycheck.ClassWebsite) {
		return tinycheck.RuleC2Website
	}
	return rule
}

func byClass(list []tinycheck.Indicator) tinycheck.RuleID {
	for _, row := range rules {
		for i := range list {
			if list[i].Class == row.class && list[i].Infrastructure == row.infra {
				return row.rule
			}
		}
	}
	return tinycheck.RuleWeak
}

func has(list []tinycheck.Indicator, class tinycheck.Class) bool {
	for i := range list {
		if list[i].Class == class {
			return true
		}
	}
	return false
}

// byHash gives the rule of a listed certificate.
func byHash(list []tinycheck.Indicator) tinycheck.RuleID {
	if rule := byClass(list); rule != tinycheck.RuleC2Name {
		return rule
	}
	return tinycheck.RuleC2Certificate
}

// byAddress gives the rule of a flow to a listed address. named says that the
// flow is known to be for a host that the list does not connect with it.
func (g *Gatherer) byAddress(list []tinycheck.Indicator, f *tinycheck.Flow, named bool) tinycheck.RuleID {
	if rule := byClass(list); rule != tinycheck.RuleC2Name {
		return rule
	}
	switch {
	case named:
		return tinycheck.RuleNamedAddress
	case g.index.Shared(f.Remote().Addr()):
		return tinycheck.RuleSharedAddress
	case !fresh(list, f.Last):
		return tinycheck.RuleAgedAddress
	}
	return tinycheck.RuleC2Address
}

// fresh reports whether any c2 listing names this one address and had not aged
// when the flow was seen. A listing without a date is taken to be current.
func fresh(list []tinycheck.Indicator, seen time.Time) bool {
	for i := range list {
		if list[i].Class == tinycheck.ClassC2 && single(&list[i]) && !aged(&list[i], seen) {
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
