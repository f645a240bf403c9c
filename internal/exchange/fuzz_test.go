package exchange_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/spelling"
)

// seed gives the golden inputs whose names match.
func seed(f *testing.F, glob string) {
	files, err := filepath.Glob("testdata/" + glob)
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if !strings.HasSuffix(file, ".golden") {
			f.Add(string(text))
		}
	}
}

// hold asserts what is true of every result, whatever was read.
func hold(t *testing.T, text string) {
	list, feed, err := exchange.Read("fuzz.txt", strings.NewReader(text))
	again, _, _ := exchange.Read("fuzz.txt", strings.NewReader(text))
	if feed.Accepted != len(list) || len(again) != len(list) || len(feed.Rejected) > 100 || len(feed.Rejected) > feed.RejectedTotal {
		t.Fatalf("counts do not hold: %+v, %d and %d indicators", feed, len(list), len(again))
	}
	total := 0
	for _, r := range feed.Reasons {
		total += r.Count
	}
	if total != feed.RejectedTotal || len(feed.Reasons) > 65 {
		t.Fatalf("%d reasons for %d rejected", total, feed.RejectedTotal)
	}
	if err == nil && feed.Format == "" || len(feed.SHA256) != 64 {
		t.Fatalf("no error and no format: %+v", feed)
	}
	for n := range list {
		canonical(t, &list[n])
		if n > 0 && list[n-1].Compare(&list[n]) >= 0 {
			t.Fatalf("not sorted: %+v, %+v", list[n-1], list[n])
		}
		if list[n].Compare(&again[n]) != 0 {
			t.Fatalf("read twice, got %+v and %+v", list[n], again[n])
		}
	}
}

// canonical asserts the spelling that the dictionary promises.
func canonical(t *testing.T, i *tinycheck.Indicator) {
	ok := i.Class != "" && (i.Class == tinycheck.ClassInfrastructure) == (i.Infrastructure != "") && len(i.Tags) <= 34
	switch i.Type {
	case tinycheck.DomainName:
		name, err := spelling.Domain(i.Value)
		ok = ok && err == nil && name == i.Value && strings.Contains(name, ".")
	case tinycheck.IPv4Addr, tinycheck.IPv6Addr:
		found, err := spelling.Address(i.Value)
		ok = ok && err == nil && found == i.Observable
	case tinycheck.URL:
		ok = ok && (strings.HasPrefix(i.Value, "http://") || strings.HasPrefix(i.Value, "https://"))
	case tinycheck.JA3:
		ok = ok && len(i.Value) == 32
	case tinycheck.JA4:
		ok = ok && len(i.Value) == 36
	case tinycheck.CertSHA1:
		ok = ok && len(i.Value) == 40
	case tinycheck.CertSHA256:
		ok = ok && len(i.Value) == 64
	default:
		ok = false
	}
	if !ok {
		t.Fatalf("not canonical: %+v", i)
	}
}

func FuzzRead(f *testing.F) {
	seed(f, "*")
	f.Add("a.example:443\n[2001:db8::1]:1\nhxxp[:]//x[.]y/z\n")
	f.Fuzz(hold)
}

func FuzzTinyCheck(f *testing.F) {
	seed(f, "tinycheck.json")
	f.Add(`{"to_delete":["a.example"],"iocs":[{"type":"domain","tag":"dual","value":"a.example"}]}`)
	f.Fuzz(hold)
}

func FuzzEchap(f *testing.F) {
	seed(f, "echap.yaml")
	f.Add("- name: x\n  c2:\n    - a.example\n  type: watchware\n  websites: b.example\n")
	f.Fuzz(hold)
}

func FuzzOwn(f *testing.F) {
	seed(f, "own.yaml")
	f.Fuzz(hold)
}

func FuzzHosts(f *testing.F) {
	seed(f, "hosts")
	f.Fuzz(hold)
}

func FuzzList(f *testing.F) {
	seed(f, "names.txt")
	f.Fuzz(hold)
}

func FuzzCSV(f *testing.F) {
	f.Add("type,indicator,app\ndomain,a.example,Spy\nip-dst|port,192.0.2.7|443,\"Sp\ny\"\n")
	f.Add("# ja3_md5,Firstseen,Lastseen,Listingreason\nb386946a5a44d1ddcc843bc75336dfce,2017-07-14 18:08:15,2019-07-27 20:42:54,Dridex\n")
	f.Add("uuid;type;value;to_ids\n1;domain;\"a.example\n2;url;http://b.example/x;0\n")
	f.Add("url\turl\tjarm\nhttp://a.example/\t\"\"\"\t07d14d16\n")
	f.Fuzz(hold)
}

func FuzzMaltrail(f *testing.F) {
	f.Add("# Copyright (c) Maltrail developers\n# Aliases: a, b\n\na.example\n192.0.2.7:443\nhttp://b.example/x\n/gate.php\n[a-z]{1}\\.c.example\n")
	f.Fuzz(hold)
}

func FuzzDataset(f *testing.F) {
	f.Add("YS5leGFtcGxl\nYi5leGFtcGxl,10\n192.0.2.7,3\n")
	f.Fuzz(hold)
}

func FuzzJSONList(f *testing.F) {
	f.Add("[\"a.example\", \"192.0.2.7\", 7, [\"b\"]]")
	f.Fuzz(hold)
}

func FuzzExits(f *testing.F) {
	f.Add("ExitNode 00\nPublished 2026-01-01 00:00:00\nExitAddress 192.0.2.7 2026-11-21 10:01:02\n")
	f.Fuzz(hold)
}

// FuzzAllowed fuzzes what is never taken as an indicator.
func FuzzAllowed(f *testing.F) {
	f.Add(`{"elements":[{"type":"domain","element":"a.example"},{"type":"cidr","element":"192.0.2.0/24"}]}`)
	f.Add("\"IoCType\",\"IoCValue\",\"Direction\",\"IgnoreType\"\ndomain,a.example,both,alerts\nip,192.0.2.7,both,alerts\n")
	f.Add("alert udp any any -> any 53 (msg:\"x\"; sid:1;)\n")
	f.Fuzz(hold)
}

func FuzzSTIX(f *testing.F) {
	seed(f, "bundle.stix2")
	f.Fuzz(hold)
}

// FuzzPattern fuzzes the pattern language inside a bundle that is sound.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{
		`[domain-name:value='a.example']`, `[a:b IN ('x','y')] OR [c:d[*].e=t'2026']`,
		`([domain-name:value LIKE '%.a.example' AND network-traffic:dst_port=1]) REPEATS 2 TIMES`,
		`[file:hashes.'SHA-256'='\'']`, `[x:y NOT = 1]`, `[EXISTS a:b]`,
	} {
		f.Add(p)
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)
	f.Fuzz(func(t *testing.T, pattern string) {
		hold(t, `{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","pattern":"`+quote.Replace(pattern)+`"}]}`)
	})
}
