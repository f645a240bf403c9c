package exchange_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// Citizen Lab publishes each report in up to four formats. All must say the same
// as the plain table beside them.
func TestOneReportInSeveralFormats(t *testing.T) {
	dir := feeds(t)
	for _, c := range []struct {
		glob    string
		files   int
		format  string
		missing map[string]int // rows of the table that the publisher did not put in
	}{
		{"*.json", 14, "misp", nil},
		{"stix.xml", 21, "stix1", nil},
		{"*.ioc", 19, "openioc", map[string]int{ // they hold only what is marked for detection
			"201512_PackRAT": 1, "201603_Shifting_Tactics": 2, "201605_Stealth_Falcon": 17, "201608_Group5": 1, "201909_MissingLink": 31,
		}},
	} {
		files, err := filepath.Glob(filepath.Join(dir, "citizenlab*", "*", c.glob))
		if err != nil || len(files) != c.files {
			t.Fatalf("%s: %d files, %v", c.glob, len(files), err)
		}
		for _, file := range files {
			list, feed := readFile(t, file)
			folder := filepath.Base(filepath.Dir(file))
			want := tableBeside(t, filepath.Dir(file))
			var got []string
			for _, i := range list {
				got = append(got, i.Value)
			}
			missing := slices.DeleteFunc(slices.Clone(want), func(v string) bool { return slices.Contains(got, v) })
			extra := slices.DeleteFunc(slices.Clone(got), func(v string) bool { return slices.Contains(want, v) })
			if feed.Format != c.format || len(missing) != c.missing[folder] || len(extra) != 0 {
				t.Errorf("%s/%s read as %s: %d missing %q, more %q", folder, filepath.Base(file), feed.Format, len(missing), missing, extra)
			}
			if len(list) > 0 && (list[0].Family == "" || feed.Date.Year() < 2015) {
				t.Errorf("%s/%s: family %q, date %v", folder, filepath.Base(file), list[0].Family, feed.Date)
			}
		}
	}
}

// tableBeside gives the values of the network types of the CSV in a folder, as
// the list reader spells them.
func tableBeside(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "iocs.csv"))
	if err != nil {
		text, err = os.ReadFile(filepath.Join(dir, "indicators.csv"))
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	var lines strings.Builder
	for _, row := range rows[1:] {
		switch row[column("type")] {
		case "domain", "hostname", "ip-dst", "ip-src", "url":
			if row[column("category")] != "External analysis" {
				lines.WriteString(row[column("value")] + "\n")
			}
		}
	}
	list, _, err := exchange.Read("table.txt", strings.NewReader(lines.String()))
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, i := range list {
		values = append(values, i.Value)
	}
	return values
}

// The application is the family, not the title of the event.
func TestEchapEventNamesApplications(t *testing.T) {
	list, feed := readFile(t, filepath.Join(feeds(t), "AssoEchap+stalkerware-indicators/generated/misp_event.json"))
	names := map[string]bool{}
	for _, i := range list {
		names[i.Family] = true
	}
	if len(list) != 1000 || feed.RejectedTotal != 490+3262+650+1692+1 || len(names) != 121 || !names["TheTruthSpy"] || names["Stalkerware indicators"] {
		t.Errorf("%d indicators, %d rejected, %d families", len(list), feed.RejectedTotal, len(names))
	}
}

// MISP answers in several wrappings.
func TestWrappingsOfMISP(t *testing.T) {
	attribute := `{"uuid":"00000000-0000-4000-8000-000000000001","type":"domain","category":"Network activity","to_ids":true,"value":"a.example"}`
	event := `{"Attribute":[` + attribute + `],"info":"Campaign","uuid":"x"}`
	for text, family := range map[string]string{
		`{"Event":` + event + `}`:   "Campaign",
		event:                       "Campaign",
		`[{"Event":` + event + `}]`: "Campaign",
		`[` + event + `]`:           "Campaign",
		`{"response":[{"Event":` + event + `},{"Event":{}}]}`:                                               "Campaign",
		`{"response":{"Attribute":[` + attribute + `]}}`:                                                    "",
		`{"response":{"Event":` + event + `}}`:                                                              "Campaign",
		`{"Attribute":` + attribute + `}`:                                                                   "",
		`{"Event":{"info":"Campaign","Attribute":` + attribute + `}}`:                                       "Campaign",
		`{"response":{"Attribute":[` + strings.TrimSuffix(attribute, "}") + `,"Event":{"info":"Found"}}]}}`: "Found",
	} {
		list, feed := read(t, "x.json", text)
		if feed.Format != "misp" || len(list) != 1 || list[0].Value != "a.example" || list[0].Family != family {
			t.Errorf("%s: %s gives %s", text, feed.Format, sayAll(list))
		}
	}
}

func TestDamagedReports(t *testing.T) {
	misp := `{"Event":{"info":"x","Attribute":[{"type":"domain","category":"Network activity","to_ids":true,"value":"a.example"},{"type":"dom`
	ioc := `<ioc xmlns="http://schemas.mandiant.com/2010/ioc"><definition><Indicator operator="%"><IndicatorItem condition="is">` +
		`<Context search="Network/DNS"/><Content>a.example</Content></IndicatorItem><IndicatorItem`
	for text, want := range map[string]int{
		misp:                                1,
		strings.Replace(ioc, "%", "OR", 1):  1,
		strings.Replace(ioc, "%", "AND", 1): 0, // what is cut off may have been the decisive part
		`<ioc xmlns="http://schemas.mandiant.com/2010/ioc">` + strings.Repeat("<Indicator>", 1000):                                              0,
		`<!DOCTYPE ioc [<!ENTITY a "aaaa">]><ioc xmlns="http://schemas.mandiant.com/2010/ioc"><short_description>&a;</short_description></ioc>`: 0,
		`<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"><stix:Indicator>`:                                                         0,
	} {
		list, feed, err := exchange.Read("x", strings.NewReader(text))
		if !errors.Is(err, tinycheck.Invalid) || len(list) != want || feed.Format == "" {
			t.Errorf("%.150s: %s %s, %v", text, feed.Format, sayAll(list), err)
		}
	}
}

// A label of ours decides, whatever else a bundle says.
func TestOwnLabelsDecide(t *testing.T) {
	text := `{"type":"bundle","objects":[
		{"type":"indicator","id":"indicator--1","pattern":"[domain-name:value='a.example']","indicator_types":["unknown"],"labels":["tinycheck-class:weak","dual"]},
		{"type":"indicator","id":"indicator--2","pattern":"[domain-name:value='b.example']","labels":["tinycheck-infrastructure:doh","tinycheck-class:infrastructure"]},
		{"type":"indicator","id":"indicator--3","pattern":"[x-tinycheck-tls:ja3 = 'E7D705A3286E19EA42F587B344EE6865']","labels":["tinycheck-class:nonsense"]},
		{"type":"relationship","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--1"},
		{"type":"malware","id":"malware--1","name":"Spy"}]}`
	list, _ := read(t, "x", text)
	want := "weak domain-name a.example family=Spy tags=dual\ninfrastructure/doh domain-name b.example\nc2 ja3 e7d705a3286e19ea42f587b344ee6865\n"
	if diff := cmp.Diff(want, sayAll(list)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
