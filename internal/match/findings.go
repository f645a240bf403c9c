package match

import (
	"cmp"
	"net/netip"
	"slices"

	"tinycheck"
)

// Findings gives what was found about the device that used the addresses,
// sorted. It may be called at any time.
func (g *Gatherer) Findings(addresses []netip.Addr) []tinycheck.Finding {
	merged := make(map[subject]*record)
	for key, r := range g.records {
		if !slices.Contains(addresses, key.local) {
			continue
		}
		key.local = netip.Addr{}
		if merged[key] == nil {
			merged[key] = &record{first: r.first}
		}
		merged[key].merge(r)
	}
	var list []tinycheck.Finding
	for key, r := range merged {
		if key.rule == tinycheck.RuleCertName && explained(merged, key.identity) {
			continue
		}
		list = append(list, finding(key, r))
	}
	tinycheck.SortFindings(list)
	return list
}

// explained reports whether the identity of a certificate name has a finding
// by what the flow itself or a question said.
func explained(merged map[subject]*record, id tinycheck.Identity) bool {
	for key := range merged {
		if key.identity == id && key.rule != tinycheck.RuleCertName {
			return true
		}
	}
	return false
}

// Sources returns the local addresses for which there is any finding that can
// decide an answer, so that none of them is overlooked.
func (g *Gatherer) Sources() []netip.Addr {
	var list []netip.Addr
	for key := range g.records {
		row, _ := tinycheck.FindRule(key.rule)
		if row.Levels[0] != tinycheck.Note && !slices.Contains(list, key.local) {
			list = append(list, key.local)
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

func finding(key subject, r *record) tinycheck.Finding {
	row, _ := tinycheck.FindRule(key.rule)
	f := tinycheck.Finding{
		Rule: row.ID, Version: row.Version, Level: level(row, r), Weight: weight(row, r), Techniques: row.Techniques,
		Identity: key.identity, Names: slices.Sorted(slices.Values(r.names)), Flows: r.flows,
		Sent: r.sent, Received: r.received, First: r.first, Last: r.last,
	}
	f.Sightings = sightings(r.sightings)
	for _, s := range f.Sightings {
		if !slices.Contains(f.Channels, s.Channel) {
			f.Channels = append(f.Channels, s.Channel)
		}
	}
	f.Class, f.Families = families(row.ID, r.sightings)
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

// families names every product that the evidence is listed for, in the class
// that the rule stands for.
func families(rule tinycheck.RuleID, list []*tinycheck.Sighting) (tinycheck.Class, []string) {
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

// sightings sorts, so that the order in which addresses were merged does not show.
func sightings(list []*tinycheck.Sighting) []tinycheck.Sighting {
	out := make([]tinycheck.Sighting, 0, len(list))
	for _, s := range list {
		out = append(out, *s)
	}
	slices.SortFunc(out, compareSightings)
	return out
}

func compareSightings(a, b tinycheck.Sighting) int {
	return cmp.Or(a.First.Compare(b.First), a.Seen.Compare(b.Seen), cmp.Compare(a.Channel, b.Channel), slices.Compare(a.Packets, b.Packets))
}
