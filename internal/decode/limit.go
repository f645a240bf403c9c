package decode

import "time"

// The bounds of everything that grows.
const (
	maxFlows     = 16384            // flows held at once; the longest idle one ends first
	flowIdle     = time.Hour        // a flow without packets for so long has ended
	flowFresh    = time.Minute      // ending a flow that was busy so recently is a loss
	maxHosts     = 4096             // local addresses of which anything is kept
	maxAddresses = 8192             // remote addresses per local one of which names are kept
	maxPerAddr   = 16               // names per remote address
	maxNames     = 16               // names per flow
	maxRuns      = 4096             // runs of activity per local address
	maxPending   = 128 << 10        // bytes of one direction that wait for a hole to be filled
	maxSegments  = 128              // pieces that these bytes may be in
	maxWaiting   = 16 << 20         // the same bytes of all flows together
	maxSearch    = 64 << 10         // how far a stream is searched for the start of TLS
	maxDepth     = 4                // tunnels inside tunnels
	maxUDPTries  = 16               // datagrams of a flow that are tried on every parser
	maxSeconds   = 60 * time.Second // a longer pause counts as this much observed time
)
