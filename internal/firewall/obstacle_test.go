package firewall_test

import (
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

func TestObstaclesAreNamed(t *testing.T) {
	nettest.Need(t, "nftables", "nft")
	box := nettest.New(t, "box")
	nettest.Veth(t, box, "wlan0", box, "peer0")
	const drops = "type filter hook forward priority filter; policy drop; "
	forward := `table inet other, chain c (hook forward) drops what is for guests or from them: add to it iifname "wlan0" accept; oifname "wlan0" accept`
	for _, c := range []struct {
		name, rules string
		want        []string
	}{
		{"no other table", "", nil},
		{"a table that lets everything pass", "table inet other { chain c { type filter hook forward priority filter; policy accept; tcp dport 25 drop; iifname \"eth0\" drop; }; }", nil},
		{"a policy that drops", "table inet other { chain c { " + drops + "}; }", []string{forward}},
		{"a policy that drops, answers apart", "table inet other { chain c { " + drops + "ct state established,related accept; iifname \"eth0\" accept; }; }", []string{forward}},
		{"a last rule that rejects", "table inet other { chain c { type filter hook forward priority filter; policy accept; iifname \"eth0\" accept; counter reject; }; }", []string{forward}},
		{"a rule that drops guests", "table inet other { chain c { type filter hook forward priority filter; policy accept; iifname \"wlan0\" drop; }; }", []string{forward}},
		{"a rule that drops some of what guests send", "table inet other { chain c { type filter hook forward priority filter; policy accept; iifname \"wlan0\" tcp dport 25 drop; }; }", nil},
		{"a rule that lets guests pass", "table inet other { chain c { " + drops + "iifname \"wlan0\" counter accept; oifname \"wlan0\" accept; }; }", nil},
		{"a rule that lets some of what guests send pass", "table inet other { chain c { " + drops + "iifname \"wlan0\" oifname \"eth0\" accept; }; }", nil},
		{"a rule by number of the interface", "table inet other { chain c { " + drops + "iif \"wlan0\" accept; }; }", nil},
		{"a rule for names that begin so", "table inet other { chain c { " + drops + "iifname \"wlan*\" accept; }; }", nil},
		{"a rule for several", "table inet other { chain c { " + drops + "iifname { \"eth0\", \"wlan0\" } accept; }; }", nil},
		{"a rule for several others", "table inet other { chain c { " + drops + "iifname { \"eth0\", \"eth1\" } accept; }; }", []string{forward}},
		{"a rule for all but guests", "table inet other { chain c { " + drops + "iifname != \"wlan0\" accept; }; }", []string{forward}},
		{"another chain lets pass", "table inet other { chain user { iifname \"wlan0\" accept; }; chain c { " + drops + "jump user; }; }", nil},
		{"another chain returns first", "table inet other { chain user { return; iifname \"wlan0\" accept; }; chain c { " + drops + "jump user; }; }", []string{forward}},
		{"another chain that one goes to", "table inet other { chain user { tcp dport 1 drop; }; chain c { " + drops + "goto user; accept; }; }", []string{forward}},
		{"another chain drops", "table inet other { chain user { drop; }; chain c { type filter hook forward priority filter; policy accept; iifname \"wlan0\" jump user; }; }", []string{forward}},
		{"translation and bridges are no matter", "table ip n { chain c { type nat hook prerouting priority dstnat; policy drop; }; }; table bridge b { chain c { type filter hook forward priority 0; policy drop; }; }", nil},
		{"every hook and family", `
			table ip a { chain IN { type filter hook input priority filter; policy drop; }; }
			table ip6 b { chain OUT { type filter hook output priority filter; policy drop; }; }
			table inet c { chain pre { type filter hook prerouting priority raw; policy drop; }; }`, []string{
			`table inet c, chain pre (hook prerouting) drops what is for guests or from them: add to it iifname "wlan0" accept`,
			`table ip a, chain IN (hook input) drops what is for guests or from them: add to it iifname "wlan0" accept`,
			`table ip6 b, chain OUT (hook output) drops what is for guests or from them: add to it oifname "wlan0" accept`,
		}},
	} {
		box.Run(t, "nft", "flush", "ruleset")
		load(t, box, c.rules)
		before := box.Run(t, "nft", "-a", "list", "ruleset")
		box.Do(t, func() {
			if err := plan(t, firewall.Config{Prefixes: prefixes(four, six), Contained: true}).Apply(); err != nil {
				t.Fatal(err)
			}
			got, err := firewall.Obstacles("wlan0")
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, %q; want %q", c.name, err, got, c.want)
			}
		})
		if after := without(box.Run(t, "nft", "-a", "list", "ruleset")); after != before {
			t.Errorf("%s: there was\n%s\nthere is\n%s", c.name, before, after)
		}
	}
	if _, err := firewall.Obstacles("wlan0\n"); tinycheck.KindOf(err) != tinycheck.Invalid {
		t.Errorf("a name that is none: %v", err)
	}
}

// What an obstacle advises removes it: guests get through.
func TestTheAdviceHelps(t *testing.T) {
	w := newWorld(t)
	nettest.Need(t, "nftables", "nft")
	listen(t, w.internet, 443)
	listen(t, w.box, 53)
	w.rule(t, firewall.Config{Prefixes: prefixes(six)})
	load(t, w.box, `table inet other {
		chain c { type filter hook forward priority filter; policy drop; }
		chain d { type filter hook input priority filter; policy drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }
		chain e { type filter hook output priority filter; policy drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }
	}`)
	fails(t, w.phone, internet4, 443, errSilence)
	fails(t, w.phone, box4, 53, errSilence)
	load(t, w.box, "add rule inet other e oifname \"wlan0\" accept")
	// What is refused is refused at once all the same: we come first.
	for _, to := range []string{site4, site6} {
		fails(t, w.phone, to, 443, errRefused)
	}
	var list []string
	w.box.Do(t, func() { list, _ = firewall.Obstacles("wlan0") })
	for _, o := range list {
		_, rest, _ := strings.Cut(o, "table ")
		table, rest, _ := strings.Cut(rest, ", chain ")
		chain, _, _ := strings.Cut(rest, " ")
		_, advice, _ := strings.Cut(o, "add to it ")
		for rule := range strings.SplitSeq(advice, "; ") {
			load(t, w.box, "add rule "+table+" "+chain+" "+rule)
		}
	}
	if len(list) != 2 {
		t.Errorf("obstacles are %q", list)
	}
	reaches(t, w.phone, internet4, 443, "internet saw "+uplink4)
	reaches(t, w.phone, internet6, 443, "internet saw "+uplink6)
	reaches(t, w.phone, box4, 53, "box saw "+phone4)
	w.box.Do(t, func() { list, _ = firewall.Obstacles("wlan0") })
	if len(list) > 0 {
		t.Errorf("still in the way: %q", list)
	}
}
