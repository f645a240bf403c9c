package exchange_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// tally is what became of the entries of some files.
type tally struct {
	files, refused, rejected int
	kinds                    map[string]int // "class type"
	reasons                  map[string]int
}

// streamFile streams one file and checks what is true of every file.
func streamFile(t *testing.T, path string, sum *tally) (tinycheck.Intake, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	given, said := 0, 0
	in, err := exchange.Stream(filepath.Base(path), f, exchange.Config{
		Indicator: func(_ int, i *tinycheck.Indicator) error {
			given++
			sum.kinds[string(i.Class)+" "+string(i.Type)]++
			return nil
		},
		Rejected: func(tinycheck.Rejected) { said++ },
	})
	sum.files++
	sum.rejected += in.RejectedTotal
	if err != nil {
		sum.refused++
	}
	total := 0
	for _, r := range in.Reasons {
		total += r.Count
		sum.reasons[r.Reason] += r.Count
	}
	if given != in.Accepted || total != in.RejectedTotal || said != total || in.Merged != 0 || in.Replaced != 0 {
		t.Errorf("%s: given %d of %d, %d reasons and %d rows for %d rejected", path, given, in.Accepted, total, said, in.RejectedTotal)
	}
	return in, err
}

func sumUp(t *testing.T, globs ...string) tally {
	t.Helper()
	sum := tally{kinds: map[string]int{}, reasons: map[string]int{}}
	for _, glob := range globs {
		files, err := filepath.Glob(filepath.Join(feeds(t), glob))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", glob, files, err)
		}
		for _, file := range files {
			if _, err := streamFile(t, file, &sum); err != nil && !errors.Is(err, tinycheck.Unsupported) {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	return sum
}

// The numbers are checked against counts.json of the collection.
func TestRealSums(t *testing.T) {
	const trails = "stamparm+maltrail/trails/static/"
	for _, c := range []struct {
		globs           []string
		files, rejected int
		kinds           map[string]int
	}{
		// 969 typed as domain: 2 of them are URLs, 1 is an address.
		{globs: []string{"AssoEchap+stalkerware-indicators/generated/network.csv"}, files: 1, kinds: map[string]int{
			"c2 domain-name": 966, "c2 ipv4-addr": 66, "c2 url": 2,
		}},
		{globs: []string{"AssoEchap+stalkerware-indicators/samples.csv"}, files: 1, rejected: 3228, kinds: map[string]int{}},
		// 1,097 cells look like names: 25 are names of files (17 in comments), and 4
		// URLs are nothing but their host. 96 cells are addresses: 22 of them say
		// where a name was at some time. 228 are MD5, 50 of them beside a C2 name.
		{globs: []string{"citizenlab+malware-indicators/*/*.csv"}, files: 25, rejected: 290, kinds: map[string]int{
			"c2 domain-name": 1068, "c2 ipv4-addr": 70, "c2 url": 158, "weak domain-name": 8, "weak ipv4-addr": 4, "weak url": 42,
		}},
		// 143,682 domains, 8,557 URLs, 11,411 addresses with port and 2 without, 4,867
		// others, together 168,519 as here: 8,439 URLs are nothing but an address; three
		// of the others are a name and two addresses with a space behind them.
		{globs: []string{trails + "malware/android_*.txt", trails + "malicious/android_*.txt"}, files: 255, rejected: 4864, kinds: map[string]int{
			"c2 domain-name": 143683, "c2 ipv4-addr": 19854, "c2 url": 118,
		}},
		// 13,162 domains, 218 URLs, 990 addresses, 645 others and 2 that look like
		// e-mail addresses and are paths: 160 URLs are nothing but an address.
		{globs: []string{trails + "malware/apt_*.txt"}, files: 9, rejected: 647, kinds: map[string]int{
			"c2 domain-name": 13162, "c2 ipv4-addr": 1150, "c2 url": 58,
		}},
		{globs: []string{trails + "malware/osx_*.txt", trails + "malware/ios_*.txt"}, files: 64, rejected: 60, kinds: map[string]int{
			"c2 domain-name": 25694, "c2 ipv4-addr": 750, "c2 url": 22,
		}},
		// Without free_web_hosting, which is refused as a whole.
		{globs: []string{trails + "suspicious/*.txt"}, files: 30, rejected: 1074, kinds: map[string]int{
			"infrastructure domain-name": 3630, "infrastructure ipv4-addr": 4346, "watchware domain-name": 14772, "watchware ipv4-addr": 230,
			"weak domain-name": 34259, "weak ipv4-addr": 1115, "weak url": 36,
		}},
		{globs: []string{trails + "malicious/rogue_dns.txt"}, files: 1, kinds: map[string]int{"weak domain-name": 26, "weak ipv4-addr": 392}},
		// 1,376 + 537 + 1,914 domains, 1,975 + 1,340 addresses, one of them "::".
		{globs: []string{"dibdot+DoH-IP-blocklists/doh-*.txt"}, files: 5, rejected: 1, kinds: map[string]int{
			"infrastructure domain-name": 3827, "infrastructure ipv4-addr": 1975, "infrastructure ipv6-addr": 1339,
		}},
		{globs: []string{"dibdot+DoH-IP-blocklists/doh-*.json"}, files: 4, rejected: 1, kinds: map[string]int{
			"infrastructure domain-name": 1913, "infrastructure ipv4-addr": 1975, "infrastructure ipv6-addr": 1339,
		}},
		// 8,054 and 1,746.
		{globs: []string{"SecOps-Institute+Tor-IP-Addresses/*.lst"}, files: 2, kinds: map[string]int{
			"infrastructure ipv4-addr": 6758, "infrastructure ipv6-addr": 3042,
		}},
		{globs: []string{"ntop+nDPI/example/*_fingerprints.csv"}, files: 2, kinds: map[string]int{"c2 ja3": 97, "c2 x509-sha1": 4872}},
		// 18, and 22 rows of 21 different ones.
		{globs: []string{"cedowens+C2-JARM/hashes.csv", "stratosphereips+StratosphereLinuxIPS/config/local_ti_files/own_malicious_JARM.csv"}, files: 2, rejected: 40, kinds: map[string]int{}},
		// 3,012 + 91 domains, 25 + 90 addresses.
		{globs: []string{"stratosphereips+Civilsphere/threatintel/*.csv"}, files: 2, kinds: map[string]int{
			"c2 domain-name": 3093, "c2 ipv4-addr": 113, "watchware domain-name": 7, "watchware ipv4-addr": 2, "weak domain-name": 3,
		}},
		{globs: []string{"silascutler+stalkerware-urls/*.txt"}, files: 1, kinds: map[string]int{"c2 domain-name": 328}},
	} {
		sum := sumUp(t, c.globs...)
		if sum.files != c.files || sum.rejected != c.rejected || !maps.Equal(sum.kinds, c.kinds) {
			t.Errorf("%s: %d files, rejected %d %v\n %#v", strings.Join(c.globs, " "), sum.files, sum.rejected, sum.reasons, sum.kinds)
		}
	}
}

// never are files that name no indicator, whatever their lines look like.
var never = []string{
	"whitelist.txt", "whitelist.json", "whitelist.conf", "popular_domains.txt", "_asn", "apple_domains", "facebook_domains", "google_domains", "microsoft_domains", "twitter_domains", "_ip_ranges", "cdn_ranges.txt", "bogon_ranges.txt",
	"worst_asns.txt", "ignore_events.txt", "ua.txt", "107_gambling.list", "107_gambling_custom.list", "mining_hosts.txt", "risky_domains.txt",
	"categories.txt", "public_suffix_list.dat", "osx-nix-ja3.csv", "known_fp_md5_hashes.csv", "ports_used_by_specific_orgs.csv", "services.csv",
	"_feeds.csv", "indicators.yaml", "suricata.rules", "snort.rules", "rules.snort", "android-stalkerware-snort", "free_web_hosting.txt",
}

// Every file of the collection gives something, or says why it does not.
func TestEveryRealFile(t *testing.T) {
	dir, refused := feeds(t), 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		sum := tally{kinds: map[string]int{}, reasons: map[string]int{}}
		in, err := streamFile(t, path, &sum)
		if err != nil && !errors.Is(err, tinycheck.Unsupported) && !errors.Is(err, tinycheck.Invalid) {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil && in.Accepted+in.RejectedTotal == 0 {
			t.Errorf("%s: nothing, and no word why", path)
		}
		for _, ending := range never {
			base := filepath.Base(path)
			if base != ending && (ending[0] != '_' || !strings.HasSuffix(base, ending)) {
				continue
			}
			if refused++; in.Accepted > 0 || !errors.Is(err, tinycheck.Unsupported) {
				t.Errorf("%s: %d indicators, %v", path, in.Accepted, err)
			}
		}
		return nil
	})
	if err != nil || refused < 40 {
		t.Errorf("%d of the files that never are lists, %v", refused, err)
	}
}

// The ordinary services are in no list of indicators, so a list that names them
// has been taken for one by mistake.
func TestNoRealC2IsOrdinary(t *testing.T) {
	ordinary := map[string]bool{}
	for name := range strings.FieldsSeq("google.com facebook.com youtube.com apple.com whatsapp.com instagram.com microsoft.com amazon.com netflix.com icloud.com") {
		ordinary[name] = true
	}
	err := filepath.WalkDir(feeds(t), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, _ = exchange.Stream(filepath.Base(path), f, exchange.Config{Indicator: func(line int, i *tinycheck.Indicator) error {
			if i.Class == tinycheck.ClassC2 && ordinary[i.Value] {
				t.Errorf("%s, line %d: %s", path, line, say(*i))
			}
			return nil
		}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
