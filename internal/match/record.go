package match

import (
	"net/netip"
	"slices"
	"time"

	"tinycheck"
)

// record is the evidence for one subject.
type record struct {
	subject
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
	matched Listing
	channel tinycheck.Channel
}

// put adds a sighting to the record of its subject. It returns nil when there
// was no room. A sighting that the flow itself showed counts the flow when it
// ends; an address is counted by its caller, who sees flows only then.
func (g *Gatherer) put(e tinycheck.Event, about subject, s sight) *record {
	r := g.record(e, about)
	if r == nil {
		g.lost++
		return nil
	}
	if !g.add(r, e, s) {
		g.lost++
	}
	if s.channel.Flow() && s.channel != tinycheck.ViaAddress {
		g.begin(e.Flow, r)
	}
	return r
}

// begin remembers that the flow is one of the record's.
func (g *Gatherer) begin(f *tinycheck.Flow, r *record) {
	list := g.open[f]
	if slices.Contains(list, r) {
		return
	}
	if list == nil && len(g.open) >= maxOpen {
		g.lost++
		return
	}
	g.open[f] = append(list, r)
}

func (g *Gatherer) find(local netip.Addr, about subject) *record {
	if all := g.locals[local]; all != nil {
		return all.records[about]
	}
	return nil
}

// record finds or makes the record of a subject; nil when there is no room.
func (g *Gatherer) record(e tinycheck.Event, about subject) *record {
	local := e.Flow.Local().Addr()
	if r := g.find(local, about); r != nil {
		return r
	}
	if g.records >= room(about.rule, maxRecords) {
		return nil
	}
	g.records++
	all := g.locals[local]
	if all == nil {
		all = &evidence{records: make(map[subject]*record)}
		g.locals[local] = all
	}
	r := &record{subject: about, first: e.Time}
	all.records[about] = r
	all.order = append(all.order, r)
	return r
}

// room keeps half of the space for what can decide an answer.
func room(rule tinycheck.RuleID, n int) int {
	if decides(rule) {
		return 2 * n
	}
	return n
}

func decides(rule tinycheck.RuleID) bool { return deciding[rule] }

// deciding holds the rules that give more than a note.
var deciding = func() map[tinycheck.RuleID]bool {
	set := make(map[tinycheck.RuleID]bool)
	for _, row := range tinycheck.Rules() {
		set[row.ID] = row.Levels[0] != tinycheck.Note
	}
	return set
}()

func (g *Gatherer) add(r *record, e tinycheck.Event, s sight) bool {
	r.first, r.last = earlier(r.first, e.Time), later(r.last, e.Time)
	if s.seen.Type == tinycheck.DomainName {
		r.name(s.seen.Value)
	}
	one := r.find(s.seen, s.channel)
	if one == nil {
		if len(r.sightings) >= maxSightings || len(r.sightings) > 0 && g.sightings >= room(r.rule, maxHeld) {
			return false
		}
		g.sightings++
		one = &tinycheck.Sighting{Seen: s.seen, Channel: s.channel, First: e.Time, Indicators: g.copy(s.matched)}
		r.sightings = append(r.sightings, one)
	}
	if one.Count++; g.First != nil && one.Count == 1 && len(r.sightings) == 1 {
		g.First(e.Flow.Local().Addr(), finding(r))
	}
	one.First, one.Last = earlier(one.First, e.Time), later(one.Last, e.Time)
	keepPacket(one, packet(e))
	return true
}

// copy takes the indicators of a listing out of the index, once for all sightings.
func (g *Gatherer) copy(l Listing) []*tinycheck.Indicator {
	list, known := g.copies[l.at]
	if !known {
		for n := range l.Len() {
			one := l.At(n)
			list = append(list, &one)
		}
		g.copies[l.at] = list
	}
	return list
}

func (r *record) name(n string) {
	if len(r.names) < maxNames && !slices.Contains(r.names, n) {
		r.names = append(r.names, n)
	}
}

// keepPacket keeps the lowest packet numbers, sorted.
func keepPacket(s *tinycheck.Sighting, number int64) {
	at, known := slices.BinarySearch(s.Packets, number)
	if known || at >= maxPackets {
		return
	}
	s.Packets = slices.Insert(s.Packets, at, number)
	s.Packets = s.Packets[:min(len(s.Packets), maxPackets)]
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
		r.name(n)
	}
	for _, s := range o.sightings {
		r.mergeSighting(s)
	}
	r.flows += o.flows
	r.sent += o.sent
	r.received += o.received
	r.uploaded += o.uploaded
	r.first, r.last = earlier(r.first, o.first), later(r.last, o.last)
}

func (r *record) mergeSighting(s *tinycheck.Sighting) {
	one := r.find(s.Seen, s.Channel)
	if one == nil {
		if len(r.sightings) < maxSightings {
			own := *s
			own.Packets = slices.Clone(s.Packets)
			r.sightings = append(r.sightings, &own)
		}
		return
	}
	one.Count += s.Count
	one.First, one.Last = earlier(one.First, s.First), later(one.Last, s.Last)
	for _, n := range s.Packets {
		keepPacket(one, n)
	}
}

// upload reports whether the flows sent something away.
func (r *record) upload() bool {
	if r.uploaded >= uploadBody {
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
