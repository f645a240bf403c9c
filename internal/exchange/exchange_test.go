package exchange_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

var update = flag.Bool("update", false, "write the golden files anew")

// say writes an indicator in one line: class, value, then what else is said.
func say(i tinycheck.Indicator) string {
	out := string(i.Class)
	if i.Infrastructure != "" {
		out += "/" + string(i.Infrastructure)
	}
	out += " " + string(i.Type) + " " + i.Value
	if i.Family != "" {
		out += " family=" + i.Family
	}
	if len(i.Tags) > 0 {
		out += " tags=" + strings.Join(i.Tags, ",")
	}
	if i.TLP != "" {
		out += " tlp=" + i.TLP
	}
	return out
}

func sayAll(list []tinycheck.Indicator) string {
	var out strings.Builder
	for _, i := range list {
		out.WriteString(say(i) + "\n")
	}
	return out.String()
}

func read(t *testing.T, name, text string) ([]tinycheck.Indicator, tinycheck.Intake) {
	t.Helper()
	list, feed, err := exchange.Read(name, strings.NewReader(text))
	if err != nil {
		t.Fatalf("Read(%s): %v", name, err)
	}
	if feed.Accepted != len(list) || len(feed.Rejected) > feed.RejectedTotal {
		t.Fatalf("feed says %d accepted of %d, %d rejected of %d", feed.Accepted, len(list), len(feed.Rejected), feed.RejectedTotal)
	}
	return list, feed
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) < 6 {
		t.Fatalf("golden files: %v, %v", files, err)
	}
	for _, golden := range files {
		name := strings.TrimSuffix(filepath.Base(golden), ".golden")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			list, feed := read(t, name, string(text))
			got := sayGolden(list, feed)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func sayGolden(list []tinycheck.Indicator, feed tinycheck.Intake) string {
	var out strings.Builder
	write := func(words ...string) { out.WriteString(strings.Join(words, " ") + "\n") }
	write("format", feed.Format)
	if !feed.Date.IsZero() {
		write("date", feed.Date.Format(time.RFC3339))
	}
	write("accepted", strconv.Itoa(feed.Accepted), "merged", strconv.Itoa(feed.Merged), "rejected", strconv.Itoa(feed.RejectedTotal))
	out.WriteString(sayAll(list))
	for _, r := range feed.Rejected {
		write("line", strconv.Itoa(r.Line), "rejected", r.Value+":", r.Reason)
	}
	return out.String()
}

func TestEntrySpellings(t *testing.T) {
	for raw, want := range map[string]string{
		"Evil.Example.":                       "domain-name evil.example",
		"evil[.]example":                      "domain-name evil.example",
		"evil(.)example":                      "domain-name evil.example",
		"evil{.}example":                      "domain-name evil.example",
		"evil[dot]example":                    "domain-name evil.example",
		"evil(dot)example":                    "domain-name evil.example",
		"*.evil.example":                      "domain-name evil.example",
		".evil.example":                       "domain-name evil.example",
		"b\u00fccher.example":                 "domain-name xn--bcher-kva.example",
		"evil.example:8443":                   "domain-name evil.example tags=unclassified,port:8443",
		"hxxp://evil[.]example/":              "domain-name evil.example",
		"hxxps[:]//evil.example":              "domain-name evil.example",
		"https://evil.example:8443/":          "domain-name evil.example tags=unclassified,port:8443",
		"hXXp://Evil[.]Example/Gate.php?A=1":  "url http://evil.example/Gate.php?A=1",
		"https://evil.example:443/x#fragment": "url https://evil.example/x",
		"http://user:pw@evil.example:8080/x":  "url http://evil.example:8080/x",
		"http://evil.example?q":               "url http://evil.example/?q",
		"evil.example/gate.php":               "url http://evil.example/gate.php",
		"https://[2001:db8::1]/x":             "url https://[2001:db8::1]/x",
		"192[.]0[.]2[.]7":                     "ipv4-addr 192.0.2.7",
		"192.0.2.7:443":                       "ipv4-addr 192.0.2.7 tags=unclassified,port:443",
		"http://192.0.2.7/":                   "ipv4-addr 192.0.2.7",
		"192.0.2.77/24":                       "ipv4-addr 192.0.2.0/24",
		"2001:DB8::1":                         "ipv6-addr 2001:db8::1",
		"2001:db8[:]:1":                       "ipv6-addr 2001:db8::1",
		"[2001:db8::1]:443":                   "ipv6-addr 2001:db8::1 tags=unclassified,port:443",
		"2001:db8::/32":                       "ipv6-addr 2001:db8::/32",
		"tcp://evil.example:5222":             "domain-name evil.example tags=unclassified,port:5222",
	} {
		if !strings.Contains(want, " tags=") {
			want += " tags=unclassified"
		}
		list, _ := read(t, "x.txt", raw+"\n")
		if got := strings.TrimPrefix(strings.TrimSpace(sayAll(list)), "c2 "); got != want {
			t.Errorf("%q gives %q, want %q", raw, got, want)
		}
	}
}

func TestEntriesThatAreRefused(t *testing.T) {
	for raw, reason := range map[string]string{
		"com":                              "single label",
		"ev*l.example":                     "wildcard",
		"*evil.example":                    "wildcard",
		"a@evil.example":                   "e-mail",
		"d41d8cd98f00b204e9800998ecf8427e": "bare hash",
		"0.0.0.0":                          "this machine",
		"127.0.0.1":                        "this machine",
		"224.0.0.251":                      "this machine",
		"fe80::1":                          "this machine",
		"0.0.0.0/0":                        "half of the world",
		"192.0.2.1/40":                     "not an address",
		"999.1.1.1":                        "neither a name nor an address",
		"evil.example:0":                   "not a port",
		"evil.example:99999":               "not a port",
		"ftp://evil.example/x":             "http and https",
		"evil..example":                    "empty label",
		strings.Repeat("a", 3000) + ".com": "too long",
	} {
		list, feed := read(t, "x.txt", "good.example\n"+raw+"\n")
		if len(list) != 1 || list[0].Value != "good.example" {
			t.Errorf("%.40q: %s", raw, sayAll(list))
		}
		if feed.RejectedTotal != 1 || feed.Rejected[0].Line != 2 || !strings.Contains(feed.Rejected[0].Reason, reason) {
			t.Errorf("%.40q: rejected %+v, want line 2, %q", raw, feed.Rejected, reason)
		}
		if len(feed.Rejected) > 0 && len(feed.Rejected[0].Value) > 200 {
			t.Errorf("%.40q: the value is quoted with %d bytes", raw, len(feed.Rejected[0].Value))
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for text, want := range map[string]struct {
		kind  tinycheck.ErrorKind
		words string
	}{
		"":                                      {tinycheck.Invalid, "read indicators: f: it is empty"},
		"\n \n":                                 {tinycheck.Invalid, "it is empty"},
		"<!DOCTYPE html><html>":                 {tinycheck.Invalid, "a web page"},
		"a\x00b":                                {tinycheck.Invalid, "not text"},
		"\x1f\x8b\x08":                          {tinycheck.Unsupported, "unpack"},
		"\xff\xfea\x00":                         {tinycheck.Unsupported, "UTF-8"},
		"Dear all, this is no list at all.":     {tinycheck.Invalid, "in none of the formats that are known (tinycheck-ndjson, tinycheck-yaml, tinycheck-json, stix, misp"},
		`{"elements":[{"type":"domain"}]}`:      {tinycheck.Unsupported, "allow-list"},
		`{"iocs":[{"type":"domain"},`:           {tinycheck.Invalid, "JSON, line 1"},
		"- name: a\n  c2: &x\n  websites: *x\n": {tinycheck.Invalid, "aliases"},
		"- name: a\n  websites: [\n":            {tinycheck.Invalid, "YAML"},
		`{"iocs":{"type":"domain"}}`:            {tinycheck.Invalid, `"iocs" is not a list`},
		`{"iocs":[]} {"iocs":[]}`:               {tinycheck.Invalid, "behind the end"},
		"tinycheck-indicators: 2\nfamilies: []": {tinycheck.Unsupported, "newer version"},
		`{"iocs":` + strings.Repeat("[", 1000):  {tinycheck.Invalid, "nested deeper"},
	} {
		_, _, err := exchange.Read("f", strings.NewReader(text))
		if !errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.words) {
			t.Errorf("Read(%.30q) = %v, want %s: %q", text, err, want.kind, want.words)
		}
	}
}

func TestWhatStandsBeforeADamageIsGiven(t *testing.T) {
	text := `{"iocs":[{"type":"domain","tag":"spyware","value":"a.example"},{"type":"domain","tag":"spyware","value":"b.exa`
	list, feed, err := exchange.Read("f", strings.NewReader(text))
	if !errors.Is(err, tinycheck.Invalid) || len(list) != 1 || feed.Accepted != 1 || list[0].Value != "a.example" {
		t.Errorf("got %s, %v", sayAll(list), err)
	}
}

func TestReadersErrorIsNotTheFilesFault(t *testing.T) {
	_, _, err := exchange.Read("f", broken{})
	if !errors.Is(err, tinycheck.Unavailable) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("unplugged") }

func TestLongLineIsRejectedAlone(t *testing.T) {
	text := "a.example\n" + strings.Repeat("x", 2<<20) + "\nb.example\n"
	list, feed := read(t, "x.txt", text)
	if len(list) != 2 || feed.RejectedTotal != 1 || feed.Rejected[0].Line != 2 || feed.Rejected[0].Reason != "line too long" {
		t.Errorf("got %s %+v", sayAll(list), feed.Rejected)
	}
}

func TestRejectedRowsAreBounded(t *testing.T) {
	_, feed := read(t, "x.txt", "a.example\n"+strings.Repeat("nonsense\n", 5000))
	if feed.RejectedTotal != 5000 || len(feed.Rejected) != 100 {
		t.Errorf("%d rows of %d", len(feed.Rejected), feed.RejectedTotal)
	}
}

func TestYAMLBombIsRefused(t *testing.T) {
	var text strings.Builder
	text.WriteString("- name: a\n  websites: &a [x.example]\n")
	for c := 'b'; c < 'j'; c++ {
		prev := string(c - 1)
		text.WriteString("- name: " + string(c) + "\n  websites: &" + string(c) + " [" + strings.Repeat("*"+prev+",", 9) + "*" + prev + "]\n")
	}
	list, _, err := exchange.Read("bomb.yaml", strings.NewReader(text.String()))
	if !errors.Is(err, tinycheck.Invalid) || len(list) != 0 {
		t.Errorf("got %d indicators, %v", len(list), err)
	}
	flood := "- name: a\n  websites: [" + strings.Repeat("[],", 1<<20) + "[]]\n"
	if _, _, err := exchange.Read("flood.yaml", strings.NewReader(flood)); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("flood of nodes: %v", err)
	}
}

func TestPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		`[domain-name:value='a.example']`:                                                                                            "a.example",
		`[domain-name:value = 'a.example' OR domain-name:value='b.example']`:                                                         "a.example b.example",
		`[domain-name:value='a.example'] OR [ipv4-addr:value='192.0.2.1']`:                                                           "a.example 192.0.2.1",
		`([url:value='http://a.example/x'] OR [ipv6-addr:value='2001:db8::1']) WITHIN 5 SECONDS`:                                     "2001:db8::1 http://a.example/x",
		`[ipv4-addr:value ISSUBSET '198.51.100.0/24']`:                                                                               "198.51.100.0/24",
		`[domain-name:value IN ('a.example', 'b.example')]`:                                                                          "a.example b.example",
		`[domain-name:value LIKE '%.a.example']`:                                                                                     "a.example",
		`[domain-name:value LIKE 'a%.example']`:                                                                                      "! wildcards",
		`[domain-name:value MATCHES '^a.*']`:                                                                                         "! wildcards",
		`[domain-name:value != 'a.example']`:                                                                                         "! not to be seen",
		`[domain-name:value NOT = 'a.example']`:                                                                                      "! not to be seen",
		`[domain-name:value='a.example' AND domain-name:value='b.example']`:                                                          "! seen together",
		`[domain-name:value='a.example'] AND [ipv4-addr:value='192.0.2.1']`:                                                          "! seen together",
		`[domain-name:value='a.example'] FOLLOWEDBY [domain-name:value='b.example']`:                                                 "! seen together",
		`[domain-name:value='a.example'] REPEATS 5 TIMES`:                                                                            "! repeatedly",
		`[domain-name:value='a.example' AND domain-name:resolves_to_refs[*].value='192.0.2.1']`:                                      "a.example",
		`[network-traffic:dst_ref.type='ipv4-addr' AND network-traffic:dst_ref.value='192.0.2.1' AND network-traffic:dst_port=8443]`: "192.0.2.1",
		`[network-traffic:dst_port=4444]`:                                                                                            "! names no host",
		`[file:hashes.'SHA-256'='00' OR domain-name:value='a.example']`:                                                              "a.example ~",
		`[file:name='x.apk' AND file:size=3]`:                                                                                        "~",
		`[file:name='x.apk' AND domain-name:value='a.example']`:                                                                      "! seen together",
		`[x509-certificate:hashes.'SHA-1'='2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12']`:                                               "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
		`[url:value='http://a.example/it\'s']`:                                                                                       "http://a.example/it's",
		`[domain-name:value='a.example'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'`:                                 "a.example",
		`[domain-name:value='a.example'`:                                                                                             "! not a STIX pattern",
		`domain-name:value='a.example'`:                                                                                              "! not a STIX pattern",
		`[domain-name:value='a.example`:                                                                                              "! not a STIX pattern",
		`[]`:                                                                                                                         "! not a STIX pattern",
		``:                                                                                                                           "! not a STIX pattern",
		strings.Repeat(" ", 70_000):                                                                                                  "! a STIX pattern of more than 64 KiB: split it into several indicators",
		strings.Repeat("(", 500) + `[domain-name:value='a.example']` + strings.Repeat(")", 500):                                      "! not a STIX pattern",
	} {
		if got := patternGives(t, pattern); !strings.HasPrefix(got, want[:min(1, len(want))]) || !strings.Contains(got, strings.TrimPrefix(want, "! ")) {
			t.Errorf("%.90s\n gives %q, want %q", pattern, got, want)
		}
	}
}

// patternGives names the values in order; "~" for what was counted in bulk,
// "! reason" for what was refused.
func patternGives(t *testing.T, pattern string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(pattern)
	list, feed := read(t, "x", `{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","pattern":"`+quoted+`"}]}`)
	var out []string
	for _, i := range list {
		out = append(out, i.Value)
	}
	for _, r := range feed.Rejected {
		if strings.HasPrefix(r.Reason, "not a network") {
			out = append(out, "~")
			continue
		}
		out = append(out, "! "+r.Reason)
	}
	return strings.Join(out, " ")
}
