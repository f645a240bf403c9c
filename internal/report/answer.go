package report

import (
	"slices"

	"tinycheck"
)

// How many products a sentence names. A finding names all, as far as a page can:
// where sources disagree about a name, none of them is left out.
const (
	mostFamilies = 5
	allFamilies  = 100
)

// headline is the one sentence that answers for a device.
func (p *paper) headline(a *tinycheck.Answer) said {
	key := "answer." + string(a.Verdict.Answer) + ".headline"
	switch a.Verdict.Answer {
	case tinycheck.NothingFound:
		return p.say(key, args{"Observed": a.Coverage.Observed})
	case tinycheck.Inconclusive:
		return p.say(key, nil)
	}
	var families []string
	for _, f := range deciding(a) {
		families = append(families, f.Families...)
	}
	return p.named(key, families, mostFamilies, nil)
}

// named says a sentence that names products, or its twin when no source names
// one. Most is how many it names; more are the other arguments of both.
func (p *paper) named(key string, families []string, most int, more args) said {
	if more == nil {
		more = args{}
	}
	families = distinct(families)
	if len(families) == 0 {
		if p.Has(key + "-unnamed") {
			key += "-unnamed"
		}
		return p.say(key, more)
	}
	more["Families"] = p.list(families, most)
	if _, counted := more["Count"]; !counted {
		more["Count"] = len(families)
	}
	return p.say(key, more)
}

func distinct(in []string) []string {
	out := slices.DeleteFunc(slices.Clone(in), func(s string) bool { return s == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// next is the one thing to do.
func (p *paper) next(a *tinycheck.Answer) said {
	if l := blinding(a); l != "" {
		return p.say("limit."+string(l)+".do", nil)
	}
	return p.say("answer."+string(a.Verdict.Answer)+".next", nil)
}

// blinding is the limit that made an inconclusive answer so, "" when the
// answer is another or nothing explains it.
func blinding(a *tinycheck.Answer) tinycheck.Limit {
	if a.Verdict.Answer != tinycheck.Inconclusive {
		return ""
	}
	for _, l := range a.Coverage.Limits {
		switch l {
		case tinycheck.LimitNoTraffic, tinycheck.LimitTooShort, tinycheck.LimitTunnel, tinycheck.LimitSingleSink:
			return l
		}
	}
	return ""
}

// deciding gives the findings that decided. Positions beyond the findings,
// which a report from elsewhere could have, are passed over.
func deciding(a *tinycheck.Answer) (found []*tinycheck.Finding) {
	for _, i := range a.Verdict.Deciding {
		if i >= 0 && i < len(a.Findings) && a.Findings[i].Level != tinycheck.Note {
			found = append(found, &a.Findings[i])
		}
	}
	return found
}

// further gives the findings above a note that did not decide.
func further(a *tinycheck.Answer) (found []*tinycheck.Finding) {
	for i := range a.Findings {
		if a.Findings[i].Level != tinycheck.Note && !slices.Contains(a.Verdict.Deciding, i) {
			found = append(found, &a.Findings[i])
		}
	}
	return found
}
