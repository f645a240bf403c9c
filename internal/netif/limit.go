package netif

import "time"

// Bounds on what is asked of the kernel and what is believed of it.
const (
	maxName      = 15                    // bytes in the name of an interface (IFNAMSIZ without its zero)
	maxKey       = 128                   // bytes in the key of a switch
	maxValue     = 1024                  // bytes in the value of a switch, read or written
	maxDumps     = 5                     // attempts to get a list that did not change meanwhile
	maxDrain     = 1024                  // messages read before a tick, so that a flood cannot hold it back
	maxNamed     = 16                    // interfaces named in an error
	watchRest    = 20 * time.Millisecond // between two ticks
	watchMessage = 4096                  // bytes of a message that are fetched; the rest is not needed
	maxRoutes    = 64                    // default routes listed
)
