package analysis_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/match"
	"tinycheck/internal/report"
	"tinycheck/internal/scenario"
	"tinycheck/internal/spelling"
)

var update = flag.Bool("update", false, "rewrite what the cases want with what they give")

const casesFolder = "../../testdata/cases"

// TestCases runs the specification of the product: each case tells traffic in
// words and indicators, and what is to be answered. Each runs twice, with the
// indicators in another order, and must give the same bytes.
func TestCases(t *testing.T) {
	files, err := filepath.Glob(casesFolder + "/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", casesFolder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := answerCase(t, archive, 1)
	if second := answerCase(t, archive, 2); !bytes.Equal(first.json, second.json) {
		t.Errorf("another order of the indicators gives another report:\n%s", cmp.Diff(string(first.json), string(second.json)))
	}
	got := describe(&first.report)
	lines := ledgerLines(t, &first.report, section(archive, "ledger"))
	if *update {
		set(archive, "want", got)
		if lines != "" {
			set(archive, "ledger", lines)
		}
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(section(archive, "want")+section(archive, "ledger"), got+lines); diff != "" {
		t.Errorf("%s\n(-want +got):\n%s", strings.TrimSpace(string(archive.Comment)), diff)
	}
}

type answered struct {
	report tinycheck.Report
	json   []byte
}

func answerCase(t *testing.T, archive *txtar.Archive, seed uint64) answered {
	t.Helper()
	words, err := scenario.Parse(section(archive, "traffic"))
	if err != nil {
		t.Fatal(err)
	}
	indicators, context := known(t, section(archive, "indicators"))
	indicators = append(indicators, words.Indicators()...)
	rand.New(rand.NewPCG(seed, seed)).Shuffle(len(indicators), func(i, j int) {
		indicators[i], indicators[j] = indicators[j], indicators[i]
	})
	cfg := analysis.Config{Index: match.NewIndex(indicators, context), Version: "case", Device: strings.TrimSpace(section(archive, "device"))}
	cfg.Feeds = []tinycheck.FeedUse{{Name: "case", Indicators: len(indicators), Date: words.Start()}}
	world(t, archive, &cfg)
	line := analysis.New(cfg)
	capture := tinycheck.Capture{Name: "case", Format: "pcapng", Links: []tinycheck.LinkType{words.Link()}, Start: words.Start()}
	err = words.Packets(func(p *tinycheck.Packet) error {
		capture.End = p.Time
		capture.Packets++
		if p.Length > len(p.Data) {
			capture.Dropped.Truncated++
		}
		line.See(p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	recorded(t, section(archive, "capture"), &capture)
	r, err := line.Report(capture)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.Write(&b, &r, report.Config{Format: "json"}); err != nil {
		t.Fatal(err)
	}
	return answered{r, b.Bytes()}
}

// describe says what a case cares about, in lines that people compare.
func describe(r *tinycheck.Report) string {
	var b strings.Builder
	for i := range r.Devices {
		a := &r.Devices[i]
		fmt.Fprintf(&b, "%s: %s, answer %s, grade %s", a.Device.ID, a.Verdict.Level, a.Verdict.Answer, a.Coverage.Grade)
		if a.Device.Class != tinycheck.ClassUnknown {
			fmt.Fprintf(&b, ", %s", a.Device.Class)
		}
		b.WriteString("\n")
		for j := range a.Findings {
			f := &a.Findings[j]
			fmt.Fprintf(&b, "  %s %s: %s", f.Level, f.Rule, f.Identity)
			if len(f.Families) > 0 {
				fmt.Fprintf(&b, " of %s", strings.Join(f.Families, ", "))
			}
			fmt.Fprintf(&b, "; flows %d, via %s\n", f.Flows, join(f.Channels))
		}
		if len(a.Coverage.Limits) > 0 {
			fmt.Fprintf(&b, "  limits: %s\n", join(a.Coverage.Limits))
		}
	}
	return b.String()
}

func join[T ~string](list []T) string {
	var words []string
	for _, v := range list {
		words = append(words, string(v))
	}
	return strings.Join(words, " ")
}

// known reads the indicators of a case, one in a line:
//
//	CLASS VALUE [family NAME] [feed NAME] [updated 2024-12-31]
//	context CLASS VALUE
//
// A class may be infrastructure:KIND.
func known(t *testing.T, text string) (indicators []tinycheck.Indicator, context []tinycheck.Context) {
	t.Helper()
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case words[0] == "context":
			context = append(context, tinycheck.Context{Class: tinycheck.ContextClass(words[1]), Observable: observable(t, words[2]), Owner: "case"})
		default:
			indicators = append(indicators, indicator(t, words))
		}
	}
	return indicators, context
}

func indicator(t *testing.T, words []string) tinycheck.Indicator {
	t.Helper()
	class, kind, _ := strings.Cut(words[0], ":")
	i := tinycheck.Indicator{Class: tinycheck.Class(class), Infrastructure: tinycheck.Infrastructure(kind), Observable: observable(t, words[1]), Feed: "case"}
	for pair := range slices.Chunk(words[2:], 2) {
		switch pair[0] {
		case "family":
			i.Family = pair[1]
		case "feed":
			i.Feed = pair[1]
		case "updated":
			at, err := time.Parse(time.DateOnly, pair[1])
			if err != nil {
				t.Fatal(err)
			}
			i.Updated = at
		default:
			t.Fatalf("indicator %v: family, feed or updated is expected", words)
		}
	}
	return i
}

func observable(t *testing.T, value string) tinycheck.Observable {
	t.Helper()
	if o, err := spelling.Address(value); err == nil {
		return o
	}
	for n, kind := range map[int]tinycheck.ObservableType{16: tinycheck.JA3, 20: tinycheck.CertSHA1, 32: tinycheck.CertSHA256} {
		if hex, err := spelling.Hex(value, n); err == nil {
			return tinycheck.Observable{Type: kind, Value: hex}
		}
	}
	if strings.Count(value, "_") == 2 && !strings.Contains(value, ".") {
		return tinycheck.Observable{Type: tinycheck.JA4, Value: value}
	}
	name, err := spelling.Domain(value)
	if err != nil {
		t.Fatalf("observable %q: %v", value, err)
	}
	return tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func set(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}
