package gateway

import "time"

// Bounds on what is kept, tried and waited for.
const (
	maxGuests    = 256     // guests remembered; those who have left make room first
	maxAddresses = 16      // of one guest
	maxJournal   = 1 << 20 // bytes of a journal that are read, and written
	maxEntries   = 8192    // entries of a journal
	maxDamage    = 16      // defects of a journal that are told one by one
	maxToggles   = 4096    // kernel switches in one entry
	maxPorts     = 1024    // of a bridge; the kernel allows no more
	maxDraws     = 64      // attempts to find a free network in one range
	maxRoutes    = 1 << 16 // routes looked at
	maxRestarts  = 3       // of dnsmasq, and of the keeper, within restartSpan
	maxKeptSaid  = 2048    // bytes of what the keeper said before it ended

	restartSpan     = 10 * time.Minute
	unsureSpan      = 10 * time.Second       // that the machine may not be able to say how things are
	watchTick       = 2 * time.Second        // between two looks at the firewall and the uplink
	lookTick        = 500 * time.Millisecond // between two looks at the guests
	staleAfter      = 5 * time.Minute        // a guest on a wire, silent that long, has left
	keeperReady     = 10 * time.Second       // for the keeper to say that it waits
	keeperEnd       = 5 * time.Second        // for the keeper to end when told
	lockPatience    = 5 * time.Second        // for somebody who is taking back
	keepPatience    = time.Minute            // the same, for the keeper
	placePatience   = time.Second            // for a process that is just ending
	managedPatience = 3 * time.Second        // for NetworkManager to see a new interface
	lockPoll        = 20 * time.Millisecond
	endPatience     = 5 * time.Second // for a process that was killed
	goneWait        = 2 * time.Second // for hostapd to notice that its card is gone
)
