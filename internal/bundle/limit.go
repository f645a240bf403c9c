package bundle

import "time"

// Bounds on what a bundle can make its reader hold or do.
const (
	maxIndex     = 1 << 20           // bytes of index.json
	maxSignature = 16 << 10          // bytes of index.json.minisig: some 300, and comments up to 9 KiB
	maxParts     = 4096              // parts of one bundle
	maxStored    = int64(2) << 30    // bytes of all parts together, as stored
	maxUnpacked  = int64(1) << 30    // bytes of one part, unpacked
	maxAll       = int64(4) << 30    // bytes of all parts together, unpacked
	maxName      = 64                // bytes of the name of a bundle, a feed or a rule file
	maxKeyText   = 4 << 10           // bytes of a key file
	maxVersion   = uint64(1)<<53 - 1 // exact in every JSON reader, RFC 7493 section 2.2

	// window is the largest reach of a zstd frame, for writing and reading: what
	// RFC 8878 section 3.1.1.1.2 asks every reader to support.
	window = 8 << 20

	// maxAhead is how far the clock of the box that wrote a bundle may be ahead of
	// ours: time zones set wrong, and clocks that drift.
	maxAhead = 24 * time.Hour
)
