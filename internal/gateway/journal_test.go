package gateway_test

import (
	"bytes"
	"strings"
	"testing"

	"tinycheck/internal/gateway"
)

const wholeJournal = `{"journal":1,"run":"ABC","boot":"b","pid":77,"start":5,"interface":"ap0"}
{"step":"folders","interface":"ap0"}
{"step":"address","interface":"ap0","prefix":"10.9.8.1/24"}
{"step":"address6","interface":"ap0","prefix":"fd01:2:3::1/64"}
{"step":"dnsmasq","interface":"ap0","child":{"name":"dnsmasq","pid":78,"start":6}}
{"step":"switches","switches":[{"key":"net/ipv4/ip_forward","old":"0","new":"1"},{"key":"net/ipv4/conf/all/accept_redirects","old":"1","with":"net/ipv4/ip_forward"}]}
`

func TestAJournalIsReadAsItWasWritten(t *testing.T) {
	p := gateway.Parse([]byte(wholeJournal))
	if p.Run != "ABC" || p.Entries != 5 || p.Damage != nil || string(p.Again) != wholeJournal {
		t.Errorf("it was read as %+v\n%s", p, p.Again)
	}
}

func TestDamageCostsALineOnly(t *testing.T) {
	lines := strings.SplitAfter(wholeJournal, "\n")
	for i := 1; i < len(lines)-1; i++ {
		damaged := strings.Join(lines[:i], "") + lines[i][1:] + strings.Join(lines[i+1:], "")
		if p := gateway.Parse([]byte(damaged)); p.Run != "ABC" || p.Entries != 4 || len(p.Damage) != 1 {
			t.Errorf("line %d: it was read as %+v", i+1, p)
		}
	}
	for length := range len(wholeJournal) {
		p := gateway.Parse([]byte(wholeJournal[:length]))
		begun := strings.Count(wholeJournal[:length], "\n") - 1
		if p.Entries != max(0, begun) && p.Entries != begun+1 {
			t.Errorf("%d bytes: %d entries", length, p.Entries)
		}
	}
}

func TestAJournalIsBounded(t *testing.T) {
	long := wholeJournal + strings.Repeat(`{"step":"folders","interface":"ap0"}`+"\n", 100_000)
	if p := gateway.Parse([]byte(long)); p.Entries > 8192 || len(p.Damage) == 0 {
		t.Errorf("%d entries, %q", p.Entries, p.Damage)
	}
	if p := gateway.Parse(bytes.Repeat([]byte("x\n"), 400_000)); len(p.Damage) > 20 {
		t.Errorf("%d words of damage", len(p.Damage))
	}
}

func TestOnlyOurSwitchesAreSet(t *testing.T) {
	for _, c := range []struct {
		key, old, to, with string
		foreign            bool
	}{
		{"net/ipv4/ip_forward", "0", "1", "", false},
		{"net/ipv6/conf/all/forwarding", "0", "1", "", false},
		{"net/ipv6/conf/eth0.5/accept_ra", "1", "2", "", false},
		{"net/ipv4/conf/all/accept_redirects", "1", "", "net/ipv4/ip_forward", false},
		{"net/ipv4/conf/eth0/accept_redirects", "1", "", "net/ipv4/ip_forward", true},
		{"net/ipv4/conf/all/rp_filter", "1", "0", "", true},
		{"net/ipv4/conf/forwarding", "1", "0", "", true},
		{"kernel/conf/x/y/forwarding", "1", "0", "", true},
		{"net/ipv4/ip_forward", "0", "", "", true},
		{"net/ipv4/ip_forward", "0", "1", "net/ipv4/other", true},
		{"net/ipv4/ip_forward", "3", "1", "", true},
	} {
		if got := gateway.ForeignToggle(c.key, c.old, c.to, c.with); got != c.foreign {
			t.Errorf("%+v: foreign is %t", c, got)
		}
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(wholeJournal))
	f.Add([]byte(wholeJournal[:len(wholeJournal)-9]))
	f.Add([]byte("{}\n{}\n"))
	f.Add([]byte(`{"journal":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p := gateway.Parse(text)
		if len(text) == 0 != (len(p.Damage) > 0 && strings.Contains(p.Damage[0], "empty")) {
			t.Errorf("damage %q", p.Damage)
		}
		// What was understood is ours, and is understood again.
		if q := gateway.Parse(p.Again); p.Run != "" && (q.Entries != p.Entries || q.Damage != nil || !bytes.Equal(q.Again, p.Again)) {
			t.Errorf("read again: %+v\n%s", q, q.Again)
		}
	})
}
