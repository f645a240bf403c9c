package feed

import "time"

// What a source may ask of us, beside Config.
const (
	maxTotal     = 1 << 30          // bytes of all parts of one fetch, unpacked
	maxFiles     = 1000             // files of one folder
	maxEntries   = 20_000           // names of one folder, before those that are skipped
	maxPages     = 5000             // pages of one MISP instance or TAXII collection
	maxPart      = 60 << 20         // bytes of a MISP page or a bundle; internal/exchange takes 64 MiB of JSON
	maxRedirects = 5                // of one request
	maxLayers    = 2                // of packing: Content-Encoding, and a packed file in it
	maxWindow    = 32 << 20         // bytes of memory that a zstd frame may ask for
	maxHeader    = 64 << 10         // bytes of the headers of an answer
	maxRefusal   = 4 << 10          // bytes of an error page that are read
	maxQuote     = 200              // bytes of a server's words in an error
	maxMark      = 1024             // bytes of an ETag, a date, a cursor that are kept
	maxResource  = 4 << 20          // bytes of a TAXII description or list of collections
	maxRoots     = 32               // API roots of one TAXII server
	maxChosen    = 64               // collections of one TAXII feed
	maxWait      = 60 * time.Second // that a server may ask us to wait
)

// The defaults of Config.
const (
	defaultTimeout  = 60 * time.Second
	defaultIdle     = 20 * time.Second
	defaultMaxBytes = 256 << 20
	defaultTries    = 3
)
