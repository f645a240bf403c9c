package match

import "time"

const (
	maxRecords   = 8192 // of all devices; c2 may take as many again
	maxSightings = 64   // of one record
	maxPackets   = 16   // packet numbers of one sighting
	maxNames     = 32   // of one record

	// agedAfter is how long an address stays evidence: infrastructure moves on,
	// and somebody else gets the address. Two half-lives of 180 days.
	agedAfter = 360 * 24 * time.Hour

	// An upload (Bullard and Gerth, FloCon 2014, for the ratio): so many
	// payload bytes, and so much more up than down.
	uploadBytes = 100_000
	uploadRatio = 0.4
)
