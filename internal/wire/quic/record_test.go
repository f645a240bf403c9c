package quic_test

import (
	"bytes"
	"testing"

	"tinycheck/internal/wire/quic"
)

// record is a Stream that remembers what it emitted and checks what every
// emission promises.
type record struct {
	quic.Stream
	said map[origin]spoken
	last int
}

type origin struct {
	handshake  int
	fromClient bool
}

type spoken struct {
	data     []byte
	complete bool
}

func (r *record) see(t testing.TB, p []byte, fromClient bool) {
	t.Helper()
	if r.said == nil {
		r.said = map[origin]spoken{}
	}
	before := bytes.Clone(p)
	r.See(p, fromClient, func(c quic.Crypto) {
		key := origin{c.Handshake, c.FromClient}
		old := r.said[key]
		switch {
		case c.Handshake < 1 || c.Handshake < r.last:
			t.Errorf("handshake %d after %d", c.Handshake, r.last)
		case old.complete:
			t.Errorf("emitted again after the whole message")
		case len(c.Data) <= len(old.data) || !bytes.HasPrefix(c.Data, old.data):
			t.Errorf("emitted %x after %x", c.Data, old.data)
		case len(c.Data) > quic.MaxCrypto:
			t.Errorf("emitted %d bytes", len(c.Data))
		case c.Complete != whole(c.Data):
			t.Errorf("complete %v with %d bytes", c.Complete, len(c.Data))
		}
		r.last = c.Handshake
		r.said[key] = spoken{bytes.Clone(c.Data), c.Complete}
	})
	if !bytes.Equal(before, p) {
		t.Errorf("the datagram was changed")
	}
}

// whole says whether m is exactly one handshake message.
func whole(m []byte) bool {
	return len(m) >= 4 && len(m) == 4+int(m[1])<<16+int(m[2])<<8+int(m[3])
}

func (r *record) client() []byte { return r.said[origin{max(r.last, 1), true}].data }
func (r *record) server() []byte { return r.said[origin{max(r.last, 1), false}].data }

// hello is a handshake message of that type and length with a body in which
// every byte tells its place.
func hello(typ byte, length int) []byte {
	m := make([]byte, length)
	for i := range m {
		m[i] = byte(i*7 + i>>8)
	}
	m[0], m[1], m[2], m[3] = typ, byte((length-4)>>16), byte((length-4)>>8), byte(length-4)
	return m
}

func seal(t testing.TB, c quic.Config) []byte {
	t.Helper()
	p, err := quic.SealInitial(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// cryptoFrame writes one CRYPTO frame with the data at [from, to) of a message.
func cryptoFrame(m []byte, from, to int) []byte {
	two := func(n int) []byte { return []byte{0x40 | byte(n>>8), byte(n)} }
	f := append([]byte{0x06}, two(from)...)
	f = append(f, two(to-from)...)
	return append(f, m[from:to]...)
}
