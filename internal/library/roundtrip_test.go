package library_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// meanings are what the indicators of a feed come down to.
func meanings(t testing.TB, l *library.Library, feed string) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, i := range rows(t, l, feed) {
		all[fmt.Sprint(i.Type, " ", i.Value, " ", i.Class, " ", i.Infrastructure)]++
	}
	return all
}

// through takes a file into a library, out of it in a format, and in again.
func through(t *testing.T, l *library.Library, name string, content []byte, format string) {
	t.Helper()
	sum, err := l.Import(t.Context(), name, bytes.NewReader(content), library.Source{Feed: "before", Whole: true, Loss: true})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := l.Export(t.Context(), &out, format, store.Query{Feed: "before"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Import(t.Context(), "again", &out, library.Source{Feed: "after", Whole: true, Loss: true}); err != nil {
		t.Fatal(err)
	}
	before, after := meanings(t, l, "before"), meanings(t, l, "after")
	if len(before) == 0 || len(before) > sum.Accepted+sum.Replaced {
		t.Fatalf("%s: %d meanings of %+v", name, len(before), sum)
	}
	for m := range before {
		if after[m] == 0 {
			t.Errorf("%s as %s: lost %s", name, format, m)
		}
	}
	for m := range after {
		if before[m] == 0 {
			t.Errorf("%s as %s: new %s", name, format, m)
		}
	}
	t.Logf("%s: %d meanings", name, len(before))
}

// What a source says comes out of the store as it went in.
func TestRoundTripsOfRealFiles(t *testing.T) {
	dir := feeds(t)
	l := open(t)
	for format, patterns := range map[string][]string{
		"stix":           {"*/*/*.stix2"},
		"misp":           {"AssoEchap+stalkerware-indicators/generated/misp_event.json", "citizenlab+malware-indicators/*/misp.json"},
		"tinycheck-json": {"*/assets/iocs.json", "*/generated/indicators-for-tinycheck.json"},
	} {
		files := 0
		for _, pattern := range patterns {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range found {
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if filepath.Base(file) == "cellebrite.stix2" {
					continue // has nothing that traffic shows
				}
				files++
				through(t, l, filepath.Base(file), content, format)
			}
		}
		if files < 3 {
			t.Errorf("%s: only %d files", format, files)
		}
	}
}

// Every class and every kind of observable, through every format that holds it.
func TestRoundTripsOfEveryClass(t *testing.T) {
	const list = `{"tinycheck-indicators":1,"feed":"x"}` + "\n"
	var content bytes.Buffer
	content.WriteString(list)
	for n, class := range []tinycheck.Class{tinycheck.ClassC2, tinycheck.ClassWebsite, tinycheck.ClassDistribution, tinycheck.ClassWatchware, tinycheck.ClassTracker, tinycheck.ClassWeak} {
		fmt.Fprintf(&content, `{"type":"domain-name","value":"n%d.example","class":%q,"family":"Example \"Spy\" é"}`+"\n", n, class)
		fmt.Fprintf(&content, `{"type":"ipv4-addr","value":"192.0.2.%d","class":%q}`+"\n", n+1, class)
		fmt.Fprintf(&content, `{"type":"ipv6-addr","value":"2001:db8::%d","class":%q}`+"\n", n+1, class)
	}
	for n, kind := range []tinycheck.Infrastructure{tinycheck.InfraDoH, tinycheck.InfraTor, tinycheck.InfraDynamicDNS, tinycheck.InfraRelay, tinycheck.InfraVPN, tinycheck.InfraParking} {
		fmt.Fprintf(&content, `{"type":"domain-name","value":"i%d.example","class":"infrastructure","kind":%q}`+"\n", n, kind)
	}
	for _, format := range []string{"stix", "misp", "tinycheck-json", "csv"} {
		through(t, open(t), "all.ndjson", content.Bytes(), format)
	}
}
