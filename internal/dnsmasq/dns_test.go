package dnsmasq_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck/internal/dnsmasq"
)

const second30 = 30

func TestNamesAreResolvedForHalfAMinute(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	w.lease(t, w.phone)
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeTXT, dnsmessage.TypeMX, typeHTTPS, typeSVCB, typeAny} {
		for _, name := range []string{"one.example.", "www.example."} {
			for range 2 { // from upstream, and remembered
				for _, tcp := range []bool{false, true} {
					m := ask(t, w.phone, asked{name: name, kind: kind, tcp: tcp})
					if m.RCode != dnsmessage.RCodeSuccess || len(m.Answers) == 0 {
						t.Errorf("%s %v: %v, %v", name, kind, m.RCode, m.Answers)
					}
					for _, r := range m.Answers {
						if r.Header.TTL > second30 {
							t.Errorf("%s %v is valid for %d seconds", name, kind, r.Header.TTL)
						}
					}
				}
			}
		}
	}
	if m := ask(t, w.phone, asked{name: "www.example.", kind: dnsmessage.TypeA}); address(m) != "203.0.113.7" {
		t.Errorf("www.example is at %q", address(m))
	}
}

// The authority section of a no passes as it is the first time; what dnsmasq
// remembers of it is short. Should the first assertion fail, doc.go has become
// wrong to our advantage.
func TestWhatDoesNotExistIsRememberedLongerByPhones(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	for i, want := range []func(ttl uint32) bool{
		func(ttl uint32) bool { return ttl == long },
		func(ttl uint32) bool { return ttl <= second30 },
	} {
		m := ask(t, w.box, asked{name: "nothing.example.", kind: dnsmessage.TypeA})
		if m.RCode != dnsmessage.RCodeNameError || len(m.Authorities) != 1 || !want(m.Authorities[0].Header.TTL) {
			t.Errorf("answer %d: %v with %v", i+1, m.RCode, m.Authorities)
		}
	}
}

func TestNothingSaysWhatThisIs(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	const chaos = dnsmessage.ClassCHAOS
	for _, name := range []string{"version.bind.", "authors.bind.", "copyright.bind.", "servers.bind.", "hostname.bind.", "id.server.", "version.server."} {
		m := ask(t, w.box, asked{name: name, kind: dnsmessage.TypeTXT, class: chaos})
		if len(m.Answers) != 0 || m.RCode != dnsmessage.RCodeNotImplemented {
			t.Errorf("%s: %v, %v", name, m.RCode, m.Answers)
		}
	}
}

// Names that mean something in one network only go no further.
func TestWhatUpstreamNeverHears(t *testing.T) {
	w := newWorld(t)
	w.start(t)
	for _, q := range []asked{
		{name: "printer.local.", kind: dnsmessage.TypeA},
		{name: "_http._tcp.local.", kind: dnsmessage.TypePTR},
		{name: "x.invalid.", kind: dnsmessage.TypeA},
		{name: "wpad.", kind: dnsmessage.TypeA},
		{name: "5.1.168.192.in-addr.arpa.", kind: dnsmessage.TypePTR},
		{name: "1.3.77.10.in-addr.arpa.", kind: dnsmessage.TypePTR},
	} {
		if m := ask(t, w.box, q); m.RCode != dnsmessage.RCodeNameError {
			t.Errorf("%s: %v", q.name, m.RCode)
		}
	}
	if list := w.names.questions(""); len(list) != 0 {
		t.Errorf("upstream was asked for %q", list)
	}
}

func TestVisibility(t *testing.T) {
	w := newWorld(t)
	w.start(t, func(c *dnsmasq.Config) { c.Visibility = true })
	for _, name := range []string{"mask.icloud.com.", "mask-h2.icloud.com.", "use-application-dns.net.", "x.mask.icloud.com."} {
		for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA, typeHTTPS} {
			if m := ask(t, w.box, asked{name: name, kind: kind}); m.RCode != dnsmessage.RCodeNameError {
				t.Errorf("%s %v: %v", name, kind, m.RCode)
			}
		}
	}
	if m := ask(t, w.box, asked{name: "_dns.resolver.arpa.", kind: typeSVCB}); m.RCode != dnsmessage.RCodeSuccess || len(m.Answers) != 0 {
		t.Errorf("_dns.resolver.arpa: %v, %v", m.RCode, m.Answers)
	}
	for _, name := range []string{"mask", "use-application", "resolver"} {
		if list := w.names.questions(name); len(list) != 0 {
			t.Errorf("upstream was asked for %q", list)
		}
	}
	for _, name := range []string{"new.example.", "www.example.", "icloud.com."} {
		for _, kind := range []dnsmessage.Type{typeHTTPS, typeSVCB, typeAny, dnsmessage.TypeA, typeHTTPS} {
			for _, tcp := range []bool{false, true} {
				m := ask(t, w.box, asked{name: name, kind: kind, tcp: tcp})
				if types := kinds(m.Answers); m.RCode != dnsmessage.RCodeSuccess || contains(types, typeHTTPS) || contains(types, typeSVCB) {
					t.Errorf("%s %v: %v, %v", name, kind, m.RCode, types)
				}
				if kind == dnsmessage.TypeA && address(m) != "203.0.113.7" {
					t.Errorf("%s is at %q", name, address(m))
				}
			}
		}
	}
}

// Records that only come along with an answer pass. Should this fail, doc.go has
// become wrong to our advantage.
func TestVisibilityLooksAtAnswersOnly(t *testing.T) {
	w := newWorld(t)
	w.start(t, func(c *dnsmasq.Config) { c.Visibility = true })
	m := ask(t, w.box, asked{name: "alias.example.", kind: typeHTTPS})
	if len(m.Answers) != 0 || !contains(kinds(m.Additionals), typeHTTPS) {
		t.Errorf("answers %v, and %v along with them", m.Answers, m.Additionals)
	}
}

// every is a question of each kind that a phone might ask.
func every(name string) (list []asked) {
	for kind := dnsmessage.Type(1); kind < 66; kind++ {
		if kind != 41 { // OPT is no question
			list = append(list, asked{name: name, kind: kind})
		}
	}
	return append(list, asked{name: name, kind: typeAny}, asked{name: name, kind: 257}, asked{name: name, kind: 65280})
}

func TestContained(t *testing.T) {
	for _, visibility := range []bool{false, true} {
		t.Run(fmt.Sprintf("visibility %v", visibility), func(t *testing.T) {
			w := newWorld(t)
			w.start(t, func(c *dnsmasq.Config) { c.Contained, c.Visibility = true, visibility })
			questions := every("www.example.")
			for _, name := range []string{"captive.apple.com.", "connectivitycheck.gstatic.com.", "clients3.google.com.", "www.msftconnecttest.com.", "com.", "wpad.", "a.b.c.d.e.f.example."} {
				questions = append(questions, asked{name: name, kind: dnsmessage.TypeA}, asked{name: name, kind: dnsmessage.TypeAAAA}, asked{name: name, kind: dnsmessage.TypeA, tcp: true})
			}
			for _, name := range []string{"8.8.8.8.in-addr.arpa.", "1.2.0.192.in-addr.arpa.", "1.3.77.10.in-addr.arpa.", "b._dns-sd._udp.example."} {
				questions = append(questions, asked{name: name, kind: dnsmessage.TypePTR})
			}
			questions = append(questions, asked{name: ".", kind: dnsmessage.TypeNS}, asked{name: ".", kind: 48}, asked{name: "_dns.resolver.arpa.", kind: typeSVCB})
			for _, q := range questions {
				m := ask(t, w.box, q)
				if m.RCode != dnsmessage.RCodeSuccess && m.RCode != dnsmessage.RCodeNameError {
					t.Errorf("%s %v: %v", q.name, q.kind, m.RCode)
				}
				want := ""
				if q.kind == dnsmessage.TypeA || q.kind == typeAny {
					want = dnsmasq.Sink
				}
				if got := address(m); got != want || len(m.Answers) > 1 || want == "" && len(m.Answers) != 0 {
					t.Errorf("%s %v: %v", q.name, q.kind, m.Answers)
				}
				if q.kind == dnsmessage.TypeAAAA && m.RCode != dnsmessage.RCodeSuccess {
					t.Errorf("%s: no IPv6 address must not mean no name", q.name)
				}
				for _, r := range m.Answers {
					if r.Header.TTL > second30 {
						t.Errorf("%s is valid for %d seconds", q.name, r.Header.TTL)
					}
				}
			}
			want := dnsmasq.Sink
			if visibility {
				want = ""
			}
			if m := ask(t, w.box, asked{name: "mask.icloud.com.", kind: dnsmessage.TypeA}); address(m) != want || (m.RCode == dnsmessage.RCodeNameError) != visibility {
				t.Errorf("mask.icloud.com: %v, %v", m.RCode, m.Answers)
			}
			w.names.mu.Lock()
			defer w.names.mu.Unlock()
			if len(w.names.asked) != 0 {
				t.Errorf("upstream was asked for %q", w.names.asked)
			}
		})
	}
}

// What was asked stands nowhere: not in the files, not in what dnsmasq says while
// it runs, ends, or is asked for its state (SIGUSR1).
func TestNamesAreNotWrittenDown(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	w.lease(t, w.phone, "-x", "hostname:planted-phone")
	for _, name := range []string{"planted.example.", "nothing.planted.example.", "planted.local."} {
		ask(t, w.phone, asked{name: name, kind: dnsmessage.TypeA})
	}
	w.box.Run(t, "kill", "-USR1", fmt.Sprint(s.PID()))
	ask(t, w.phone, asked{name: "planted.example.", kind: dnsmessage.TypeA}) // it has seen the signal
	files, err := filepath.Glob(filepath.Join(filepath.Dir(w.folder), "*", "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %q (%v), want a configuration and leases", files, err)
	}
	var text strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
	}
	w.box.Run(t, "kill", "-KILL", fmt.Sprint(s.PID()))
	<-s.Done()
	fmt.Fprint(&text, s.Err(), s.Said())
	if strings.Contains(text.String(), "planted") {
		t.Errorf("a name is written down: %s", text.String())
	}
	if !strings.Contains(text.String(), "10.77.3.1") {
		t.Error("this test looks in the wrong place")
	}
}
