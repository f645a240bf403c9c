package hotspot

import (
	"strings"

	"tinycheck"
)

// Event is something that happened on the network.
type Event struct {
	Kind   EventKind
	MAC    tinycheck.MAC // of the station; zero for Failed
	Reason Reason        // of Failed
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	Joined  EventKind = "joined"  // a station is on the network
	Left    EventKind = "left"    // it is not any more
	Refused EventKind = "refused" // it came with a wrong passphrase
	Failed  EventKind = "failed"  // the network has ended, and nobody asked for it
)

// What hostapd says that matters here.
type saying int

const (
	sayNothing saying = iota
	sayEnabled
	sayDisabled
	sayInterfaceDown
	sayEnding
	sayJoined
	sayLeft
	sayRefused
)

// sayings are the events of hostapd's control interface (its wpa_ctrl.h), with
// whether a station's address follows.
var sayings = map[string]struct {
	saying  saying
	station bool
}{
	"AP-ENABLED":                   {sayEnabled, false},
	"AP-DISABLED":                  {sayDisabled, false},
	"INTERFACE-DISABLED":           {sayInterfaceDown, false},
	"CTRL-EVENT-TERMINATING":       {sayEnding, false},
	"AP-STA-CONNECTED":             {sayJoined, true},
	"AP-STA-DISCONNECTED":          {sayLeft, true},
	"AP-STA-POSSIBLE-PSK-MISMATCH": {sayRefused, true},
}

// parseSaying reads one message: a level in angle brackets, a word, and what
// belongs to it, such as "<3>AP-STA-CONNECTED 02:00:00:00:01:00".
func parseSaying(message string) (saying, tinycheck.MAC) {
	if rest, ok := strings.CutPrefix(message, "<"); ok {
		level, after, ok := strings.Cut(rest, ">")
		if !ok || len(level) != 1 || level < "0" || level > "9" {
			return sayNothing, tinycheck.MAC{}
		}
		message = after
	}
	word, rest, _ := strings.Cut(strings.TrimRight(message, " \n"), " ")
	s, known := sayings[word]
	if !known {
		return sayNothing, tinycheck.MAC{}
	}
	if !s.station {
		return s.saying, tinycheck.MAC{}
	}
	first, _, _ := strings.Cut(rest, " ")
	mac, ok := parseMAC(first)
	if !ok {
		return sayNothing, tinycheck.MAC{}
	}
	return s.saying, mac
}

// parseMAC reads the colon form of one station's address.
func parseMAC(s string) (m tinycheck.MAC, ok bool) {
	if len(s) != 17 {
		return m, false
	}
	for i := range m {
		high, low := digit(s[3*i]), digit(s[3*i+1])
		if high < 0 || low < 0 || i < 5 && s[3*i+2] != ':' {
			return tinycheck.MAC{}, false
		}
		m[i] = byte(high<<4 | low)
	}
	return m, m != tinycheck.MAC{} && !m.Group()
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// The line that hostapd 2.10 writes just before it looks at the second message
// of SAE, in which the station proves that it knows the passphrase. It says
// nothing about a wrong one, neither here nor on the control socket.
const (
	confirmStart = ": STA "
	confirmEnd   = " IEEE 802.11: SAE authentication (RX confirm, status=0"
)

// parseConfirm reads whose proof a line of standard output announces.
func parseConfirm(line string) (tinycheck.MAC, bool) {
	_, rest, ok := strings.Cut(line, confirmStart)
	if !ok || len(rest) < 17 || !strings.HasPrefix(rest[17:], confirmEnd) {
		return tinycheck.MAC{}, false
	}
	return parseMAC(rest[:17])
}

// parseStation reads the answer to STA, STA-FIRST and STA-NEXT: an address, then
// a line key=value each.
func parseStation(answer string) (mac tinycheck.MAC, flags string, ok bool) {
	first, rest, _ := strings.Cut(answer, "\n")
	if mac, ok = parseMAC(first); !ok {
		return mac, "", false
	}
	for line := range strings.Lines(rest) {
		if value, found := strings.CutPrefix(line, "flags="); found {
			return mac, strings.TrimSuffix(value, "\n"), true
		}
	}
	return mac, "", true
}

// parseStatus reads the answer to STATUS, lines key=value.
func parseStatus(answer string) map[string]string {
	status := make(map[string]string)
	for line := range strings.Lines(answer) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			status[key] = value
		}
	}
	return status
}
