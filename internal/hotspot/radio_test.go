//go:build radios

package hotspot_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/hotspot"
	"tinycheck/internal/netif"
)

// These tests need simulated radios (hwsim_test.go): hostapd, wpa_supplicant and
// the kernel's Wi-Fi are the real ones.

func start(t *testing.T, c hotspot.Config) *hotspot.Hotspot {
	t.Helper()
	began := time.Now()
	h, err := hotspot.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s on channel %d (%s) after %s", c.SSID, h.Plan().Channel, h.Plan().Security, time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	return h
}

type state struct {
	up         bool
	mac, modes string
}

func stateOf(t *testing.T, iface string) state {
	t.Helper()
	i, err := netif.Find(iface)
	if err != nil {
		t.Fatal(err)
	}
	mode := ""
	for line := range strings.Lines(run(t, "iw", "dev", iface, "info")) {
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), "type "); ok {
			mode = s
		}
	}
	return state{i.Up, i.MAC.String(), mode}
}

func TestRadioCarriesPhones(t *testing.T) {
	for _, kind := range []hotspot.Security{hotspot.SecurityWPA2, hotspot.SecurityTransition} {
		t.Run(string(kind), func(t *testing.T) {
			iface := newRadio(t, "box", 0)
			phone := newHandset(t)
			c := radioConfig(t, iface)
			c.Security = kind
			before := stateOf(t, iface)
			h := start(t, c)
			if h.Plan().Security != kind || h.Plan().Channel != 1 {
				t.Errorf("planned %s on channel %d", h.Plan().Security, h.Plan().Channel)
			}
			now := stateOf(t, iface)
			if mac, _ := netif.Find(iface); now.modes != "AP" || !now.up || now.mac == before.mac || !mac.MAC.Random() || mac.MAC.Group() {
				t.Errorf("the interface is %+v, was %+v", now, before)
			}

			ways := []string{"key_mgmt=WPA-PSK"}
			if kind == hotspot.SecurityTransition {
				ways = append(ways, "key_mgmt=SAE\nieee80211w=2")
			}
			for _, how := range ways {
				visit(t, h, phone, c, how, c.Passphrase)
				turnAway(t, h, phone, c, how)
			}

			if err := h.Stop(); err != nil {
				t.Error(err)
			}
			if h.Err() != nil {
				t.Errorf("stopped, and says %v", h.Err())
			}
			if after := stateOf(t, iface); after != before {
				t.Errorf("the interface was %+v and is %+v", before, after)
			}
			if left, err := os.ReadDir(c.Folder); err != nil || len(left) != 0 {
				t.Errorf("left in the folder: %v (%v)", left, err)
			}
		})
	}
}

func network(c hotspot.Config, how, passphrase string) string {
	return fmt.Sprintf("ssid=%s\nscan_freq=2412\npsk=\"%s\"\n%s", hex.EncodeToString([]byte(c.SSID)), passphrase, how)
}

func visit(t *testing.T, h *hotspot.Hotspot, phone handset, c hotspot.Config, how, passphrase string) {
	t.Helper()
	began := time.Now()
	leave := phone.join(t, network(c, how, passphrase))
	e := expect(t, h, hotspot.Joined)
	t.Logf("joined after %s", time.Since(began).Round(time.Millisecond))
	if list, err := h.Stations(); err != nil || !slices.Contains(list, e.MAC) || len(list) != 1 {
		t.Errorf("stations: %v (%v), want %s", list, err, e.MAC)
	}
	leave()
	if left := expect(t, h, hotspot.Left); left.MAC != e.MAC {
		t.Errorf("%s left, %s had joined", left.MAC, e.MAC)
	}
	if list, err := h.Stations(); err != nil || len(list) != 0 {
		t.Errorf("stations after it left: %v (%v)", list, err)
	}
}

func turnAway(t *testing.T, h *hotspot.Hotspot, phone handset, c hotspot.Config, how string) {
	t.Helper()
	began := time.Now()
	leave := phone.join(t, network(c, how, "somewhere-else"))
	if e := expect(t, h, hotspot.Refused); e.MAC == (tinycheck.MAC{}) {
		t.Error("refused whom?")
	}
	t.Logf("turned away after %s", time.Since(began).Round(time.Millisecond))
	if list, err := h.Stations(); err != nil || len(list) != 0 {
		t.Errorf("stations with a wrong passphrase: %v (%v)", list, err)
	}
	leave()
	// What is on its way from this phone must not be taken for the next one's.
	time.Sleep(time.Second)
	for {
		select {
		case <-h.Events():
			continue
		default:
		}
		return
	}
}

func TestRadioTakesAnyNameAndPassphrase(t *testing.T) {
	iface := newRadio(t, "box", 0)
	phone := newHandset(t)
	c := radioConfig(t, iface)
	c.SSID, c.Passphrase, c.Security = "a\"b\\;=#é\x00\xff ", ` #=\;,":'$(x)  `, hotspot.SecurityTransition
	h := start(t, c)
	visit(t, h, phone, c, "key_mgmt=WPA-PSK", c.Passphrase)
	visit(t, h, phone, c, "key_mgmt=SAE\nieee80211w=2", c.Passphrase)
}

func TestRadioHostapdHasOnlyWhatItNeeds(t *testing.T) {
	iface := newRadio(t, "box", 0)
	c := radioConfig(t, iface)
	h := start(t, c)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.PID()))
	if err != nil {
		t.Fatal(err)
	}
	const netAdminAndRaw = "0000000000003000"
	for _, want := range []string{"CapEff:\t" + netAdminAndRaw, "CapPrm:\t" + netAdminAndRaw} {
		if !strings.Contains(string(text), want) {
			t.Errorf("hostapd's status lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "Uid:\t0\t") {
		t.Error("hostapd runs as root")
	}
	info, err := os.Stat(filepath.Join(c.Folder, "hostapd.conf"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the passphrase has mode %v (%v)", info.Mode(), err)
	}
}

func TestRadioEndsWithAReason(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, h *hotspot.Hotspot, iface string)
		want hotspot.Reason
	}{
		{"hostapd killed", func(t *testing.T, h *hotspot.Hotspot, _ string) { syscall.Kill(h.PID(), syscall.SIGKILL) }, hotspot.ReasonKilled},
		{"hostapd told to end", func(t *testing.T, h *hotspot.Hotspot, _ string) { syscall.Kill(h.PID(), syscall.SIGTERM) }, hotspot.ReasonKilled},
		{"card pulled out", func(t *testing.T, h *hotspot.Hotspot, _ string) { deleteRadio(t, "box") }, hotspot.ReasonGone},
		{"switched off", func(t *testing.T, h *hotspot.Hotspot, iface string) { run(t, "ip", "link", "set", iface, "down") }, hotspot.ReasonNotBeaconing},
		{"radio switched off", func(t *testing.T, h *hotspot.Hotspot, iface string) {
			if err := hotspot.Block(iface); err != nil {
				t.Fatal(err)
			}
		}, hotspot.ReasonBlocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			iface := newRadio(t, "box", 0)
			cfg := radioConfig(t, iface)
			before := stateOf(t, iface)
			h := start(t, cfg)
			c.do(t, h, iface)
			expectEnd(t, h, c.want)
			if err := h.Stop(); err != nil {
				t.Error(err)
			}
			if c.want != hotspot.ReasonGone {
				if after := stateOf(t, iface); after != before {
					t.Errorf("the interface was %+v and is %+v", before, after)
				}
			}
			if left, _ := os.ReadDir(cfg.Folder); len(left) != 0 {
				t.Errorf("left in the folder: %v", left)
			}
		})
	}
}

func TestRadioRefusesToStart(t *testing.T) {
	const stationOnly = 1 << 2 // NL80211_IFTYPE_STATION
	for _, c := range []struct {
		name  string
		modes uint32
		set   func(*hotspot.Config)
		want  hotspot.Reason
	}{
		{"a country that is none", 0, func(c *hotspot.Config) { c.Country = "ZZ" }, hotspot.ReasonWrongCountry},
		{"a card that only joins", stationOnly, func(*hotspot.Config) {}, hotspot.ReasonNoAPMode},
		{"an interface without radio", 0, func(c *hotspot.Config) { c.Interface = "lo" }, hotspot.ReasonNotWireless},
		{"an interface that is not there", 0, func(c *hotspot.Config) { c.Interface = "wlan99" }, hotspot.ReasonNoSuchInterface},
		{"a channel with radars", 0, func(c *hotspot.Config) { c.Channel = 52 }, hotspot.ReasonNoChannel},
		{"a channel that the country closes", 0, func(c *hotspot.Config) { c.Channel, c.Country = 13, "US" }, hotspot.ReasonNoChannel},
	} {
		t.Run(c.name, func(t *testing.T) {
			iface := newRadio(t, "box", c.modes)
			cfg := radioConfig(t, iface)
			c.set(&cfg)
			before := stateOf(t, iface)
			h, err := hotspot.Start(t.Context(), cfg)
			if err == nil {
				h.Stop()
				t.Fatal("it started")
			}
			t.Log(err)
			if got := hotspot.ReasonOf(err); got != c.want {
				t.Errorf("reason %q, want %q", got, c.want)
			}
			if after := stateOf(t, iface); after != before {
				t.Errorf("the interface was %+v and is %+v", before, after)
			}
			if left, _ := os.ReadDir(cfg.Folder); len(left) != 0 {
				t.Errorf("left in the folder: %v", left)
			}
		})
	}
}

func TestRadioIsNotTakenFromSomebodyElse(t *testing.T) {
	iface := newRadio(t, "box", 0)
	first := radioConfig(t, iface)
	start(t, first)
	second := radioConfig(t, iface)
	h, err := hotspot.Start(t.Context(), second)
	if err == nil {
		h.Stop()
	}
	if got := hotspot.ReasonOf(err); got != hotspot.ReasonBusy {
		t.Errorf("a second network on %s: %v", iface, err)
	}
}

func TestRadioOnFiveGigahertz(t *testing.T) {
	iface := newRadio(t, "box", 0)
	c := radioConfig(t, iface)
	c.Band = hotspot.Band5
	if h := start(t, c); h.Plan().Channel != 36 || h.Plan().Band != hotspot.Band5 {
		t.Errorf("planned channel %d", h.Plan().Channel)
	}
}

func TestRadioSwitchIsGivenBack(t *testing.T) {
	iface := newRadio(t, "box", 0)
	if err := hotspot.Block(iface); err != nil {
		t.Fatal(err)
	}
	if blocked, err := hotspot.Blocked(iface); err != nil || !blocked {
		t.Fatalf("blocked: %v (%v)", blocked, err)
	}
	h := start(t, radioConfig(t, iface))
	if blocked, err := hotspot.Blocked(iface); err != nil || blocked {
		t.Errorf("blocked while it runs: %v (%v)", blocked, err)
	}
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	if blocked, err := hotspot.Blocked(iface); err != nil || !blocked {
		t.Errorf("blocked after the end: %v (%v)", blocked, err)
	}
}

func TestRadioAfterACrash(t *testing.T) {
	iface := newRadio(t, "box", 0)
	c := radioConfig(t, iface)
	before := stateOf(t, iface)
	pid := crash(t, c)
	if now := stateOf(t, iface); now == before {
		t.Fatal("the crash left nothing behind; this test proves nothing")
	}
	gone := func() bool { return syscall.Kill(pid, 0) != nil }
	if !hotspot.Poll(context.Background(), patience, gone) {
		t.Error("hostapd outlived us")
	}
	for range 2 { // the second time there is nothing to do
		if err := hotspot.Undo(c.Folder); err != nil {
			t.Fatal(err)
		}
		if after := stateOf(t, iface); after != before {
			t.Errorf("the interface was %+v and is %+v", before, after)
		}
	}
	crash(t, c)
	start(t, c) // the next start takes it back by itself
}

func TestRadioNeedsPermission(t *testing.T) {
	iface := newRadio(t, "box", 0)
	c := radioConfig(t, iface)
	for _, country := range []string{"DE", "FR"} {
		c.Country = country
		other, got := another(t, c, nobodysFolder(t, c))
		other.Process.Kill()
		other.Wait()
		if got != string(hotspot.ReasonNoPermission) {
			t.Errorf("an ordinary user in %s: %s", country, got)
		}
	}
}

// This is how the program runs on a box: an ordinary user with few capabilities.
func TestRadioNeedsNoRoot(t *testing.T) {
	iface := newRadio(t, "box", 0)
	c := radioConfig(t, iface)
	c.Country = "FR" // and not that of the test before
	before := stateOf(t, iface)
	other, word := another(t, c, nobodysFolder(t, c), unix.CAP_NET_ADMIN, unix.CAP_NET_RAW)
	defer func() { other.Process.Kill(); other.Wait() }()
	if _, err := strconv.Atoi(word); err != nil {
		t.Fatalf("with capabilities and without root: %s", word)
	}
	if now := stateOf(t, iface); now.modes != "AP" || !now.up {
		t.Errorf("the interface is %+v", now)
	}
	other.Process.Kill()
	other.Wait()
	if err := hotspot.Undo(c.Folder); err != nil {
		t.Error(err)
	}
	if after := stateOf(t, iface); after != before {
		t.Errorf("the interface was %+v and is %+v", before, after)
	}
}

func TestRadioNeedsHostapd(t *testing.T) {
	iface := newRadio(t, "box", 0)
	before := stateOf(t, iface)
	for _, path := range []string{"/usr/sbin/hostapd", "/usr/bin/hostapd", "/bin/hostapd", "/sbin/hostapd"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		// In the mount namespace of this test nobody else sees it.
		if err := unix.Mount("/dev/null", path, "", unix.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(path, 0); err != nil {
				t.Error(err)
			}
		})
	}
	_, err := hotspot.Start(t.Context(), radioConfig(t, iface))
	if hotspot.ReasonOf(err) != hotspot.ReasonMissingPackage || !strings.Contains(err.Error(), "install the Debian package hostapd") {
		t.Errorf("without hostapd: %v", err)
	}
	if after := stateOf(t, iface); after != before {
		t.Errorf("the interface was %+v and is %+v", before, after)
	}
}
