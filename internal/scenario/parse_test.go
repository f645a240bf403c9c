package scenario_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/scenario"
)

func containsWord(words, one string) bool { return slices.Contains(strings.Fields(words), one) }

// Errors name the line, what was expected and what was found.
func TestErrors(t *testing.T) {
	const phone = "phone 192.168.4.20 android\n"
	for _, c := range []struct{ words, want string }{
		{"", `no line says which phone: expected "phone ADDRESS"`},
		{"at 1s join", `line 1: no phone yet: expected a line "phone ADDRESS" before the first step`},
		{"phone", "line 1: expected an address such as 203.0.113.7 or 2001:db8::7 behind \"phone\", found the end of the line"},
		{"phone 192.168.4.256", `found "192.168.4.256"`},
		{"phone 192.168.4.20 mac 01:00:5e:00:00:01", "expected a MAC such as 02:11:22:33:44:55 that is of no group"},
		{"phone 192.168.4.20 mac 02:00:5e:00:00:01 mac 02:00:5e:00:00:01", `found "mac"`},
		{"link token-ring", `expected one of ethernet, vlan`},
		{phone + "snap 0", "line 2: expected a number from 1 to 65535"},
		{phone + "about \"x", `line 2: a text without end: expected "`},
		{phone + "about x y", `expected nothing more behind "x", found "y"`},
		{phone + "start yesterday", "expected a time such as 2026-06-01T09:00:00Z"},
		{phone + "dance", `expected a setting, or a step that begins with "at TIME"`},
		{phone + "at noon join", `line 2: expected a duration such as 90s or 1m30s, at most 168h behind "at", found "noon"`},
		{phone + "at -1s join", `found "-1s"`},
		{phone + "at 1s", "expected a verb: one of join, ask"},
		{phone + "at 1s dance", `behind "1s", found "dance"`},
		{phone + "every 10s join", `"every" without an end: expected "until TIME"`},
		{phone + "at 1s until 9s join", `"until" without "every"`},
		{phone + "at 1s tls", "expected an address or the name of a host, with or without a port"},
		{phone + "at 1s tls 203.0.113.7:99999", `found "203.0.113.7:99999"`},
		{phone + "at 1s tls a.test", `line 2: no host "a.test": expected a line "host a.test ADDRESS"`},
		{phone + "at 1s visit a.test", `line 2: no host "a.test"`},
		{phone + "at 1s visit 203.0.113.7", "expected the name of a host"},
		{phone + "at 1s tls 203.0.113.7 colour red", "expected one of alpn, cert, down, ech"},
		{phone + "at 1s tls 203.0.113.7 up 5G", "expected a number of bytes such as 500, 20k or 3M, at most 64M"},
		{phone + "at 1s tls 203.0.113.7 version 1.1", "expected one of 1.2, 1.3"},
		{phone + "at 1s tls 2001:db8::7", "line 2: 2001:db8::7: the device has no address of this family: expected ip6 ADDRESS in its line"},
		{phone + "host a.test 2001:db8::7\nat 1s tls a.test", `line 3: host "a.test" and the device have no address of the same family`},
		{phone + "at 1s tcp 203.0.113.7", "expected a port behind the address"},
		{phone + "at 1s ask", "expected a name such as"},
		{phone + "at 1s ask a..b", `found "a..b"`},
		{phone + "at 1s ask a.test gets maybe", "expected an address, nxdomain, servfail, refused or nothing"},
		{phone + "at 1s ask a.test type NOPE", "expected a type such as A, AAAA, TXT or TYPE123"},
		{phone + "at 1s ask a.test https hints x", `expected addresses with commas between them behind "hints", found "x"`},
		{phone + "at 1s ask " + strings.Repeat("a", 64) + ".test", "line 2: write dns message"},
		{phone + "resolver none\nat 1s ask a.test", `line 3: names are hidden by "resolver none": expected server ADDRESS`},
		{phone + "at 1s http 203.0.113.7 FETCH a.test/", "expected one of GET, POST"},
		{phone + "at 1s http 203.0.113.7 GET /", "expected HOST/PATH, or /PATH for a host with a name"},
		{phone + "at 1s starttls irc 203.0.113.7", "expected one of smtp, imap, pop3, xmpp"},
		{phone + "indicator spy a.test", "expected one of c2, website"},
		{phone + "indicator c2 a", "expected a name, an address or a hash"},
		{phone + "include nothing", `no scenario "nothing": expected one of encrypted-dns, quiet`},
		{phone + "include ../doc", "no scenario"},
		{phone + "from nobody at 1s join", "expected a time, a device's name or an address"},
		{phone + "every 1ms from 0s until 168h ping 203.0.113.7", "line 2: more than 200000 packets or 256 MiB of traffic"},
		{phone + "at 0s tcp 203.0.113.7:1 up 64M\nevery 1s from 1s until 1h tcp 203.0.113.7:1 down 64M", "line 3: more than"},
		{phone + "resolver none\nhost a.test 203.0.113.7\nevery 1ms from 0s until 168h lookup a.test", "line 4: more than"},
		{phone + "every 0s from 1s until 1h ping 203.0.113.7", `"until" without "every"`},
	} {
		_, err := scenario.Parse(c.words)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\n got  %v\n want %s", c.words, err, c.want)
		} else if !errors.Is(err, tinycheck.Invalid) || !strings.HasPrefix(err.Error(), "parse scenario: ") {
			t.Errorf("%q: kind or address of %v", c.words, err)
		}
	}
	if _, err := scenario.Find("nothing"); !errors.Is(err, tinycheck.NotFound) {
		t.Errorf("find: %v", err)
	}
}

func TestPhoneAndIndicators(t *testing.T) {
	s := parse(t, world+`indicator c2 192.0.2.66 "Example spy"
indicator watchware Family.Example
indicator c2 certificate spy.example "Other"
start 2026-02-03T04:05:06Z
device 192.168.4.30 name tablet
from tablet at 2s ask a.test
from 192.168.4.31 at 3s ask b.test`)
	p := s.Phone()
	if p.Class != tinycheck.ClassAndroid || p.ID != "02:11:22:33:44:55" || p.Name != "Pixel" || len(p.Addresses) != 2 || !p.FirstSeen.Equal(s.Start()) {
		t.Errorf("phone %+v", p)
	}
	list := s.Indicators()
	if len(list) != 3 || list[0].Value != "192.0.2.66" || list[0].Family != "Example spy" || list[0].Class != tinycheck.ClassC2 || list[1].Value != "family.example" {
		t.Errorf("indicators %+v", list)
	}
	der := s.Certificate("spy.example")
	sum := sha256.Sum256(der)
	if list[2].Type != tinycheck.CertSHA256 || list[2].Value != hex.EncodeToString(sum[:]) {
		t.Errorf("certificate indicator %+v", list[2])
	}
	c, err := x509.ParseCertificate(der)
	if err != nil || c.CheckSignatureFrom(c) == nil && c.DNSNames[0] != "spy.example" {
		t.Errorf("certificate %v %v", c, err)
	}
	if s.Start().Before(c.NotBefore) || s.Start().After(c.NotAfter) {
		t.Errorf("valid %v to %v, start %v", c.NotBefore, c.NotAfter, s.Start())
	}
	var first time.Time
	var packets []tinycheck.Packet
	if err := s.Packets(func(p *tinycheck.Packet) error { packets = append(packets, *p); return nil }); err != nil {
		t.Fatal(err)
	}
	if first = packets[0].Time; !first.Equal(time.Date(2026, 2, 3, 4, 5, 8, first.Nanosecond(), time.UTC)) {
		t.Errorf("first packet at %v", first)
	}
	if len(packets) != 4 {
		t.Errorf("%d packets", len(packets))
	}
	stop := errors.New("stop")
	if err := s.Packets(func(*tinycheck.Packet) error { return stop }); err != stop {
		t.Errorf("emit's error came back as %v", err)
	}
}

// A certificate that a server shows is the one that the words listed.
func TestCertificateIsShown(t *testing.T) {
	s := parse(t, world+"indicator c2 certificate spy.example\nat 1s tls 203.0.113.7 sni a.test cert spy.example")
	got, _ := events(t, s)
	if want := "certificate spy.example " + s.Indicators()[0].Value; !slices.Contains(got, want) {
		t.Errorf("no %q in %q", want, got)
	}
}

func TestSnap(t *testing.T) {
	s := parse(t, world+"snap 96\nat 1s visit web.example")
	cut := 0
	_ = s.Packets(func(p *tinycheck.Packet) error {
		if len(p.Data) > 96 || len(p.Data) < 96 && len(p.Data) != p.Length {
			t.Errorf("%d of %d bytes", len(p.Data), p.Length)
		}
		if len(p.Data) < p.Length {
			cut++
		}
		return nil
	})
	if cut == 0 {
		t.Error("nothing was cut")
	}
}

// Hidden names are not asked for; what is known is not asked again.
func TestLookups(t *testing.T) {
	const words = world + "every 1m from 1s until 6m visit web.example\n"
	for _, c := range []struct {
		more string
		want int
	}{{"", 4}, {"resolver none", 0}} {
		got, _ := events(t, parse(t, words+c.more))
		n := 0
		for _, e := range got {
			if strings.HasPrefix(e, "query ") {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%q: %d questions, want %d", c.more, n, c.want)
		}
	}
}

// A star is another word every time.
func TestStar(t *testing.T) {
	got, _ := events(t, parse(t, world+"every 1s from 1s until 50s ask *.tunnel.test type TXT gets nothing"))
	seen := make(map[string]bool)
	for _, e := range got {
		if strings.HasPrefix(e, "query dns TXT ") && strings.HasSuffix(e, ".tunnel.test") {
			seen[e] = true
		}
	}
	if len(seen) != 50 {
		t.Errorf("%d different questions", len(seen))
	}
}

// Whatever the words, Parse answers in bounded work, its packets are in time
// order and within the bounds, and its errors say where.
func FuzzParse(f *testing.F) {
	for _, v := range verbs {
		f.Add(world + "at 1s " + fill(v.words, "203.0.113.7"))
		f.Add(world + "link sll\nsnap 80\nevery 1m from 1s until 3m jitter 2s " + fill(v.words, "2001:db8::7"))
	}
	for _, words := range []string{
		"include website\nphone 10.0.0.1 iphone\n", "phone fd00::1\nat 0s join\nfrom 10.1.1.1 at 1s ask a", "phone 10.0.0.1\nindicator c2 certificate \"\"",
		"phone 10.0.0.1 name \"\\\"\"\nat 1s udp 10.0.0.2:1 fragment 17 up 9k",
	} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, words string) {
		s, err := scenario.Parse(words)
		if err != nil {
			if !errors.Is(err, tinycheck.Invalid) {
				t.Fatalf("kind of %v", err)
			}
			return
		}
		count, last := int64(0), time.Time{}
		stop := errors.New("enough")
		err = s.Packets(func(p *tinycheck.Packet) error {
			count++
			if p.Time.Before(last) || p.Number != count || len(p.Data) == 0 || len(p.Data) > p.Length || p.Link != s.Link() {
				t.Fatalf("packet %d: %+v", count, p)
			}
			if last = p.Time; count > 500 {
				return stop
			}
			return nil
		})
		if err != nil && err != stop || count > scenario.MaxPackets {
			t.Fatalf("%d packets, %v", count, err)
		}
	})
}
