package exchange_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

var about = exchange.About{Name: "An export", Licence: "CC0-1.0", Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}

// each gives a list as a sequence.
func each(list []tinycheck.Indicator) iter.Seq2[tinycheck.Indicator, error] {
	return func(yield func(tinycheck.Indicator, error) bool) {
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func write(t *testing.T, format string, list []tinycheck.Indicator) (string, tinycheck.Intake) {
	t.Helper()
	var out bytes.Buffer
	in, err := exchange.Write(format, &out, about, each(list))
	if err != nil {
		t.Fatalf("Write(%s): %v", format, err)
	}
	total := 0
	for _, r := range in.Reasons {
		total += r.Count
	}
	if in.Accepted+in.Merged+in.RejectedTotal != len(list) || total != in.RejectedTotal || len(in.SHA256) != 64 || in.Format != format {
		t.Fatalf("%s of %d: %+v", format, len(list), in)
	}
	return out.String(), in
}

// meanings are what must survive: the observable, the class and the family.
func meanings(list []tinycheck.Indicator, family bool) []string {
	var out []string
	for _, i := range list {
		s := fmt.Sprintf("%s %q %s/%s", i.Type, i.Value, i.Class, i.Infrastructure)
		if family {
			s += fmt.Sprintf(" of %q", i.Family)
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var values = map[tinycheck.ObservableType][]string{
	tinycheck.DomainName: {"a.example", "xn--bcher-kva.example", "_x.a-b.example"},
	tinycheck.IPv4Addr:   {"192.0.2.7", "198.51.100.0/24"},
	tinycheck.IPv6Addr:   {"2001:db8::7", "2001:db8::/32"},
	tinycheck.URL:        {"http://a.example/it's?a=1&b=<2>\\n", `https://[2001:db8::1]:8443/"x",y;z`, "http://a.example/ü"},
	tinycheck.CertSHA1:   {"2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"},
	tinycheck.CertSHA256: {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	tinycheck.JA3:        {"e7d705a3286e19ea42f587b344ee6865"},
	tinycheck.JA4:        {"t13d1516h2_8daaf6152771_02713d6af862"},
}

var families = []string{
	"", "Example Spy", `quoted "name" \ 'it' 'is'`, "=cmd|' /C calc'!A0", "a\"]}}, {\"x\":[", "<b>&amp;</b>", "Übel ☠", "- x: y", "a,b;c", "inner  space",
}

// table is every class on every type with every family, in turn.
func table() []tinycheck.Indicator {
	means := []tinycheck.Indicator{}
	for _, c := range []tinycheck.Class{tinycheck.ClassC2, tinycheck.ClassWebsite, tinycheck.ClassDistribution, tinycheck.ClassWatchware, tinycheck.ClassTracker, tinycheck.ClassWeak} {
		means = append(means, tinycheck.Indicator{Class: c})
	}
	for _, k := range []tinycheck.Infrastructure{tinycheck.InfraDoH, tinycheck.InfraTor, tinycheck.InfraDynamicDNS, tinycheck.InfraRelay, tinycheck.InfraVPN, tinycheck.InfraParking} {
		means = append(means, tinycheck.Indicator{Class: tinycheck.ClassInfrastructure, Infrastructure: k})
	}
	at := time.Date(2026, 5, 6, 7, 8, 9, 123_456_789, time.UTC)
	var list []tinycheck.Indicator
	n := 0
	for _, kind := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[kind] {
			for _, i := range means {
				i.Observable = tinycheck.Observable{Type: kind, Value: value}
				i.Family = families[n%len(families)]
				i.Feed, i.TLP = "feed", []string{"", "white", "green", "amber", "red"}[n%5]
				i.Tags = [][]string{nil, {"unknown"}, {"Pegasus", "dual"}, {`misp-galaxy:tool="Other"`, "benign"}, {"port:8443", "tlp:amber+strict"}}[n%5]
				i.Confidence = n * 7 % 101
				if n%3 == 0 {
					i.Updated, i.ValidFrom, i.ValidUntil = at, at.AddDate(0, 0, -n%30), at.AddDate(0, 0, n%40-20)
				}
				i.SourceID = []string{"", "indicator--2f6c3a0e-7f66-4f0c-8d4e-1d2f3a4b5c6d", "x:indicator-1"}[n%3]
				list = append(list, i)
				n++
			}
		}
	}
	slices.SortFunc(list, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
	return list
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	list := table()
	for _, format := range []string{"stix", "misp"} {
		text, in := write(t, format, list)
		if in.RejectedTotal != 0 || in.Merged != 0 {
			t.Errorf("%s: left out %+v", format, in)
		}
		back, feed := read(t, "x."+format, text)
		if feed.Format != format || feed.RejectedTotal != 0 {
			t.Errorf("%s: read as %s, rejected %+v", format, feed.Format, feed.Rejected)
		}
		if diff := cmp.Diff(meanings(list, true), meanings(back, true)); diff != "" {
			t.Errorf("%s (-written +read)\n%s", format, diff)
		}
		again, _ := write(t, format, back)
		third, _ := read(t, "x."+format, again)
		if diff := cmp.Diff(back, third); diff != "" {
			t.Errorf("%s: the second time (-first +second)\n%s", format, diff)
		}
	}
}

// What else an indicator says is kept where the format has a place for it.
func TestTimesLightsAndConfidenceSurvive(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 4, 5, 6, 0, time.UTC) }
	i := tinycheck.Indicator{
		Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "a.example"}, Class: tinycheck.ClassC2, Family: "Spy", Feed: "x",
		SourceID: "2f6c3a0e-7f66-4f0c-8d4e-1d2f3a4b5c6d", Tags: []string{"apt", "port:8443"}, TLP: "amber", Confidence: 71,
		ValidFrom: day(1), ValidUntil: day(20), Updated: day(3),
	}
	for format, id := range map[string]string{"misp": i.SourceID, "stix": "indicator--" + i.SourceID} {
		text, _ := write(t, format, []tinycheck.Indicator{i})
		back, _ := read(t, "x", text)
		want := i
		want.SourceID = id
		if format == "misp" {
			want.Tags = []string{`misp:confidence-level="usually-confident"`, "apt", "port:8443"}
		}
		if diff := cmp.Diff([]tinycheck.Indicator{want}, back); diff != "" {
			t.Errorf("%s (-want +got)\n%s\n%s", format, diff, text)
		}
	}
}

func TestTinyCheckKeepsTheClass(t *testing.T) {
	list := table()
	text, in := write(t, "tinycheck-json", list)
	var want []tinycheck.Indicator
	for _, i := range list {
		if i.Type != tinycheck.CertSHA256 && i.Type != tinycheck.JA3 && i.Type != tinycheck.JA4 {
			want = append(want, i)
		}
	}
	back, feed := read(t, "x", text)
	if diff := cmp.Diff(meanings(want, false), meanings(back, false)); diff != "" || feed.Format != "tinycheck-json" {
		t.Errorf("%s (-written +read)\n%s", feed.Format, diff)
	}
	if in.RejectedTotal != len(list)-len(want) || len(in.Reasons) != 1 {
		t.Errorf("left out %d of %d: %+v", in.RejectedTotal, len(list)-len(want), in.Reasons)
	}
	if !strings.Contains(text, `{"type":"domain","tag":"website","tlp":"`) || !strings.HasSuffix(text, "\"to_delete\":[]}\n") {
		t.Errorf("the keys are not those of the format: %.300s", text)
	}
}

func TestPlainListsHoldOnlyWhatAccuses(t *testing.T) {
	list := append(table(), tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "ip6-x.example"}, Class: tinycheck.ClassC2})
	for format, types := range map[string][]tinycheck.ObservableType{
		"hosts": {tinycheck.DomainName},
		"list":  {tinycheck.DomainName, tinycheck.IPv4Addr, tinycheck.IPv6Addr, tinycheck.URL},
	} {
		var want []string
		for _, i := range list {
			if slices.Contains(types, i.Type) && (i.Class == tinycheck.ClassC2 || i.Class == tinycheck.ClassDistribution) && (format == "list" || !strings.HasPrefix(i.Value, "ip6-")) {
				want = append(want, i.Value)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		text, in := write(t, format, list)
		back, feed := read(t, "x.txt", text)
		var got []string
		for _, i := range back {
			got = append(got, i.Value)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || feed.Format != format || feed.RejectedTotal != 0 {
			t.Errorf("%s read as %s, %+v (-want +got)\n%s", format, feed.Format, feed.Rejected, diff)
		}
		if in.Accepted != len(want) || !strings.HasPrefix(text, "# An export\n# licence: CC0-1.0\n# date: 2026-11-22\n") {
			t.Errorf("%s: %d written, %.80q", format, in.Accepted, text)
		}
	}
}

func TestTableForSpreadsheets(t *testing.T) {
	list := table()
	text, _ := write(t, "csv", list)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != len(list)+1 {
		t.Fatalf("%d rows of %d: %v", len(rows), len(list), err)
	}
	if got := strings.Join(rows[0], ","); got != "type,value,class,infrastructure,family,feed,tlp,confidence,valid_from,valid_until,updated,tags" {
		t.Errorf("header %s", got)
	}
	for n, row := range rows[1:] {
		i := list[n]
		if row[0] != string(i.Type) || row[1] != i.Value || row[2] != string(i.Class) || row[3] != string(i.Infrastructure) || strings.TrimPrefix(row[4], "'") != i.Family {
			t.Errorf("row %q of %+v", row, i)
		}
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}

// What cannot be read back is not written.
func TestWhatIsLeftOut(t *testing.T) {
	for _, o := range []tinycheck.Observable{
		{Type: tinycheck.DomainName, Value: "A.example"}, {Type: tinycheck.DomainName, Value: "a.example\nb.example"},
		{Type: tinycheck.DomainName, Value: ""}, {Type: tinycheck.DomainName, Value: "192.0.2.1"}, {Type: tinycheck.IPv4Addr, Value: "192.0.2.1/24"},
		{Type: tinycheck.URL, Value: "http://a.example/x y"}, {Type: tinycheck.URL, Value: "http://a.example/x[.]y"}, {Type: tinycheck.URL, Value: "http://a.example/\xff"},
		{Type: tinycheck.CertSHA1, Value: "2FD4"}, {Type: tinycheck.JA4, Value: "not-a-ja4"}, {Type: "mutex", Value: "a.example"},
	} {
		for _, format := range exchange.Writers() {
			text, in := write(t, format, []tinycheck.Indicator{{Observable: o, Class: tinycheck.ClassC2}})
			if in.Accepted != 0 || len(in.Rejected) != 1 || in.Rejected[0].Reason == "" || o.Value != "" && strings.Contains(text, o.Value) {
				t.Errorf("%s writes %q: %+v\n%s", format, o, in, text)
			}
		}
	}
	_, in := write(t, "stix", []tinycheck.Indicator{{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "a.example"}, Class: tinycheck.ClassInfrastructure}})
	if in.Accepted != 0 {
		t.Error("infrastructure of no kind is written")
	}
}

func TestWriteGivesErrors(t *testing.T) {
	if _, err := exchange.Write("exe", &bytes.Buffer{}, about, each(nil)); !errors.Is(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), "stix") {
		t.Errorf("unknown format: %v", err)
	}
	broke := errors.New("the store broke")
	_, err := exchange.Write("list", &bytes.Buffer{}, about, func(yield func(tinycheck.Indicator, error) bool) { yield(tinycheck.Indicator{}, broke) })
	if !errors.Is(err, broke) {
		t.Errorf("error of the sequence: %v", err)
	}
	for _, format := range exchange.Writers() {
		if _, err := exchange.Write(format, full{}, about, each(table())); !errors.Is(err, tinycheck.Unavailable) {
			t.Errorf("%s on a full disk: %v", format, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestSameIndicatorsSameBytes(t *testing.T) {
	for _, format := range exchange.Writers() {
		first, a := write(t, format, table())
		again, b := write(t, format, table())
		if first != again || a.SHA256 != b.SHA256 {
			t.Errorf("%s differs from one time to the next", format)
		}
	}
}

// An empty export is still a file of its format.
func TestNothingToWrite(t *testing.T) {
	for _, format := range []string{"stix", "misp", "tinycheck-json"} {
		text, _ := write(t, format, nil)
		if !json.Valid([]byte(text)) {
			t.Errorf("%s: %s", format, text)
		}
		if list, feed := read(t, "x", text); len(list) != 0 || feed.Format != format {
			t.Errorf("%s: read as %+v", format, feed)
		}
	}
}

// What the real feeds say survives in every format that can hold it.
func TestRealFeedsSurvive(t *testing.T) {
	dir := feeds(t)
	var files []string
	for _, glob := range []string{"*/*/*.stix2", "*/*/misp_event.json", "citizenlab*/*/misp.json", "citizenlab*/*/stix.xml", "citizenlab*/*/*.ioc", "*/generated/indicators-for-tinycheck.json", "*/assets/iocs.json"} {
		found, err := filepath.Glob(filepath.Join(dir, glob))
		if err != nil || len(found) == 0 {
			t.Fatalf("no files %s: %v", glob, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		list, _ := readFile(t, file)
		for _, format := range []string{"stix", "misp", "tinycheck-json"} {
			full := format != "tinycheck-json"
			text, in := write(t, format, list)
			back, feed, err := exchange.Read("x", strings.NewReader(text))
			if diff := cmp.Diff(meanings(list, full), meanings(back, full)); err != nil || diff != "" || feed.RejectedTotal != 0 || in.RejectedTotal != 0 {
				t.Errorf("%s as %s: %v, left out %+v, rejected %+v (-written +read)\n%.2000s", file, format, err, in.Reasons, feed.Rejected, diff)
			}
		}
	}
}
