package hotspot_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/hotspot"
)

// fakeSwitches builds a sysfs with two cards, phy0 (wlan0) and phy1 (wlan1), and
// the switches as given: path below devices → type, soft, hard.
func fakeSwitches(t *testing.T, switches map[string][3]string) (event func() []byte) {
	t.Helper()
	event, _ = fakeSwitchesAt(t, switches)
	return event
}

func fakeSwitchesAt(t *testing.T, switches map[string][3]string) (event func() []byte, device string) {
	t.Helper()
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	for n, name := range []string{"phy0", "phy1"} {
		phy := filepath.Join(root, "devices/pci/ieee80211", name)
		write(filepath.Join(phy, "index"), string(rune('0'+n)))
		link(phy, filepath.Join(root, "class/net", "wlan"+string(rune('0'+n)), "phy80211"))
	}
	for path, s := range switches {
		folder := filepath.Join(root, "devices", path)
		name := filepath.Base(path)
		write(filepath.Join(folder, "index"), strings.TrimPrefix(name, "rfkill")+"\n")
		write(filepath.Join(folder, "type"), s[0]+"\n")
		write(filepath.Join(folder, "soft"), s[1]+"\n")
		write(filepath.Join(folder, "hard"), s[2]+"\n")
		link(folder, filepath.Join(root, "class/rfkill", name))
	}
	device = filepath.Join(root, "dev-rfkill")
	write(device, "")
	hotspot.FakeSwitches(t, root, device)
	return func() []byte {
		data, err := os.ReadFile(device)
		if err != nil {
			t.Fatal(err)
		}
		write(device, "")
		if len(data) == 0 {
			return nil
		}
		return data
	}, device
}

func TestARadioIsOffWhenOneOfItsSwitchesIs(t *testing.T) {
	const own, other, machine = "pci/ieee80211/phy0/rfkill0", "pci/ieee80211/phy1/rfkill1", "platform/laptop/rfkill2"
	for _, c := range []struct {
		name     string
		switches map[string][3]string
		want     bool
	}{
		{"no switches at all", nil, false},
		{"all on", map[string][3]string{own: {"wlan", "0", "0"}, machine: {"wlan", "0", "0"}}, false},
		{"its own, in software", map[string][3]string{own: {"wlan", "1", "0"}}, true},
		{"its own, by key", map[string][3]string{own: {"wlan", "0", "1"}}, true},
		{"the machine's", map[string][3]string{own: {"wlan", "0", "0"}, machine: {"wlan", "1", "0"}}, true},
		{"another card's", map[string][3]string{own: {"wlan", "0", "0"}, other: {"wlan", "1", "1"}}, false},
		{"another radio's", map[string][3]string{own: {"wlan", "0", "0"}, machine: {"bluetooth", "1", "1"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			fakeSwitches(t, c.switches)
			if got, err := hotspot.Blocked("wlan0"); err != nil || got != c.want {
				t.Errorf("blocked: %v (%v), want %v", got, err, c.want)
			}
		})
	}
}

func TestOnlyTheSwitchesOfTheRadioAreUsed(t *testing.T) {
	events := fakeSwitches(t, map[string][3]string{
		"pci/ieee80211/phy0/rfkill0":  {"wlan", "1", "0"},
		"pci/ieee80211/phy1/rfkill10": {"wlan", "0", "0"},
		"platform/laptop/rfkill3":     {"bluetooth", "1", "0"},
	})
	for _, step := range []struct {
		do    func(string) error
		iface string
		index uint32 // of the switch that is used; none: 99
		soft  byte
	}{
		{hotspot.Block, "wlan0", 99, 0}, // is off
		{hotspot.Unblock, "wlan1", 99, 0},
		{hotspot.Unblock, "wlan0", 0, 0},
		{hotspot.Block, "wlan1", 10, 1},
	} {
		if err := step.do(step.iface); err != nil {
			t.Fatal(err)
		}
		e := events()
		if step.index == 99 {
			if e != nil {
				t.Errorf("%+v: event % x", step, e)
			}
			continue
		}
		if len(e) != 8 || binary.NativeEndian.Uint32(e) != step.index || e[4] != 1 || e[5] != 2 || e[6] != step.soft {
			t.Errorf("%+v: event % x", step, e)
		}
	}
}

func TestTheMachinesSwitchIsNeverSwitchedOff(t *testing.T) {
	events := fakeSwitches(t, map[string][3]string{"platform/laptop/rfkill2": {"wlan", "0", "0"}})
	if err := hotspot.Block("wlan0"); err != nil {
		t.Fatal(err)
	}
	if e := events(); e != nil {
		t.Errorf("event % x", e)
	}
}

func TestSwitchesWithoutDeviceOrCard(t *testing.T) {
	_, device := fakeSwitchesAt(t, map[string][3]string{"pci/ieee80211/phy0/rfkill0": {"wlan", "1", "0"}})
	if err := os.Remove(device); err != nil {
		t.Fatal(err)
	}
	if err := hotspot.Unblock("wlan0"); tinycheck.KindOf(err) != tinycheck.Unavailable {
		t.Errorf("without /dev/rfkill: %v", err)
	}
	for _, name := range []string{"lo", "", "../wlan0"} {
		if _, err := hotspot.Blocked(name); hotspot.ReasonOf(err) != hotspot.ReasonNotWireless {
			t.Errorf("%q: %v", name, err)
		}
	}
}
