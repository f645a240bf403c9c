package firewall_test

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { nettest.Main(m) }

// The networks of all tests.
const (
	four = "10.77.3.1/24"
	six  = "fd00:77:3::1/64"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// wishes are the configurations that have a golden file.
var wishes = []struct {
	name   string
	config firewall.Config
}{
	{"ipv4", firewall.Config{Prefixes: prefixes(four)}},
	{"ipv6", firewall.Config{Prefixes: prefixes(four, six)}},
	{"contained", firewall.Config{Prefixes: prefixes(four, six), Contained: true}},
	{"visibility", firewall.Config{Prefixes: prefixes(four, six), Visibility: true}},
	{"both", firewall.Config{Prefixes: prefixes(four), Contained: true, Visibility: true}},
	{"site", firewall.Config{Prefixes: prefixes("172.20.1.254/22", six), Site: prefixes(
		"192.168.50.2/24", "2001:db8:50::2/64", // inside of what is closed anyway; not
		"203.0.114.0/25", "203.0.114.128/25", "203.0.115.0/24", // side by side
		"203.0.112.0/24", "203.0.112.9/32", // one in the other
		"198.51.100.7/32", "2001:db8:51::7/128", // hosts
		"255.255.255.0/24", "fe80::1/64",
	)}},
}

func plan(t *testing.T, c firewall.Config) firewall.Ruleset {
	t.Helper()
	if c.Guest == "" {
		c.Guest = "wlan0"
	}
	r, err := firewall.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPlanIsWhatTheGoldenFilesSay(t *testing.T) {
	for _, w := range wishes {
		got := plan(t, w.config).String()
		file := filepath.Join("testdata", w.name+".nft")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", w.name, got, want)
		}
	}
}

// What nft prints, and what it makes of its own words, is what was planned.
func TestTheKernelHasWhatIsPlanned(t *testing.T) {
	nettest.Need(t, "nftables", "nft")
	box := nettest.New(t, "box")
	for _, w := range wishes {
		r := plan(t, w.config)
		box.Do(t, func() {
			if err := r.Apply(); err != nil {
				t.Fatalf("%s: %v", w.name, err)
			}
			if err := r.Check(); err != nil {
				t.Errorf("%s: right after: %v", w.name, err)
			}
		})
		if got := box.Run(t, "nft", "list", "table", "inet", "tinycheck"); got != r.String() {
			t.Errorf("%s: nft prints\n%s\nplanned was\n%s", w.name, got, r)
		}
	}
}

func TestPlanRefusesWhatItCannotUnderstand(t *testing.T) {
	good := firewall.Config{Guest: "wlan0", Prefixes: prefixes(four, six)}
	with := func(change func(*firewall.Config)) firewall.Config {
		c := good
		change(&c)
		return c
	}
	guests := func(texts ...string) firewall.Config {
		return with(func(c *firewall.Config) { c.Prefixes = prefixes(texts...) })
	}
	site := func(list ...netip.Prefix) firewall.Config {
		return with(func(c *firewall.Config) { c.Site = list })
	}
	name := func(n string) firewall.Config { return with(func(c *firewall.Config) { c.Guest = n }) }
	for says, c := range map[string]firewall.Config{
		`interface "": a name has 1 to 15`:        name(""),
		`"sixteen-letters-": a name has 1 to 15`:  name("sixteen-letters-"),
		`'*' cannot be in a name`:                 name("wlan*"),
		`'"' cannot be in a name`:                 name(`a" accept`),
		`'\n' cannot be in a name`:                name("a\nb"),
		`0 networks of IPv4 and 0 of IPv6`:        guests(),
		`0 networks of IPv4 and 1 of IPv6`:        guests(six),
		`2 networks of IPv4`:                      guests(four, "10.78.0.1/24"),
		`1 networks of IPv4 and 2 of IPv6`:        guests(four, six, "fd01::1/64"),
		`10.77.3.0/24: this is not the address`:   guests("10.77.3.0/24"),
		`10.77.3.255/24: this is not the address`: guests("10.77.3.255/24"),
		`10.77.3.1/31: the prefix length is`:      guests("10.77.3.1/31"),
		`10.77.3.1/7: the prefix length is`:       guests("10.77.3.1/7"),
		`::ffff:10.77.3.1/120: give an address`:   guests("::ffff:10.77.3.1/120"),
		`fe80::1/64: packets from there`:          guests(four, "fe80::1/64"),
		`127.0.0.9/24: packets from there`:        guests("127.0.0.9/24"),
		`site 0.0.0.0/0: give an address`:         site(netip.MustParsePrefix("0.0.0.0/0")),
		`site ::/0: give an address`:              site(netip.MustParsePrefix("::/0")),
		`site invalid Prefix: give an address`:    site(netip.Prefix{}),
		`the site has 257 networks, at most 256`:  site(make([]netip.Prefix, 257)...),
	} {
		r, err := firewall.Plan(c)
		if err == nil || tinycheck.KindOf(err) != tinycheck.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: the error is %v", says, err)
		}
		if err := r.Apply(); tinycheck.KindOf(err) != tinycheck.Invalid {
			t.Errorf("%q: an empty ruleset was applied: %v", says, err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}
