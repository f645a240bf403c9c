package hotspot

import "strings"

// words of hostapd 2.10 that explain why it ended, the most telling first: what
// stands further down often follows from what stands above.
var words = []struct {
	part   string
	reason Reason
}{
	{"rfkill: WLAN hard blocked", ReasonHardBlocked},
	{"rfkill: WLAN soft blocked", ReasonBlocked},
	{"due to RF-kill", ReasonBlocked},
	{"flags: No such device", ReasonGone},
	{"Operation not permitted", ReasonNoPermission},
	{"Permission denied", ReasonNoPermission},
	{"Device or resource busy", ReasonBusy},
	{"Match already configured", ReasonBusy},
	{"seems to be in use - cannot override", ReasonBusy},
	{"Failed to set country code", ReasonWrongCountry},
	{"Invalid country_code", ReasonWrongCountry},
	{"not allowed for AP mode", ReasonNoChannel},
	{"Could not determine operating frequency", ReasonNoChannel},
	{"not found from the channel list", ReasonNoChannel},
	{"Hardware does not support configured", ReasonNoChannel},
	{"Could not select hw_mode and channel", ReasonNoChannel},
	{"Could not set channel for kernel driver", ReasonNoChannel},
	{"Driver does not support authentication/association", ReasonNoAPMode},
	{"Could not configure driver mode", ReasonNoAPMode},
	{"unknown configuration item", ReasonHostapdFailed},
	{"errors found in configuration file", ReasonHostapdFailed},
	{"Failed to set beacon parameters", ReasonNotBeaconing},
	{"Could not connect to kernel driver", ReasonNotBeaconing},
	{"driver initialization failed", ReasonHostapdFailed},
	{"Interface initialization failed", ReasonHostapdFailed},
}

// explain finds the reason in hostapd's last lines, and the line that gives it.
// Lines about stations explain nothing and are never quoted.
func explain(lines []string) (Reason, string) {
	for _, w := range words {
		for _, line := range lines {
			if strings.Contains(line, w.part) && !strings.Contains(line, ": STA ") && !strings.Contains(line, "-STA-") {
				return w.reason, line
			}
		}
	}
	return ReasonHostapdFailed, ""
}
