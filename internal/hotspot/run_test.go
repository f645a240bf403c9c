package hotspot_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/nettest"
)

// The real hostapd without a radio (driver=none) on one end of a cable: its
// start, its end and its control socket are those of a network on the air.

// cable gives a configuration for a fresh interface box0.
func cable(t *testing.T) (hotspot.Config, string) {
	t.Helper()
	nettest.Need(t, "hostapd", "hostapd")
	nettest.Veth(t, nil, "box0", nettest.New(t, "far"), "far0")
	t.Cleanup(func() { exec.Command("ip", "link", "del", "box0").Run() })
	c := radioConfig(t, "box0")
	if err := child.Private(c.Folder); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf("interface=box0\ndriver=none\nctrl_interface=%s/control\nlogger_syslog=0\n", c.Folder)
	return c, conf
}

func hostapd(t *testing.T) string {
	t.Helper()
	program, err := child.Find("hostapd", "hostapd")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func TestHostapdIsStartedAndStopped(t *testing.T) {
	c, conf := cable(t)
	h, err := hotspot.StartWith(t.Context(), c, conf, hostapd(t))
	if err != nil {
		t.Fatal(err)
	}
	if h.Plan().Conf != conf || h.PID() == 0 || h.Err() != nil {
		t.Errorf("plan %q, pid %d, err %v", h.Plan().Conf, h.PID(), h.Err())
	}
	if info, err := os.Stat(filepath.Join(c.Folder, "hostapd.conf")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the configuration: %v (%v)", info, err)
	}
	if list, err := h.Stations(); err != nil || len(list) != 0 {
		t.Errorf("stations %v (%v)", list, err)
	}
	for range 2 {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, open := <-h.Events(); open || h.Err() != nil {
		t.Errorf("an event after the end, or an error: %v", h.Err())
	}
	if err := syscall.Kill(h.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("hostapd still runs: %v", err)
	}
	if left, err := os.ReadDir(c.Folder); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v (%v)", left, err)
	}
	if _, err := h.Stations(); tinycheck.KindOf(err) != tinycheck.Unavailable {
		t.Errorf("stations after the end: %v", err)
	}
}

func TestHostapdsEndHasAReason(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, h *hotspot.Hotspot)
		want hotspot.Reason
	}{
		{"killed", func(_ *testing.T, h *hotspot.Hotspot) { syscall.Kill(h.PID(), syscall.SIGKILL) }, hotspot.ReasonKilled},
		{"told to end", func(_ *testing.T, h *hotspot.Hotspot) { syscall.Kill(h.PID(), syscall.SIGTERM) }, hotspot.ReasonKilled},
		{"interface pulled out", func(t *testing.T, _ *hotspot.Hotspot) { run(t, "ip", "link", "del", "box0") }, hotspot.ReasonGone},
		{"interface exchanged", func(t *testing.T, _ *hotspot.Hotspot) {
			run(t, "sh", "-c", "ip link set box0 down && ip link set box0 name other0")
		}, hotspot.ReasonGone},
		{"interface switched off", func(t *testing.T, _ *hotspot.Hotspot) { run(t, "ip", "link", "set", "box0", "down") }, hotspot.ReasonNotBeaconing},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, conf := cable(t)
			h, err := hotspot.StartWith(t.Context(), cfg, conf, hostapd(t))
			if err != nil {
				t.Fatal(err)
			}
			c.do(t, h)
			expectEnd(t, h, c.want)
			if err := h.Stop(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(cfg.Folder); len(left) != 0 {
				t.Errorf("left in the folder: %v", left)
			}
		})
	}
}

func TestHostapdThatDoesNotUnderstandUs(t *testing.T) {
	c, conf := cable(t)
	_, err := hotspot.StartWith(t.Context(), c, conf+"wpa_passphrase="+c.Passphrase+"\nfrobnicate=1\n", hostapd(t))
	if hotspot.ReasonOf(err) != hotspot.ReasonHostapdFailed || !strings.Contains(err.Error(), "unknown configuration item 'frobnicate'") {
		t.Errorf("started with nonsense: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), c.Passphrase) {
		t.Errorf("the passphrase is in the error: %v", err)
	}
}

func TestHostapdRunsButThereIsNoNetwork(t *testing.T) {
	c, conf := cable(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := hotspot.Launch(ctx, c, hotspot.Planned{Conf: conf}, hostapd(t), func(hotspot.Config, hotspot.Planned) error {
		cancel() // patience is over
		return hotspot.Refuse("open hotspot", hotspot.ReasonNotBeaconing, "box0", "silence")
	})
	if hotspot.ReasonOf(err) != hotspot.ReasonNotBeaconing {
		t.Errorf("without a network: %v", err)
	}
	assertNone(t, c)
}

// A program that runs, and never opens a control socket.
func TestHostapdThatHangs(t *testing.T) {
	c, conf := cable(t)
	mute := filepath.Join(c.Folder, "mute")
	if err := os.WriteFile(mute, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := hotspot.StartWith(ctx, c, conf, mute)
	if !errors.Is(err, context.DeadlineExceeded) || tinycheck.KindOf(err) != tinycheck.Unavailable {
		t.Errorf("it hangs: %v", err)
	}
	assertNone(t, c)
}

// assertNone looks for processes that still know the folder.
func assertNone(t *testing.T, c hotspot.Config) {
	t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range list {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), c.Folder) {
			t.Errorf("%s still runs: %q", path, text)
		}
	}
}

func TestUndoOfNothing(t *testing.T) {
	folder := t.TempDir()
	keep := filepath.Join(folder, "somebody-elses")
	if err := os.WriteFile(keep, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := hotspot.Undo(folder); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(keep); err != nil {
		t.Error(err)
	}
	if err := hotspot.Undo(filepath.Join(folder, "never-made")); err != nil {
		t.Error(err)
	}
	// An interface that is not there any more has nothing to be given back.
	found := filepath.Join(folder, "found.json")
	if err := os.WriteFile(found, []byte(`{"interface":"wlan99","index":99,"mode":2,"mac":"02:00:00:00:00:01"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := hotspot.Undo(folder); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(found); err == nil {
		t.Error("the file is still there")
	}
	for _, damaged := range []string{"", "{", `{"interface":"../../etc"}`} {
		if err := os.WriteFile(found, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := hotspot.Undo(folder); err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("damaged %q: %v", damaged, err)
		}
	}
}

func TestWhatIsNoCard(t *testing.T) {
	nettest.New(t, "any")
	if _, err := hotspot.Look("wlan99"); hotspot.ReasonOf(err) != hotspot.ReasonNoSuchInterface || tinycheck.KindOf(err) != tinycheck.NotFound {
		t.Errorf("wlan99: %v", err)
	}
	if _, err := hotspot.Look("lo"); hotspot.ReasonOf(err) != hotspot.ReasonNotWireless {
		t.Errorf("lo: %v", err)
	}
	c := good()
	c.Interface, c.Folder = "lo", t.TempDir()
	if _, err := hotspot.Start(t.Context(), c); hotspot.ReasonOf(err) != hotspot.ReasonNotWireless {
		t.Errorf("a network on lo: %v", err)
	}
	if _, err := hotspot.Start(t.Context(), hotspot.Config{}); tinycheck.KindOf(err) != tinycheck.Invalid {
		t.Errorf("nothing: %v", err)
	}
}
