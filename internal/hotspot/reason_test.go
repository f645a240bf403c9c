package hotspot_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/hotspot"
)

func TestEveryReasonSaysWhatToDo(t *testing.T) {
	for _, r := range hotspot.AllReasons() {
		err := hotspot.Refuse("open hotspot", r, "wlan7", "because of the moon")
		text := err.Error()
		switch {
		case hotspot.ReasonOf(fmt.Errorf("wrapped: %w", err)) != r:
			t.Errorf("%s does not come back", r)
		case tinycheck.KindOf(err) == "":
			t.Errorf("%s has no kind", r)
		case !strings.Contains(text, "wlan7") || !strings.Contains(text, ": ") || !strings.HasSuffix(text, "(because of the moon)"):
			t.Errorf("%s says %q", r, text)
		case strings.Contains(text, "%!"):
			t.Errorf("%s is badly written: %q", r, text)
		}
	}
	if n := len(hotspot.AllReasons()); n != 15 {
		t.Errorf("%d reasons are told about, 15 are declared", n)
	}
	if r := hotspot.ReasonOf(errors.New("something")); r != "" {
		t.Errorf("reason %s of something", r)
	}
}

// What hostapd 2.10 really wrote, before it ended.
func TestHostapdsWordsGiveReasons(t *testing.T) {
	for file, want := range map[string]struct {
		reason hotspot.Reason
		line   string
	}{
		"blocked":               {hotspot.ReasonBlocked, "rfkill: WLAN soft blocked"},
		"busy":                  {hotspot.ReasonBusy, "nl80211: kernel reports: Match already configured"},
		"channel-14":            {hotspot.ReasonNoChannel, "Frequency 2484 (primary) not allowed for AP mode, flags: 0x3 NO-IR"},
		"channel-of-other-band": {hotspot.ReasonNoChannel, "Could not determine operating frequency"},
		"no-such-device":        {hotspot.ReasonGone, "Could not read interface wlan9 flags: No such device"},
		"no-ap-mode":            {hotspot.ReasonNoAPMode, "nl80211: Could not configure driver mode"},
		"no-permission":         {hotspot.ReasonNoPermission, "Could not set interface wlan0 flags (UP): Operation not permitted"},
		"old-hostapd":           {hotspot.ReasonHostapdFailed, "Line 29: unknown configuration item 'frobnicate'"},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", "hostapd", file+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		reason, line := hotspot.Explain(strings.Split(string(text), "\n"))
		if reason != want.reason || line != want.line {
			t.Errorf("%s: %s because of %q, want %s because of %q", file, reason, line, want.reason, want.line)
		}
	}
	if reason, line := hotspot.Explain([]string{"wlan0: STA 02:00:00:00:01:00 IEEE 802.11: Permission denied", "wlan0: AP-STA-CONNECTED Permission denied"}); reason != hotspot.ReasonHostapdFailed || line != "" {
		t.Errorf("words about a station explain %s: %q", reason, line)
	}
}

func TestQuotesAreShortAndKeepTheSecret(t *testing.T) {
	got := hotspot.Quote("Line 3: bad 'kmpt-vxdz' "+strings.Repeat("é", 500), "kmpt-vxdz")
	if strings.Contains(got, "kmpt") || len(got) > 300 || !strings.HasSuffix(got, "…") || strings.ContainsRune(got, '\ufffd') {
		t.Errorf("quoted: %q", got)
	}
}
