package hotspot

import (
	"time"

	"tinycheck"
)

// note takes what hostapd said, and reports whether it may mean the end.
func (h *Hotspot) note(s saying, mac tinycheck.MAC) (bad bool) {
	switch s {
	case sayJoined:
		h.join(mac)
	case sayLeft:
		if h.present[mac] {
			delete(h.present, mac)
			h.tell(Event{Kind: Left, MAC: mac})
		}
	case sayRefused:
		h.refuse(mac)
	case sayDisabled, sayInterfaceDown, sayEnding:
		return true
	}
	return false
}

// join tells once of a station that joins anew without having left.
func (h *Hotspot) join(mac tinycheck.MAC) {
	delete(h.refused, mac)
	if h.present[mac] || len(h.present) >= maxListed {
		return
	}
	h.present[mac] = true
	h.tell(Event{Kind: Joined, MAC: mac})
}

// judge asks whether a station's SAE proof was right: hostapd handles one thing
// at a time, so that its answer comes after it has looked.
func (h *Hotspot) judge(mac tinycheck.MAC) {
	if proved, err := h.asking.proved(mac); err == nil && !proved {
		h.refuse(mac)
	}
}

// refuse tells once of a phone that tries the same passphrase again and again.
func (h *Hotspot) refuse(mac tinycheck.MAC) {
	now := time.Now()
	if last, known := h.refused[mac]; known && now.Sub(last) < refusedRest {
		return
	}
	if len(h.refused) >= maxRefused {
		clear(h.refused)
	}
	h.refused[mac] = now
	h.tell(Event{Kind: Refused, MAC: mac})
}

func (h *Hotspot) tell(e Event) {
	select {
	case h.events <- e:
	default:
		h.lost.Add(1)
	}
}

// fail tells of the end, which must not be lost: the oldest event makes room.
func (h *Hotspot) fail(reason Reason) {
	for {
		select {
		case h.events <- Event{Kind: Failed, Reason: reason}:
			return
		default:
		}
		select {
		case <-h.events:
			h.lost.Add(1)
		default:
		}
	}
}
