package scenario

import (
	"encoding/binary"
	"time"
)

// noise gives bytes without meaning, for keys and whatever else is encrypted:
// the same seed gives the same ones on every run (SplitMix64, Steele, Lea and
// Flood, OOPSLA 2014). It is no source of secrets.
type noise uint64

func (n *noise) next() uint64 {
	*n += 0x9e3779b97f4a7c15
	z := uint64(*n)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill writes over all of dst.
func (n *noise) fill(dst []byte) {
	for len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, n.next())
		dst = dst[8:]
	}
	if len(dst) > 0 {
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], n.next())
		copy(dst, last[:])
	}
}

func (n *noise) bytes(size int) []byte {
	b := make([]byte, size)
	n.fill(b)
	return b
}

// below gives a number from 0 to limit-1.
func (n *noise) below(limit int) int { return int(n.next() >> 33 % uint64(max(limit, 1))) }

// between gives a duration of a to b, in microseconds.
func (n *noise) between(a, b time.Duration) time.Duration {
	steps := uint64(max(b-a, 0)/time.Microsecond) + 1
	return a + time.Duration(n.next()>>1%steps)*time.Microsecond
}

// seed makes a start from words, so that the same line of a scenario makes the
// same bytes wherever it stands (FNV-1a).
func seed(words string) noise {
	h := uint64(0xcbf29ce484222325)
	for i := range len(words) {
		h = (h ^ uint64(words[i])) * 0x100000001b3
	}
	return noise(h)
}
