package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/report"
)

func TestGoldenJSON(t *testing.T) {
	golden(t, "detected.json", write(t, detectedReport(), report.Config{Format: "json"}))
}

func TestOneObject(t *testing.T) {
	for name, r := range examples() {
		line := write(t, r, report.Config{Format: "ndjson"})
		if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
			t.Errorf("%s: ndjson is not one line", name)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(write(t, r, report.Config{Format: "json"}))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimSpace(line), strings.TrimSpace(compact.String())); diff != "" {
			t.Errorf("%s: json and ndjson say different things:\n%s", name, diff)
		}
		if strings.Contains(line, ":null") && strings.Contains(line, "[null") {
			t.Errorf("%s: null in a list", name)
		}
		// The name that the phone announced is in the device, its evidence and a comment.
		r.Capture.Comments = []string{"made of ANNA'S PHONE by hand"}
		for _, format := range report.Formats() {
			if out := write(t, r, report.Config{Format: format}); len(r.Devices) > 0 && strings.Contains(strings.ToLower(out), "anna") {
				t.Errorf("%s: the %s tells the name of the device", name, format)
			}
		}
		for range 20 {
			if again := write(t, examples()[name], report.Config{Format: "ndjson"}); again != line {
				t.Fatalf("%s: the same report gives other bytes", name)
			}
		}
	}
}

func TestTimesOfJSON(t *testing.T) {
	r := nothingReport()
	r.Capture.Start = time.Date(2025, 1, 1, 0, 0, 0, 120_000_000, time.FixedZone("x", 3600))
	r.Capture.End = time.Date(12025, 1, 1, 0, 0, 0, 0, time.UTC) // a damaged pcapng can say so
	out := write(t, r, report.Config{Format: "ndjson"})
	for _, want := range []string{`"start":"2024-12-31T23:00:00.12Z","end":null`, `"observed_seconds":920,`, `"named_share":0.9738`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s does not stand in %s", want, out)
		}
	}
}

// What was put in comes out again, whatever characters it has.
func TestEscapeKeepsTheValue(t *testing.T) {
	for _, s := range []string{"\u009b31m", "\x7f", "\u202e\u2066", "\U000e0041", "<&>", "é😀", "\ufeff"} {
		r := nothingReport()
		r.Capture.Name = s
		out := write(t, r, report.Config{Format: "json"})
		var back struct{ Capture struct{ Name string } }
		if err := json.Unmarshal([]byte(out), &back); err != nil || back.Capture.Name != s {
			t.Errorf("%q comes back as %q, %v", s, back.Capture.Name, err)
		}
		harmless(t, s, out)
	}
}

func TestEmptyListsAreNotNull(t *testing.T) {
	out := write(t, &tinycheck.Report{Devices: []tinycheck.Answer{{Findings: []tinycheck.Finding{{Sightings: []tinycheck.Sighting{{Indicators: []*tinycheck.Indicator{{}}}}}}, Remotes: make([]tinycheck.Remote, 1)}}}, report.Config{Format: "json"})
	for _, key := range []string{"links", "damage", "comments", "feeds", "addresses", "evidence", "deciding", "families", "names", "channels", "techniques", "tags", "packets\": [", "limits", "named_bytes", "tunnels", "encrypted_dns", "encrypted_resolvers", "protocols", "apps"} {
		if strings.Contains(out, `"`+key+`": null`) {
			t.Errorf("%s is null", key)
		}
	}
	c := newChecker(t)
	var v any
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	c.check(c.root, "", v, "")
	for _, f := range c.faults {
		// The empty report has no answer, and no list may be null.
		if strings.Contains(f, "null, not array") {
			t.Error(f)
		}
	}
}

func BenchmarkText(b *testing.B) {
	r := detectedReport()
	for b.Loop() {
		write(b, r, report.Config{Format: "text"})
	}
}

func BenchmarkJSON(b *testing.B) {
	r := detectedReport()
	for b.Loop() {
		write(b, r, report.Config{Format: "json"})
	}
}
