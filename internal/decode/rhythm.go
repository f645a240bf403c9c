package decode

import "tinycheck"

// rhythm counts how a connection to port 443 talks: in rounds of a small
// question and a small answer, as names that are asked for over HTTPS do (RFC
// 8484), or otherwise. It is told by sizes alone. Padding makes answers of 468
// bytes (RFC 8467 section 4.1), which still fit.
type rhythm struct {
	rounds int32
	fits   int32
	others int32 // payloads of other sizes; those too small to say anything are not counted
	asked  bool
}

const portHTTPS = 443

// The sizes of payloads on the wire, in bytes: TLS or QUIC around one message.
const (
	roundUpLeast, roundUpMost     = 60, 300
	roundDownLeast, roundDownMost = 100, 600
	// roundShare is how many payloads must fit for each that does not: the
	// handshake never does.
	roundShare = 5
)

// see takes the size of one payload.
func (r *rhythm) see(up bool, size int) {
	least, most := roundDownLeast, roundDownMost
	if up {
		least, most = roundUpLeast, roundUpMost
	}
	switch {
	case size < least:
		return
	case size > most:
		r.others++
		r.asked = false
		return
	}
	r.fits++
	if !up && r.asked {
		r.rounds++
	}
	r.asked = up
}

// told is how many rounds there were, when there was little else.
func (r *rhythm) told(f *tinycheck.Flow) int64 {
	if f.Inward || r.fits < roundShare*r.others {
		return 0
	}
	return int64(r.rounds)
}
