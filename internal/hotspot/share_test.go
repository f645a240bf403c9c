//go:build radios

package hotspot_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck/internal/hotspot"
)

// One card for the way out and for the guests; with simulated radios.

// The machine itself is connected to a network on channel 11 with the same card.
func TestRadioSharedWithTheUplink(t *testing.T) {
	uplink := radioConfig(t, newRadio(t, "uplink", 0))
	uplink.Channel, uplink.Country = 11, "FR" // so that the rules of two countries meet
	start(t, uplink)

	iface := newRadio(t, "box", 0)
	run(t, "iw", "dev", iface, "interface", "add", "sta0", "type", "managed")
	connect(t, "sta0", uplink)

	c := radioConfig(t, "sta0")
	if _, err := hotspot.Start(t.Context(), c); hotspot.ReasonOf(err) != hotspot.ReasonBusy {
		t.Errorf("a network on the interface of the uplink: %v", err)
	}
	c.Interface, c.Channel = iface, 1
	h, err := hotspot.Start(t.Context(), c)
	if hotspot.ReasonOf(err) != hotspot.ReasonNoChannel {
		if err == nil {
			h.Stop()
		}
		t.Errorf("on channel 1 beside an uplink on 11: %v", err)
	}
	t.Log(err)
	c.Channel = 0
	if h := start(t, c); h.Plan().Channel != 11 {
		t.Errorf("on channel %d beside an uplink on 11", h.Plan().Channel)
	}
	if card, err := hotspot.Look("sta0"); err != nil || card.SSID != uplink.SSID {
		t.Errorf("the uplink was lost: %+v (%v)", card, err)
	}
}

// connect joins an interface of the box itself to a network.
func connect(t *testing.T, iface string, c hotspot.Config) {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "wpa.conf")
	text := "network={\n" + strings.Replace(network(c, "key_mgmt=WPA-PSK", c.Passphrase), "2412", "2437 2462", 1) + "\n}\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	program := exec.Command("wpa_supplicant", "-Dnl80211", "-i"+iface, "-c"+conf)
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		program.Process.Signal(os.Interrupt)
		program.Wait()
	})
	connected := func() bool {
		card, err := hotspot.Look(iface)
		return err == nil && card.SSID != ""
	}
	if !hotspot.Poll(t.Context(), patience, connected) {
		t.Fatalf("%s does not connect", iface)
	}
}

func TestRadioBesideAConnectionOfTheSameInterface(t *testing.T) {
	uplink := radioConfig(t, newRadio(t, "uplink", 0))
	uplink.Channel = 6
	start(t, uplink)
	iface := newRadio(t, "box", 0)
	connect(t, iface, uplink)

	if connected, err := hotspot.Connected(iface); err != nil || !connected {
		t.Errorf("connected: %v, %v", connected, err)
	}
	beside, err := hotspot.Spare()
	if err != nil {
		t.Fatal(err)
	}
	if err := hotspot.Beside(iface, beside); err != nil {
		t.Fatal(err)
	}
	h := start(t, radioConfig(t, beside))
	if h.Plan().Channel != uplink.Channel {
		t.Errorf("on channel %d", h.Plan().Channel)
	}
	if card, err := hotspot.Look(iface); err != nil || card.SSID != uplink.SSID {
		t.Errorf("the connection was lost: %+v (%v)", card, err)
	}
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := hotspot.Remove(beside); err != nil {
			t.Error(err)
		}
	}
	if _, err := hotspot.Look(beside); hotspot.ReasonOf(err) != hotspot.ReasonNoSuchInterface {
		t.Errorf("%s is still there: %v", beside, err)
	}
	if err := hotspot.Remove(iface); err == nil {
		t.Error("it removed an interface that it had not made")
	}
}
