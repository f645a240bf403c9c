package analysis

import (
	"net/netip"
	"slices"

	"tinycheck"
	"tinycheck/internal/decode"
)

// coverage says what could be seen of a device, and grades it.
func (l *Line) coverage(h *decode.Host, capture *tinycheck.Capture, devices int) tinycheck.Coverage {
	c := tinycheck.Coverage{
		Observed: h.Observed, Span: h.Last.Sub(h.First), Packets: h.Packets, Bytes: h.Bytes,
		Named: make(map[tinycheck.NameSource]int64), Drops: capture.Dropped, Damage: capture.Damage, Away: capture.Away, Modes: capture.Modes,
		Idle: tinycheck.IdleNotAssessed, Silence: h.Silence, Devices: devices, Feeds: l.cfg.Feeds,
		Families: l.families.listed, Unlisted: l.families.unlisted,
	}
	l.ledger.total(h, &c)
	stats := l.decoder.Stats()
	if slices.Contains(c.Modes, tinycheck.ModeContained) {
		stats.NamesLost = 0 // one address has every name there, and says nothing
	}
	c.FlowsLost = stats.FlowsLost + stats.HostsLost + stats.NamesLost + stats.WaitOverflow + stats.Fragments.Overflow +
		l.gather.Lost() + l.ledger.lost
	c.Malformed = stats.Malformed + stats.BadMessages + stats.Contained
	for _, f := range c.Feeds {
		if age := capture.End.Sub(f.Date); !f.Timeless && !f.Date.IsZero() && age > c.OldestFeed {
			c.OldestFeed = age
		}
	}
	grade(&c, knowns{armed: l.armed, chosen: l.cfg.Device != "", private: private(h)})
	l.families.timers(&c)
	return c
}

// total adds the pages of all addresses of the device.
func (l *ledger) total(h *decode.Host, c *tinycheck.Coverage) {
	sinks := make(map[netip.Addr]sink)
	for _, a := range h.Addresses {
		p := l.pages[a]
		if p == nil {
			continue
		}
		p.total(c)
		for remote, s := range p.sinks {
			sinks[remote] = sinks[remote].plus(s)
		}
	}
	l.habits(h, c, sinks)
	for _, s := range sinks {
		if !s.named && (s.bytes > c.LargestSink || s.bytes == c.LargestSink && s.packets > c.SinkPackets) {
			c.LargestSink, c.SinkPackets = s.bytes, s.packets
		}
	}
}

func (p *page) total(c *tinycheck.Coverage) {
	c.External += p.external
	c.IPv6 += p.six
	c.Identified += p.behind
	c.Unasked += p.unasked
	c.Hellos = plus(c.Hellos, p.hellos)
	c.Initials = plus(c.Initials, p.initials)
	c.ExtPackets += p.packets
	c.Flows += p.flows
	c.Unexplained += p.unknown
	c.Tunnelled += p.tunnelled
	c.ECH += p.ech
	c.ECHOffered += p.offered
	for source, n := range p.named {
		c.Named[source] += n
	}
	for _, k := range p.tunnels {
		c.Tunnels = insert(c.Tunnels, k)
	}
	for _, k := range p.encrypted {
		c.EncryptedBy = insert(c.EncryptedBy, k)
	}
	for _, r := range p.resolvers {
		c.Resolvers = insert(c.Resolvers, r)
	}
}

func plus(a, b tinycheck.Read) tinycheck.Read {
	return tinycheck.Read{Seen: a.Seen + b.Seen, Read: a.Read + b.Read}
}

// spot is one way in which something may not have been seen.
type spot struct {
	limit tinycheck.Limit
	is    bool
}

// knowns is what else a limit depends on.
type knowns struct {
	armed   bool // there is something to compare with
	chosen  bool // somebody named the phone
	private bool // it has an address of a private network
}

// spots lists them in the order in which they are told.
func spots(c *tinycheck.Coverage, k knowns) []spot {
	tunnel, none := c.TunnelShare(), c.External == 0
	open := tunnel < gradeXTunnel // a whole tunnel explains what follows from it
	undated := slices.ContainsFunc(c.Feeds, func(f tinycheck.FeedUse) bool { return f.Date.IsZero() && !f.Timeless && !f.Missing })
	missing := slices.ContainsFunc(c.Feeds, func(f tinycheck.FeedUse) bool { return f.Missing })
	return []spot{
		{tinycheck.LimitNoTraffic, none},
		{tinycheck.LimitTunnel, tunnel >= gradeXTunnel},
		{tinycheck.LimitTooShort, c.Observed < gradeXObserved},
		{tinycheck.LimitShort, c.Observed >= gradeXObserved && c.Observed < gradeBObserved},
		{tinycheck.LimitSomeTunnel, tunnel > 0 && tunnel < gradeXTunnel},
		{tinycheck.LimitSingleSink, open && singleSink(c)},
		{tinycheck.LimitUnexplained, open && c.UnexplainedShare() > gradeBUnknown},
		{tinycheck.LimitUnnamed, open && !none && c.NamedShare() < gradeBNamed},
		{tinycheck.LimitUnasked, open && mostlyUnasked(c)},
		{tinycheck.LimitEncryptedDNS, len(c.EncryptedBy) > 0},
		{tinycheck.LimitECH, c.ECH > 0},
		{tinycheck.LimitDrops, c.Drops != tinycheck.Drops{}},
		{tinycheck.LimitAway, c.Away > 0},
		{tinycheck.LimitContained, slices.Contains(c.Modes, tinycheck.ModeContained)},
		{tinycheck.LimitVisibility, slices.Contains(c.Modes, tinycheck.ModeVisibility)},
		{tinycheck.LimitDamage, len(c.Damage) > 0},
		{tinycheck.LimitOverflow, c.FlowsLost > 0},
		{tinycheck.LimitOldFeeds, c.OldestFeed > oldFeed},
		{tinycheck.LimitNoIndicators, !k.armed},
		{tinycheck.LimitUndatedFeeds, undated},
		{tinycheck.LimitMissingFeeds, missing},
		{tinycheck.LimitUnlisted, len(c.Unlisted) > 0},
		{tinycheck.LimitOneOfMany, c.Devices > 1 && !k.chosen},
		{tinycheck.LimitNoPrivate, !k.private},
		{tinycheck.LimitIdle, c.Idle == tinycheck.IdleNotAssessed},
	}
}

// singleSink reports whether one remote without a name has nearly everything:
// a tunnel that nothing else tells.
func singleSink(c *tinycheck.Coverage) bool {
	return c.External > 0 && float64(c.LargestSink)/float64(c.External) >= sinkBytes &&
		c.ExtPackets > 0 && float64(c.SinkPackets)/float64(c.ExtPackets) >= sinkPackets
}

// mostlyUnasked reports whether most flows went to names that the device knew
// from before, or asked for where nobody saw it: then questions say little of
// whom it knows. Where encrypted questions were seen, they are the reason.
func mostlyUnasked(c *tinycheck.Coverage) bool {
	return len(c.EncryptedBy) == 0 && c.Unasked >= unaskedFlows && float64(c.Unasked) > unaskedShare*float64(c.Flows)
}

// grade follows docs/contract.md. Without indicators nobody could have been
// recognised: that is X too. Grade A needs the guided test, which a plain
// capture does not have.
func grade(c *tinycheck.Coverage, k knowns) {
	for _, s := range spots(c, k) {
		if s.is {
			c.Limits = append(c.Limits, s.limit)
		}
	}
	has := func(limits ...tinycheck.Limit) bool {
		return slices.ContainsFunc(limits, func(x tinycheck.Limit) bool { return slices.Contains(c.Limits, x) })
	}
	switch {
	case has(tinycheck.LimitNoTraffic, tinycheck.LimitTunnel, tinycheck.LimitTooShort, tinycheck.LimitNoIndicators):
		c.Grade = tinycheck.GradeX
	case has(tinycheck.LimitShort, tinycheck.LimitUnexplained, tinycheck.LimitUnnamed, tinycheck.LimitContained):
		c.Grade = tinycheck.GradeC
	default:
		c.Grade = tinycheck.GradeB
	}
}
