package analysis

import "tinycheck"

// Now tells, while packets still come, which devices are there (they asked for an
// address or a name, or talked to the outside) and what was found about each so
// far. It judges no coverage, and the level is that of the
// findings alone: an answer is given at the end only (Report). A finding by
// address or by the number of flows can take until a flow has ended.
func (l *Line) Now() []tinycheck.Answer {
	var list []tinycheck.Answer
	for _, p := range l.parties() {
		_, joined := l.traits[owner{mac: p.host.MAC}]
		if len(list) >= maxDevices || !p.decided() && !p.active && !joined {
			continue
		}
		a := tinycheck.Answer{Device: l.traits.device(&p.host), Findings: p.findings}
		a.Coverage.Observed, a.Coverage.Packets, a.Coverage.Bytes = p.host.Observed, p.host.Packets, p.host.Bytes
		a.Verdict.Level = p.level()
		list = append(list, a)
	}
	return list
}
