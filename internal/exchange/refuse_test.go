package exchange_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tinycheck"
	"tinycheck/internal/exchange"
)

func TestWhatIsNeverAList(t *testing.T) {
	hash := "d41d8cd98f00b204e9800998ecf8427e"
	for _, c := range []struct{ name, text, words string }{
		{"whitelist.txt", "a.example\nb.example\n", "allow-list"},
		{"whitelist.txt", "# Copyright (c) Maltrail developers\na.example\n", "allow-list"},
		{"popular_domains.txt", "a.example\n", "allow-list"},
		{"top1m-tranco.csv", "1,a.example\n2,b.example\n", "allow-list"},
		{"x.json", `{"elements":[{"type":"domain","element":"a.example"}]}`, "allow-list"},
		{"x.conf", "\"IoCType\",\"IoCValue\",\"Direction\",\"IgnoreType\"\ndomain,a.example,both,alerts\n", "allow-list"},
		{"x", "alert udp $HOME_NET any -> any 53 (msg:\"x\"; sid:1;)\n", "rules"},
		{"x", "// ===BEGIN ICANN DOMAINS===\ncom\nco.uk\n", "Public Suffix List"},
		{"x", "AS714\nAS6185\n", "network operators"},
		{"x_ip_ranges", "17.0.0.0/8\n", "whole networks"},
		{"cdn_ranges.txt", "192.0.2.0/24\n", "whole networks"},
		{"x", ".fail\n.gq\n.xyz\n", "top-level domains"},
		{"x.txt", "cnhv.co\t99\na.example\t99\n", "categories"},
		{"107_gambling.list", "a.example\n", "category of websites"},
		{"x.txt", hash + "\n" + hash + "\n", "bare hashes"},
		{"x", hash + "  ./a.apk\n", "bare hashes"},
		{"package_names.txt", "com.spy.phone\n", "inside a phone"},
		{"x.csv", "# File format:\n# \"URL\", \"Threat level\", \"tags\"\nhttps://a.example/x.csv,high,['x']\n", "catalogue"},
		{"indicators.yaml", "indicators:\n  -\n    type: github\n    name: x\n", "catalogue"},
		{"services.csv", "ftp,21,tcp,File Transfer\nssh,22,tcp,Secure Shell\n", "list of ports"},
		{"osx-nix-ja3.csv", hash + ",\"Chrome\"\n", "ordinary programs"},
		{"known_fp_md5_hashes.csv", "# Description, MD5\nempty, " + hash + "\n", "harmless files"},
		{"free_web_hosting.txt", "# Copyright (c) Maltrail developers\na.example\n", "strangers share"},
	} {
		list, feed, err := exchange.Read(c.name, strings.NewReader(c.text))
		if !errors.Is(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), c.words) || len(list) != 0 || feed.Accepted != 0 {
			t.Errorf("%s %.30q: %d indicators, %v; want %q", c.name, c.text, len(list), err, c.words)
		}
		for _, format := range []string{"list", "csv", "hosts", "maltrail"} {
			in, err := exchange.Stream(c.name, strings.NewReader(c.text), exchange.Config{Format: format})
			if in.Accepted != 0 || err == nil {
				t.Errorf("%s as %s: %d indicators, %v", c.name, format, in.Accepted, err)
			}
		}
	}
}

func TestAllowListsGiveContext(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"whitelist.json", `{"elements":[{"type":"domain","element":"a.example"},{"type":"cidr","element":"198.51.100.0/24"},{"type":"ip4addr","element":"192.0.2.1"}]}`, "a.example  1 2"},
		{"apple_domains", "A.example\nb.example\n", "a.example Apple b.example Apple 2 0"},
		{"x.conf", "\"IoCType\",\"IoCValue\",\"Direction\",\"IgnoreType\"\n; c\ndomain,a.example,both,alerts\nip,192.0.2.1,both,alerts\norganization,apple,both,alerts\nmac,00:00:00:00:00:00,both,alerts\n", "a.example  1 3"},
		{"popular.csv", "1,a.example\n2,google.com\n", "a.example  google.com  2 0"},
	} {
		var h heard
		in, err := exchange.Stream(c.name, strings.NewReader(c.text), h.config())
		got := ""
		for _, o := range h.contexts {
			got += o.Observable.Value + " " + o.Owner + " "
			if o.Class != tinycheck.ContextService || o.Purpose != "listed as ordinary by "+c.name || o.Observable.Type != tinycheck.DomainName {
				t.Errorf("%s: %+v", c.name, o)
			}
		}
		if got += fmt.Sprint(in.Contexts, " ", in.RejectedTotal); got != c.want || err != nil || len(h.indicators) != 0 {
			t.Errorf("%s: %q, want %q, %v", c.name, got, c.want, err)
		}
	}
}

func TestRulesAreCounted(t *testing.T) {
	in, err := exchange.Stream("x.rules", strings.NewReader("# a comment\nalert udp any any -> any 53 (msg:\"x\"; sid:1;)\ndrop tcp any any -> any 80 (msg:\"y\"; sid:2;)\n"), exchange.Config{})
	if diff := cmp.Diff([]tinycheck.Reason{{Reason: "a rule, not an observable: give it as a rule file", Count: 2}}, in.Reasons); diff != "" || !errors.Is(err, tinycheck.Unsupported) {
		t.Errorf("%v %s", err, diff)
	}
}

func TestOrdinaryNames(t *testing.T) {
	for _, text := range []string{
		"google.com\na.example\nfacebook.com\nApple.com\n",
		"0.0.0.0 google.com facebook.com\n0.0.0.0 apple.com\n",
		"domain,app\ngoogle.com,x\nfacebook.com,y\nhxxp://apple[.]com/,z\n",
		`["google.com","facebook.com","apple.com"]`,
		"# Copyright (c) Maltrail developers\ngoogle.com\nfacebook.com\napple.com\n",
	} {
		list, _, err := exchange.Read("x", strings.NewReader(text))
		if !errors.Is(err, tinycheck.Unsupported) || !strings.Contains(err.Error(), "popular names") || len(list) != 0 {
			t.Errorf("%q: %s, %v", text, sayAll(list), err)
		}
	}
	list, feed := read(t, "x", "a.example\ngoogle.com\nwww.google.com\nhttp://google.com/x\ngoogle.com\ngoogle.com:443\n")
	if len(list) != 3 || feed.RejectedTotal != 3 || !strings.Contains(feed.Rejected[0].Reason, "accuse every phone") {
		t.Errorf("%s %+v", sayAll(list), feed.Rejected)
	}
	late := strings.Repeat("a.example\n", 20_000) + "google.com\nfacebook.com\napple.com\n"
	if list, feed := read(t, "x", late); len(list) != 1 || feed.RejectedTotal != 3 {
		t.Errorf("%d %+v", len(list), feed)
	}
	// A source that says what its entries are may name whom it likes.
	if list, _ := read(t, "x", `{"iocs":[{"type":"domain","tag":"tracker","value":"google.com"}]}`); len(list) != 1 {
		t.Error(sayAll(list))
	}
}
