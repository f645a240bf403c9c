package exchange_test

import (
	"strings"
	"testing"
)

func TestDefangedSpellings(t *testing.T) {
	for raw, want := range map[string]string{
		"hxxp[:]//a[.]example/x":        "url http://a.example/x",
		"hxxps[://]a[.]example/x":       "url https://a.example/x",
		"hXXp://a.example/x":            "url http://a.example/x",
		"a dot example":                 "domain-name a.example",
		"a [dot] example":               "domain-name a.example",
		"a (dot) b [.] example":         "domain-name a.b.example",
		"a[dot]b(dot)c{dot}example":     "domain-name a.b.c.example",
		"a[.]b(.)c{.}example":           "domain-name a.b.c.example",
		"a[.b.]example":                 "domain-name a.b.example",
		`a\.b\.example`:                 "domain-name a.b.example",
		"192[.]0[.]2[.]7":               "ipv4-addr 192.0.2.7",
		"192 dot 0 dot 2 dot 7":         "ipv4-addr 192.0.2.7",
		"192.0.2.7[:]8080":              "ipv4-addr 192.0.2.7 port:8080",
		"2001[:]db8[:][:]1":             "ipv6-addr 2001:db8::1",
		"[2001:db8::1]":                 "ipv6-addr 2001:db8::1",
		"[2001:db8::1]:443":             "ipv6-addr 2001:db8::1 port:443",
		"hxxp://[2001:db8::1]/x":        "url http://[2001:db8::1]/x",
		"hxxp://user[@]a[.]example/x":   "url http://a.example/x",
		"\"a.example\"":                 "domain-name a.example",
		"<hxxp://a[.]example/x>":        "url http://a.example/x",
		"dot.example":                   "domain-name dot.example",
		"a-dot-b.example":               "domain-name a-dot-b.example",
		"http://a.example/a(dot)b.html": "url http://a.example/a.b.html",
	} {
		list, feed := read(t, "x.txt", "good.example\n"+raw+"\n")
		got := ""
		for _, i := range list {
			if i.Value == "good.example" {
				continue
			}
			got = string(i.Type) + " " + i.Value
			for _, tag := range i.Tags {
				if strings.HasPrefix(tag, "port:") {
					got += " " + tag
				}
			}
		}
		if got != want {
			t.Errorf("%q gives %q, want %q %+v", raw, got, want, feed.Rejected)
		}
	}
}

// What is plain is read without looking further, and must come out the same.
func TestPlainNamesAreSpelledTheSame(t *testing.T) {
	for _, name := range []string{
		"a.example", "xn--bcher-kva.example", "_x.a-b.example", "1.2.3.4.example", strings.Repeat("a", 63) + ".example",
		strings.Repeat("abcdefghi.", 24) + "example",
	} {
		list, _ := read(t, "x.txt", name+"\n"+strings.ToUpper(name)+"\n*."+name+"\n")
		if len(list) != 1 || list[0].Value != name {
			t.Errorf("%s: %s", name, sayAll(list))
		}
	}
	for _, name := range []string{
		".", "a.", ".a.example", "a..example", strings.Repeat("a", 64) + ".example", strings.Repeat("abcdefghi.", 25) + "example", "a.1", "example",
	} {
		list, _ := read(t, "x.txt", "good.example\n"+name+"\n")
		upper, _ := read(t, "x.txt", "good.example\n"+strings.ToUpper(name)+"\n")
		if sayAll(list) != sayAll(upper) {
			t.Errorf("%s: %s, but %s", name, sayAll(list), sayAll(upper))
		}
	}
}
