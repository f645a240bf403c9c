package analysis_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/analysis"
)

var (
	android14 = []byte{1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108}
	ios       = []byte{1, 121, 3, 6, 15, 108, 114, 119, 252}
	macOS     = []byte{1, 121, 3, 6, 15, 108, 114, 119, 252, 95, 44, 46}
)

func told(f tinycheck.Fact) tinycheck.Event { return tinycheck.Event{Fact: f} }

func asked(name string) tinycheck.Event { return told(tinycheck.DNSQuery{Name: name}) }

func agent(text string) tinycheck.Event { return told(tinycheck.HTTPRequest{UserAgent: text}) }

func joined(r tinycheck.DHCPRequest) tinycheck.Event { return told(r) }

func opened(server, syn string) tinycheck.Event {
	f := &tinycheck.Flow{Transport: tinycheck.TCP, Server: netip.MustParseAddrPort(server), SYN: syn}
	return tinycheck.Event{Flow: f, Fact: tinycheck.FlowEnd{}}
}

// What each kind of device does, and what evidence it leaves: the version of the
// system, never the model.
func TestDeviceClass(t *testing.T) {
	const linux, darwin, windows = "\x02\x04\x08\x01\x03", "\x02\x01\x03\x01\x01\x08\x04\x00\x00", "\x02\x01\x03\x01\x01\x04"
	for name, c := range map[string]struct {
		seen     []tinycheck.Event
		class    tinycheck.DeviceClass
		evidence []string
	}{
		"nothing":          {nil, tinycheck.ClassUnknown, nil},
		"android-dhcp":     {[]tinycheck.Event{joined(tinycheck.DHCPRequest{VendorClass: "android-dhcp-14"})}, tinycheck.ClassAndroid, []string{"dhcp option 60 android-dhcp-14"}},
		"a longer version": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{VendorClass: "android-dhcp-14:Anna's phone"})}, tinycheck.ClassAndroid, []string{"dhcp option 60 android-dhcp-14"}},
		"Android 10":       {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: android14[:10]})}, tinycheck.ClassAndroid, []string{"dhcp option 55 in the order of Android"}},
		"Android 14":       {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: android14})}, tinycheck.ClassAndroid, []string{"dhcp option 55 in the order of Android"}},
		"another order":    {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: append([]byte{3}, android14...)})}, tinycheck.ClassUnknown, nil},
		"options of Android": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Options: []byte{53, 61, 50, 57, 60, 12, 55}}), asked("play-fe.googleapis.com")},
			tinycheck.ClassAndroid, []string{"dhcp options in the order of Android", "name play-fe.googleapis.com"}},
		"iOS 12": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: []byte{1, 121, 3, 6, 15, 119, 252}})}, tinycheck.ClassIPhone, []string{"dhcp option 55 in the order of iOS"}},
		"iOS 17": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: ios})}, tinycheck.ClassIPhone, []string{"dhcp option 55 in the order of iOS"}},
		"macOS":  {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: macOS}), asked("captive.apple.com"), opened("203.0.113.1:5223", darwin)}, tinycheck.ClassUnknown, nil},
		"options of Apple": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Options: []byte{53, 55, 57, 61, 50, 51, 12}}), asked("captive.apple.com"), asked("appldnld.apple.com")},
			tinycheck.ClassIPhone, []string{"dhcp options in the order of Apple", "name captive.apple.com", "name appldnld.apple.com"}},
		"DHCPv6 is not of Android": {[]tinycheck.Event{asked("play-fe.googleapis.com"), asked("android.apis.google.com"), joined(tinycheck.DHCPRequest{V6: true})}, tinycheck.ClassUnknown, nil},
		"without DHCPv6": {[]tinycheck.Event{asked("play-fe.googleapis.com"), asked("android.apis.google.com")},
			tinycheck.ClassAndroid, []string{"name play-fe.googleapis.com", "name android.apis.google.com"}},
		"Windows": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{VendorClass: "MSFT 5.0"}), opened("203.0.113.1:443", windows), agent("Dalvik/2.1.0 (Linux; U; Android 11; sdk_gphone)")}, tinycheck.ClassUnknown, nil},
		"User-Agent": {[]tinycheck.Event{agent("Dalvik/2.1.0 (Linux; U; Android 14; SM-S911B Build/X)"), opened("203.0.113.1:443", linux)},
			tinycheck.ClassAndroid, []string{"tcp options 2-4-8-1-3", "http user-agent Android 14", "http user-agent Dalvik"}},
		"iPhone OS": {[]tinycheck.Event{agent("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"), opened("203.0.113.1:443", darwin)},
			tinycheck.ClassIPhone, []string{"tcp options 2-1-3-1-1-8-4-0-0", "http user-agent of iOS iPhone OS 17"}},
		"an iPad that says it is a Mac": {[]tinycheck.Event{joined(tinycheck.DHCPRequest{Parameters: ios}), agent("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"), asked("captive.apple.com")},
			tinycheck.ClassIPhone, []string{"dhcp option 55 in the order of iOS", "name captive.apple.com"}},
		"push in the own network": {[]tinycheck.Event{asked("appldnld.apple.com"), asked("captive.apple.com"), opened("192.168.4.9:5223", darwin)}, tinycheck.ClassUnknown, nil},
		"probes are one": {[]tinycheck.Event{asked("connectivitycheck.gstatic.com"), told(tinycheck.HTTPRequest{Host: "connectivitycheck.gstatic.com", Path: "/generate_204"}),
			told(tinycheck.HTTPRequest{Host: "www.google.com", Path: "/gen_204"})}, tinycheck.ClassUnknown, nil},
		"below a name":     {[]tinycheck.Event{asked("x.time.android.com"), asked("connect.rom.miui.com")}, tinycheck.ClassAndroid, []string{"name connect.rom.miui.com", "name time.android.com"}},
		"not above a name": {[]tinycheck.Event{asked("android.com"), asked("time.android.com.example"), asked("mytime.android.example"), asked("rom.miui.com")}, tinycheck.ClassUnknown, nil},
	} {
		got := analysis.Recognize(c.seen...)
		if got.Class != c.class || !slices.Equal(got.Evidence, c.evidence) {
			t.Errorf("%s: %s %q, want %s %q", name, got.Class, got.Evidence, c.class, c.evidence)
		}
	}
	if analysis.Signs() > analysis.MostSigns {
		t.Errorf("%d signs, room for %d", analysis.Signs(), analysis.MostSigns)
	}
}

// The name that a device announces is no evidence, and tells no class.
func TestDeviceClassHasNoName(t *testing.T) {
	d := analysis.Recognize(joined(tinycheck.DHCPRequest{MAC: tinycheck.MAC{2}, Name: "Annas-iPhone"}), asked("Annas-iPhone.local"),
		agent("AnnasApp/1 (iPhone; Annas-iPhone)"), asked("captive.apple.com"))
	if d.Class != tinycheck.ClassIPhone || strings.Contains(strings.Join(d.Evidence, " "), "Annas") {
		t.Errorf("%s %q", d.Class, d.Evidence)
	}
}
