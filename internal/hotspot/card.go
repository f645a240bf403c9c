package hotspot

import "tinycheck"

// Card is what an interface and the radio behind it can do, and what they are
// doing now.
type Card struct {
	Interface string
	Phy       string // the kernel's name of the radio
	MAC       tinycheck.MAC
	Mode      Mode   // what the interface is now
	SSID      string // of the network that it is part of now; "" for none

	AP          bool // can be an access point
	SAE         bool // hostapd can do WPA3 with it
	PMF         bool // can protect management frames
	SelfManaged bool // the card knows its country itself, whatever the kernel is told
	Stations    int  // most that it can serve; 0: it does not say

	Channels     []Channel
	Neighbours   []Neighbour   // other interfaces of the same radio that are in use
	Combinations []Combination // what the radio can do at the same time
}

// Mode is what an interface is for.
type Mode string

// The modes that matter here; every other one is "other".
const (
	ModeStation Mode = "station" // joins networks, also called managed
	ModeAP      Mode = "ap"
	ModeMonitor Mode = "monitor"
	ModeOther   Mode = "other"
)

// Channel is one channel of the radio, with what the law of the country and the
// driver say about it.
type Channel struct {
	Number    int
	Frequency int // MHz
	Band      Band
	HT        bool // 802.11n
	Disabled  bool
	NoIR      bool // nothing may be sent before another access point was heard
	Radar     bool // radars have to be listened for, which hotspots need not bother with
}

// Free reports whether a network may be opened on it.
func (c Channel) Free() bool { return !c.Disabled && !c.NoIR && !c.Radar }

// Neighbour is another interface of the same radio.
type Neighbour struct {
	Interface string
	Mode      Mode
	Frequency int // MHz, on which it holds the radio
}

// Combination is a set of interfaces that the radio can serve at the same time.
type Combination struct {
	Limits   []Limit
	Total    int // interfaces in all
	Channels int // different ones
}

// Limit is how many interfaces of some modes there may be in a combination.
type Limit struct {
	Modes []Mode
	Most  int
}

// channelOf numbers a frequency in MHz (IEEE 802.11-2020, annex E); 0 for
// bands that no network of ours is opened on.
func channelOf(mhz int) int {
	switch {
	case mhz == 2484:
		return 14
	case mhz >= 2412 && mhz <= 2472 && (mhz-2407)%5 == 0:
		return (mhz - 2407) / 5
	case mhz >= 5180 && mhz <= 5885 && mhz%5 == 0:
		return (mhz - 5000) / 5
	}
	return 0
}

func frequencyOf(channel int) int {
	switch {
	case channel == 14:
		return 2484
	case channel >= 1 && channel <= 13:
		return 2407 + 5*channel
	case channel >= 36 && channel <= 177:
		return 5000 + 5*channel
	}
	return 0
}

func bandOf(mhz int) Band {
	switch {
	case mhz == 0:
		return ""
	case mhz < 3000:
		return Band24
	}
	return Band5
}
