package hotspot

import "time"

// Bounds on how long is waited and how much is kept.
const (
	startWait    = 30 * time.Second       // for the network, after hostapd was started
	verifyWait   = 3 * time.Second        // for the kernel to agree with hostapd
	countryWait  = 3 * time.Second        // for the kernel to take a country
	askWait      = 2 * time.Second        // for an answer of hostapd
	kernelWait   = 5 * time.Second        // for an answer of nl80211 or rtnetlink
	stopGrace    = 3 * time.Second        // for hostapd to end by itself
	goneGrace    = time.Second            // for what belongs to one end to have happened
	busWait      = 5 * time.Second        // for an answer on D-Bus
	releaseWait  = 10 * time.Second       // for NetworkManager to let go of an interface
	pollRest     = 100 * time.Millisecond // between two looks
	refusedRest  = 5 * time.Second        // a phone tries four times with one wrong passphrase
	maxEvents    = 256                    // events kept for a reader that is late
	maxStations  = 32                     // on the network at once
	maxListed    = 4 * maxStations        // stations asked for: also those that are just leaving
	maxMessage   = 8 << 10                // bytes of a message on the control socket
	maxConfirms  = 16                     // SAE confirms waiting to be looked at
	maxQuote     = 200                    // bytes of hostapd's words in an error
	maxRefused   = 64                     // stations whose last refusal is remembered
	maxFolder    = 80                     // bytes; a socket's path has 107 at most (unix(7))
	maxState     = 4 << 10                // bytes of the file that says how the interface was found
	maxSwitches  = 64                     // radio switches looked at
	idleStations = 60                     // seconds without a sign before hostapd asks whether a phone is still there
)
