package quic

// What one Stream may cost. Past a bound packets are counted in Facts.Skipped,
// bytes in Facts.Dropped.
const (
	maxCrypto     = 64 << 10 // bytes of CRYPTO data kept for one side, and the highest offset
	maxPieces     = 128      // CRYPTO frames of one side that wait for a gap to close
	maxEffort     = 64       // attempts to open a packet within one handshake
	maxBeginnings = 16       // attempts to open a packet with keys from its own connection ID
	maxCoalesced  = 16       // packets in one datagram
)
