package match

import (
	"cmp"
	"net/netip"
	"slices"

	"tinycheck"
)

// Findings gives what was found about the device that used the addresses,
// sorted. It may be called at any time; flows count when they have ended. What
// was learnt over one address explains the flows of another.
func (g *Gatherer) Findings(addresses []netip.Addr) []tinycheck.Finding {
	merged := make(map[subject]*record)
	var order []*record
	for _, a := range addresses {
		all := g.locals[a]
		if all == nil {
			continue
		}
		for _, r := range all.order {
			into := merged[r.subject]
			if into == nil {
				into = &record{subject: r.subject, first: r.first}
				merged[r.subject] = into
				order = append(order, into)
			}
			into.merge(r)
		}
	}
	var list []tinycheck.Finding
	for _, r := range order {
		if len(r.sightings) > 0 && (r.rule != tinycheck.RuleCertName || !explained(order, r.identity)) {
			list = append(list, finding(r))
		}
	}
	tinycheck.SortFindings(list)
	return list
}

// explained reports whether the identity of a certificate name has a finding
// by what the flow itself or a question said.
func explained(list []*record, id tinycheck.Identity) bool {
	return slices.ContainsFunc(list, func(r *record) bool { return r.identity == id && r.rule != tinycheck.RuleCertName })
}

// Sources returns the local addresses for which there is any finding that can
// decide an answer, so that none of them is overlooked. They are sorted.
func (g *Gatherer) Sources() []netip.Addr {
	var list []netip.Addr
	for a, all := range g.locals {
		if slices.ContainsFunc(all.order, func(r *record) bool { return decides(r.rule) && len(r.sightings) > 0 }) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

func finding(r *record) tinycheck.Finding {
	row, _ := tinycheck.FindRule(r.rule)
	f := tinycheck.Finding{
		Rule: row.ID, Version: row.Version, Level: level(row, r), Weight: weight(row, r), Techniques: row.Techniques,
		Identity: r.identity, Names: slices.Sorted(slices.Values(r.names)), Flows: r.flows,
		Sent: r.sent, Received: r.received, First: r.first, Last: r.last,
	}
	f.Sightings = sightings(r.sightings)
	for _, s := range f.Sightings {
		if !slices.Contains(f.Channels, s.Channel) {
			f.Channels = append(f.Channels, s.Channel)
		}
	}
	f.Class, f.Families = families(r.sightings)
	return f
}

// level gives the level of the table. Only the shop that is also a spy's
// server needs to be told apart: a question, or one flow that sent nothing
// away, is what a browser does.
func level(row tinycheck.Rule, r *record) tinycheck.Level {
	if row.ID == tinycheck.RuleC2Website && r.flows < 2 && !r.upload() {
		return tinycheck.Suspicious
	}
	return row.Levels[0]
}

// weight ranks findings of one level (docs/contract.md; decibans).
func weight(row tinycheck.Rule, r *record) int {
	switch {
	case row.Weight >= 20 && r.flows >= 2:
		return row.Weight
	case row.Weight >= 20 && r.flows == 1:
		return row.Weight - 10
	case row.Weight >= 20:
		return 8
	}
	return row.Weight
}

// families names every product that the evidence is listed for, in the
// strongest class of the evidence.
func families(list []*tinycheck.Sighting) (tinycheck.Class, []string) {
	class := strongest(list)
	var names []string
	for _, s := range list {
		for _, i := range s.Indicators {
			if i.Class == class && i.Family != "" && !slices.Contains(names, i.Family) {
				names = append(names, i.Family)
			}
		}
	}
	slices.Sort(names)
	return class, names
}

func strongest(list []*tinycheck.Sighting) tinycheck.Class {
	for _, row := range rules {
		for _, s := range list {
			for _, i := range s.Indicators {
				if i.Class == row.class {
					return row.class
				}
			}
		}
	}
	return tinycheck.ClassWeak
}

// sightings sorts by time, so that a reader can follow.
func sightings(list []*tinycheck.Sighting) []tinycheck.Sighting {
	out := make([]tinycheck.Sighting, 0, len(list))
	for _, s := range list {
		one := *s
		one.Packets = slices.Clone(s.Packets)
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b tinycheck.Sighting) int {
		return cmp.Or(a.First.Compare(b.First), a.Seen.Compare(b.Seen), cmp.Compare(a.Channel, b.Channel))
	})
	return out
}
