package report_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"tinycheck"
	"tinycheck/internal/locale"
	"tinycheck/internal/report"
)

var update = flag.Bool("update", false, "write the golden files")

func find(t testing.TB, tag string) *locale.Language {
	t.Helper()
	l, err := locale.Find(tag)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func write(t testing.TB, r *tinycheck.Report, cfg report.Config) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r, cfg); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldenText(t *testing.T) {
	for name, r := range examples() {
		for _, tag := range locale.Languages() {
			golden(t, name+"."+tag+".txt", write(t, r, report.Config{Format: "text", Language: find(t, tag)}))
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

// squeeze undoes the wrapping, to look for sentences.
func squeeze(s string) string { return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ") }

// What a frightened person must find in every answer, whatever it is.
func TestEveryAnswerCarries(t *testing.T) {
	for name, r := range examples() {
		for _, tag := range locale.Languages() {
			l := find(t, tag)
			page := squeeze(write(t, r, report.Config{Format: "text", Language: l}))
			for _, key := range []string{"remove", "talk", "danger", "accounts", "changes", "network", "elsewhere", "help"} {
				if !strings.Contains(page, squeeze(l.Say("fixed."+key, nil))) {
					t.Errorf("%s %s: fixed.%s is not said", name, tag, key)
				}
			}
			if !strings.Contains(page, "iCloud") {
				t.Errorf("%s %s: nothing about iCloud", name, tag)
			}
			if r.Capture.SHA256 != "" && strings.Count(page, digest) != 2 {
				t.Errorf("%s %s: the digest stands %d times", name, tag, strings.Count(page, digest))
			}
			for _, bad := range []string{"<no value>", "%!", "Anna", "!"} {
				if strings.Contains(page, bad) {
					t.Errorf("%s %s: the page has %q", name, tag, bad)
				}
			}
			// A key that has no words would stand there as it is.
			if key := regexp.MustCompile(`\b(answer|level|rule|limit|source|channel|class|context|damage|device|tunnel|fixed|coverage|annex|finding|report)\.[a-z]+[a-z0-9.-]*[a-z]\b`).FindString(page); key != "" {
				t.Errorf("%s %s: a bare key %q", name, tag, key)
			}
		}
	}
}

func TestHeadlines(t *testing.T) {
	en := find(t, "en")
	for name, want := range map[string][]string{
		"detected": {"We saw contact with servers used by mSpy, a product made to watch someone's phone.",
			"Important, because this is an iPhone", "App on the phone that made the contact: Update Service.",
			"Seen 6 times, first on 14 March 2025 at 09:28:23 UTC, last on 14 March 2025 at 09:40:53 UTC."},
		"also-website": {"signs of contact with eyeZy and mSpy, products made to watch", "Seen once, on 14 March 2025",
			"The phone asked for the name, and we saw no connection that followed."},
		"nothing": {"We watched for 15 minutes, and nothing that we know to be used for spying was seen.",
			"only a 25% chance", "This does not mean that nobody is watching you."},
		"website": {"nothing that we know to be used for spying was seen", "Opening it does not put an app on a phone."},
		"vpn": {"We could not tell", "A VPN or a private relay hid nearly all of the data.",
			"If you set up the VPN or private relay yourself, switch it off and test again.", "98% of the data", "Calls over Wi-Fi were seen."},
		"damaged":     {"less than 3 minutes", "the file ends in the middle of a record and a time stamp cannot be right", "this program kept no file"},
		"two-devices": {"Device 1 of 2", "Device 2 of 2", "In short", "3 more devices"},
		"no-device":   {"No phone was found in this recording"},
	} {
		page := squeeze(write(t, examples()[name], report.Config{Format: "text", Language: en}))
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: %q is not said in:\n%s", name, w, page)
			}
		}
	}
	// A note never becomes a headline, and a nothing-found page never names the product first.
	page := squeeze(write(t, examples()["website"], report.Config{Format: "text", Language: en}))
	if strings.Index(page, "mSpy") < strings.Index(page, "Facts worth knowing") {
		t.Error("the website note stands before the notes")
	}
}

func TestWrapAndColor(t *testing.T) {
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, r := range examples() {
		for _, tag := range locale.Languages() {
			for _, width := range []int{40, 66, 80, 120} {
				cfg := report.Config{Format: "text", Language: find(t, tag), Width: width}
				bare := write(t, r, cfg)
				for _, row := range strings.Split(bare, "\n") {
					if uniseg.StringWidth(row) > width || strings.TrimRight(row, " ") != row {
						t.Errorf("%s %s at %d: row %q is %d wide", name, tag, width, row, uniseg.StringWidth(row))
					}
				}
				cfg.Color = true
				colored := write(t, r, cfg)
				// Color adds nothing but color.
				if escape.ReplaceAllString(colored, "") != bare {
					t.Errorf("%s %s at %d: color changes the words", name, tag, width)
				}
				if strings.Contains(colored, "\x1b[32m") || strings.Contains(colored, "\x1b[1;32m") {
					t.Errorf("%s: green promises what nobody knows", name)
				}
			}
		}
	}
}

// hostile are strings that a server, an app or a file could send to a terminal
// (the predecessors put such strings into their reports as they were).
var hostile = []string{
	"\x1b[2J\x1b[HAll is well", "a\r\nNothing was found\r\n", "\x9b31mred", "\u009b31m", "\u202egnp.exe", "\x00\x07\x08\x7f",
	"\u2028next", "\xff\xfe", "<script>alert(1)</script>", "{{.Headline}}", "\u200b\u2066x\u2069", strings.Repeat("long", 5000), "\U000e0041tag", "e\u0301\u0301",
}

func poisoned(s string) *tinycheck.Report {
	r := detectedReport()
	r.Capture.Name, r.Capture.Comments, r.Program.Version = s, []string{s}, s
	r.Feeds[0].Name = s
	a := &r.Devices[0]
	a.Device.ID, a.Device.Name, a.Device.Evidence = s, s, []string{s}
	a.Coverage.Resolvers, a.Coverage.EncryptedBy = []string{s}, []tinycheck.Protocol{tinycheck.ProtocolDoH}
	a.Coverage.Feeds[0].Name = s
	for i := range a.Findings {
		f := &a.Findings[i]
		f.Identity, f.Names, f.Families = tinycheck.Identity{Name: s}, []string{s, s + "2"}, []string{s}
		for j := range f.Sightings {
			f.Sightings[j].Seen.Value = s
			f.Sightings[j].Indicators = []*tinycheck.Indicator{{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: s}, Class: tinycheck.ClassC2, Family: s, Feed: s, SourceID: s, Tags: []string{s}}}
		}
	}
	a.Remotes[0].Identity = tinycheck.Identity{Name: s}
	a.Remotes[0].Names = []tinycheck.Name{{Value: s, Source: tinycheck.NameTLS}}
	a.Remotes[0].Apps, a.Remotes[0].Owner = []tinycheck.App{{Name: s}}, s
	return r
}

func TestHostileStrings(t *testing.T) {
	for _, s := range hostile {
		for _, format := range report.Formats() {
			out := write(t, poisoned(s), report.Config{Format: format, Language: find(t, "fr")})
			harmless(t, s, out)
			if strings.Contains(out, "\nNothing was found") {
				t.Errorf("%s: %q made a line of its own", format, s)
			}
		}
	}
	// A host name cannot speak to the reader either.
	page := write(t, poisoned("call 555 now"), report.Config{Format: "text", Width: 1000})
	if !strings.Contains(page, `contact with call\032555\032now, a server`) {
		t.Errorf("the host name is not written as RFC 1035 does:\n%s", page)
	}
}

func harmless(t *testing.T, s, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%.20q gives broken UTF-8", s)
	}
	for _, r := range out {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Errorf("%.20q comes out with %U", s, r)
			return
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 80, "detected")
	}
	f.Add("x", -5, "")
	f.Fuzz(func(t *testing.T, s string, width int, answer string) {
		r := poisoned(s)
		r.Devices[0].Verdict.Answer = tinycheck.Level(answer)
		r.Devices[0].Verdict.Deciding = []int{0, width, -1}
		for _, format := range report.Formats() {
			harmless(t, s, write(t, r, report.Config{Format: format, Width: width}))
		}
	})
}

// Every rule, with and without a name of a product, and every limit can be told.
func TestEveryRuleAndLimitCanBeTold(t *testing.T) {
	limits := []tinycheck.Limit{
		tinycheck.LimitNoTraffic, tinycheck.LimitTooShort, tinycheck.LimitShort, tinycheck.LimitTunnel, tinycheck.LimitSomeTunnel,
		tinycheck.LimitSingleSink, tinycheck.LimitUnnamed, tinycheck.LimitUnexplained, tinycheck.LimitEncryptedDNS, tinycheck.LimitECH,
		tinycheck.LimitDrops, tinycheck.LimitDamage, tinycheck.LimitOverflow, tinycheck.LimitOldFeeds, tinycheck.LimitUndatedFeeds,
		tinycheck.LimitOneOfMany, tinycheck.LimitNoPrivate, tinycheck.LimitIdle, tinycheck.LimitUnasked, tinycheck.LimitUnlisted, tinycheck.LimitAway, tinycheck.LimitContained, tinycheck.LimitVisibility,
	}
	for _, rule := range tinycheck.Rules() {
		for _, level := range rule.Levels {
			for _, families := range [][]string{nil, {""}, {"mSpy"}, {"mSpy", "eyeZy"}} {
				for _, tag := range locale.Languages() {
					l := find(t, tag)
					f := finding(rule.ID, level, "x.example", tinycheck.ClassC2, families...)
					g := f
					g.Identity.Name = "y.example"
					c := goodCoverage()
					c.Limits = limits
					page := squeeze(write(t, basic(tinycheck.Answer{Coverage: c, Findings: []tinycheck.Finding{f, g}}), report.Config{Format: "text", Language: l}))
					if strings.Contains(page, "<no value>") || !strings.Contains(page, "x.example") || !strings.Contains(page, squeeze(l.Say("rule."+string(rule.ID)+".means", nil))) {
						t.Errorf("%s %s %s %q: %s", tag, rule.ID, level, families, page)
					}
					for _, limit := range limits {
						if !strings.Contains(page, squeeze(l.Say("limit."+string(limit)+".do", nil))) {
							t.Errorf("%s: %s does not say what to do", tag, limit)
						}
					}
				}
			}
		}
	}
}

// A report full of everything stays a page, and says what it leaves out.
func TestPageIsBounded(t *testing.T) {
	var a tinycheck.Answer
	a.Coverage = goodCoverage()
	for i := range 500 {
		name := strings.Repeat("x", i%60+1) + ".example"
		a.Findings = append(a.Findings, finding(tinycheck.RuleC2Name, tinycheck.Detected, name, tinycheck.ClassC2, name),
			finding(tinycheck.RuleTracker, tinycheck.Note, name, tinycheck.ClassTracker))
		a.Remotes = append(a.Remotes, tinycheck.Remote{Identity: tinycheck.Identity{Name: name}, Addresses: []netip.Addr{netip.IPv6Loopback()}})
	}
	page := write(t, basic(a), report.Config{Format: "text"})
	if rows := strings.Count(page, "\n"); rows > 300 {
		t.Errorf("%d rows", rows)
	}
	for _, want := range []string{"490 more findings", "485 more", "and 55 more, products"} {
		if !strings.Contains(squeeze(page), want) {
			t.Errorf("%q is not said:\n%s", want, page)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	r := nothingReport()
	err := report.Write(io.Discard, r, report.Config{Format: "pdf\x1b"})
	if !errors.Is(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), "text, json, ndjson") || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("unknown format gives %v", err)
	}
	if err := report.Write(broken{}, r, report.Config{Format: "json"}); !errors.Is(err, tinycheck.Unavailable) {
		t.Errorf("a full disk gives %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestExplain(t *testing.T) {
	for _, tag := range locale.Languages() {
		l := find(t, tag)
		var list bytes.Buffer
		if err := report.List(&list, l, 80); err != nil {
			t.Fatal(err)
		}
		golden(t, "rules."+tag+".txt", list.String())
		for _, rule := range tinycheck.Rules() {
			var b bytes.Buffer
			if err := report.Explain(&b, string(rule.ID), l, 72); err != nil {
				t.Fatal(err)
			}
			page := squeeze(b.String())
			want := append([]string{string(rule.ID), l.Say("rule."+string(rule.ID)+".sure", nil), l.Say("rule."+string(rule.ID)+".do", nil)}, rule.Techniques...)
			for _, level := range rule.Levels {
				want = append(want, l.Say("level."+string(level), nil))
			}
			for _, w := range want {
				if !strings.Contains(page, squeeze(w)) {
					t.Errorf("%s %s: %q is not said", tag, rule.ID, w)
				}
			}
			if !strings.Contains(list.String(), string(rule.ID)) {
				t.Errorf("%s: %s is missing from the list", tag, rule.ID)
			}
		}
		var b bytes.Buffer
		if err := report.Explain(&b, string(tinycheck.RuleC2Name), l, 80); err != nil {
			t.Fatal(err)
		}
		golden(t, "explain."+tag+".txt", b.String())
	}
	if err := report.Explain(io.Discard, "no\x1brule", nil, 0); !errors.Is(err, tinycheck.NotFound) || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("an unknown rule gives %v", err)
	}
}

func TestLongWatch(t *testing.T) {
	r := nothingReport()
	r.Devices[0].Coverage.Observed, r.Devices[0].Coverage.Span = 61*time.Minute, 5*time.Hour
	page := squeeze(write(t, r, report.Config{Format: "text"}))
	for _, want := range []string{"for an hour or more", "had only a 16% chance", "within a span of 5 hours"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not said", want)
		}
	}
	if strings.Contains(page, "100%") {
		t.Error("a chance of 100% promises too much")
	}
}
