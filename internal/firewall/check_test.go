package firewall_test

import (
	"regexp"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// changes are what somebody else may do to the table, in the words of nft, and
// what Check says of it. HANDLE is that of the rule that ends with what is before "|".
var changes = []struct{ does, says string }{
	{"delete table inet tinycheck", "the table is gone"},
	{"flush table inet tinycheck", "chain sources: rule 1 is not"},
	{"flush ruleset", "the table is gone"},
	{"flush chain inet tinycheck forward", "chain forward: rule 1 is not"},
	{"add table inet tinycheck { flags dormant; }", "the table is switched off"},

	{"ct state invalid drop | delete rule inet tinycheck outward handle HANDLE", "chain outward: rule 6 is not: ct state invalid drop"},
	{"ct state invalid drop | replace rule inet tinycheck outward handle HANDLE ct state invalid accept", "chain outward: rule 6 is not"},
	{"ct state invalid drop | replace rule inet tinycheck outward handle HANDLE ct state untracked drop", "chain outward: rule 6 is not"},
	{"ct state invalid drop | replace rule inet tinycheck outward handle HANDLE counter ct state invalid drop", "chain outward: rule 6 is not"},
	{"jump closed6 | delete rule inet tinycheck outward handle HANDLE; add rule inet tinycheck outward meta nfproto ipv6 jump closed6", "chain outward: rule 3 is not"},
	{"ip daddr 192.168.0.0/16 goto refuse | replace rule inet tinycheck closed4 handle HANDLE ip daddr 192.168.0.0/17 goto refuse", "chain closed4: rule 8 is not: ip daddr 192.168.0.0/16 goto refuse"},
	{"ip daddr 192.168.0.0/16 goto refuse | replace rule inet tinycheck closed4 handle HANDLE ip saddr 192.168.0.0/16 goto refuse", "chain closed4: rule 8 is not"},
	{"ip daddr 192.168.0.0/16 goto refuse | replace rule inet tinycheck closed4 handle HANDLE ip daddr != 192.168.0.0/16 goto refuse", "chain closed4: rule 8 is not"},
	{"ip daddr 192.168.0.0/16 goto refuse | replace rule inet tinycheck closed4 handle HANDLE ip daddr 192.168.0.0/16 goto inward", "chain closed4: rule 8 is not"},
	{"ip daddr 192.168.0.0/16 goto refuse | replace rule inet tinycheck closed4 handle HANDLE ip daddr 192.168.0.0/16 jump refuse", "chain closed4: rule 8 is not"},
	{"jump closed4 | replace rule inet tinycheck outward handle HANDLE meta nfproto ipv4 jump closed6", "chain outward: rule 2 is not"},

	{"{ 784, 8853 } goto refuse | replace rule inet tinycheck outward handle HANDLE udp dport { 784, 8853, 9000 } goto refuse", "chain outward: rule 5 is not"},
	{"{ 784, 8853 } goto refuse | replace rule inet tinycheck outward handle HANDLE udp dport != { 784, 8853 } goto refuse", "chain outward: rule 5 is not"},
	{"{ 784, 8853 } goto refuse | replace rule inet tinycheck outward handle HANDLE udp dport { 785, 8853 } goto refuse", "chain outward: rule 5 is not"},
	{"{ 784, 8853 } goto refuse | replace rule inet tinycheck outward handle HANDLE udp sport { 784, 8853 } goto refuse", "chain outward: rule 5 is not"},
	// Expressions that the library does not know vanish from what it reads.
	{"ct state invalid drop | replace rule inet tinycheck outward handle HANDLE ct state invalid ipsec in reqid 1 drop", "chain outward: rule 6 is not"},
	{"ct state invalid drop | replace rule inet tinycheck outward handle HANDLE ct state invalid meta hour >= 7 drop", "chain outward: rule 6 is not"},
	{"reject with tcp reset | replace rule inet tinycheck refuse handle HANDLE meta l4proto tcp reject", "chain refuse: rule 1 is not"},
	{"with icmpx admin-prohibited | replace rule inet tinycheck refuse handle HANDLE reject with icmpx no-route", "chain refuse: rule 3 is not"},
	{"dnat ip to 10.77.3.1 | replace rule inet tinycheck names handle HANDLE ip daddr != 10.77.3.1 meta l4proto { tcp, udp } th dport 53 dnat ip to 10.77.3.9", "chain names: rule 2 is not"},
	{"dnat ip to 10.77.3.1 | replace rule inet tinycheck names handle HANDLE ip daddr != 10.77.3.1 meta l4proto { tcp, udp } th dport 53 dnat ip to 10.77.3.1 random", "chain names: rule 2 is not"},
	{"masquerade | replace rule inet tinycheck uplink handle HANDLE iifname \"wlan0\" oifname != \"wlan0\" masquerade random", "chain uplink: rule 1 is not"},

	{"insert rule inet tinycheck input tcp dport 22 accept", "chain input: rule 1 is not"},
	{"add rule inet tinycheck input tcp dport 22 accept", "chain input: there are 14 rules instead of 13"},
	{"add chain inet tinycheck open { type filter hook input priority -20; policy accept; }", "there are 13 chains instead of 12"},
	{"add chain inet tinycheck forward { policy drop; }", "chain forward: its hook, priority or policy"},
	{"delete chain inet tinycheck uplink; add chain inet tinycheck uplink { type nat hook postrouting priority 100; }; add rule inet tinycheck uplink iifname \"wlan0\" oifname != \"wlan0\" masquerade", "chain uplink: its hook"},
	{"delete chain inet tinycheck uplink; add chain inet tinycheck uplink; add rule inet tinycheck uplink accept", "chain uplink: its hook"},
	{"delete chain inet tinycheck uplink", "chain uplink: it is gone"},

	{"add set inet tinycheck mine { type ipv4_addr; }", "set mine was added"},
}

func TestCheckSeesEveryChange(t *testing.T) {
	nettest.Need(t, "nftables", "nft")
	box := nettest.New(t, "box")
	r := plan(t, firewall.Config{Prefixes: prefixes(four, six), Visibility: true})
	for _, c := range changes {
		box.Do(t, func() {
			if err := r.Apply(); err != nil {
				t.Fatal(err)
			}
			if err := r.Check(); err != nil {
				t.Fatalf("before %q: %v", c.does, err)
			}
		})
		does := withHandle(t, box, c.does)
		box.Run(t, "nft", does)
		box.Do(t, func() {
			err := r.Check()
			if tinycheck.KindOf(err) != tinycheck.Conflict || !strings.Contains(err.Error(), c.says) {
				t.Errorf("after %q Check says: %v", does, err)
			}
			if err := r.Apply(); err != nil {
				t.Errorf("after %q Apply says: %v", does, err)
			}
			if err := r.Check(); err != nil {
				t.Errorf("after %q and Apply, Check says: %v", does, err)
			}
		})
	}
}

func withHandle(t *testing.T, box *nettest.Space, does string) string {
	t.Helper()
	words, command, there := strings.Cut(does, " | ")
	if !there {
		return does
	}
	listing := box.Run(t, "nft", "-a", "list", "table", "inet", "tinycheck")
	handle := regexp.MustCompile(regexp.QuoteMeta(words) + ` # handle (\d+)`).FindStringSubmatch(listing)
	if handle == nil {
		t.Fatalf("no rule ends with %q in\n%s", words, listing)
	}
	return strings.ReplaceAll(command, "HANDLE", handle[1])
}

// A ruleset is not confused with another one, whatever it has in common with it.
func TestCheckTellsRulesetsApart(t *testing.T) {
	box := nettest.New(t, "box")
	for _, there := range wishes {
		box.Do(t, func() {
			if err := plan(t, there.config).Apply(); err != nil {
				t.Fatal(err)
			}
			for _, w := range wishes {
				err := plan(t, w.config).Check()
				if want := w.name == there.name; (err == nil) != want {
					t.Errorf("%s is there, Check of %s says: %v", there.name, w.name, err)
				}
			}
			other := there.config
			other.Guest = "wlan1"
			if err := plan(t, other).Check(); tinycheck.KindOf(err) != tinycheck.Conflict {
				t.Errorf("%s is there for wlan0, Check for wlan1 says: %v", there.name, err)
			}
		})
	}
}

// A table that is replaced while it is read is not taken for a changed one.
func TestCheckReadsOneMoment(t *testing.T) {
	box := nettest.New(t, "box")
	r := plan(t, firewall.Config{Prefixes: prefixes(four, six), Visibility: true})
	apply := func() {
		if err := r.Apply(); err != nil {
			t.Error(err)
		}
	}
	box.Do(t, apply)
	done := make(chan struct{})
	box.Go(t, func() {
		defer close(done)
		for range 50 {
			apply()
		}
	})
	read := 0
	box.Do(t, func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			// Unavailable: replaced again and again, however often it was tried.
			if err := r.Check(); err == nil {
				read++
			} else if tinycheck.KindOf(err) != tinycheck.Unavailable {
				t.Error(err)
			}
		}
	})
	if read == 0 {
		t.Error("it was never read")
	}
}
