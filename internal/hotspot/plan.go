package hotspot

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

const opPlan = "plan hotspot"

// Planned is a network as it will be opened.
type Planned struct {
	Conf      string // hostapd.conf, with the passphrase in it
	Channel   int
	Frequency int // MHz
	Band      Band
	Security  Security
}

// Plan decides what the card will do and writes it down for hostapd. It touches
// nothing; an error has a Reason, or is about the configuration (kind Invalid).
func Plan(c Config, card Card) (Planned, error) {
	if err := c.Validate(); err != nil {
		return Planned{}, err
	}
	if err := usable(card); err != nil {
		return Planned{}, err
	}
	security, err := secure(c, card)
	if err != nil {
		return Planned{}, err
	}
	ch, err := choose(c, card)
	if err != nil {
		return Planned{}, err
	}
	return Planned{
		Conf: conf(c, card, ch, security), Channel: ch.Number, Frequency: ch.Frequency,
		Band: ch.Band, Security: security,
	}, nil
}

// usable looks at what the interface is doing now.
func usable(card Card) error {
	switch {
	case !card.AP:
		return refuse(opPlan, ReasonNoAPMode, card.Interface, "")
	case card.SSID != "" && card.Mode == ModeAP:
		return refuse(opPlan, ReasonBusy, card.Interface, "it has a network open already")
	case card.SSID != "":
		return refuse(opPlan, ReasonBusy, card.Interface, "it is connected to a network")
	case card.Mode == ModeMonitor:
		return refuse(opPlan, ReasonBusy, card.Interface, "it listens to the air, in monitor mode")
	}
	return nil
}

func secure(c Config, card Card) (Security, error) {
	able := card.SAE && card.PMF
	switch {
	case c.Security == SecurityWPA2:
		return SecurityWPA2, nil
	case able:
		return SecurityTransition, nil
	case c.Security == SecurityTransition:
		return "", refuse(opPlan, ReasonNoWPA3, card.Interface, "")
	}
	return SecurityWPA2, nil
}

// conf is what hostapd reads (hostapd.conf of version 2.10). Every key is said,
// also where it is hostapd's own default: those of distributions differ.
func conf(c Config, card Card, ch Channel, security Security) string {
	var b strings.Builder
	say := func(key string, value any) { fmt.Fprintf(&b, "%s=%v\n", key, value) }
	b.WriteString("# Written at every start; what is changed here is lost.\n")
	say("interface", c.Interface)
	say("driver", "nl80211")
	say("ctrl_interface", controlFolder(c.Folder))
	// Which phones were here is nobody's business: the system log gets nothing.
	// Standard output gets what the 802.11 part has to say, for refused phones.
	say("logger_syslog", 0)
	say("logger_stdout", 1)
	say("logger_stdout_level", 1)

	b.WriteString("\n")
	say("ssid2", hex.EncodeToString([]byte(c.SSID)))
	say("utf8_ssid", flag(utf8.ValidString(c.SSID) && !ascii(c.SSID)))
	say("ignore_broadcast_ssid", flag(c.Hidden))
	say("ap_isolate", 1)
	say("max_num_sta", most(card))
	say("ap_max_inactivity", idleStations)

	b.WriteString("\n")
	say("country_code", c.Country)
	say("ieee80211d", 1)
	say("hw_mode", map[Band]string{Band24: "g", Band5: "a"}[ch.Band])
	say("channel", ch.Number)
	say("ieee80211n", flag(ch.HT))
	say("wmm_enabled", 1)

	b.WriteString("\n")
	say("auth_algs", 1)
	say("wpa", 2)
	say("rsn_pairwise", "CCMP")
	say("wpa_passphrase", c.Passphrase)
	say("ieee80211w", flag(card.PMF))
	if security == SecurityTransition {
		say("wpa_key_mgmt", "WPA-PSK SAE")
		say("sae_require_mfp", 1)
		say("sae_pwe", 2)
	} else {
		say("wpa_key_mgmt", "WPA-PSK")
	}
	return b.String()
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

func ascii(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(b byte) bool { return b >= utf8.RuneSelf })
}

// most is how many stations may be on the network.
func most(card Card) int {
	if card.Stations > 0 {
		return min(card.Stations, maxStations)
	}
	return maxStations
}

// The files in the folder.
func confFile(folder string) string      { return filepath.Join(folder, "hostapd.conf") }
func controlFolder(folder string) string { return filepath.Join(folder, "control") }
func stateFile(folder string) string     { return filepath.Join(folder, "found.json") }
