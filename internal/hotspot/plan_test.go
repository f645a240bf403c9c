package hotspot_test

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck/internal/hotspot"
)

var update = flag.Bool("update", false, "write the golden files anew")

// card is one that can everything, in a country of central Europe.
func card() hotspot.Card {
	c := hotspot.Card{
		Interface: "wlan0", Phy: "phy0", Mode: hotspot.ModeStation,
		AP: true, SAE: true, PMF: true,
	}
	for n := 1; n <= 14; n++ {
		c.Channels = append(c.Channels, hotspot.Channel{
			Number: n, Frequency: hotspot.FrequencyOf(n), Band: hotspot.Band24, HT: true, Disabled: n == 14,
		})
	}
	for _, n := range []int{36, 40, 44, 48, 52, 100, 149} {
		c.Channels = append(c.Channels, hotspot.Channel{
			Number: n, Frequency: hotspot.FrequencyOf(n), Band: hotspot.Band5, HT: true,
			Radar: n == 52 || n == 100, Disabled: n == 149,
		})
	}
	return c
}

// one radio that can be on so many channels with one station and one access point.
func beside(c hotspot.Card, channels int, frequency int) hotspot.Card {
	c.Neighbours = []hotspot.Neighbour{{Interface: "wlan1", Mode: hotspot.ModeStation, Frequency: frequency}}
	c.Combinations = []hotspot.Combination{{Total: 2, Channels: channels, Limits: []hotspot.Limit{
		{Modes: []hotspot.Mode{hotspot.ModeStation}, Most: 1}, {Modes: []hotspot.Mode{hotspot.ModeAP}, Most: 1},
	}}}
	return c
}

func TestPlanIsWhatHostapdReads(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*hotspot.Config, *hotspot.Card)
	}{
		{"transition", func(*hotspot.Config, *hotspot.Card) {}},
		{"wpa2", func(c *hotspot.Config, _ *hotspot.Card) { c.Security = hotspot.SecurityWPA2 }},
		{"raspberry-pi", func(_ *hotspot.Config, card *hotspot.Card) { card.SAE, card.PMF, card.Stations = false, false, 8 }},
		{"five-gigahertz", func(c *hotspot.Config, _ *hotspot.Card) { c.Band = hotspot.Band5 }},
		{"hidden-and-odd", func(c *hotspot.Config, _ *hotspot.Card) {
			c.SSID, c.Passphrase, c.Hidden, c.Country = "Café \"\n\\", ` #=\;,":'$(x)  `, true, "FR"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, with := good(), card()
			c.set(&cfg, &with)
			p, err := hotspot.Plan(cfg, with)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "plan", c.name+".conf")
			if *update {
				if err := os.WriteFile(golden, []byte(p.Conf), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if p.Conf != string(want) {
				t.Errorf("the plan is\n%s\nwant\n%s", p.Conf, want)
			}
		})
	}
}

func TestPlanNeverWeakens(t *testing.T) {
	for _, security := range []hotspot.Security{"", hotspot.SecurityAuto, hotspot.SecurityWPA2, hotspot.SecurityTransition} {
		c := good()
		c.Security = security
		p, err := hotspot.Plan(c, card())
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(p.Conf, "\n")
		for _, want := range []string{"wpa=2", "rsn_pairwise=CCMP", "ap_isolate=1", "country_code=DE", "auth_algs=1", "logger_syslog=0"} {
			if !slices.Contains(lines, want) {
				t.Errorf("%s: the plan lacks %s", security, want)
			}
		}
		for _, never := range []string{"TKIP", "wps_", "wpa_pairwise", "device_name", "manufacturer", "model_", "tiny"} {
			if strings.Contains(strings.ToLower(p.Conf), strings.ToLower(never)) {
				t.Errorf("%s: the plan has %s", security, never)
			}
		}
	}
}

func TestPlanChoosesTheChannel(t *testing.T) {
	close24 := func(card *hotspot.Card) {
		for i := range card.Channels {
			if card.Channels[i].Band == hotspot.Band24 {
				card.Channels[i].Disabled = true
			}
		}
	}
	for _, c := range []struct {
		name    string
		set     func(*hotspot.Config, *hotspot.Card)
		channel int
		reason  hotspot.Reason
		words   string // in the error
	}{
		{"the first that every phone can", func(*hotspot.Config, *hotspot.Card) {}, 1, "", ""},
		{"the next free of those apart", func(_ *hotspot.Config, k *hotspot.Card) { k.Channels[0].Disabled = true }, 6, "", ""},
		{"one that overlaps rather than none", func(_ *hotspot.Config, k *hotspot.Card) {
			k.Channels[0].Disabled, k.Channels[5].NoIR, k.Channels[10].Disabled = true, true, true
		}, 2, "", ""},
		{"the upper band when the lower is closed", func(_ *hotspot.Config, k *hotspot.Card) { close24(k) }, 36, "", ""},
		{"the upper band as asked", func(c *hotspot.Config, _ *hotspot.Card) { c.Band = hotspot.Band5 }, 36, "", ""},
		{"the channel as asked", func(c *hotspot.Config, _ *hotspot.Card) { c.Channel = 48 }, 48, "", ""},
		{"radars first", func(c *hotspot.Config, _ *hotspot.Card) { c.Channel = 52 }, 0, hotspot.ReasonNoChannel, "radars"},
		{"closed", func(c *hotspot.Config, _ *hotspot.Card) { c.Channel = 149 }, 0, hotspot.ReasonNoChannel, "closed in DE"},
		{"not one of the card", func(c *hotspot.Config, _ *hotspot.Card) { c.Channel = 165 }, 0, hotspot.ReasonNoChannel, "no channel 165"},
		{"only for joining", func(c *hotspot.Config, k *hotspot.Card) { c.Channel, k.Channels[12].NoIR = 13, true }, 0, hotspot.ReasonNoChannel, "only join"},
		{"11b alone", func(c *hotspot.Config, k *hotspot.Card) { c.Channel, k.Channels[13].Disabled = 14, false }, 0, hotspot.ReasonNoChannel, "802.11b"},
		{"never 11b by choice", func(_ *hotspot.Config, k *hotspot.Card) {
			close24(k)
			k.Channels[13].Disabled = false
		}, 36, "", ""},
		{"nothing at all", func(_ *hotspot.Config, k *hotspot.Card) { k.Channels = nil }, 0, hotspot.ReasonNoChannel, "all channels"},
		{"the uplink's", func(_ *hotspot.Config, k *hotspot.Card) { *k = beside(*k, 1, 2437) }, 6, "", ""},
		{"the uplink's, in the upper band", func(_ *hotspot.Config, k *hotspot.Card) { *k = beside(*k, 1, 5220) }, 44, "", ""},
		{"the uplink's also when another were possible", func(_ *hotspot.Config, k *hotspot.Card) { *k = beside(*k, 2, 2462) }, 11, "", ""},
		{"another than the uplink's, on a card that can", func(c *hotspot.Config, k *hotspot.Card) {
			*k = beside(*k, 2, 5500)
		}, 1, "", ""},
		{"the uplink's is shared with radars", func(_ *hotspot.Config, k *hotspot.Card) { *k = beside(*k, 1, 5500) }, 0, hotspot.ReasonNoChannel, "connect wlan1 on 2.4 GHz"},
		{"the uplink's is not the one asked for", func(c *hotspot.Config, k *hotspot.Card) {
			c.Channel = 1
			*k = beside(*k, 1, 2437)
		}, 0, hotspot.ReasonNoChannel, "leave channel and band open"},
		{"the radio cannot do both", func(_ *hotspot.Config, k *hotspot.Card) {
			*k = beside(*k, 1, 2437)
			k.Combinations = nil
		}, 0, hotspot.ReasonBusy, "disconnect wlan1"},
		{"the radio can do both, but not three", func(_ *hotspot.Config, k *hotspot.Card) {
			*k = beside(*k, 1, 2437)
			k.Neighbours = append(k.Neighbours, hotspot.Neighbour{Interface: "wlan2", Mode: hotspot.ModeAP, Frequency: 2437})
		}, 0, hotspot.ReasonBusy, "cannot open a network"},
		{"a limit that two modes share", func(_ *hotspot.Config, k *hotspot.Card) {
			*k = beside(*k, 1, 2437)
			k.Combinations[0].Limits = []hotspot.Limit{{Modes: []hotspot.Mode{hotspot.ModeStation, hotspot.ModeAP}, Most: 1}}
		}, 0, hotspot.ReasonBusy, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, with := good(), card()
			c.set(&cfg, &with)
			p, err := hotspot.Plan(cfg, with)
			if hotspot.ReasonOf(err) != c.reason || p.Channel != c.channel {
				t.Fatalf("channel %d, %v", p.Channel, err)
			}
			if err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v; want %q in it", err, c.words)
			}
			if err == nil && p.Frequency != hotspot.FrequencyOf(p.Channel) {
				t.Errorf("channel %d on %d MHz", p.Channel, p.Frequency)
			}
		})
	}
}

func TestPlanNeedsAFreeCard(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*hotspot.Config, *hotspot.Card)
		want hotspot.Reason
	}{
		{"it only joins", func(_ *hotspot.Config, k *hotspot.Card) { k.AP = false }, hotspot.ReasonNoAPMode},
		{"it is connected", func(_ *hotspot.Config, k *hotspot.Card) { k.SSID = "somewhere" }, hotspot.ReasonBusy},
		{"it is an access point already", func(_ *hotspot.Config, k *hotspot.Card) { k.SSID, k.Mode = "mine", hotspot.ModeAP }, hotspot.ReasonBusy},
		{"it listens", func(_ *hotspot.Config, k *hotspot.Card) { k.Mode = hotspot.ModeMonitor }, hotspot.ReasonBusy},
		{"left over from a crash", func(_ *hotspot.Config, k *hotspot.Card) { k.Mode = hotspot.ModeAP }, ""},
		{"no SAE and WPA3 asked for", func(c *hotspot.Config, k *hotspot.Card) {
			c.Security, k.SAE = hotspot.SecurityTransition, false
		}, hotspot.ReasonNoWPA3},
		{"no protected frames and WPA3 asked for", func(c *hotspot.Config, k *hotspot.Card) {
			c.Security, k.PMF = hotspot.SecurityTransition, false
		}, hotspot.ReasonNoWPA3},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, with := good(), card()
			c.set(&cfg, &with)
			if _, err := hotspot.Plan(cfg, with); hotspot.ReasonOf(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := hotspot.Plan(hotspot.Config{}, card()); err == nil || hotspot.ReasonOf(err) != "" {
		t.Errorf("an empty configuration: %v", err)
	}
}

func TestChannelsHaveNumbers(t *testing.T) {
	for mhz, channel := range map[int]int{2412: 1, 2437: 6, 2472: 13, 2484: 14, 5180: 36, 5500: 100, 5825: 165, 5885: 177, 5955: 0, 2417: 2, 2413: 0, 5000: 0, 60480: 0} {
		if got := hotspot.ChannelOf(mhz); got != channel {
			t.Errorf("%d MHz is channel %d, want %d", mhz, got, channel)
		}
		if got := hotspot.FrequencyOf(channel); channel != 0 && got != mhz {
			t.Errorf("channel %d is on %d MHz, want %d", channel, got, mhz)
		}
	}
}

// Whatever passes Validate is one line each: nothing of it can become a line of
// its own making.
func FuzzPlanWritesWhatWasAsked(f *testing.F) {
	f.Add("wifi-7f3a", "kmpt-vxdz-hbgs-jnfy", "wlan0", "/run/box", true)
	f.Add("a\nwpa=0", " #=\\;,\":'$(x)  ", "w-0", "/run/a b", false)
	f.Fuzz(func(t *testing.T, ssid, passphrase, iface, folder string, hidden bool) {
		c := good()
		c.SSID, c.Passphrase, c.Interface, c.Folder, c.Hidden = ssid, passphrase, iface, folder, hidden
		p, err := hotspot.Plan(c, card())
		if err != nil {
			return
		}
		said := make(map[string]string)
		for line := range strings.Lines(p.Conf) {
			key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			if _, twice := said[key]; twice && ok {
				t.Errorf("%s is said twice in\n%s", key, p.Conf)
			}
			said[key] = value
		}
		name, err := hex.DecodeString(said["ssid2"])
		if err != nil || string(name) != ssid || said["wpa_passphrase"] != passphrase || said["interface"] != iface ||
			said["ctrl_interface"] != folder+"/control" && folder != "/" || said["wpa"] != "2" {
			t.Errorf("%q %q %q %q became\n%s", ssid, passphrase, iface, folder, p.Conf)
		}
	})
}
