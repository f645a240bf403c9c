package hotspot_test

import (
	"encoding/binary"
	"net"
	"reflect"
	"testing"

	"github.com/mdlayher/wifi"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/hotspot"
)

func words(list ...uint32) (b []byte) {
	for _, w := range list {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

// phy is a radio whose access point is run by hostapd.
func phy() *wifi.PHY {
	return &wifi.PHY{
		Name:             "phy3",
		SupportedIftypes: []wifi.InterfaceType{wifi.InterfaceTypeStation, wifi.InterfaceTypeAP},
		BandAttributes: []wifi.BandAttributes{
			{HTCapabilities: &wifi.HTCapabilities{}, FrequencyAttributes: []wifi.FrequencyAttrs{{Frequency: 2412}, {Frequency: 2484, Disabled: true}}},
			{FrequencyAttributes: []wifi.FrequencyAttrs{{Frequency: 5180, NoIR: true}, {Frequency: 5500, RadarDetection: true}}},
			{},
			{FrequencyAttributes: []wifi.FrequencyAttrs{{Frequency: 5955}}}, // 6 GHz
		},
		InterfaceCombinations: []wifi.InterfaceCombination{{
			Total: 3, NumChannels: 2,
			CombinationLimits: []wifi.InterfaceCombinationLimit{
				{Max: 1, InterfaceTypes: []wifi.InterfaceType{wifi.InterfaceTypeStation, wifi.InterfaceTypeMeshPoint}},
				{Max: 2, InterfaceTypes: []wifi.InterfaceType{wifi.InterfaceTypeAP}},
			},
		}},
		Extra: map[uint16][]byte{
			unix.NL80211_ATTR_FEATURE_FLAGS:    words(unix.NL80211_FEATURE_SAE),
			unix.NL80211_ATTR_CIPHER_SUITES:    words(0x000fac04, 0x000fac06),
			unix.NL80211_ATTR_MAX_AP_ASSOC_STA: {10, 0},
		},
	}
}

func TestTheKernelsWordsBecomeACard(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("skipped: the example is of a little-endian machine")
	}
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	got := hotspot.CardOf(wifi.Interface{Name: "wlan0", HardwareAddr: mac, Type: wifi.InterfaceTypeStation}, "somewhere", phy())
	want := hotspot.Card{
		Interface: "wlan0", Phy: "phy3", MAC: tinycheck.MAC(mac), Mode: hotspot.ModeStation, SSID: "somewhere",
		AP: true, SAE: true, PMF: true, Stations: 10,
		Channels: []hotspot.Channel{
			{Number: 1, Frequency: 2412, Band: hotspot.Band24, HT: true},
			{Number: 14, Frequency: 2484, Band: hotspot.Band24, HT: true, Disabled: true},
			{Number: 36, Frequency: 5180, Band: hotspot.Band5, NoIR: true},
			{Number: 100, Frequency: 5500, Band: hotspot.Band5, Radar: true},
		},
		Combinations: []hotspot.Combination{{Total: 3, Channels: 2, Limits: []hotspot.Limit{
			{Most: 1, Modes: []hotspot.Mode{hotspot.ModeStation}}, {Most: 2, Modes: []hotspot.Mode{hotspot.ModeAP}},
		}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the card is\n%+v\nwant\n%+v", got, want)
	}
}

func TestCardsThatCannotProtect(t *testing.T) {
	for _, c := range []struct {
		name     string
		set      func(*wifi.PHY)
		sae, pmf bool
	}{
		{"with hostapd's own access point", func(*wifi.PHY) {}, true, true},
		{"an access point of its own", func(p *wifi.PHY) { p.Extra[unix.NL80211_ATTR_DEVICE_AP_SME] = words(0) }, false, false},
		{"no SAE", func(p *wifi.PHY) { p.Extra[unix.NL80211_ATTR_FEATURE_FLAGS] = words(1) }, false, true},
		{"no cipher for management frames", func(p *wifi.PHY) { p.Extra[unix.NL80211_ATTR_CIPHER_SUITES] = words(0x000fac04) }, true, false},
		{"it says nothing", func(p *wifi.PHY) { p.Extra = nil }, false, false},
		{"it says half a word", func(p *wifi.PHY) {
			p.Extra[unix.NL80211_ATTR_CIPHER_SUITES], p.Extra[unix.NL80211_ATTR_FEATURE_FLAGS] = []byte{6, 0xac, 0x0f}, []byte{0x20}
		}, false, false},
	} {
		p := phy()
		c.set(p)
		if got := hotspot.CardOf(wifi.Interface{}, "", p); got.SAE != c.sae || got.PMF != c.pmf {
			t.Errorf("%s: SAE %v, PMF %v", c.name, got.SAE, got.PMF)
		}
	}
	p := phy()
	p.Extra[unix.NL80211_ATTR_WIPHY_SELF_MANAGED_REG] = nil
	p.SupportedIftypes = p.SupportedIftypes[:1]
	if got := hotspot.CardOf(wifi.Interface{Type: wifi.InterfaceTypeMonitor}, "", p); !got.SelfManaged || got.AP || got.Mode != hotspot.ModeMonitor {
		t.Errorf("%+v", got)
	}
}
