package report

import (
	"slices"
	"time"

	"tinycheck"
)

// notice is all notes of one rule, told together: forty trackers are one fact.
type notice struct {
	rule        tinycheck.RuleID
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
	p.item("-", p.named(rule+".seen", n.families, args{
		"Identity": p.list(n.identities, mostIdentities), "Count": len(n.identities),
	}), 1)
	p.when("-", n.first, n.last, n.count)
	p.under("-", p.say(rule+".means", nil))
	p.under("-", p.say(rule+".do", nil))
}

// gather joins the notes of each rule, in the order in which the rules come.
func gather(findings []tinycheck.Finding) (notices []*notice) {
	for i := range findings {
		f := &findings[i]
		if f.Level != tinycheck.Note {
			continue
		}
		at := slices.IndexFunc(notices, func(n *notice) bool { return n.rule == f.Rule })
		if at < 0 {
			at = len(notices)
			notices = append(notices, &notice{rule: f.Rule})
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
