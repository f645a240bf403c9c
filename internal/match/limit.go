package match

import "time"

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
)
