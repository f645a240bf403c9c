package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/gateway"
)

func TestUndoWithoutAnythingToDo(t *testing.T) {
	empty := t.TempDir()
	for _, folder := range []string{empty, filepath.Join(empty, "none")} {
		if said, err := gateway.Undo(folder); err != nil || said != nil {
			t.Errorf("%s: undo did %q: %v", folder, said, err)
		}
	}
}

// wreck is a folder in which a killed run has left a whole journal.
func wreck(t *testing.T, w *world) (text string) {
	t.Helper()
	r, _ := w.start(t, w.config(), "open", nil)
	r.freeze(t)
	kill(t, w.keepers(t)...)
	r.kill(t)
	whole, err := os.ReadFile(filepath.Join(w.folder, "journal"))
	must(t, err)
	return string(whole)
}

func TestUndoByADamagedJournalTakesBackWhatCanBeKnown(t *testing.T) {
	w := build(t)
	before := w.state(t)
	journal := filepath.Join(w.folder, "journal")
	first := func(s string) (head, rest string) {
		head, rest, _ = strings.Cut(s, "\n")
		return head, rest
	}
	for _, c := range []struct {
		name   string
		damage func(whole string) string
		says   string
		left   bool // something stays that only the lost part knew
	}{
		{"empty", func(string) string { return "" }, "empty", true},
		{"without its first line", func(s string) string { _, rest := first(s); return "{\n" + rest }, "whose it was", false},
		{"cut off in the last line", func(s string) string { return s[:len(s)-20] }, "cut off", true},
		{"of zeros", func(s string) string { return strings.Repeat("\x00", len(s)) }, "cannot be read", true},
		{"with a line of something else", func(s string) string { head, rest := first(s); return head + "\nhello\n" + rest }, "line 2", false},
		{"of a newer version", func(s string) string { return strings.Replace(s, `"journal":1`, `"journal":2`, 1) }, "newer version", true},
	} {
		whole := wreck(t, w)
		must(t, os.WriteFile(journal, []byte(c.damage(whole)), 0o600))
		said, err := gateway.Undo(w.folder)
		if err != nil || !strings.Contains(strings.Join(said, "\n"), c.says) {
			t.Errorf("%s: undo did %q: %v", c.name, said, err)
		}
		if now := shell(t, "nft list ruleset"); strings.Contains(now, "tinycheck") {
			t.Errorf("%s: the table is still there", c.name)
		}
		if _, err := os.Stat(journal); err == nil {
			t.Errorf("%s: the journal is still there", c.name)
		}
		if c.left { // the rest by the whole journal, for the next round
			must(t, os.WriteFile(journal, []byte(whole), 0o600))
			_, err := gateway.Undo(w.folder)
			must(t, err)
		}
		w.untouched(t, c.name, before)
	}
}

func TestUndoAfterTheMachineWasStartedAnewLeavesTheKernelAlone(t *testing.T) {
	w := build(t)
	const entries = `
{"step":"folders","interface":"ap0"}
{"step":"firewall","interface":"ap0"}
{"step":"address","interface":"ap0","prefix":"10.9.8.1/24"}
{"step":"switches","switches":[{"key":"net/ipv4/ip_forward","old":"0","new":"1"}]}
`
	script(t, "echo 1 >/proc/sys/net/ipv4/ip_forward; ip address add 10.9.8.1/24 dev ap0; nft add table inet tinycheck")
	t.Cleanup(func() { shell(t, "echo 0 >/proc/sys/net/ipv4/ip_forward") })
	before := w.state(t)
	left := filepath.Join(w.folder, "hotspot")
	must(t, os.Mkdir(left, 0o700))
	must(t, os.WriteFile(filepath.Join(w.folder, "journal"), []byte(`{"journal":1,"run":"A","boot":"another","pid":1,"start":1,"interface":"ap0"}`+entries), 0o600))
	said, err := gateway.Undo(w.folder)
	if err != nil || len(said) != 1 || said[0] != "removed the runtime files of hotspot" {
		t.Errorf("undo did %q: %v", said, err)
	}
	same(t, "the kernel", w.state(t), before)
}

func TestUndoNeverDoesWhatWeWouldNotHaveDone(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for _, line := range []string{
		`{"step":"switches","switches":[{"key":"net/ipv4/conf/all/rp_filter","old":"1","new":"0"}]}`,
		`{"step":"switches","switches":[{"key":"net/ipv4/conf/../../core/somaxconn/forwarding","old":"1","new":"0"}]}`,
		`{"step":"switches","switches":[{"key":"net/ipv4/ip_forward","old":"777","new":"0"}]}`,
		`{"step":"address","interface":"wan0","prefix":"198.51.100.2/24"}`,
		`{"step":"address","interface":"../wan0","prefix":"10.0.0.1/24"}`,
		`{"step":"beside","interface":"wan0"}`,
		`{"step":"keeper"}`,
		`{"step":"reboot"}`,
		fmt.Sprintf(`{"step":"dnsmasq","child":{"name":"dnsmasq","pid":%d,"start":1}}`, os.Getppid()),
		`{"step":"dnsmasq","child":{"name":"dnsmasq","pid":1,"start":0}}`,
		`{"step":"dnsmasq","child":{"name":"dnsmasq","pid":-1,"start":1}}`,
	} {
		head := `{"journal":1,"run":"A","boot":"","pid":1,"start":1,"interface":"ap0"}`
		must(t, os.WriteFile(filepath.Join(w.folder, "journal"), []byte(head+"\n"+line+"\n"), 0o600))
		_, err := gateway.Undo(w.folder)
		if strings.Contains(line, "..") && tinycheck.KindOf(err) == tinycheck.Invalid {
			os.Remove(filepath.Join(w.folder, "journal")) // refused one floor below
			err = nil
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		same(t, line, w.state(t), before)
	}
}

func TestUndoTrustsNoJournalOfSomebodyElse(t *testing.T) {
	w := build(t)
	script(t, "ip address add 10.9.8.1/24 dev wan0")
	before := w.state(t)
	elsewhere := filepath.Join(t.TempDir(), "journal")
	must(t, os.WriteFile(elsewhere, []byte(`{"journal":1,"run":"A","pid":1,"start":1,"interface":"wan0"}
{"step":"address","interface":"wan0","prefix":"10.9.8.1/24"}
`), 0o600))
	must(t, os.Symlink(elsewhere, filepath.Join(w.folder, "journal")))
	said, err := gateway.Undo(w.folder)
	if err != nil || !strings.Contains(strings.Join(said, "\n"), "a link") {
		t.Errorf("undo did %q: %v", said, err)
	}
	same(t, "by a link", w.state(t), before)
}

func TestUndoThatFailsIsTriedAgain(t *testing.T) {
	w := build(t)
	before := w.state(t)
	wreck(t, w)
	release := own(t)
	if _, err := gateway.Undo(w.folder); tinycheck.KindOf(err) != tinycheck.Unavailable {
		t.Errorf("the table of somebody else was removed: %v", err)
	}
	if _, err := gateway.Open(t.Context(), w.config()); err == nil {
		t.Error("a network was opened on what an earlier run has left")
	}
	release()
	_, err := gateway.Undo(w.folder)
	must(t, err)
	w.untouched(t, "after the second attempt", before)
}
