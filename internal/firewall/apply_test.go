package firewall_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/firewall"
	"tinycheck/internal/nettest"
)

// foreign are tables of others, with all that could be stepped on.
const foreign = `
table inet tinycheck2 {
	chain forward { type filter hook forward priority filter - 10; policy accept; counter packets 3 bytes 4 comment "near"; }
}
table ip tinycheck {
	set closed4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 comment "mine" } }
	chain sources { type filter hook prerouting priority raw; policy accept; ip saddr @closed4 counter packets 17 bytes 1234; }
}
table inet other {
	counter seen { packets 5 bytes 678 }
	quota month { over 10 mbytes used 3 mbytes }
	set guests { type ether_addr; flags timeout; timeout 1d; size 100; }
	map ports { type inet_service : ipv4_addr; elements = { 80 : 192.0.2.1, 443 : 192.0.2.2 } }
	map verdicts { type ifname : verdict; elements = { "wlan0" : accept, "eth0" : jump own } }
	chain own { counter name "seen"; return; }
	chain input { type filter hook input priority filter; policy accept; iifname vmap @verdicts; ct state established accept; limit rate 5/minute log prefix "x: "; }
	chain nat { type nat hook prerouting priority dstnat; policy accept; iifname "eth0" dnat ip to tcp dport map @ports; }
	chain forward { type filter hook forward priority filter; policy drop; iifname "wlan0" accept; oifname "wlan0" accept; }
}
table bridge between { chain forward { type filter hook forward priority 0; policy accept; ether saddr 02:00:00:00:00:01 drop; }; }
`

func TestTablesOfOthersStayByteForByte(t *testing.T) {
	nettest.Need(t, "nftables", "nft")
	box := nettest.New(t, "box")
	load(t, box, foreign)
	before := box.Run(t, "nft", "-a", "list", "ruleset")
	plain := box.Run(t, "nft", "list", "ruleset")
	if !strings.Contains(before, "packets 17 bytes 1234") {
		t.Fatalf("the tables of others are\n%s", before)
	}
	for _, w := range wishes {
		r := plan(t, w.config)
		box.Do(t, func() {
			if err := errors.Join(r.Apply(), r.Check(), r.Apply(), r.Check()); err != nil {
				t.Fatalf("%s: %v", w.name, err)
			}
			if _, err := firewall.Obstacles("wlan0"); err != nil {
				t.Fatal(err)
			}
		})
		if got := strings.Replace(box.Run(t, "nft", "list", "ruleset"), r.String(), "", 1); got != plain {
			t.Errorf("%s: besides ours there is\n%s\nbefore there was\n%s", w.name, got, plain)
		}
		if got := without(box.Run(t, "nft", "-a", "list", "ruleset")); got != before {
			t.Errorf("%s: applied, there is\n%s\nbefore there was\n%s", w.name, got, before)
		}
		box.Do(t, func() {
			if err := errors.Join(firewall.Remove(), firewall.Remove()); err != nil {
				t.Fatal(err)
			}
			if err := r.Check(); tinycheck.KindOf(err) != tinycheck.Conflict {
				t.Errorf("%s: removed, Check says %v", w.name, err)
			}
		})
		if got := box.Run(t, "nft", "-a", "list", "ruleset"); got != before {
			t.Errorf("%s: removed, there is\n%s\nbefore there was\n%s", w.name, got, before)
		}
	}
}

// without leaves our table out of a listing.
func without(listing string) string {
	head, rest, _ := strings.Cut(listing, "table inet tinycheck { #")
	_, tail, _ := strings.Cut(rest, "\n}\n")
	return head + tail
}

func load(t *testing.T, s *nettest.Space, rules string) {
	t.Helper()
	c := s.Command("nft", "-f", "-")
	c.Stdin = strings.NewReader(rules)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v\n%s", err, out)
	}
}

// Applied again, also over what somebody else made of it, the table is what was planned.
func TestApplyReplacesWhateverIsThere(t *testing.T) {
	nettest.Need(t, "nftables", "nft")
	box := nettest.New(t, "box")
	load(t, box, "table inet tinycheck { set closed4 { type ether_addr; }; chain input { type filter hook forward priority 5; policy accept; drop; }; chain mine { }; }")
	for _, w := range wishes {
		r := plan(t, w.config)
		box.Do(t, func() {
			if err := r.Apply(); err != nil {
				t.Fatal(err)
			}
		})
		if got := box.Run(t, "nft", "list", "table", "inet", "tinycheck"); got != r.String() {
			t.Errorf("%s: there is\n%s", w.name, got)
		}
	}
}

// As many networks as are allowed fit into the messages of the kernel.
func TestApplyTakesTheLargestSite(t *testing.T) {
	box := nettest.New(t, "box")
	c := firewall.Config{Prefixes: prefixes(four, six)}
	for i := range 128 {
		c.Site = append(c.Site, prefixes(fmt.Sprintf("203.0.%d.7/25", i), fmt.Sprintf("2001:db8:%x::1/64", i))...)
	}
	r := plan(t, c)
	box.Do(t, func() {
		if err := errors.Join(r.Apply(), r.Check()); err != nil {
			t.Error(err)
		}
	})
}

func TestWithoutPermissionItIsSaid(t *testing.T) {
	box := nettest.New(t, "box")
	r := plan(t, firewall.Config{Prefixes: prefixes(four)})
	// The thread ends with Do, and its missing capability with it.
	box.Do(t, func() {
		dropCapability(t, unix.CAP_NET_ADMIN)
		_, obstacles := firewall.Obstacles("wlan0")
		for does, err := range map[string]error{"apply": r.Apply(), "check": r.Check(), "remove": firewall.Remove(), "look": obstacles} {
			if tinycheck.KindOf(err) != tinycheck.Unavailable || !strings.Contains(err.Error(), does) || !strings.Contains(err.Error(), "run as root, or with CAP_NET_ADMIN") {
				t.Errorf("%s: %v", does, err)
			}
		}
	})
}

func dropCapability(t *testing.T, which int) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[which/32].Effective &^= 1 << (which % 32)
	data[which/32].Permitted &^= 1 << (which % 32)
	data[which/32].Inheritable &^= 1 << (which % 32)
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
}

// The answers of kernels that are not at hand.
func TestWhatTheKernelSaysBecomesAdvice(t *testing.T) {
	for cause, want := range map[error]struct {
		kind tinycheck.ErrorKind
		says string
	}{
		syscall.EPROTONOSUPPORT:    {tinycheck.Unsupported, "this kernel has no nf_tables"},
		syscall.EAFNOSUPPORT:       {tinycheck.Unsupported, "this kernel has no nf_tables"},
		syscall.EOPNOTSUPP:         {tinycheck.Unsupported, "this kernel has no nf_tables"},
		syscall.ENOENT:             {tinycheck.Unsupported, "lacks a part of nf_tables"},
		syscall.EPERM:              {tinycheck.Unavailable, "no permission"},
		os.ErrDeadlineExceeded:     {tinycheck.Unavailable, "does not answer"},
		errors.New("some trouble"): {tinycheck.Unavailable, "some trouble"},
	} {
		err := firewall.Fail("apply firewall", fmt.Errorf("netlink: %w", cause))
		if tinycheck.KindOf(err) != want.kind || !strings.HasPrefix(err.Error(), "apply firewall: ") || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%v becomes %v (%s)", cause, err, tinycheck.KindOf(err))
		}
	}
	if err := firewall.Fail("apply firewall", nil); err != nil {
		t.Error(err)
	}
}
