package firewall_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// servers are whom a phone may ask for names: far and near, there or not.
var servers = []string{
	"8.8.8.8", internet4, site4, router4, uplink4, "10.99.9.9", box4,
	"2001:4860:4860::8888", internet6, site6, router6, uplink6, box6,
}

func TestContainedLetsNothingOut(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 53)
	listen(t, w.internet, 53, 123, 443)
	listen(t, w.site, 53, 443)
	free := startRecord(t, w.router, "r1")
	everything(t, w)
	if seen := free.lines(t, w.box, router4); len(seen) < 20 {
		t.Fatalf("without a firewall this was seen only: %q", seen)
	}
	for _, c := range []firewall.Config{{Contained: true}, {Contained: true, Visibility: true}} {
		c.Prefixes = prefixes(six)
		w.rule(t, c)
		contained := startRecord(t, w.router, "r1")
		everything(t, w)
		for _, s := range servers {
			reaches(t, w.phone, s, 53, "box saw "+at(s, phone4, phone6))
		}
		for _, to := range []string{internet4, internet6, site4, site6, router4, router6, other4, other6, "198.18.0.1"} {
			for _, port := range []int{80, 123, 443, 853} {
				if to != other4 && to != other6 {
					fails(t, w.phone, to, port, errRefused)
				}
			}
		}
		if seen := contained.lines(t, w.box, router4); len(seen) > 0 {
			t.Errorf("%+v: this got out:\n%s", c, strings.Join(seen, ""))
		}
	}
}

// everything is what a phone may try, without looking at the answers.
func everything(t *testing.T, w *world) {
	t.Helper()
	q := question{wait: silence}
	for _, q.to = range []string{internet4, internet6, site4, site6, router4, "198.18.0.1", "224.0.0.251", "192.168.50.255"} {
		for _, q.network = range both {
			for _, q.port = range []int{443, 5353} {
				ask(t, w.phone, q)
			}
		}
	}
	for _, to := range []string{internet4, internet6, site4, "8.8.8.8"} {
		w.phone.Command("ping", "-n", "-c", "1", "-W", "0.1", to).Run()
		w.phone.Command("ping", "-n", "-c", "1", "-W", "0.1", "-s", "5000", to).Run()
	}
	for _, f := range forgeries {
		w.forge(t, f)
	}
}

// A connection that was open before is open no more.
func TestContainedEndsWhatWasOpen(t *testing.T) {
	w := newWorld(t)
	listen(t, w.internet, 443)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	for _, to := range []string{internet4, internet6} {
		w.rule(t, firewall.Config{Prefixes: prefixes(six)})
		w.phone.Do(t, func() {
			c, err := net.DialTimeout("tcp", net.JoinHostPort(to, "443"), answers)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			w.rule(t, firewall.Config{Prefixes: prefixes(six), Contained: true})
			c.SetDeadline(time.Now().Add(answers))
			c.Write([]byte("still there"))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.ECONNREFUSED) {
				t.Errorf("%s: the open connection ends with %v", to, err)
			}
		})
	}
}

func TestVisibilityBringsQuestionsToTheBoxInTheClear(t *testing.T) {
	w := newWorld(t)
	near := linkLocal(t, w)
	listen(t, w.box, 53)
	listen(t, w.internet, 53, 443, 784, 853, 8853)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	before := question{network: "udp", to: internet4, port: 53, from: phone4 + ":41000"}
	if got, err := ask(t, w.phone, before); got != "internet saw "+uplink4 {
		t.Fatalf("in normal mode: %q, %v", got, err)
	}
	for _, port := range []int{853, 784, 8853} {
		reaches(t, w.phone, internet4, port, "internet saw "+uplink4)
	}
	w.rule(t, firewall.Config{Prefixes: prefixes(six), Visibility: true})
	for _, s := range append(servers, near) {
		reaches(t, w.phone, s, 53, "box saw "+seenAt(s))
	}
	for _, to := range []string{internet4, internet6} {
		fails(t, w.phone, to, 853, errRefused)
		for _, port := range []int{784, 8853} {
			if _, err := ask(t, w.phone, question{network: "udp", to: to, port: port}); err != errRefused {
				t.Errorf("UDP %s port %d: %v", to, port, err)
			}
		}
		reaches(t, w.phone, to, 443, "internet saw "+at(to, uplink4, uplink6))
	}
	for _, to := range []string{box4, box6} {
		fails(t, w.phone, to, 853, errRefused)
	}
	// What was going on before is not what it was; who asks anew gets the box.
	if got, err := ask(t, w.phone, before); err != errRefused {
		t.Errorf("a question that was open before: %q, %v", got, err)
	}
	// A question in pieces is a question.
	for _, to := range []string{"8.8.8.8", internet6} {
		got, err := ask(t, w.phone, question{network: "udp", to: to, port: 53, size: 5000})
		if got != "box saw "+at(to, phone4, phone6) {
			t.Errorf("a long question to %s: %q, %v", to, got, err)
		}
	}
	// Two servers asked from one port are two questions.
	for _, to := range []string{"8.8.8.8", "9.9.9.9", "1.1.1.1"} {
		got, err := ask(t, w.phone, question{network: "udp", to: to, port: 53, from: phone4 + ":42000"})
		if got != "box saw "+phone4 {
			t.Errorf("%s asked from one port among others: %q, %v", to, got, err)
		}
	}
}

// In normal mode a phone may ask whom it likes, but not those of the site.
func TestNormallyNamesMayBeAskedElsewhere(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 53)
	listen(t, w.internet, 53)
	listen(t, w.site, 53)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	reaches(t, w.phone, box4, 53, "box saw "+phone4)
	reaches(t, w.phone, box6, 53, "box saw "+phone6)
	reaches(t, w.phone, internet4, 53, "internet saw "+uplink4)
	reaches(t, w.phone, internet6, 53, "internet saw "+uplink6)
	fails(t, w.phone, site4, 53, errRefused)
	fails(t, w.phone, site6, 53, errRefused)
}

func TestWithoutANetworkOfIPv6NoneIsForwarded(t *testing.T) {
	w := newWorld(t)
	listen(t, w.box, 53, 80)
	listen(t, w.internet, 53, 443)
	for _, c := range []firewall.Config{{}, {Visibility: true}, {Contained: true}} {
		w.rule(t, c)
		out := startRecord(t, w.router, "r1")
		for _, to := range []string{internet6, box6} {
			fails(t, w.phone, to, 53, errSilence)
		}
		fails(t, w.phone, internet6, 443, errSilence)
		if seen := out.lines(t, w.box, router4); len(seen) > 0 {
			t.Errorf("%+v: this got out:\n%s", c, strings.Join(seen, ""))
		}
		reaches(t, w.phone, box4, 53, "box saw "+phone4)
	}
}

// Other tables that send questions elsewhere come too late.
func TestItStandsBeforeOtherTables(t *testing.T) {
	nettest.Need(t, "nftables", "nft")
	w := newWorld(t)
	listen(t, w.box, 53)
	listen(t, w.internet, 53, 443)
	const another = "192.168.50.22"
	batch(t, w.box, "addr add "+another+"/24 dev up0")
	load(t, w.box, `table inet other {
		chain pre { type nat hook prerouting priority dstnat - 5; policy accept; meta nfproto ipv4 udp dport 53 dnat ip to `+internet4+`; meta nfproto ipv4 tcp dport 53 dnat ip to `+internet4+`; }
		chain post { type nat hook postrouting priority srcnat - 5; policy accept; ip saddr `+phone4+` snat ip to `+another+`; }
	}`)
	reaches(t, w.phone, "8.8.8.8", 53, "internet saw "+another)
	for _, c := range []firewall.Config{{Visibility: true}, {Contained: true}} {
		w.rule(t, c)
		reaches(t, w.phone, "8.8.8.8", 53, "box saw "+phone4)
		if c.Visibility {
			reaches(t, w.phone, internet4, 443, "internet saw "+uplink4)
		}
	}
}
