package analysis_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/analysis"
)

func ids(r tinycheck.Report) (list []string) {
	for _, a := range r.Devices {
		list = append(list, a.Device.ID)
	}
	return list
}

// A phone with IPv4 and IPv6 is one device, by its link address; the router,
// which forwards everything, is none.
func TestOnePhone(t *testing.T) {
	w := newTap()
	w.ask(phone, "weather.example", outside.v4, outside.v6)
	w.web(phone, "weather.example")
	w.tls(phone, outside, phone.six(50000), outside.six(443), "spy.example")
	w.udp(phone, router, phone.four(5353), netip.MustParseAddrPort("224.0.0.251:5353"), question("printer.local"))
	r := w.report(t, analysis.Config{Feeds: dated()})
	a := only(t, r)
	if a.Device.ID != phone.mac.String() || a.Device.MAC != phone.mac || !slices.Equal(a.Device.Addresses, []netip.Addr{phone.v4, phone.v6}) {
		t.Errorf("device %+v", a.Device)
	}
	if a.Verdict.Answer != tinycheck.Detected || r.Answer != tinycheck.Detected || a.Coverage.Devices != 1 || a.Coverage.Flows != 2 {
		t.Errorf("answer %s, %d devices, %d flows", r.Answer, a.Coverage.Devices, a.Coverage.Flows)
	}
	if slices.Contains(a.Coverage.Limits, tinycheck.LimitOneOfMany) || slices.Contains(a.Coverage.Limits, tinycheck.LimitNoPrivate) {
		t.Errorf("limits %v", a.Coverage.Limits)
	}
}

// Several devices have their own answers; the worst comes first and counts.
func TestSeveralDevices(t *testing.T) {
	w := newTap()
	w.web(phone, "weather.example")
	w.web(laptop, "spy.example")
	third := station{tinycheck.MAC{0xac, 0, 0, 0, 0, 0x0c}, netip.MustParseAddr("192.168.2.12"), netip.Addr{}}
	w.bulk(third, outside, third.four(5000), outside.at("198.51.100.66").four(9000), 400)
	w.web(third, "weather.example")
	r := w.report(t, analysis.Config{})
	if got, want := ids(r), []string{laptop.mac.String(), third.mac.String(), phone.mac.String()}; !slices.Equal(got, want) {
		t.Fatalf("devices %v, want %v", got, want)
	}
	for i, want := range []tinycheck.Level{tinycheck.Detected, tinycheck.Suspicious, tinycheck.Inconclusive} {
		a := r.Devices[i]
		if a.Verdict.Answer != want || a.Coverage.Devices != 3 || !slices.Contains(a.Coverage.Limits, tinycheck.LimitOneOfMany) {
			t.Errorf("%s: %s, %d devices, %v", a.Device.ID, a.Verdict.Answer, a.Coverage.Devices, a.Coverage.Limits)
		}
	}
	if r.Answer != tinycheck.Detected {
		t.Errorf("answer %s", r.Answer)
	}
}

// The phone may be named in any spelling.
func TestChosenDevice(t *testing.T) {
	w := newTap()
	w.web(phone, "weather.example")
	w.tls(phone, outside, phone.six(50000), outside.six(443), "weather.example")
	w.web(laptop, "spy.example")
	for _, word := range []string{"aa:bb:cc:00:00:0a", "AA-BB-CC-00-00-0A", "aabbcc00000a", "192.168.2.10", "2001:DB8:1::A", "2001:db8:1:0::a"} {
		r := w.report(t, analysis.Config{Device: word})
		a := only(t, r)
		if a.Device.ID != phone.mac.String() || r.Answer != tinycheck.Inconclusive || len(a.Findings) != 0 {
			t.Errorf("--device %s: %s, answer %s", word, a.Device.ID, r.Answer)
		}
		if a.Coverage.Devices != 2 || slices.Contains(a.Coverage.Limits, tinycheck.LimitOneOfMany) {
			t.Errorf("--device %s: %d devices, limits %v", word, a.Coverage.Devices, a.Coverage.Limits)
		}
	}
	w.udp(phone, router, phone.four(5353), netip.MustParseAddrPort("224.0.0.251:5353"), question("printer.local"))
	w.join(phone, "Alice", "", nil)
	for _, word := range []string{"224.0.0.251", "255.255.255.255", "203.0.113.5"} {
		if _, err := w.analyze(analysis.Config{Device: word}); !errors.Is(err, tinycheck.NotFound) {
			t.Errorf("%s is a device: %v", word, err)
		}
	}
	_, err := w.analyze(analysis.Config{Device: "10.9.9.9"})
	if !errors.Is(err, tinycheck.NotFound) {
		t.Fatalf("a device that is not there: %v", err)
	}
	for _, part := range []string{"10.9.9.9", phone.mac.String(), phone.v4.String(), laptop.mac.String()} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
	if strings.Contains(err.Error(), router.mac.String()) || strings.Contains(err.Error(), "224.0.0") {
		t.Errorf("%q lists what is no device", err)
	}
	if _, err := newTap().analyze(analysis.Config{Device: "10.9.9.9"}); !errors.Is(err, tinycheck.NotFound) || !strings.Contains(err.Error(), "none") {
		t.Errorf("in an empty capture: %v", err)
	}
}

// An empty capture, or one without any device, is no clean one.
func TestNobody(t *testing.T) {
	r := newTap().report(t, analysis.Config{})
	if len(r.Devices) != 0 || r.Answer != tinycheck.Inconclusive {
		t.Errorf("%d devices, answer %s", len(r.Devices), r.Answer)
	}
}

// Without a private side every source has its answer, and is told so.
func TestNoPrivateSide(t *testing.T) {
	w := newTap()
	w.link = tinycheck.LinkRaw
	one, two := phone.at("198.51.100.1"), phone.at("198.51.100.2")
	w.web(one, "weather.example")
	w.web(two, "spy.example")
	r := w.report(t, analysis.Config{})
	if got, want := ids(r), []string{"198.51.100.2", "198.51.100.1"}; !slices.Equal(got, want) {
		t.Fatalf("devices %v, want %v", got, want)
	}
	for _, a := range r.Devices {
		if !slices.Contains(a.Coverage.Limits, tinycheck.LimitNoPrivate) {
			t.Errorf("%s: limits %v", a.Device.ID, a.Coverage.Limits)
		}
	}
	if r.Answer != tinycheck.Detected {
		t.Errorf("answer %s", r.Answer)
	}
}

// A public source beside a private side is dropped only when nothing that
// decides was found about it.
func TestPublicSourcesAreNotOverlooked(t *testing.T) {
	w := newTap()
	w.link = tinycheck.LinkRaw
	w.web(phone, "weather.example")
	w.web(phone.at("198.51.100.1"), "weather.example")
	w.web(phone.at("198.51.100.2"), "kid.example")
	w.web(phone.at("198.51.100.3"), "spy.example")
	r := w.report(t, analysis.Config{})
	if got, want := ids(r), []string{"198.51.100.3", phone.v4.String()}; !slices.Equal(got, want) {
		t.Errorf("devices %v, want %v", got, want)
	}
	if r.Answer != tinycheck.Detected {
		t.Errorf("answer %s", r.Answer)
	}
}

// A capture made on the phone itself has no link addresses: its private IPv4
// address and its public IPv6 addresses are one device.
func TestCaptureOnThePhoneItself(t *testing.T) {
	w := newTap()
	w.link = tinycheck.LinkRaw
	w.web(phone, "weather.example")
	w.tls(phone, outside, phone.six(50000), outside.six(443), "kid.example")
	temporary := phone
	temporary.v6 = netip.MustParseAddr("2001:db8:1::77")
	w.tls(temporary, outside, temporary.six(50001), outside.six(443), "spy.example")
	a := only(t, w.report(t, analysis.Config{}))
	if !slices.Equal(a.Device.Addresses, []netip.Addr{phone.v4, phone.v6, temporary.v6}) || a.Coverage.Flows != 3 || len(a.Findings) != 2 {
		t.Errorf("device %v, %d flows, %d findings", a.Device.Addresses, a.Coverage.Flows, len(a.Findings))
	}
	if a.Coverage.Packets != int64(len(w.packets)) || a.Verdict.Answer != tinycheck.Detected || slices.Contains(a.Coverage.Limits, tinycheck.LimitNoPrivate) {
		t.Errorf("%d packets, %s, %v", a.Coverage.Packets, a.Verdict.Answer, a.Coverage.Limits)
	}
}

// What devices tell when they join belongs to the one that told it, although
// none has an address yet.
func TestDevicesThatJoin(t *testing.T) {
	w := newTap()
	w.join(phone, "Alice", "android-dhcp-14", []byte{1, 3, 6, 15, 26, 28})
	w.join(laptop, "Bob", "", []byte{1, 121, 3, 6, 15, 114, 119, 252})
	w.web(phone, "weather.example")
	w.web(laptop, "weather.example")
	r := w.report(t, analysis.Config{})
	if len(r.Devices) != 2 {
		t.Fatalf("devices %v", ids(r))
	}
	for i, want := range []tinycheck.Device{{Name: "Alice", Class: tinycheck.ClassAndroid, MAC: phone.mac}, {Name: "Bob", Class: tinycheck.ClassIPhone, MAC: laptop.mac}} {
		got := r.Devices[i].Device
		if got.Name != want.Name || got.Class != want.Class || got.MAC != want.MAC || len(got.Evidence) != 1 || got.Addresses[0].IsUnspecified() {
			t.Errorf("device %+v, want %+v", got, want)
		}
	}
}

// Whom a device talked to, most bytes first.
func TestRemotes(t *testing.T) {
	w := newTap()
	w.ask(phone, "never.example")
	w.ask(phone, "big.example", outside.v4)
	w.bulk(phone, outside, phone.four(5000), outside.four(9000), 9000)
	w.web(phone, "small.example")
	w.bulk(phone, outside, phone.four(5000), outside.at("203.0.113.9").four(9000), 700)
	a := only(t, w.report(t, analysis.Config{}))
	var got []string
	for _, r := range a.Remotes {
		got = append(got, r.Identity.String())
	}
	if want := []string{"big.example", "203.0.113.9", "small.example", "never.example"}; !slices.Equal(got, want) || a.More != 0 {
		t.Errorf("remotes %v and %d more, want %v", got, a.More, want)
	}
	if r := a.Remotes[0]; r.Flows != 1 || r.Sent != 9000-9*28 || r.Received != 0 || !slices.Equal(r.Addresses, []netip.Addr{outside.v4}) {
		t.Errorf("remote %+v", r)
	}
}
