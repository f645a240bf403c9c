package report

import (
	"slices"
	"time"

	"tinycheck"
)

// notice is all notes of one rule, told together: forty trackers are one fact.
type notice struct {
	rule        tinycheck.RuleID
	asked       bool // names were asked for, and no connection followed
	identities  []string
	families    []string
	first, last time.Time
	count       int64
}

// notes writes the facts that are no finding of spying, neutrally.
func (p *paper) notes(a *tinycheck.Answer) {
	notices := gather(a.Findings)
	if len(notices) == 0 {
		return
	}
	p.heading(p.say("report.notes", nil))
	p.line(p.say("report.notes-intro", nil), 1)
	for _, n := range notices {
		p.blank()
		p.notice(n)
	}
}

func (p *paper) notice(n *notice) {
	rule := "rule." + string(n.rule)
	p.item("-", p.noticed(rule, n), 1)
	p.when("-", n.first, n.last, n.count)
	p.under("-", p.say(rule+".means", nil))
	p.under("-", p.say(rule+".do", nil))
}

// noticed says what was seen, as far as it went.
func (p *paper) noticed(rule string, n *notice) said {
	who := p.list(n.identities, mostIdentities)
	if n.asked && p.Has(rule+".asked") {
		return p.say(rule+".asked", args{"Identity": who})
	}
	return p.named(rule+".seen", n.families, mostFamilies, args{"Identity": who, "Count": len(n.identities)})
}

// gather joins the notes of each rule, in the order in which the rules come.
func gather(findings []tinycheck.Finding) (notices []*notice) {
	for i := range findings {
		f := &findings[i]
		if f.Level != tinycheck.Note {
			continue
		}
		at := slices.IndexFunc(notices, func(n *notice) bool { return n.rule == f.Rule && n.asked == askedOnly(f) })
		if at < 0 {
			at = len(notices)
			notices = append(notices, &notice{rule: f.Rule, asked: askedOnly(f)})
		}
		notices[at].add(f)
	}
	return notices
}

func (n *notice) add(f *tinycheck.Finding) {
	if who := hostname(f.Identity.String()); !slices.Contains(n.identities, who) {
		n.identities = append(n.identities, who)
	}
	n.families = append(n.families, f.Families...)
	if n.first.IsZero() || !f.First.IsZero() && f.First.Before(n.first) {
		n.first = f.First
	}
	if f.Last.After(n.last) {
		n.last = f.Last
	}
	n.count += seen(f)
}
