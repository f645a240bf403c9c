package feed

import (
	"context"
	"io"
	"net/netip"
	"time"
)

// Hurry makes pauses short and tells how long they would have been.
func (f *Fetcher) Hurry(paused func(time.Duration)) {
	f.jitter = func(time.Duration) time.Duration { return 0 }
	f.sleep = func(ctx context.Context, d time.Duration) error {
		paused(d)
		return ctx.Err()
	}
}

// Sleep is the pause as it is.
func Sleep(ctx context.Context, d time.Duration) error { return sleep(ctx, d) }

// Pause is how long is waited before the next try.
func (f *Fetcher) Pause(try int, after time.Duration) time.Duration {
	return (&visit{Fetcher: f}).pause(try, after)
}

// Public is what the guard thinks of an address.
func Public(a netip.Addr) bool { return public(a) }

// ScanMISP gives the number of attributes and their latest timestamp.
func ScanMISP(r io.Reader) (count int, newest uint64, err error) {
	p, err := scanMISP(r)
	return p.count, p.newest, err
}

// ReadEnvelope reads a TAXII envelope.
func ReadEnvelope(r io.Reader, see func([]byte) error) (more bool, next string, count int, err error) {
	e, err := readEnvelope(r, see)
	return e.more, e.next, e.count, err
}

// TAXIILimit and MISPLimit are the sizes of pages that are asked for.
const (
	TAXIILimit = taxiiLimit
	MISPLimit  = mispLimit
)
