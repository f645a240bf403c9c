package gateway_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tinycheck"
	"tinycheck/internal/gateway"
	"tinycheck/internal/hotspot"
)

func TestAConfigIsCheckedWithoutTheMachine(t *testing.T) {
	wire := gateway.Config{Interface: "ap0", Wired: true, Folder: "/run/x", Keeper: []string{"/bin/keeper"}}
	radio := wire
	radio.Wired, radio.Country = false, "DE"
	for _, c := range []struct {
		name   string
		base   gateway.Config
		change func(*gateway.Config)
		says   string // "" for nothing
	}{
		{"a wire", wire, func(*gateway.Config) {}, ""},
		{"a radio", radio, func(*gateway.Config) {}, ""},
		{"a radio with a name", radio, func(c *gateway.Config) { c.Names = []string{"corner shop", strings.Repeat("x", 27)} }, ""},
		{"no country", radio, func(c *gateway.Config) { c.Country = "" }, "country is missing"},
		{"a country in words", radio, func(c *gateway.Config) { c.Country = "DEU" }, "two capital letters"},
		{"no security", radio, func(c *gateway.Config) { c.Security = "wep" }, "no security"},
		{"no band", radio, func(c *gateway.Config) { c.Band = "7" }, "no band"},
		{"no channel", radio, func(c *gateway.Config) { c.Channel = 37 }, "no channel 37"},
		{"a channel of another band", radio, func(c *gateway.Config) { c.Band, c.Channel = hotspot.Band24, 36 }, "not on the 2.4 GHz band"},
		{"a long name", radio, func(c *gateway.Config) { c.Names = []string{strings.Repeat("x", 28)} }, "too long"},
		{"a long name among others", radio, func(c *gateway.Config) { c.Names = []string{"a", "b", strings.Repeat("x", 40)} }, "too long"},
		{"a long whole name", radio, func(c *gateway.Config) { c.SSID = strings.Repeat("x", 33) }, "33 bytes"},
		{"the product as name", radio, func(c *gateway.Config) { c.Names = []string{"a", "Tiny-Check"} }, "whoever spies"},
		{"the product as whole name", radio, func(c *gateway.Config) { c.SSID = "tinycheck" }, "whoever spies"},
		{"a folder too deep", radio, func(c *gateway.Config) { c.Folder = "/" + strings.Repeat("d", 90) }, "folder"},
		{"a wire in a country", wire, func(c *gateway.Config) { c.Country = "DE" }, "no country"},
		{"a wire with a name", wire, func(c *gateway.Config) { c.SSID = "corner" }, "no network name"},
		{"a wire with names", wire, func(c *gateway.Config) { c.Names = []string{"corner"} }, "no network name"},
		{"a wire with a passphrase", wire, func(c *gateway.Config) { c.Passphrase = "12345678" }, "no passphrase"},
		{"a wire with security", wire, func(c *gateway.Config) { c.Security = hotspot.SecurityWPA2 }, "no security"},
		{"a wire with a band", wire, func(c *gateway.Config) { c.Band = hotspot.Band5 }, "no band"},
		{"a wire with a channel", wire, func(c *gateway.Config) { c.Channel = 6 }, "no channel"},
		{"a wire that hides", wire, func(c *gateway.Config) { c.Hidden = true }, "no hidden name"},
	} {
		c.change(&c.base)
		err := c.base.Validate()
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (tinycheck.KindOf(err) != tinycheck.Invalid || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "12345678")):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestWithoutRightsItSaysWhichAreNeeded(t *testing.T) {
	w := build(t)
	const nobody = 65534
	closed := folder(t)
	mine := w.config()
	must(t, os.Chown(w.folder, nobody, nobody))
	mine.Keeper[2] = "/nowhere" // it is not come to
	for _, c := range []struct {
		name   string
		change func(*gateway.Config)
		says   []string
	}{
		{"no capabilities", func(*gateway.Config) {}, []string{"start keeper", "run as root", "CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE"}},
		{"no place for a folder", func(c *gateway.Config) { c.Folder = "/run/nobodys" }, []string{"mkdir /run/nobodys", "another folder (--runtime-dir)", "run as root"}},
		{"somebody else's folder", func(c *gateway.Config) { c.Folder = closed }, []string{"open " + closed, "another folder (--runtime-dir)"}},
		{"a folder in somebody else's", func(c *gateway.Config) { c.Folder = filepath.Join(closed, "a/b") }, []string{"another folder (--runtime-dir)"}},
	} {
		config := mine
		c.change(&config)
		wish, err := json.Marshal(config)
		must(t, err)
		run := exec.Command("/proc/self/exe", "run", string(wish))
		run.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		out, err := run.CombinedOutput()
		if err == nil {
			t.Errorf("%s: it is open", c.name)
		}
		for _, words := range c.says {
			if !strings.Contains(string(out), words) {
				t.Errorf("%s: it says %s, not %q", c.name, out, words)
			}
		}
	}
}

func TestAKeeperThatMayNotBeRun(t *testing.T) {
	w := build(t)
	config := w.config()
	config.Keeper = []string{"/etc/passwd"}
	_, err := gateway.Open(t.Context(), config)
	if tinycheck.KindOf(err) != tinycheck.Unavailable || !strings.Contains(err.Error(), "let this user run that program") {
		t.Errorf("open gave %v", err)
	}
}
