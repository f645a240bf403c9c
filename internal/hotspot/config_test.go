package hotspot_test

import (
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/hotspot"
)

func good() hotspot.Config {
	return hotspot.Config{
		Interface: "wlan0", Country: "DE", SSID: "wifi-7f3a",
		Passphrase: "kmpt-vxdz-hbgs-jnfy", Folder: "/run/box/hotspot",
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*hotspot.Config)
		want string // part of the error; "" for none
	}{
		{"as it should be", func(*hotspot.Config) {}, ""},
		{"any bytes as name", func(c *hotspot.Config) { c.SSID = "\x00\xff\n\"" }, ""},
		{"a channel of the band", func(c *hotspot.Config) { c.Band, c.Channel = hotspot.Band5, 44 }, ""},
		{"no interface", func(c *hotspot.Config) { c.Interface = "" }, "no name of an interface"},
		{"an interface that is a path", func(c *hotspot.Config) { c.Interface = "../x" }, "no name of an interface"},
		{"an interface that is two lines", func(c *hotspot.Config) { c.Interface = "wlan0\nx=1" }, "no name of an interface"},
		{"a long interface", func(c *hotspot.Config) { c.Interface = strings.Repeat("w", 16) }, "no name of an interface"},
		{"a folder somewhere", func(c *hotspot.Config) { c.Folder = "run" }, "absolute"},
		{"a folder that winds", func(c *hotspot.Config) { c.Folder = "/run/../etc" }, "absolute"},
		{"a folder that is two lines", func(c *hotspot.Config) { c.Folder = "/run/a\nb" }, "control characters"},
		{"a folder too deep for a socket", func(c *hotspot.Config) { c.Folder = "/" + strings.Repeat("d", 100) }, "at most 80"},
		{"no name", func(c *hotspot.Config) { c.SSID = "" }, "no name"},
		{"a long name", func(c *hotspot.Config) { c.SSID = strings.Repeat("n", 33) }, "33 bytes"},
		{"a name that says little", func(c *hotspot.Config) { c.SSID = "Tiny Guard Check" }, ""},
		{"the product as name", func(c *hotspot.Config) { c.SSID = "tinycheck" }, "whoever spies"},
		{"the product within a name", func(c *hotspot.Config) { c.SSID = "my-tinycheck-7f3a" }, "whoever spies"},
		{"the product in another spelling", func(c *hotspot.Config) { c.SSID = "T.i_n-y\u00a0 CHECK\u2013x" }, "whoever spies"},
		{"its forerunner as name", func(c *hotspot.Config) { c.SSID = "Spy Guard" }, "whoever spies"},
		{"a short passphrase", func(c *hotspot.Config) { c.Passphrase = "1234567" }, "7 characters"},
		{"a key instead of a passphrase", func(c *hotspot.Config) { c.Passphrase = strings.Repeat("a", 64) }, "64 characters"},
		{"a passphrase of two lines", func(c *hotspot.Config) { c.Passphrase = "12345678\nx=1" }, "not every phone"},
		{"a passphrase with umlaut", func(c *hotspot.Config) { c.Passphrase = "schöner-wald" }, "not every phone"},
		{"no country", func(c *hotspot.Config) { c.Country = "" }, "country is missing"},
		{"a country in words", func(c *hotspot.Config) { c.Country = "Germany" }, "two capital letters"},
		{"a country in small letters", func(c *hotspot.Config) { c.Country = "de" }, "two capital letters"},
		{"the whole world", func(c *hotspot.Config) { c.Country = "00" }, "two capital letters"},
		{"WEP", func(c *hotspot.Config) { c.Security = "wep" }, "no security"},
		{"a band of its own", func(c *hotspot.Config) { c.Band = "6" }, "no band"},
		{"a channel that is none", func(c *hotspot.Config) { c.Channel = 15 }, "no channel 15"},
		{"a channel below zero", func(c *hotspot.Config) { c.Channel = -1 }, "no channel -1"},
		{"a channel between two", func(c *hotspot.Config) { c.Channel = 37 }, "no channel 37"},
		{"the middle of a wide channel", func(c *hotspot.Config) { c.Channel = 42 }, "no channel 42"},
		{"the last channel", func(c *hotspot.Config) { c.Channel = 177 }, ""},
		{"a channel of the other band", func(c *hotspot.Config) { c.Band, c.Channel = hotspot.Band5, 6 }, "not on the 5 GHz band"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good()
			c.set(&cfg)
			err := cfg.Validate()
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want == "":
			case tinycheck.KindOf(err) != tinycheck.Invalid || !strings.Contains(err.Error(), c.want):
				t.Errorf("error %v, want %q", err, c.want)
			case len(cfg.Passphrase) > 7 && strings.Contains(err.Error(), cfg.Passphrase):
				t.Errorf("the passphrase is in the error: %v", err)
			}
		})
	}
}
