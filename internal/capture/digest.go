package capture

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
)

// digester hashes on a goroutine of its own, so that reading does not wait for
// it. It holds at most digestBuffers pieces of what was read.
type digester struct {
	hash  hash.Hash
	full  chan []byte // nil after the end
	empty chan []byte
	ended chan struct{}
}

const (
	digestBuffers = 4
	digestPiece   = 64 << 10 // bytes
)

// newDigester returns a running digester when one is wanted, else nil. It has
// to be ended.
func newDigester(wanted bool) *digester {
	if !wanted {
		return nil
	}
	d := &digester{sha256.New(), make(chan []byte, digestBuffers), make(chan []byte, digestBuffers), make(chan struct{})}
	for range digestBuffers {
		d.empty <- nil
	}
	go d.run(d.full)
	return d
}

func (d *digester) run(full <-chan []byte) {
	defer close(d.ended)
	for b := range full {
		d.hash.Write(b)
		d.empty <- b
	}
}

// write hands a copy of b over, in pieces.
func (d *digester) write(b []byte) {
	for piece := range slices.Chunk(b, digestPiece) {
		d.full <- append((<-d.empty)[:0], piece...)
	}
}

// end waits for what was handed over and returns the digest in hex. After the
// first call it returns the same again.
func (d *digester) end() string {
	if d.full != nil {
		close(d.full)
		d.full = nil
		<-d.ended
	}
	return hex.EncodeToString(d.hash.Sum(nil))
}
