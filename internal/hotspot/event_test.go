package hotspot_test

import (
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/hotspot"
)

var phone = tinycheck.MAC{0x02, 0, 0, 0, 0x01, 0xab}

func TestHostapdSpeaks(t *testing.T) {
	for message, want := range map[string]struct {
		saying hotspot.Saying
		mac    tinycheck.MAC
	}{
		"<3>AP-ENABLED ":                        {hotspot.SayEnabled, tinycheck.MAC{}},
		"<3>AP-DISABLED ":                       {hotspot.SayDisabled, tinycheck.MAC{}},
		"<3>INTERFACE-DISABLED ":                {hotspot.SayInterfaceDown, tinycheck.MAC{}},
		"<3>CTRL-EVENT-TERMINATING ":            {hotspot.SayEnding, tinycheck.MAC{}},
		"<3>AP-STA-CONNECTED 02:00:00:00:01:ab": {hotspot.SayJoined, phone},
		"<3>AP-STA-CONNECTED 02:00:00:00:01:AB keyid=one dpp_pkhash=00": {hotspot.SayJoined, phone},
		"<3>AP-STA-DISCONNECTED 02:00:00:00:01:ab":                      {hotspot.SayLeft, phone},
		"<3>AP-STA-POSSIBLE-PSK-MISMATCH 02:00:00:00:01:ab\n":           {hotspot.SayRefused, phone},
		"AP-STA-CONNECTED 02:00:00:00:01:ab":                            {hotspot.SayJoined, phone}, // without level
		"<3>EAPOL-4WAY-HS-COMPLETED 02:00:00:00:01:ab":                  {hotspot.SayNothing, tinycheck.MAC{}},
		"<3>DFS-RADAR-DETECTED freq=5260 ht_enabled=1":                  {hotspot.SayNothing, tinycheck.MAC{}},
		"<3>AP-STA-CONNECTED":                                           {hotspot.SayNothing, tinycheck.MAC{}},
		"<3>AP-STA-CONNECTED 02:00:00:00:01":                            {hotspot.SayNothing, tinycheck.MAC{}},
		"<3>AP-STA-CONNECTED 00:00:00:00:00:00":                         {hotspot.SayNothing, tinycheck.MAC{}},
		"<3>AP-STA-CONNECTED ff:ff:ff:ff:ff:ff":                         {hotspot.SayNothing, tinycheck.MAC{}},
		"<AP-ENABLED":                                                   {hotspot.SayNothing, tinycheck.MAC{}},
		"<33>AP-ENABLED":                                                {hotspot.SayNothing, tinycheck.MAC{}},
		"":                                                              {hotspot.SayNothing, tinycheck.MAC{}},
	} {
		if saying, mac := hotspot.ParseSaying(message); saying != want.saying || mac != want.mac {
			t.Errorf("%q means %d of %s, want %d of %s", message, saying, mac, want.saying, want.mac)
		}
	}
}

func TestHostapdPrintsProofs(t *testing.T) {
	for line, want := range map[string]bool{
		"wlan0: STA 02:00:00:00:01:ab IEEE 802.11: SAE authentication (RX confirm, status=0 (SUCCESS))":                    true,
		"wlan0: STA 02:00:00:00:01:ab IEEE 802.11: start SAE authentication (RX commit, status=126 (SAE_HASH_TO_ELEMENT))": false,
		"wlan0: STA 02:00:00:00:01:ab IEEE 802.11: SAE authentication (RX confirm, status=1 (UNSPECIFIED_FAILURE))":        false,
		"wlan0: STA 02:00:00:00:01:zz IEEE 802.11: SAE authentication (RX confirm, status=0 (SUCCESS))":                    false,
		"wlan0: STA 02:00":                          false,
		"wlan0: AP-STA-CONNECTED 02:00:00:00:01:ab": false,
	} {
		mac, ok := hotspot.ParseConfirm(line)
		if ok != want || ok && mac != phone {
			t.Errorf("%q: %s, %v", line, mac, ok)
		}
	}
}

func TestHostapdAnswers(t *testing.T) {
	mac, flags, ok := hotspot.ParseStation("02:00:00:00:01:ab\nflags=[AUTH][ASSOC][AUTHORIZED]\naid=1\n")
	if !ok || mac != phone || flags != "[AUTH][ASSOC][AUTHORIZED]" {
		t.Errorf("%s %s %v", mac, flags, ok)
	}
	for _, none := range []string{"", "FAIL\n", "flags=[AUTHORIZED]\n"} {
		if _, _, ok := hotspot.ParseStation(none); ok {
			t.Errorf("%q is a station", none)
		}
	}
	status := hotspot.ParseStatus("state=ENABLED\nssid[0]=a=b\n\nnothing\n")
	if status["state"] != "ENABLED" || status["ssid[0]"] != "a=b" || len(status) != 2 {
		t.Errorf("status %v", status)
	}
}

func FuzzHostapdSpeaks(f *testing.F) {
	f.Add("<3>AP-STA-CONNECTED 02:00:00:00:01:ab keyid=x")
	f.Add("wlan0: STA 02:00:00:00:01:ab IEEE 802.11: SAE authentication (RX confirm, status=0 (SUCCESS))")
	f.Add("02:00:00:00:01:ab\nflags=[AUTH]\nstate=ENABLED\n")
	f.Fuzz(func(t *testing.T, text string) {
		// Whatever is recognised as a station's address stands in the text.
		said := func(mac tinycheck.MAC, what string) {
			if mac == (tinycheck.MAC{}) || mac.Group() || !strings.Contains(strings.ToLower(text), mac.String()) {
				t.Errorf("%q: %s of %s", text, what, mac)
			}
		}
		switch saying, mac := hotspot.ParseSaying(text); saying {
		case hotspot.SayJoined, hotspot.SayLeft, hotspot.SayRefused:
			said(mac, "saying")
		default:
			if mac != (tinycheck.MAC{}) {
				t.Errorf("%q: an address without need", text)
			}
		}
		if mac, ok := hotspot.ParseConfirm(text); ok {
			said(mac, "proof")
		}
		if mac, flags, ok := hotspot.ParseStation(text); ok {
			said(mac, "station")
			if strings.Contains(flags, "\n") {
				t.Errorf("%q: flags of two lines", text)
			}
		}
		for key, value := range hotspot.ParseStatus(text) {
			if !strings.Contains(text, key+"="+value) {
				t.Errorf("%q: %s is %s", text, key, value)
			}
		}
		hotspot.Explain(strings.Split(text, "\n"))
	})
}

func TestEventsAreOrderedAndBounded(t *testing.T) {
	h := hotspot.NewQuiet()
	for _, s := range []hotspot.Saying{
		hotspot.SayLeft,                      // whoever was not here
		hotspot.SayJoined, hotspot.SayJoined, // again without having left
		hotspot.SayLeft,
		hotspot.SayRefused, hotspot.SayRefused, hotspot.SayRefused, // one attempt
		hotspot.SayJoined, hotspot.SayRefused, // another one, after the right one
		hotspot.SayNothing, hotspot.SayEnabled,
	} {
		if h.Note(s, phone) {
			t.Errorf("%d is taken for the end", s)
		}
	}
	for _, want := range []hotspot.EventKind{hotspot.Joined, hotspot.Left, hotspot.Refused, hotspot.Joined, hotspot.Refused} {
		if e := <-h.Events(); e.Kind != want || e.MAC != phone {
			t.Errorf("%+v, want %s", e, want)
		}
	}
	if len(h.Events()) != 0 {
		t.Errorf("%d events more", len(h.Events()))
	}
	for _, s := range []hotspot.Saying{hotspot.SayDisabled, hotspot.SayInterfaceDown, hotspot.SayEnding} {
		if !h.Note(s, tinycheck.MAC{}) {
			t.Errorf("%d is not taken for the end", s)
		}
	}
}

func TestTheEndIsToldEvenIfNobodyListened(t *testing.T) {
	h := hotspot.NewQuiet()
	for range hotspot.MaxEvents {
		h.Note(hotspot.SayJoined, phone)
		h.Note(hotspot.SayLeft, phone)
	}
	h.Fail(hotspot.ReasonGone)
	if h.Lost() != hotspot.MaxEvents+1 {
		t.Errorf("%d lost, want %d", h.Lost(), hotspot.MaxEvents+1)
	}
	var last hotspot.Event
	for range len(h.Events()) {
		last = <-h.Events()
	}
	if last.Kind != hotspot.Failed || last.Reason != hotspot.ReasonGone {
		t.Errorf("the last event is %+v", last)
	}
}
