package exchange_test

import (
	"os"
	"path/filepath"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// feeds finds the collection of real feeds, which lies beside the repository.
func feeds(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	dir = filepath.Join(dir, "..", "shared", "feeds")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no real feeds: ../shared/feeds is not there")
	}
	return dir
}

func readFile(t testing.TB, path string) ([]tinycheck.Indicator, tinycheck.Intake) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, feed, err := exchange.Read(filepath.Base(path), f)
	if err != nil {
		t.Fatal(err)
	}
	return list, feed
}

// counted is how many indicators have a class and a type.
type counted struct {
	class tinycheck.Class
	kind  tinycheck.ObservableType
}

func count(list []tinycheck.Indicator) map[counted]int {
	n := map[counted]int{}
	for _, i := range list {
		n[counted{i.Class, i.Type}]++
	}
	return n
}

// The rows are those that the collection's own count gives (counts.json); what
// is less was merged, which the feed counts.
func TestRealFeedCounts(t *testing.T) {
	dir := feeds(t)
	for _, c := range []struct {
		file, format     string
		rows             int // entries that could be indicators
		merged, rejected int
		want             map[counted]int
	}{
		{"AssoEchap+stalkerware-indicators/ioc.yaml", "echap-yaml", 624 + 44 + 925 + 65 + 3, 0, 616 + 472 + 7, map[counted]int{
			{tinycheck.ClassC2, tinycheck.DomainName}: 925, {tinycheck.ClassC2, tinycheck.IPv4Addr}: 65 + 3, // three under "ip"
			{tinycheck.ClassWebsite, tinycheck.DomainName}:      624,
			{tinycheck.ClassDistribution, tinycheck.DomainName}: 41, {tinycheck.ClassDistribution, tinycheck.URL}: 2,
			{tinycheck.ClassDistribution, tinycheck.IPv4Addr}: 1,
		}},
		{"AssoEchap+stalkerware-indicators/watchware.yaml", "echap-yaml", 46 + 67 + 1 + 1, 2, 30 + 14 + 6, map[counted]int{
			{tinycheck.ClassWatchware, tinycheck.DomainName}: 112, {tinycheck.ClassWatchware, tinycheck.IPv4Addr}: 1,
		}},
		{"AssoEchap+stalkerware-indicators/generated/indicators-for-tinycheck.json", "tinycheck-json", 1593 + 65, 138, 0, map[counted]int{
			{tinycheck.ClassC2, tinycheck.DomainName}: 1452, {tinycheck.ClassC2, tinycheck.IPv4Addr}: 65 + 1, {tinycheck.ClassC2, tinycheck.URL}: 2,
		}},
		{"AssoEchap+stalkerware-indicators/generated/hosts", "list", 925, 0, 0, nil},
		{"KasperskyLab+TinyCheck/assets/iocs.json", "tinycheck-json", 2110 + 349 + 669 + 36 + 132, 0, 20 + 23 + 81, map[counted]int{
			{tinycheck.ClassTracker, tinycheck.DomainName}: 184, {tinycheck.ClassInfrastructure, tinycheck.DomainName}: 669,
			{tinycheck.ClassC2, tinycheck.CertSHA1}: 132, {tinycheck.ClassC2, tinycheck.IPv4Addr}: 36 + 28, // 28 single addresses typed as networks
			{tinycheck.ClassWeak, tinycheck.IPv4Addr}: 321,
		}},
		{"SpyGuard+SpyGuard/assets/iocs.json", "tinycheck-json", 1442 + 668 + 2842 + 37 + 2, 55, 38 + 30 + 10, nil},
		{"AmnestyTech+investigations/2021-07-18_nso/pegasus.stix2", "stix", 1438, 0, 81 + 1 + 29, nil},
		{"AmnestyTech+investigations/2021-12-16_cytrox/cytrox.stix2", "stix", 336, 0, 7, nil},
		{"AmnestyTech+investigations/2024-12-16_serbia_novispy/novispy.stix2", "stix", 7, 0, 11, map[counted]int{
			{tinycheck.ClassC2, tinycheck.IPv4Addr}: 7, // listed as domain names
		}},
		{"AmnestyTech+investigations/2023-03-29_android_campaign/malware.stix2", "stix", 2183, 0, 4, nil},
		{"AmnestyTech+investigations/2024-05-02_wintego_helios/wintego_helios.stix2", "stix", 175, 0, 0, nil},
		{"mvt-project+mvt-indicators/intellexa_predator/predator.stix2", "stix", 568, 0, 17, nil}, // one is a single label
		{"mvt-project+mvt-indicators/ResidentBat/residentbat.stix2", "stix", 24, 0, 24, nil},
		{"AssoEchap+stalkerware-indicators/generated/stalkerware.stix2", "stix", 1447, 146, 2910 + 590 + 99, nil},
	} {
		list, feed := readFile(t, filepath.Join(dir, c.file))
		n := count(list)
		if feed.Format != c.format || feed.Accepted+feed.Merged != c.rows || feed.Merged != c.merged || feed.RejectedTotal != c.rejected {
			t.Errorf("%s: %s, %d + %d merged, want %d with %d, rejected %d of %d %+v", c.file, feed.Format, feed.Accepted, feed.Merged, c.rows, c.merged, feed.RejectedTotal, c.rejected, feed.Rejected)
		}
		for k, want := range c.want {
			if n[k] != want {
				t.Errorf("%s: %d %v, want %d", c.file, n[k], k, want)
			}
		}
	}
}

// What the flat export of Echap cannot say, the YAML does: names that are both.
func TestNamesListedTwiceStayTwo(t *testing.T) {
	list, _ := readFile(t, filepath.Join(feeds(t), "AssoEchap+stalkerware-indicators/ioc.yaml"))
	c2, website := map[string]bool{}, map[string]bool{}
	families := map[string]bool{}
	for _, i := range list {
		families[i.Family] = true
		switch i.Class {
		case tinycheck.ClassC2:
			c2[i.Value] = true
		case tinycheck.ClassWebsite:
			website[i.Value] = true
		}
	}
	both := 0
	for name := range c2 {
		if website[name] {
			both++
		}
	}
	if both != 128 || families[""] {
		t.Errorf("%d names are listed as c2 and as website, want 128; an entry without family: %v", both, families[""])
	}
}

// Every Amnesty and MVT bundle names the family of everything in it.
func TestRealBundlesNameFamilies(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(feeds(t), "*", "*", "*.stix2"))
	if err != nil || len(files) < 10 {
		t.Fatalf("bundles: %v, %v", files, err)
	}
	for _, file := range files {
		list, feed := readFile(t, file)
		for _, i := range list {
			if i.Family == "" || i.Class != tinycheck.ClassC2 || i.SourceID == "" || i.Updated.IsZero() {
				t.Errorf("%s: %+v", filepath.Base(file), i)
				break
			}
		}
		if feed.Date.Year() < 2021 {
			t.Errorf("%s: dated %v", filepath.Base(file), feed.Date)
		}
	}
}
