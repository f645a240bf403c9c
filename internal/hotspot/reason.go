package hotspot

import (
	"errors"
	"fmt"
	"strings"

	"tinycheck"
)

// Reason is why there is no network, or none any more.
type Reason string

// The reasons.
const (
	ReasonNoSuchInterface Reason = "no-such-interface" // nothing of that name
	ReasonNotWireless     Reason = "not-wireless"      // an interface without a radio
	ReasonNoAPMode        Reason = "no-ap-mode"        // the card can only join networks
	ReasonNoWPA3          Reason = "no-wpa3"           // WPA3 was asked for and the card cannot
	ReasonBusy            Reason = "busy"              // the card is in use
	ReasonBlocked         Reason = "blocked"           // the radio is off in software
	ReasonHardBlocked     Reason = "hard-blocked"      // the radio is off by a switch or key
	ReasonWrongCountry    Reason = "wrong-country"     // the kernel does not know the country
	ReasonNoChannel       Reason = "no-channel"        // nothing that may and can be used
	ReasonMissingPackage  Reason = "missing-package"   // hostapd is not installed
	ReasonNoPermission    Reason = "no-permission"     // the kernel does not let us
	ReasonHostapdFailed   Reason = "hostapd-failed"    // hostapd ended, or would not start
	ReasonNotBeaconing    Reason = "not-beaconing"     // hostapd runs, the network is not there
	ReasonGone            Reason = "gone"              // the card went away
	ReasonKilled          Reason = "killed"            // somebody ended hostapd
)

// reasons is the kind of each, and what to do about it; %s is the interface.
var reasons = map[Reason]struct {
	kind tinycheck.ErrorKind
	todo string
}{
	ReasonNoSuchInterface: {tinycheck.NotFound, "there is no network interface %s: plug the Wi-Fi card in, or name another interface"},
	ReasonNotWireless:     {tinycheck.Unsupported, "%s has no radio: name the interface of a Wi-Fi card"},
	ReasonNoAPMode:        {tinycheck.Unsupported, "the card of %s can only join networks, not open one: use another Wi-Fi card, one with access point (AP) mode"},
	ReasonNoWPA3:          {tinycheck.Unsupported, "the card of %s cannot do WPA3: ask for wpa2, or for auto"},
	ReasonBusy:            {tinycheck.Busy, "%s is in use: disconnect it, or end the program that uses it"},
	ReasonBlocked:         {tinycheck.Unavailable, "the radio of %s is switched off: switch Wi-Fi on, or run rfkill unblock wlan"},
	ReasonHardBlocked:     {tinycheck.Unavailable, "the radio of %s is switched off by a switch or key of the machine: switch it on there"},
	ReasonWrongCountry:    {tinycheck.Invalid, "the kernel does not know the rules of the country for %s: give the two letters of the country where the box stands, and install the Debian package wireless-regdb"},
	ReasonNoChannel:       {tinycheck.Unsupported, "%s has no channel for a network of its own as asked for: let channel and band be chosen, check the country, or use another card"},
	ReasonMissingPackage:  {tinycheck.Unavailable, "hostapd, which opens the network on %s, is not installed: install the Debian package hostapd"},
	ReasonNoPermission:    {tinycheck.Unavailable, "no permission to change %s: run as root, or with CAP_NET_ADMIN and CAP_NET_RAW and as a member of the group that owns /dev/rfkill"},
	ReasonHostapdFailed:   {tinycheck.Unavailable, "hostapd could not run the network on %s: try again, update hostapd, or use another card"},
	ReasonNotBeaconing:    {tinycheck.Unavailable, "the network on %s is not on the air: plug the card out and in and try again, or use another card"},
	ReasonGone:            {tinycheck.Unavailable, "%s went away: plug the card in again and start again"},
	ReasonKilled:          {tinycheck.Unavailable, "hostapd on %s was ended by somebody else: start again"},
}

// refusal is an error with a reason.
type refusal struct {
	reason Reason
	text   string
	cause  error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.cause }

// refuse makes the error for a reason. The detail, which may be empty, says
// what is special about this time.
func refuse(op string, reason Reason, iface, detail string) error {
	return because(op, reason, iface, detail, nil)
}

// because keeps a cause for errors.Is; its words are not repeated.
func because(op string, reason Reason, iface, detail string, cause error) error {
	about := reasons[reason]
	text := fmt.Sprintf(about.todo, iface)
	if detail != "" {
		text += " (" + detail + ")"
	}
	return tinycheck.Errorf(op, about.kind, &refusal{reason, text, cause})
}

// ReasonOf is the reason in an error; "" when it has none.
func ReasonOf(err error) Reason {
	var r *refusal
	if errors.As(err, &r) {
		return r.reason
	}
	return ""
}

// quote makes hostapd's words part of an error: short, on one line, and without
// the passphrase, should hostapd ever repeat it.
func quote(line, secret string) string {
	if secret != "" {
		line = strings.ReplaceAll(line, secret, "…")
	}
	if len(line) > maxQuote {
		line = strings.ToValidUTF8(line[:maxQuote], "") + "…"
	}
	return "hostapd: " + line
}
