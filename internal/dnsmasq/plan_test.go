package dnsmasq_test

import (
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck/internal/dnsmasq"
	"tinycheck/internal/nettest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func prefix(s string) netip.Prefix     { return netip.MustParsePrefix(s) }
func upstream(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// usual is a configuration that is right.
func usual() dnsmasq.Config {
	return dnsmasq.Config{Interface: "ap0", Address: prefix("10.77.3.1/24"), Folder: "/run/box/dnsmasq"}
}

// plans are the configurations whose files lie in testdata.
var plans = map[string]func(c *dnsmasq.Config){
	"usual": func(*dnsmasq.Config) {},
	"six":   func(c *dnsmasq.Config) { c.Six = prefix("fd77:3::1/64") },
	"upstream": func(c *dnsmasq.Config) {
		c.Upstream = []netip.AddrPort{upstream("9.9.9.9:53"), upstream("[2620:fe::fe]:53"), upstream("[fe80::1%lo]:5353"), upstream("127.0.0.1:53")}
	},
	"first":      func(c *dnsmasq.Config) { c.First = netip.MustParseAddr("10.77.3.99") },
	"visibility": func(c *dnsmasq.Config) { c.Visibility = true },
	"contained": func(c *dnsmasq.Config) {
		c.Contained = true
		c.Upstream = []netip.AddrPort{upstream("9.9.9.9:53")} // is not asked
	},
	"both": func(c *dnsmasq.Config) { c.Contained, c.Visibility = true, true },
}

func TestPlan(t *testing.T) {
	for name, change := range plans {
		t.Run(name, func(t *testing.T) {
			c := usual()
			change(&c)
			got, err := dnsmasq.Plan(c)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".conf")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the plan is\n%s\nand not\n%s", got, want)
			}
			if strings.Contains(strings.ToLower(got), "tinycheck") {
				t.Error("the plan names the product")
			}
		})
	}
}

func TestDnsmasqUnderstandsEveryPlan(t *testing.T) {
	nettest.Need(t, "dnsmasq-base", "dnsmasq")
	for name := range plans {
		if out, err := exec.Command("dnsmasq", "--test", "--conf-file="+filepath.Join("testdata", name+".conf")).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
