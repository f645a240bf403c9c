package report

import (
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/locale"
)

// Bounds of the page.
const (
	mostFeeds     = 6
	mostResolvers = 5
)

// coverage writes what could be seen and what not.
func (p *paper) coverage(a *tinycheck.Answer) {
	c := &a.Coverage
	p.heading(p.say("report.unseen", nil))
	for _, s := range slices.Concat(p.watched(a), p.hidden(c), p.limits(a), p.lists(c)) {
		p.item("-", s, 1)
	}
}

func (p *paper) watched(a *tinycheck.Answer) (lines []said) {
	c := &a.Coverage
	if c.Span >= c.Observed+time.Minute {
		lines = append(lines, p.say("coverage.watched-span", args{"Observed": c.Observed, "Span": c.Span}))
	} else {
		lines = append(lines, p.say("coverage.watched", args{"Observed": c.Observed}))
	}
	if a.Verdict.Answer == tinycheck.NothingFound && c.Grade != tinycheck.GradeX {
		lines = append(lines, p.risk(c))
	}
	if c.External > 0 {
		lines = append(lines, p.say("coverage.named", args{"Share": locale.Percent(c.NamedShare())}))
	} else {
		lines = append(lines, p.say("coverage.nothing-outside", nil))
	}
	if a.Verdict.Grade != "" {
		lines = append(lines, p.say("grade."+string(a.Verdict.Grade), nil))
	}
	return lines
}

// hidden says by which ways traffic went out of sight.
func (p *paper) hidden(c *tinycheck.Coverage) (lines []said) {
	var tunnels []said
	for _, t := range c.Tunnels {
		// Calls over Wi-Fi go to the phone company and hide nothing else.
		if t == tinycheck.TunnelCalling {
			lines = append(lines, p.say("coverage.calling", nil))
			continue
		}
		tunnels = append(tunnels, p.say("tunnel."+string(t), nil))
	}
	if len(tunnels) > 0 {
		lines = append(lines, p.say("coverage.tunnels", args{
			"Tunnels": p.join(tunnels, len(tunnels)), "Share": locale.Percent(c.TunnelShare()),
		}))
	}
	if c.AsksEncryption {
		lines = append(lines, p.say("coverage.asks-encryption", nil))
	}
	if len(c.EncryptedBy) == 0 {
		return lines
	}
	a := args{"Protocols": p.protocols(c.EncryptedBy)}
	if len(c.Resolvers) == 0 {
		return append(lines, p.say("coverage.encrypted-names", a))
	}
	a["Resolvers"] = p.list(hostnames(c.Resolvers), mostResolvers)
	return append(lines, p.say("coverage.encrypted-names-resolvers", a))
}

func (p *paper) protocols(in []tinycheck.Protocol) said {
	var names []said
	for _, x := range in {
		names = append(names, p.say("protocol."+string(x), nil))
	}
	return p.join(names, len(names))
}

func (p *paper) limits(a *tinycheck.Answer) (lines []said) {
	told := blinding(a)
	for _, l := range a.Coverage.Limits {
		key := "limit." + string(l)
		if l == told {
			// What to do about it already is the one next step.
			lines = append(lines, p.say(key+".means", nil))
			continue
		}
		lines = append(lines, p.say("coverage.limit", args{
			"Means": p.say(key+".means", nil), "Do": p.say(key+".do", nil),
		}))
		if kinds := p.damages(a.Coverage.Damage); l == tinycheck.LimitDamage && len(kinds) > 0 {
			lines = append(lines, p.say("coverage.damage", args{"Damage": p.join(kinds, len(kinds))}))
		}
	}
	if a.Coverage.Idle == tinycheck.IdleNotAssessed && !slices.Contains(a.Coverage.Limits, tinycheck.LimitIdle) {
		lines = append(lines, p.say("idle."+string(a.Coverage.Idle), nil))
	}
	return lines
}

func (p *paper) damages(damage []tinycheck.Damage) (kinds []said) {
	for _, d := range damage {
		kinds = append(kinds, p.say("damage."+string(d.Kind), nil))
	}
	return kinds
}

// lists says which indicators were used, and how old they are.
func (p *paper) lists(c *tinycheck.Coverage) []said {
	entries, dated := 0, false
	var names []said
	for _, f := range c.Feeds {
		if f.Missing {
			continue // that is a limit, not a list that was used
		}
		entries += f.Indicators
		dated = dated || !f.Date.IsZero()
		names = append(names, p.feed(f))
	}
	if entries == 0 {
		return []said{p.say("coverage.no-lists", nil)}
	}
	lines := []said{p.say("coverage.lists", args{"Count": entries, "Feeds": p.join(names, mostFeeds)})}
	if dated && c.OldestFeed >= 24*time.Hour { // younger lists are current
		lines = append(lines, p.say("coverage.oldest", args{"Age": c.OldestFeed}))
	}
	return lines
}

func (p *paper) feed(f tinycheck.FeedUse) said {
	if f.Date.IsZero() {
		return p.say("feed.undated", args{"Feed": f.Name})
	}
	return p.say("feed.dated", args{"Feed": f.Name, "Date": said(p.Date(f.Date))})
}
