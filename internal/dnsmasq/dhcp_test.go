package dnsmasq_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"tinycheck/internal/dnsmasq"
)

func TestAPhoneGetsAnAddressAndNothingThatTells(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	got := w.lease(t, w.phone)
	for key, want := range map[string]string{"router": "10.77.3.1", "dns": "10.77.3.1", "subnet": "255.255.255.0", "broadcast": "10.77.3.255", "lease": "600", "serverid": "10.77.3.1"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	// What else there was, apart from what the shell and udhcpc say themselves.
	for key, value := range got {
		switch key {
		case "router", "dns", "subnet", "broadcast", "lease", "serverid", "ip", "mask", "siaddr", "interface", "opt53", "opt58", "opt59",
			"PATH", "PWD", "HOME", "TERM", "SHLVL", "_", "OLDPWD", "LANG":
		default:
			if os.Getenv(key) != value {
				t.Errorf("the phone was told %s=%s", key, value)
			}
		}
	}
	leases, err := s.Leases()
	if err != nil || len(leases) != 1 || leases[0].Addr.String() != got["ip"] || leases[0].Name != "" || leases[0].Expires.IsZero() {
		t.Fatalf("leases %+v (%v), the phone has %s", leases, err, got["ip"])
	}
	if mac := w.phone.Run(t, "cat", "/proc/net/arp"); leases[0].MAC.String() == "" || mac == "" {
		t.Error("no MAC")
	}
	if link := w.phone.Run(t, "ip", "link", "show", "wlan1"); !strings.Contains(link, leases[0].MAC.String()) {
		t.Errorf("the lease is for %s, the phone is %s", leases[0].MAC, link)
	}
}

// The address says when a phone came, and where the pool began; not what it is.
func TestAddressesDoNotComeFromTheMAC(t *testing.T) {
	w := newWorld(t)
	second := w.bridge(t, "second")[0]
	at := func(first string) func(*dnsmasq.Config) {
		return func(c *dnsmasq.Config) { c.First = netip.MustParseAddr(first) }
	}
	s := w.start(t, at("10.77.3.20"))
	a, b := w.lease(t, w.phone)["ip"], w.lease(t, second)["ip"]
	if a != "10.77.3.20" || b != "10.77.3.21" {
		t.Errorf("the phones have %s and %s", a, b)
	}
	if again := w.lease(t, w.phone)["ip"]; again != a {
		t.Errorf("the phone that had %s has %s", a, again)
	}
	if leases, err := s.Leases(); len(leases) != 2 || err != nil {
		t.Errorf("leases %v (%v)", leases, err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	w.start(t, at("10.77.3.90"))
	b, a = w.lease(t, second)["ip"], w.lease(t, w.phone)["ip"]
	if a != "10.77.3.91" || b != "10.77.3.90" {
		t.Errorf("after a new start the phones have %s and %s", a, b)
	}
}

// A phone may call itself anything: nobody is told.
func TestNamesOfPhonesGoNowhere(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	for _, name := range []string{"wpad", "localhost", "annas-iphone", "connectivitycheck.gstatic.com", strings.Repeat("a", 63), "../../etc/passwd", "a b\"c'd\\", "ünï\x01"} {
		ip := w.lease(t, w.phone, "-x", "hostname:"+name, "-F", name)["ip"]
		leases, err := s.Leases()
		if err != nil || len(leases) != 1 || leases[0].Name != "" || leases[0].Addr.String() != ip {
			t.Errorf("%q: leases %+v (%v)", name, leases, err)
		}
		if !strings.ContainsAny(name, " /\\\x01ü") {
			if m := ask(t, w.phone, asked{name: name + ".", kind: dnsmessage.TypeA}); address(m) == ip {
				t.Errorf("%q leads to the phone", name)
			}
		}
		four := strings.Split(ip, ".")
		reverse := four[3] + "." + four[2] + "." + four[1] + "." + four[0] + ".in-addr.arpa."
		if m := ask(t, w.phone, asked{name: reverse, kind: dnsmessage.TypePTR}); len(m.Answers) != 0 || m.RCode != dnsmessage.RCodeNameError {
			t.Errorf("%s is answered with %v", reverse, m.Answers)
		}
	}
	if said := s.Said(); len(said) != 0 {
		t.Errorf("dnsmasq said %q", said)
	}
}
