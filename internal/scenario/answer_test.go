package scenario_test

import (
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
	"tinycheck/internal/scenario"
)

// Every built-in scenario gets the answer that it is told for, with the starter
// indicators and those of its own.
func TestAnswers(t *testing.T) {
	want := map[string]struct {
		level    tinycheck.Level
		grade    tinycheck.Grade
		identity string // of a finding
		class    tinycheck.Class
	}{
		"quiet":            {tinycheck.NothingFound, tinycheck.GradeB, "", ""},
		"quiet-iphone":     {tinycheck.NothingFound, tinycheck.GradeB, "", ""},
		"stalkerware-dns":  {tinycheck.Detected, tinycheck.GradeB, "thd.cc", tinycheck.ClassC2},
		"stalkerware-tls":  {tinycheck.Detected, tinycheck.GradeB, "thd.cc", tinycheck.ClassC2},
		"stalkerware-quic": {tinycheck.Detected, tinycheck.GradeB, "xiz4me.com", tinycheck.ClassC2},
		"stalkerware-http": {tinycheck.Detected, tinycheck.GradeB, "hw.cab", tinycheck.ClassC2},
		"stalkerware-ip":   {tinycheck.Suspicious, tinycheck.GradeB, "192.0.2.66", tinycheck.ClassC2},
		"stalkerware-ipv6": {tinycheck.Detected, tinycheck.GradeB, "mobilefonex.com", tinycheck.ClassC2},
		"website":          {tinycheck.NothingFound, tinycheck.GradeB, "mspy.com", tinycheck.ClassWebsite},
		"watchware":        {tinycheck.NothingFound, tinycheck.GradeB, "life360.com", tinycheck.ClassWatchware},
		"vpn":              {tinycheck.Inconclusive, tinycheck.GradeX, "", ""},
		"encrypted-dns":    {tinycheck.NothingFound, tinycheck.GradeB, "dns.google", tinycheck.ClassInfrastructure},
		"wifi-calling":     {tinycheck.NothingFound, tinycheck.GradeB, "", ""},
	}
	for _, name := range scenario.Names() {
		w, ok := want[name]
		if !ok {
			t.Errorf("%s: no answer is wanted", name)
			continue
		}
		a := answer(t, name)
		if a.Verdict.Answer != w.level || a.Coverage.Grade != w.grade {
			t.Errorf("%s: %s at grade %s (named %.2f, observed %v, tunnels %v), want %s at %s", name, a.Verdict.Answer, a.Coverage.Grade,
				a.Coverage.NamedShare(), a.Coverage.Observed, a.Coverage.Tunnels, w.level, w.grade)
		}
		found := slices.ContainsFunc(a.Findings, func(f tinycheck.Finding) bool { return f.Identity.String() == w.identity && f.Class == w.class })
		if found != (w.identity != "") {
			t.Errorf("%s: findings %+v, want %s %s", name, a.Findings, w.class, w.identity)
		}
	}
}

func answer(t *testing.T, name string) tinycheck.Answer {
	t.Helper()
	s, err := scenario.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := library.Starter()
	line := analysis.New(analysis.Config{Index: match.NewIndex(append(list, s.Indicators()...), library.Context())})
	c := tinycheck.Capture{Start: s.Start()}
	if err := s.Packets(func(p *tinycheck.Packet) error {
		c.End = p.Time
		c.Packets++
		line.See(p)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r, err := line.Report(c)
	if err != nil || len(r.Devices) != 1 {
		t.Fatalf("%s: %d devices, %v", name, len(r.Devices), err)
	}
	if a := r.Devices[0]; a.Device.Class != s.Phone().Class || a.Device.Name != s.Phone().Name {
		t.Errorf("%s: read as %s %q, is %s %q", name, a.Device.Class, a.Device.Name, s.Phone().Class, s.Phone().Name)
	}
	return r.Devices[0]
}
