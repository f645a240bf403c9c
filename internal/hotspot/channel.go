package hotspot

import (
	"cmp"
	"fmt"
	"slices"
)

// apart are the channels of 2.4 GHz that do not overlap, in the order tried.
var apart = []int{1, 6, 11}

// japan is channel 14, on which only 802.11b is allowed.
const japan = 14

// choose picks the channel, or says why there is none.
func choose(c Config, card Card) (Channel, error) {
	held := frequencies(card.Neighbours)
	tied, err := tied(card, len(held))
	if err != nil {
		return Channel{}, err
	}
	var free []Channel
	for _, ch := range card.Channels {
		if ch.Free() && ch.Number != japan && asked(c, ch) && (!tied || slices.Contains(held, ch.Frequency)) {
			free = append(free, ch)
		}
	}
	if len(free) == 0 {
		return Channel{}, refuse(opPlan, ReasonNoChannel, card.Interface, why(c, card, held, tied))
	}
	return slices.MinFunc(free, func(a, b Channel) int {
		return cmp.Or(
			// The radio need not jump between two channels.
			cmp.Compare(flag(!slices.Contains(held, a.Frequency)), flag(!slices.Contains(held, b.Frequency))),
			cmp.Compare(a.Band, b.Band), // "2.4" before "5": old phones know nothing else
			cmp.Compare(flag(!slices.Contains(apart, a.Number)), flag(!slices.Contains(apart, b.Number))),
			cmp.Compare(a.Number, b.Number),
		)
	}), nil
}

func asked(c Config, ch Channel) bool {
	if c.Channel != 0 {
		return ch.Number == c.Channel
	}
	return c.Band == "" || c.Band == BandAuto || c.Band == ch.Band
}

func frequencies(list []Neighbour) (mhz []int) {
	for _, n := range list {
		if !slices.Contains(mhz, n.Frequency) {
			mhz = append(mhz, n.Frequency)
		}
	}
	return mhz
}

// tied reports whether the network has to be on a channel that the radio is on
// already, for its other interfaces; an error when it cannot be beside them.
func tied(card Card, channels int) (bool, error) {
	if len(card.Neighbours) == 0 {
		return false, nil
	}
	best := 0
	for _, combination := range card.Combinations {
		if combination.fits(card.Neighbours) && combination.Channels >= channels {
			best = max(best, combination.Channels)
		}
	}
	if best == 0 {
		n := card.Neighbours[0]
		return false, refuse(opPlan, ReasonBusy, card.Interface,
			fmt.Sprintf("its radio serves %s, and cannot open a network at the same time: disconnect %s, or use a second card", n.Interface, n.Interface))
	}
	return best < channels+1, nil
}

// fits reports whether an access point may be added to the neighbours.
func (c Combination) fits(neighbours []Neighbour) bool {
	wanted := map[Mode]int{ModeAP: 1}
	for _, n := range neighbours {
		wanted[n.Mode]++
	}
	if len(neighbours)+1 > c.Total {
		return false
	}
	left := make([]int, len(c.Limits))
	for i, l := range c.Limits {
		left[i] = l.Most
	}
	for mode, count := range wanted {
		for ; count > 0; count-- {
			if !take(c.Limits, left, mode) {
				return false
			}
		}
	}
	return true
}

// take uses up one place for the mode.
func take(limits []Limit, left []int, mode Mode) bool {
	for i, l := range limits {
		if left[i] > 0 && slices.Contains(l.Modes, mode) {
			left[i]--
			return true
		}
	}
	return false
}

// why says in words what is in the way of a channel.
func why(c Config, card Card, held []int, tied bool) string {
	if tied {
		return whyTied(card, held)
	}
	if c.Channel == 0 {
		return "all channels of the band are closed in " + c.Country
	}
	i := slices.IndexFunc(card.Channels, func(ch Channel) bool { return ch.Number == c.Channel })
	switch {
	case i < 0:
		return fmt.Sprintf("the card has no channel %d", c.Channel)
	case card.Channels[i].Disabled:
		return fmt.Sprintf("channel %d is closed in %s", c.Channel, c.Country)
	case card.Channels[i].Radar:
		return fmt.Sprintf("channel %d is shared with radars", c.Channel)
	case c.Channel == japan:
		return "channel 14 is for 802.11b alone"
	}
	return fmt.Sprintf("the card may only join networks on channel %d in %s", c.Channel, c.Country)
}

// whyTied tells an uplink where no network may be opened from one where this
// one does not want to be.
func whyTied(card Card, held []int) string {
	name, number := card.Neighbours[0].Interface, channelOf(held[0])
	there := slices.ContainsFunc(card.Channels, func(ch Channel) bool {
		return ch.Free() && ch.Number != japan && slices.Contains(held, ch.Frequency)
	})
	if there {
		return fmt.Sprintf("its radio serves %s on channel %d and cannot be on another one too: leave channel and band open, or use a second card", name, number)
	}
	return fmt.Sprintf("its radio serves %s on channel %d and has to stay there, where none may be opened: connect %s on 2.4 GHz, or use a second card", name, number, name)
}
