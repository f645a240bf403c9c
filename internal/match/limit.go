package match

import (
	"math"
	"time"
)

const (
	maxRecords   = 4096  // of all devices; what can decide an answer may take as many again
	maxHeld      = 16384 // sightings of all records; the same
	maxSightings = 64    // of one record
	maxPackets   = 16    // packet numbers of one sighting
	maxNames     = 32    // of one record
	maxOpen      = 16384 // flows under way that showed something

	// agedAfter is how long an address stays evidence: infrastructure moves on,
	// and somebody else gets the address. Two half-lives of 180 days.
	agedAfter = 360 * 24 * time.Hour

	// An upload: bodies of requests that are more than a form that a browser
	// sends; or so many payload bytes, and so much more up than down (Bullard and
	// Gerth, FloCon 2014, for the ratio).
	uploadBody  = 512
	uploadBytes = 100_000
	uploadRatio = 0.4

	maxRows      = 1 << 24 // indicators of an index
	maxText      = 1 << 29 // bytes of their values and source ids
	maxValue     = 1<<16 - 1
	maxShared    = 1 << 22 // records of what they share
	maxContext   = 1 << 20
	maxWords     = 1 << 24
	maxWordBytes = 1 << 26
	maxNote      = 1 << 24
)

// largest is more than an index can take within these limits, where a prefix
// costs more than a name: two edges. It fits a 32-bit machine, or this does not
// compile.
const largest = headSize + 8*sections + maxNote + 4*maxWords + maxWordBytes + (sharedSize+8)*maxShared +
	maxText + (listingSize+rowSize+2*edge6Size)*maxRows + (contextSize+2*edge6Size)*maxContext + 2*4*(1<<16+1)

const _ uint32 = math.MaxInt32 - largest
