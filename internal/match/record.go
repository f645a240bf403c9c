package match

import (
	"slices"
	"time"

	"tinycheck"
)

// record is the evidence for one subject.
type record struct {
	names          []string
	sightings      []*tinycheck.Sighting
	flows          int64
	sent, received int64
	uploaded       int64
	first, last    time.Time
}

// sight is one observable and what it matched.
type sight struct {
	seen    tinycheck.Observable
	matched []tinycheck.Indicator
	channel tinycheck.Channel
}

// put adds a sighting to the record of its subject. It returns nil when there
// was no room.
func (g *Gatherer) put(e tinycheck.Event, rule tinycheck.RuleID, id tinycheck.Identity, s sight) *record {
	key := subject{e.Flow.Local().Addr(), rule, id}
	r := g.records[key]
	if r == nil {
		if !g.room(rule) {
			g.lost++
			return nil
		}
		r = &record{first: e.Time}
		g.records[key] = r
	}
	if !r.add(e, s) {
		g.lost++
	}
	return r
}

// room keeps half of the space for what can decide an answer.
func (g *Gatherer) room(rule tinycheck.RuleID) bool {
	row, _ := tinycheck.FindRule(rule)
	if len(row.Levels) > 0 && row.Levels[0] != tinycheck.Note {
		return len(g.records) < 2*maxRecords
	}
	return len(g.records) < maxRecords
}

func (r *record) add(e tinycheck.Event, s sight) bool {
	r.first, r.last = earlier(r.first, e.Time), later(r.last, e.Time)
	if s.seen.Type == tinycheck.DomainName && len(r.names) < maxNames && !slices.Contains(r.names, s.seen.Value) {
		r.names = append(r.names, s.seen.Value)
	}
	one := r.find(s.seen, s.channel)
	if one == nil {
		if len(r.sightings) >= maxSightings {
			return false
		}
		one = &tinycheck.Sighting{Seen: s.seen, Channel: s.channel, First: e.Time}
		for i := range s.matched {
			one.Indicators = append(one.Indicators, &s.matched[i])
		}
		r.sightings = append(r.sightings, one)
	}
	one.Count++
	one.Last = later(one.Last, e.Time)
	if len(one.Packets) < maxPackets && !slices.Contains(one.Packets, packet(e)) {
		one.Packets = append(one.Packets, packet(e))
	}
	return true
}

// packet is the one that shows the sighting: for a flow, its first.
func packet(e tinycheck.Event) int64 {
	if _, end := e.Fact.(tinycheck.FlowEnd); end {
		return e.Flow.FirstPacket
	}
	return e.Packet
}

func (r *record) find(o tinycheck.Observable, c tinycheck.Channel) *tinycheck.Sighting {
	for _, s := range r.sightings {
		if s.Seen == o && s.Channel == c {
			return s
		}
	}
	return nil
}

func (r *record) seen(name string, c tinycheck.Channel) bool {
	return r.find(tinycheck.Observable{Type: tinycheck.DomainName, Value: name}, c) != nil
}

func (r *record) countFlow(f *tinycheck.Flow) {
	r.flows++
	r.sent += f.Up().Payload
	r.received += f.Down().Payload
	r.uploaded += f.Uploaded
	r.first, r.last = earlier(r.first, f.First), later(r.last, f.Last)
}

// merge adds the evidence of another address of the same device.
func (r *record) merge(o *record) {
	for _, n := range o.names {
		if !slices.Contains(r.names, n) {
			r.names = append(r.names, n)
		}
	}
	r.sightings = append(r.sightings, o.sightings...)
	r.flows += o.flows
	r.sent += o.sent
	r.received += o.received
	r.uploaded += o.uploaded
	r.first, r.last = earlier(r.first, o.first), later(r.last, o.last)
}

// upload reports whether the flows sent something away.
func (r *record) upload() bool {
	if r.uploaded > 0 {
		return true
	}
	ratio := float64(r.sent-r.received) / float64(max(1, r.sent+r.received))
	return r.sent >= uploadBytes && ratio >= uploadRatio
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
