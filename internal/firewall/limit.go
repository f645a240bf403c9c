package firewall

import "time"

// Bounds.
const (
	maxName     = 15              // bytes in the name of an interface (IFNAMSIZ without its zero)
	maxSite     = 256             // networks in Config.Site: up to two rules each
	maxReads    = 5               // attempts to read a table that did not change meanwhile
	maxJumps    = 16              // as deep as the kernel follows jumps (NFT_JUMP_STACK_SIZE)
	maxObstacle = 32              // obstacles named
	patience    = 5 * time.Second // for all that one call asks of the kernel
	readBuffer  = 1 << 20         // bytes: the kernel acknowledges every message of a batch before we read the first
)

// What a guest may ask of the box per second with pings, and at once.
const (
	pingRate  = 20
	pingBurst = 40
)
