package hotspot

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"

	"github.com/mdlayher/wifi"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/netif"
)

const opLook = "look at wifi card"

// Look asks the kernel what the card of an interface can do and what it does.
func Look(iface string) (Card, error) {
	if _, err := netif.Find(iface); err != nil {
		if errors.Is(err, tinycheck.NotFound) {
			return Card{}, because(opLook, ReasonNoSuchInterface, iface, "", err)
		}
		return Card{}, err
	}
	list, err := facesOf(iface)
	if err != nil {
		return Card{}, err
	}
	own := list[0]
	phy, err := phyOf(own)
	if err != nil {
		return Card{}, err
	}
	card := cardOf(own, phy)
	for _, f := range list[1:] {
		if f.Frequency != 0 {
			card.Neighbours = append(card.Neighbours, Neighbour{f.Name, modeOf(f.Type), f.Frequency})
		}
	}
	return card, nil
}

// facesOf are the interfaces of one card, the one that was named first.
func facesOf(iface string) ([]face, error) {
	r, err := openRadio()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, because(opLook, ReasonNotWireless, iface, "this kernel has no Wi-Fi", err)
	}
	if err != nil {
		return nil, tinycheck.Errorf(opLook, tinycheck.Unavailable, err)
	}
	defer r.close()
	list, err := r.faces()
	if err != nil {
		return nil, tinycheck.Errorf(opLook, tinycheck.Unavailable, err)
	}
	i := slices.IndexFunc(list, func(f face) bool { return f.Name == iface })
	if i < 0 {
		return nil, refuse(opLook, ReasonNotWireless, iface, "")
	}
	own := list[i]
	others := slices.DeleteFunc(list, func(f face) bool { return f.PHY != own.PHY || f.Device == own.Device })
	return append([]face{own}, others...), nil
}

func phyOf(own face) (*wifi.PHY, error) {
	client, err := wifi.New()
	if err != nil {
		return nil, tinycheck.Errorf(opLook, tinycheck.Unavailable, err)
	}
	defer shut(client)
	list, err := client.PHYs()
	if err != nil {
		return nil, tinycheck.Errorf(opLook, tinycheck.Unavailable, err)
	}
	for _, phy := range list {
		if phy.Index == own.PHY {
			return phy, nil
		}
	}
	return nil, refuse(opLook, ReasonGone, own.Name, "")
}

func cardOf(own face, phy *wifi.PHY) Card {
	card := Card{
		Interface: own.Name, Phy: phy.Name, Mode: modeOf(own.Type), SSID: own.ssid,
		AP: slices.Contains(phy.SupportedIftypes, wifi.InterfaceTypeAP),
	}
	if len(own.HardwareAddr) == len(card.MAC) {
		card.MAC = tinycheck.MAC(own.HardwareAddr)
	}
	// A card that plays access point by itself (DEVICE_AP_SME, most of those with
	// a firmware of their own, like the Raspberry Pi's) leaves neither SAE nor the
	// protection of management frames to hostapd 2.10; with the latter asked for,
	// its network can be seen and not joined.
	_, bySelf := phy.Extra[unix.NL80211_ATTR_DEVICE_AP_SME]
	card.SAE = !bySelf && number(phy, unix.NL80211_ATTR_FEATURE_FLAGS)&unix.NL80211_FEATURE_SAE != 0
	card.PMF = !bySelf && ciphers(phy, bipCMAC)
	_, card.SelfManaged = phy.Extra[unix.NL80211_ATTR_WIPHY_SELF_MANAGED_REG]
	card.Stations = int(number(phy, unix.NL80211_ATTR_MAX_AP_ASSOC_STA))
	for _, band := range phy.BandAttributes {
		for _, f := range band.FrequencyAttributes {
			if n := channelOf(f.Frequency); n != 0 {
				card.Channels = append(card.Channels, Channel{
					Number: n, Frequency: f.Frequency, Band: bandOf(f.Frequency), HT: band.HTCapabilities != nil,
					Disabled: f.Disabled, NoIR: f.NoIR, Radar: f.RadarDetection,
				})
			}
		}
	}
	for _, c := range phy.InterfaceCombinations {
		card.Combinations = append(card.Combinations, combinationOf(c))
	}
	return card
}

// bipCMAC is the cipher that protects management frames (IEEE 802.11-2020, table 9-149).
const bipCMAC = 0x000fac06

func ciphers(phy *wifi.PHY, suite uint32) bool {
	list := phy.Extra[unix.NL80211_ATTR_CIPHER_SUITES]
	for ; len(list) >= 4; list = list[4:] {
		if binary.NativeEndian.Uint32(list) == suite {
			return true
		}
	}
	return false
}

// number reads an attribute of 16 or 32 bits; 0 when it is not there.
func number(phy *wifi.PHY, attribute uint16) uint32 {
	switch data := phy.Extra[attribute]; len(data) {
	case 2:
		return uint32(binary.NativeEndian.Uint16(data))
	case 4:
		return binary.NativeEndian.Uint32(data)
	}
	return 0
}

func combinationOf(c wifi.InterfaceCombination) Combination {
	own := Combination{Total: c.Total, Channels: c.NumChannels}
	for _, l := range c.CombinationLimits {
		limit := Limit{Most: l.Max}
		for _, t := range l.InterfaceTypes {
			if m := modeOf(t); m != ModeOther {
				limit.Modes = append(limit.Modes, m)
			}
		}
		own.Limits = append(own.Limits, limit)
	}
	return own
}

// modeOf takes the two ends of Wi-Fi Direct for what they are on the air.
func modeOf(t wifi.InterfaceType) Mode {
	switch t {
	case wifi.InterfaceTypeStation, wifi.InterfaceTypeP2PClient:
		return ModeStation
	case wifi.InterfaceTypeAP, wifi.InterfaceTypeP2PGroupOwner:
		return ModeAP
	case wifi.InterfaceTypeMonitor:
		return ModeMonitor
	}
	return ModeOther
}
