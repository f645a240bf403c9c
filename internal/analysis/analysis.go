// Package analysis is the line from packet to report: it conducts decode and
// match, measures coverage, finds out which device is the phone, and lets the
// dictionary decide. Live traffic and a file take the same line.
//
//	line := analysis.New(analysis.Config{Index: index, Feeds: feeds})
//	for … { line.See(&packet) }
//	report, err := line.Report(capture)
//
// The same packets with the same indicators and settings give the same report,
// byte by byte. The package reads no files, has no clock (times come from
// packets) and no words. Its memory does not depend on the length of the
// capture; what did not fit is counted, and told as a limit of the coverage.
package analysis

import (
	"cmp"
	"net/netip"
	"slices"

	"tinycheck"
	"tinycheck/internal/decode"
	"tinycheck/internal/match"
)

// Config says what to look for and whom to answer for.
type Config struct {
	Index   *match.Index
	Feeds   []tinycheck.FeedUse // of the indicators in Index, for the coverage
	Habits  []tinycheck.Habit   // the families that watch people, and how often they report
	Device  string              // MAC or address of the phone; "" when the traffic is to tell
	Version string              // of the program

	// For whoever watches while packets come; called from within See and End.
	Event func(tinycheck.Event)                       // every fact
	Found func(local netip.Addr, f tinycheck.Finding) // the first sighting of something
}

// Line is one analysis under way. It is not safe for concurrent use.
type Line struct {
	cfg      Config
	armed    bool // there is something to compare with
	families families
	decoder  *decode.Decoder
	gather   *match.Gatherer
	ledger   *ledger
	traits   traits
	ended    bool
}

// New returns a Line that has seen nothing.
func New(cfg Config) *Line {
	cfg.Feeds = slices.Clone(cfg.Feeds)
	slices.SortFunc(cfg.Feeds, func(a, b tinycheck.FeedUse) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Date.Compare(b.Date), cmp.Compare(a.Indicators, b.Indicators))
	})
	l := &Line{cfg: cfg, gather: match.NewGatherer(cfg.Index), traits: make(traits)}
	l.gather.First = cfg.Found
	l.ledger = newLedger(cfg.Index)
	l.armed = armed(&cfg)
	l.families = newFamilies(&cfg)
	l.decoder = decode.New(decode.Config{}, l.event)
	return l
}

// armed reports whether there is something to compare with. What is compiled in
// of techniques is always there, and says nothing of who spies: a list that
// turns out empty does not become a good one by it.
func armed(cfg *Config) bool {
	empty := func(f tinycheck.FeedUse) bool { return f.Indicators == 0 }
	for _, c := range []tinycheck.Class{tinycheck.ClassC2, tinycheck.ClassWebsite, tinycheck.ClassDistribution, tinycheck.ClassWatchware, tinycheck.ClassTracker, tinycheck.ClassWeak} {
		if cfg.Index.Count(c) > 0 {
			return true
		}
	}
	return len(cfg.Feeds) > 0 && !slices.ContainsFunc(cfg.Feeds, empty)
}

// See takes the next packet.
func (l *Line) See(p *tinycheck.Packet) { l.decoder.Decode(p) }

func (l *Line) event(e tinycheck.Event) {
	if l.cfg.Event != nil {
		l.cfg.Event(e)
	}
	l.gather.See(e)
	l.ledger.see(e)
	l.traits.see(e)
}

// End tells that no packet comes any more. It is called once, before Report.
func (l *Line) End() {
	if !l.ended {
		l.ended = true
		l.decoder.End()
	}
}

// Everybody gives up the choice of a device: Report answers for all.
func (l *Line) Everybody() { l.cfg.Device = "" }

// Report gives the answer for every device, or for the one that was asked for.
// A device that was asked for and never seen is an error of kind NotFound. The
// devices are bounded; the answer of the report is the worst of all.
func (l *Line) Report(capture tinycheck.Capture) (tinycheck.Report, error) {
	l.End()
	r := tinycheck.Report{Program: program(l.cfg.Version), Capture: capture, Feeds: l.cfg.Feeds, Answer: tinycheck.Inconclusive}
	list, devices, err := l.devices()
	if err != nil {
		return r, err
	}
	var levels []tinycheck.Level
	for i := range list {
		a := l.answer(&list[i], &capture, devices)
		levels = append(levels, a.Verdict.Answer)
		if len(r.Devices) >= maxDevices {
			r.Others++
			continue
		}
		a.Remotes, a.More = l.ledger.remotes(list[i].host.Addresses)
		r.Devices = append(r.Devices, a)
	}
	if len(levels) > 0 {
		r.Answer = tinycheck.Worst(levels...)
	}
	return r, nil
}

func (l *Line) answer(p *party, capture *tinycheck.Capture, devices int) tinycheck.Answer {
	a := tinycheck.Answer{Device: l.traits.device(&p.host), Findings: p.findings}
	a.Coverage = l.coverage(&p.host, capture, devices)
	a.Verdict = tinycheck.Decide(a.Findings, &a.Coverage)
	return a
}

func program(version string) tinycheck.Program {
	p := tinycheck.Program{Version: version}
	for _, r := range tinycheck.Rules() {
		p.Rules += r.Version
	}
	return p
}
