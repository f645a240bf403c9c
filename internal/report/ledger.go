package report

import (
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/locale"
)

// mostUnlisted is how many products without anything listed the page names.
const mostUnlisted = 12

// ledger lists for a specialist all that the coverage counts, in one order for
// every device, whether or not it is a limit.
func (p *paper) ledger(a *tinycheck.Answer) {
	c := &a.Coverage
	p.line(p.say("annex.ledger", nil), 1)
	for _, s := range slices.Concat(p.time(c), p.names(c), p.sight(c), p.lost(c), p.products(c), p.chances(a)) {
		p.item("-", s, 2)
	}
}

func (p *paper) time(c *tinycheck.Coverage) []said {
	lines := []said{p.say("ledger.observed", args{"Observed": c.Observed})}
	if c.Silence > 0 {
		lines[0] = p.say("ledger.observed-silence", args{"Observed": c.Observed, "Span": c.Span, "Silence": c.Silence})
	}
	return append(lines, p.say("idle."+string(c.Idle), nil))
}

// names says of how many bytes whose they are is known, and how.
func (p *paper) names(c *tinycheck.Coverage) []said {
	named := p.say("ledger.named", args{"Share": locale.Percent(c.NamedShare())})
	var sources []said
	for _, n := range namedBytes(c.Named) {
		sources = append(sources, p.say("ledger.source", args{
			"Source": p.say("ledger.by."+n.Source, nil), "Share": locale.Percent(c.Share(n.Bytes)),
		}))
	}
	if len(sources) > 0 {
		named = p.say("ledger.named-by", args{"Share": locale.Percent(c.NamedShare()), "Sources": p.join(sources, len(sources))})
	}
	return []said{
		named,
		p.say("ledger.identified", args{"Share": locale.Percent(c.IdentifiedShare())}),
		p.say("ledger.nameless", args{"Share": locale.Percent(c.UnexplainedShare())}),
		p.say("ledger.sink", args{"Share": locale.Percent(c.SinkShare())}),
		p.say("ledger.unasked", args{"Number": c.Unasked, "All": c.Flows}),
	}
}

// sight says what was encrypted, tunnelled or of another kind.
func (p *paper) sight(c *tinycheck.Coverage) []said {
	six, dns, tunnels := p.say("ledger.ipv6-none", nil), p.say("ledger.dns-none", nil), p.say("ledger.tunnels-none", nil)
	if c.IPv6 > 0 {
		six = p.say("ledger.ipv6", args{"Share": locale.Percent(c.Share(c.IPv6))})
	}
	if len(c.EncryptedBy) > 0 {
		dns = p.say("ledger.dns", args{"Protocols": p.protocols(c.EncryptedBy)})
	}
	if len(c.Tunnels) > 0 {
		var kinds []said
		for _, t := range c.Tunnels {
			kinds = append(kinds, p.say("tunnel."+string(t), nil))
		}
		tunnels = p.say("ledger.tunnels", args{"Tunnels": p.join(kinds, len(kinds)), "Share": locale.Percent(c.TunnelShare())})
	}
	return []said{
		six,
		p.say("ledger.openings", args{
			"TLS": c.Hellos.Read, "AllTLS": c.Hellos.Seen, "QUIC": c.Initials.Read, "AllQUIC": c.Initials.Seen,
		}),
		p.say("ledger.ech", args{"Likely": c.ECH, "Offered": c.ECHOffered}),
		dns,
		tunnels,
	}
}

func (p *paper) lost(c *tinycheck.Coverage) []said {
	return []said{
		p.say("ledger.drops", args{
			"Lost": c.Drops.Lost(), "Truncated": c.Drops.Truncated, "Malformed": c.Malformed, "Left": c.FlowsLost,
		}),
		p.say("ledger.devices", args{"Number": c.Devices}),
	}
}

// products says of how many the lists know anything that traffic can show.
func (p *paper) products(c *tinycheck.Coverage) []said {
	age, products := p.say("ledger.age-unknown", nil), args{"Listed": c.Families, "Number": len(c.Unlisted)}
	if slices.ContainsFunc(c.Feeds, func(f tinycheck.FeedUse) bool { return !f.Date.IsZero() }) {
		age = p.say("ledger.age", args{"Age": c.OldestFeed})
	}
	if len(c.Unlisted) == 0 {
		return []said{age, p.say("ledger.products", products)}
	}
	products["Names"] = p.list(c.Unlisted, mostUnlisted)
	return []said{age, p.say("ledger.products-unlisted", products)}
}

// chances says how likely it was to be there when something reported.
func (p *paper) chances(a *tinycheck.Answer) []said {
	c := &a.Coverage
	if len(c.Timers) == 0 {
		return []said{p.say("ledger.no-chances", nil)}
	}
	periods := p.say("ledger.periods-none", nil)
	if c.Periods.Longest > 0 {
		periods = p.say("ledger.periods", args{"Shortest": c.Periods.Shortest, "Longest": c.Periods.Longest})
	}
	lines := []said{periods, p.say("ledger.timers", args{"Chances": p.join(p.each(c.Timers), len(c.Timers))})}
	if len(c.Habits) > 0 {
		lines = append(lines, p.say("ledger.habits", args{"Chances": p.join(p.each(c.Habits), mostUnlisted)}))
	}
	return lines
}

// each says the chances one by one. What was due at least once is not called
// certain: it may not have reported, or not in sight.
func (p *paper) each(list []tinycheck.Chance) (words []said) {
	for _, one := range list {
		text := p.say("ledger.chance", args{"Every": one.Every, "Chance": locale.Percent(one.Seen)})
		if one.Seen >= 1 {
			text = p.say("ledger.due", args{"Every": one.Every})
		}
		if one.Family != "" {
			text = p.say("ledger.habit", args{"Name": one.Family, "Chance": text})
		}
		words = append(words, text)
	}
	return words
}

// risk says how likely an app that reports seldom was missed. It says so in the
// words of the first interval that does not fit into the time observed.
func (p *paper) risk(c *tinycheck.Coverage) said {
	switch {
	case c.Observed < time.Hour:
		return p.say("risk.hourly", args{"Chance": locale.Percent(c.Chance(time.Hour)), "Observed": c.Observed})
	case c.Observed < 6*time.Hour:
		return p.say("risk.six-hourly", args{"Chance": locale.Percent(c.Chance(6 * time.Hour))})
	}
	return p.say("risk.longer", nil)
}
