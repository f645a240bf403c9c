package exchange_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

func TestLineFormats(t *testing.T) {
	const maltrail = "# Copyright (c) 2014-2026 Maltrail developers (https://github.com/stamparm/maltrail/)\n# See the file 'LICENSE'\n\n"
	for _, c := range []struct{ name, text, format, want, reasons string }{
		{
			"android_spynote.txt", maltrail + "# Aliases: slrat, SpyMax\n\n# Reference: https://x.example/y\n\na.example\n192.0.2.7:1515\nhttp://192.0.2.8\nhttp://b.example/x\nc.example/y.php\n/gate.php\n[a-z]{1}\\.d.example\n.cc\n\n# Aliases: late\n",
			"maltrail",
			"c2 domain-name a.example family=spynote tags=android,alias:slrat,alias:spymax\n" +
				"c2 ipv4-addr 192.0.2.7 family=spynote tags=android,alias:slrat,alias:spymax,port:1515\n" +
				"c2 ipv4-addr 192.0.2.8 family=spynote tags=android,alias:slrat,alias:spymax\n" +
				"c2 url http://b.example/x family=spynote tags=android,alias:slrat,alias:spymax\n" +
				"c2 url http://c.example/y.php family=spynote tags=android,alias:slrat,alias:spymax\n",
			"a path on any server: names no host, a pattern, not a name, a single label would match a whole top-level domain",
		},
		{"apt_pegasus.txt", maltrail + "a.example\n", "maltrail", "c2 domain-name a.example family=pegasus tags=apt\n", ""},
		{"feed of mine", maltrail + "# Aliases: one, two\na.example\n", "maltrail", "c2 domain-name a.example family=one tags=malware,alias:one,alias:two\n", ""},
		{"https://x.example/suspicious/dynamic_domain.txt", maltrail + "a.example\n", "maltrail", "infrastructure/dynamic-dns domain-name a.example tags=dynamic-dns\n", ""},
		{"connectwise.txt", maltrail + "# Aliases: ScreenConnect\na.example\n", "maltrail", "watchware domain-name a.example family=ConnectWise ScreenConnect tags=remote-administration,alias:screenconnect\n", ""},
		{"ipinfo.txt", maltrail + "a.example\n", "maltrail", "weak domain-name a.example tags=ip-lookup\n", ""},
		{"x", "YS5leGFtcGxl\naHR0cDovL2IuZXhhbXBsZS94\n", "dataset", "c2 domain-name a.example tags=unclassified\nc2 url http://b.example/x tags=unclassified\n", ""},
		{"x", "192.0.2.7,10\n2001:db8::1,90\nnonsense,1\n", "dataset", "c2 ipv4-addr 192.0.2.7 tags=unclassified,reputation:10\nc2 ipv6-addr 2001:db8::1 tags=unclassified,reputation:90\n", "a single label would match a whole top-level domain"},
		{
			"exit-addresses", "ExitNode 0011BD\nPublished 2026-11-21 09:11:12\nLastStatus 2026-11-21 10:00:00\nExitAddress 192.0.2.7 2026-11-21 10:01:02\nExitNode 0022\nExitAddress nonsense 2026-11-21 10:01:02\nwhat\n",
			"tor-exits", "infrastructure/tor ipv4-addr 192.0.2.7 tags=tor,exit\n", "a single label would match a whole top-level domain, not a line of a list of Tor exits",
		},
		{"doh-domains.json", "[\n\"a.example\",\n\"192.0.2.7\", 7]", "json-list", "infrastructure/doh domain-name a.example tags=doh\ninfrastructure/doh ipv4-addr 192.0.2.7 tags=doh\n", "not a string"},
	} {
		var h heard
		in, err := exchange.Stream(c.name, strings.NewReader(c.text), h.config())
		if err != nil || in.Format != c.format {
			t.Errorf("%s: %s, %v", c.name, in.Format, err)
		}
		if diff := cmp.Diff(c.want, sayAll(h.indicators)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
		var reasons []string
		for _, r := range h.rejected {
			reasons = append(reasons, r.Reason)
		}
		if diff := cmp.Diff(c.reasons, strings.Join(reasons, ", ")); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestTrailsOfNoMalwareNeverAccuse(t *testing.T) {
	for name := range strings.FieldsSeq("airsec_fakestitch android_pua anonymous_web_proxy bad_history bad_wpad blockchain_dns computrace connectwise crypto_mining " +
		"dns_tunneling_service dnspod domain dprk_silivaccine dynamic_domain gosimpletunnel i2p ipinfo meshagent nezha_rmmtool onion osx_pua parking_site port_proxy " +
		"pua rogue_dns simplehelp superfish suspended_domain web_shells xenarmor") {
		list, _ := read(t, name+".txt", "# Copyright Maltrail developers\na.example\n")
		if len(list) != 1 || list[0].Class == tinycheck.ClassC2 || len(list[0].Tags) == 0 {
			t.Errorf("%s: %s", name, sayAll(list))
		}
	}
}

// A cut document gives what stood before the cut, and says that it is damaged.
func TestTruncatedDocuments(t *testing.T) {
	for name, text := range map[string]string{
		"iocs":  `{"iocs":[{"type":"domain","tag":"spyware","value":"a.example"},{"type":"domain","tag":"spy`,
		"stix":  `{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","pattern":"[domain-name:value='a.example']"},{"type":"ind`,
		"array": `["a.example", "b.exam`,
	} {
		var h heard
		in, err := exchange.Stream(name, strings.NewReader(text), h.config())
		if !errors.Is(err, tinycheck.Invalid) || in.Accepted != 1 || len(h.indicators) != 1 || h.indicators[0].Value != "a.example" {
			t.Errorf("%s: %s, %v", name, sayAll(h.indicators), err)
		}
	}
	for name, text := range map[string]string{
		"deep array":  strings.Repeat("[", 5000) + `"a.example"`,
		"deep list":   `["a.example",` + strings.Repeat("[", 5000),
		"deep line":   "{\"tinycheck-indicators\":1}\n{\"tags\":" + strings.Repeat("[", 5000) + "\n",
		"nul":         "a.example\n\x00\nb.example\n",
		"utf-16":      "\xfe\xff\x00a\x00.\x00b",
		"gzip":        "\x1f\x8b\x08\x00" + strings.Repeat("\x00", 1000),
		"zip":         "PK\x03\x04",
		"only quotes": strings.Repeat("\"", 100_000),
	} {
		list, _, err := exchange.Read(name, strings.NewReader(text))
		if err == nil && name != "deep line" || len(list) != 0 {
			t.Errorf("%s: %d indicators, %v", name, len(list), err)
		}
	}
}
