//go:build radios

package hotspot_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"

	"tinycheck/internal/nettest"
)

// Simulated radios of the kernel module mac80211_hwsim (its header
// drivers/net/wireless/mac80211_hwsim.h), made and deleted one by one. In a
// virtual machine that has the module, hostapd, wpa_supplicant, iw, nsenter and
// /lib/firmware/regulatory.db:
//
//	modprobe mac80211_hwsim radios=0
//	TINYCHECK_RADIOS=1 ./hotspot.test -test.run TestRadio
const (
	hwsimNewRadio = 4
	hwsimDelRadio = 5

	hwsimRadioName    = 17
	hwsimSupportModes = 23
)

// radios says that the tests may use simulated radios, which change the country
// of the whole machine.
const radios = "TINYCHECK_RADIOS"

// newRadio makes a radio that can be what modes say (bits by NL80211_IFTYPE_;
// 0: everything) and gives the name of its interface.
func newRadio(t *testing.T, name string, modes uint32) (iface string) {
	t.Helper()
	if os.Getenv(radios) == "" {
		t.Skipf("skipped: needs simulated radios (kernel module mac80211_hwsim), and %s=1 to allow them", radios)
	}
	nettest.Need(t, "hostapd", "hostapd")
	nettest.Need(t, "wpasupplicant", "wpa_supplicant")
	nettest.Need(t, "iw", "iw")
	hwsim(t, hwsimNewRadio, name, modes)
	if !present(name) {
		t.Fatalf("radio %s was not made", name)
	}
	t.Cleanup(func() { deleteRadio(t, name) })
	list, err := filepath.Glob("/sys/class/ieee80211/" + name + "/device/net/*")
	if err != nil || len(list) != 1 {
		t.Fatalf("radio %s has the interfaces %v (%v)", name, list, err)
	}
	return filepath.Base(list[0])
}

// deleteRadio is what pulling the card out does.
func deleteRadio(t *testing.T, name string) {
	if present(name) {
		hwsim(t, hwsimDelRadio, name, 0)
	}
}

func present(name string) bool {
	_, err := os.Stat("/sys/class/ieee80211/" + name)
	return err == nil
}

func hwsim(t *testing.T, command uint8, name string, modes uint32) {
	t.Helper()
	conn, err := genetlink.Dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	family, err := conn.GetFamily("MAC80211_HWSIM")
	if err != nil {
		t.Fatalf("no simulated radios: %v (modprobe mac80211_hwsim radios=0)", err)
	}
	ae := netlink.NewAttributeEncoder()
	ae.String(hwsimRadioName, name)
	if modes != 0 {
		ae.Uint32(hwsimSupportModes, modes)
	}
	data, err := ae.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m := genetlink.Message{Header: genetlink.Header{Command: command, Version: family.Version}, Data: data}
	// The answer to a new radio is its number, where other answers have an error.
	_, err = conn.Execute(m, family.ID, netlink.Request|netlink.Acknowledge)
	if err != nil && command != hwsimNewRadio {
		t.Errorf("delete radio %s: %v", name, err)
	}
}

// handset is a phone with a radio in a namespace of its own.
type handset struct {
	space *nettest.Space
	iface string
}

func newHandset(t *testing.T) handset {
	t.Helper()
	iface := newRadio(t, "handset", 0)
	p := handset{nettest.New(t, "handset"), iface}
	run(t, "iw", "phy", "handset", "set", "netns", "name", "handset")
	// Its radio can be deleted from where it is only.
	t.Cleanup(func() { p.space.Do(t, func() { hwsim(t, hwsimDelRadio, "handset", 0) }) })
	return p
}

// join runs wpa_supplicant until the returned function ends it.
func (p handset) join(t *testing.T, network string) (leave func()) {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "wpa.conf")
	if err := os.WriteFile(conf, []byte("sae_pwe=2\nnetwork={\n"+network+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := p.space.Command("wpa_supplicant", "-Dnl80211", "-i"+p.iface, "-c"+conf)
	log, err := os.Create(filepath.Join(t.TempDir(), "wpa.log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	leave = func() {
		if ended {
			return
		}
		ended = true
		c.Process.Signal(os.Interrupt)
		c.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("wpa_supplicant:\n%s", text)
		}
		log.Close()
	}
	t.Cleanup(leave)
	return leave
}
