package analysis_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/capture"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

// shared finds a folder beside the repository that is not part of it, or skips.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
	dir = filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("../shared/%s is not here", name)
	}
	return dir
}

// rows reads a file of JSON lines.
func rows[T any](t testing.TB, file string) (list []T) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	return list
}

// echap is the index of what Echap lists.
func echap(t testing.TB) *match.Index {
	t.Helper()
	dir := filepath.Join(shared(t, "feeds"), "AssoEchap+stalkerware-indicators")
	list, _, err := library.Load([]string{filepath.Join(dir, "ioc.yaml"), filepath.Join(dir, "watchware.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	return match.NewIndex(list, library.Context())
}

func starter() *match.Index {
	list, _ := library.Starter()
	return match.NewIndex(list, library.Context())
}

// analyze reads a capture file to its end.
func analyze(t testing.TB, file string, cfg analysis.Config) tinycheck.Report {
	t.Helper()
	r, err := capture.Open(file, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	line := analysis.New(cfg)
	var p tinycheck.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		line.See(&p)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	report, err := line.Report(r.Capture())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// label is a row of stalkerware_labels.jsonl.
type label struct {
	Pcap     string
	Families []string `json:"c2_families"`
	Observed float64  `json:"observed_s"`
	Least    string   `json:"least_level"`
}

// Phones on which spying products really ran get at least the level that the
// table asks for, and every product is named. The labels state the time watched
// of the whole capture, which no device exceeds.
func TestPhonesThatWereSpiedOn(t *testing.T) {
	dir, index := shared(t, "corpus"), echap(t)
	captures := rows[label](t, filepath.Join(dir, "stalkerware_labels.jsonl"))
	if len(captures) != 15 {
		t.Errorf("%d captures, want 15", len(captures))
	}
	for _, want := range captures {
		t.Run(filepath.Base(want.Pcap), func(t *testing.T) {
			r := analyze(t, filepath.Join(dir, want.Pcap), analysis.Config{Index: index})
			levels, families := []tinycheck.Level{tinycheck.NothingFound}, []string{}
			for _, d := range r.Devices {
				for _, f := range d.Findings {
					levels = append(levels, f.Level)
					if f.Class == tinycheck.ClassC2 {
						families = append(families, f.Families...)
					}
					quiet(t, &f)
				}
				if c := d.Coverage.Observed.Seconds(); c > want.Observed+0.05 {
					t.Errorf("%s was observed for %.2f s of %.1f s", d.Device.ID, c, want.Observed)
				}
				t.Logf("%s grade %s %v: %s", d.Device.ID, d.Coverage.Grade, d.Coverage.Limits, said(d.Findings))
			}
			if least := leastLevel(want.Least); tinycheck.Worst(levels...).Rank() < least.Rank() {
				t.Errorf("levels %s, want at least %s", levels, least)
			}
			slices.Sort(families)
			if families = slices.Compact(families); !slices.Equal(families, want.Families) {
				t.Errorf("c2 families %q, want %q", families, want.Families)
			}
		})
	}
}

func leastLevel(word string) tinycheck.Level {
	if word == "none" {
		return tinycheck.NothingFound
	}
	return tinycheck.Level(word)
}

// The time observed, computed once more from nothing but the addresses: the same
// for the device of most packets, never more for the others (of a router, what
// it forwards is not counted). What a device sends before it has an address may
// add a little.
func TestObservedIsTheSumOfShortGaps(t *testing.T) {
	dir, agree := shared(t, "corpus"), 0
	const little = 10 * time.Millisecond
	for _, row := range rows[label](t, filepath.Join(dir, "stalkerware_labels.jsonl")) {
		file := filepath.Join(dir, row.Pcap)
		r := analyze(t, file, analysis.Config{Index: starter()})
		phone := slices.MaxFunc(r.Devices, func(a, b tinycheck.Answer) int { return cmp.Compare(a.Coverage.Packets, b.Coverage.Packets) })
		for _, d := range r.Devices {
			got, want := d.Coverage.Observed, gaps(t, file, d.Device.Addresses)
			if got > want+little || got < want && d.Device.ID == phone.Device.ID {
				t.Errorf("%s of %s was observed for %v, want %v", d.Device.ID, row.Pcap, got, want)
			}
			if got >= want {
				agree++
			}
		}
	}
	if agree < 15 {
		t.Errorf("only %d devices were observed as long", agree)
	}
}

// gaps adds up the gaps between the packets of some addresses in a capture of
// Ethernet or raw IP, each counted as at most a minute.
func gaps(t *testing.T, file string, own []netip.Addr) (sum time.Duration) {
	t.Helper()
	r, err := capture.Open(file, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var p tinycheck.Packet
	var last time.Time
	for r.Next(&p) == nil {
		data := p.Data
		if p.Link == tinycheck.LinkEthernet {
			data = data[14:]
		}
		if src, dst, ok := ends(data); !ok || !slices.Contains(own, src) && !slices.Contains(own, dst) {
			continue
		}
		if !last.IsZero() {
			sum += min(p.Time.Sub(last), time.Minute)
		}
		last = p.Time
	}
	return sum
}

// ends reads the addresses of an IP header.
func ends(b []byte) (src, dst netip.Addr, ok bool) {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), true
	case len(b) >= 40 && b[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), true
	}
	return src, dst, false
}

// quiet holds what notes are for: a shop, a child-safety product and the like
// never say that somebody is being spied on.
func quiet(t *testing.T, f *tinycheck.Finding) {
	t.Helper()
	if f.Class != tinycheck.ClassC2 && f.Level != tinycheck.Note {
		t.Errorf("%s %s of class %s is %s", f.Rule, f.Identity, f.Class, f.Level)
	}
}

func said(list []tinycheck.Finding) (lines []string) {
	for _, f := range list {
		lines = append(lines, string(f.Level)+" "+string(f.Rule)+" "+f.Identity.String()+" "+string(f.Class))
	}
	return lines
}

// Ordinary applications accuse nobody.
func TestOrdinaryApplications(t *testing.T) {
	dir := shared(t, "corpus")
	for name, index := range map[string]*match.Index{"echap": echap(t), "starter": starter()} {
		captures := rows[label](t, filepath.Join(dir, "benign_mobile.jsonl"))
		if len(captures) != 48 {
			t.Errorf("%d captures, want 48", len(captures))
		}
		for _, c := range captures {
			r := analyze(t, filepath.Join(dir, c.Pcap), analysis.Config{Index: index})
			for _, d := range r.Devices {
				for _, f := range d.Findings {
					quiet(t, &f)
					if f.Level != tinycheck.Note {
						t.Errorf("%s with %s: %s %s %s %q", c.Pcap, name, f.Level, f.Rule, f.Identity, f.Families)
					}
				}
			}
			if r.Answer == tinycheck.Detected || r.Answer == tinycheck.Suspicious {
				t.Errorf("%s with %s: %s", c.Pcap, name, r.Answer)
			}
		}
	}
}

// Every capture of the corpus is answered, and what the answer says agrees.
func TestEveryCaptureIsAnswered(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the whole corpus")
	}
	dir, index := shared(t, "corpus"), echap(t)
	captures, answers := 0, make(map[tinycheck.Level]int)
	for _, row := range rows[label](t, filepath.Join(dir, "files.jsonl")) {
		r, err := capture.Open(filepath.Join(dir, row.Pcap), capture.Config{})
		if err != nil {
			continue // not a capture; the reader's own tests look at those
		}
		r.Close()
		captures++
		report := analyze(t, filepath.Join(dir, row.Pcap), analysis.Config{Index: index})
		answers[report.Answer]++
		worst := tinycheck.Inconclusive
		for i, d := range report.Devices {
			if i == 0 || d.Verdict.Answer.Rank() > worst.Rank() {
				worst = d.Verdict.Answer
			}
			c := &d.Coverage
			if c.External < c.Tunnelled || c.External < c.Unexplained || c.NamedShare() > 1 || c.Observed > c.Span || c.Observed < 0 || c.LargestSink > c.External {
				t.Errorf("%s: %s: coverage %+v", row.Pcap, d.Device.ID, c)
			}
			if (c.Grade == tinycheck.GradeX) != (d.Verdict.Answer == tinycheck.Inconclusive) && d.Verdict.Answer.Rank() < tinycheck.Suspicious.Rank() {
				t.Errorf("%s: %s: %s at grade %s", row.Pcap, d.Device.ID, d.Verdict.Answer, c.Grade)
			}
		}
		if report.Answer.Rank() >= tinycheck.Suspicious.Rank() && !strings.HasPrefix(row.Pcap, "pcaps/stalkerpcap/") {
			t.Errorf("%s: %s, where nobody was spied on", row.Pcap, report.Answer)
		}
		if report.Answer != worst && report.Others == 0 {
			t.Errorf("%s: answer %s, worst device %s", row.Pcap, report.Answer, worst)
		}
	}
	t.Logf("%d captures: %v", captures, answers)
	if captures < 1000 {
		t.Errorf("only %d captures", captures)
	}
}
