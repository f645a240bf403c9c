package decode

import "time"

// The bounds of everything that grows.
const (
	maxFlows    = 16384            // flows held at once; the longest idle one ends first
	flowIdle    = time.Hour        // a flow without packets for so long has ended
	flowLinger  = time.Minute      // a closed flow waits so long for stragglers
	flowFresh   = time.Minute      // ending a flow that was busy so recently is a loss
	maxHosts    = 4096             // local addresses of which anything is kept
	maxCards    = 8192             // link addresses of which anything is kept
	maxTold     = 32768            // names of addresses that all devices were told
	maxPerAddr  = 16               // of these, for one address; the oldest gives way
	maxHidden   = 8192             // names with a published ECH configuration
	maxNames    = 16               // names per flow
	maxRuns     = 32768            // runs of activity of all local addresses
	maxPending  = 128 << 10        // bytes of one direction that wait for a hole to be filled
	maxSegments = 128              // pieces that these bytes may be in
	maxHeld     = 8 << 20          // bytes that readers may hold, all flows together
	maxSearch   = 64 << 10         // how far a stream is searched for the start of TLS
	maxDepth    = 4                // tunnels inside tunnels
	maxOptions  = 40               // bytes of TCP options
	maxOrders   = 256              // orders of TCP options that are told apart; of further ones nothing is said
	maxChains   = 512              // certificate chains that need not be read again
	maxSpare    = 64               // streams that are kept for the next flows
	maxStrange  = 16               // datagrams of a flow that nobody knew, before nobody is asked any more
	maxPause    = 60 * time.Second // a longer pause counts as this much observed time
)

// What keeping something costs beyond its bytes, for maxHeld.
const (
	pieceCost  = 64
	streamCost = 512
	talkCost   = 512
	pairCost   = 1024
	parserMost = 64 << 10 // no parser keeps more than this of what it was fed last
)
