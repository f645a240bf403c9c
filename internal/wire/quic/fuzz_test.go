package quic_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"tinycheck/internal/wire/quic"
)

// datagrams cuts fuzz input into datagrams: two bytes of length, of which the top
// bit is the direction, then the bytes.
func datagrams(in []byte, see func(p []byte, fromClient bool)) {
	for len(in) > 2 {
		n := int(binary.BigEndian.Uint16(in))
		fromClient := n&0x8000 == 0
		in = in[2:]
		n = min(n&0x7fff, len(in))
		see(in[:n], fromClient)
		in = in[n:]
	}
}

func joined(parts ...[]byte) []byte {
	var b []byte
	for i, p := range parts {
		b = binary.BigEndian.AppendUint16(b, uint16(len(p)|i%2<<15))
		b = append(b, p...)
	}
	return b
}

// FuzzSee throws arbitrary datagrams at a Stream. The record checks that every
// emission repeats the earlier bytes and adds some.
func FuzzSee(f *testing.F) {
	one, two := unhex(f, rfc9001Client), unhex(f, rfc9369Client)
	f.Add(joined(one, unhex(f, rfc9001Server), one))
	f.Add(joined(two, unhex(f, rfc9369Server)))
	f.Add(joined(one, unhex(f, rfc9001Retry), two, negotiationPacket(nil, firstCID, quic.V1)))
	f.Add(joined(longPacket(1, firstCID, nil, 40), longPacket(2, nil, firstCID, 40)))
	f.Add(joined(append([]byte{0x0d, 1, 2, 3, 4, 5, 6, 7, 8}, "Q043....."...)))
	f.Fuzz(func(t *testing.T, in []byte) {
		var r record
		seen := 0
		datagrams(in, func(p []byte, fromClient bool) {
			before := r.Facts()
			r.see(t, p, fromClient)
			if after := r.Facts(); after.Decrypted < before.Decrypted || after.Handshakes < before.Handshakes ||
				after.Handshakes > quic.MaxBeginnings || after.Decrypted > quic.MaxEffort*quic.MaxBeginnings {
				t.Errorf("%+v after %+v", after, before)
			}
			seen += len(p)
		})
		if r.Held() > seen {
			t.Errorf("%d bytes held of %d seen", r.Held(), seen)
		}
	})
}

// FuzzFrames puts arbitrary frames into authentic packets, which fuzzing the
// datagrams would never achieve.
func FuzzFrames(f *testing.F) {
	ch := hello(1, 200)
	f.Add(cryptoFrame(ch, 0, 200), cryptoFrame(hello(2, 90), 0, 90))
	f.Add(cryptoFrame(ch, 100, 200), cryptoFrame(ch, 0, 120))
	f.Add([]byte{2, 9, 0, 1, 0, 1, 1, 6, 0, 4, 1, 0, 0, 1}, []byte{3, 0, 0, 0, 0, 1, 1, 1})
	f.Add([]byte{0x1c, 1, 6, 3, 'b', 'a', 'd'}, []byte{0x01, 0x00, 0x06, 0x80, 0, 0xff, 0xff, 0x01, 0xaa})
	f.Fuzz(func(t *testing.T, one, two []byte) {
		if len(one)+len(two) > 4000 {
			return
		}
		var r record
		parts := [][]byte{one, two}
		for i := range 4 {
			c := quic.Config{Version: quic.V1, DCID: firstCID, PacketNumber: uint64(i), Frames: parts[i&1]}
			if i >= 2 {
				c.DCID, c.SCID, c.Original, c.FromServer = clientCID, serverCID, firstCID, true
			}
			r.see(t, seal(t, c), !c.FromServer)
		}
		if r.Held() > 2*(len(one)+len(two)) {
			t.Errorf("%d bytes held", r.Held())
		}
		if got := r.Facts().Decrypted; got == 0 || got > 4 || r.Facts().Undecryptable != 0 {
			t.Errorf("%+v", r.Facts())
		}
	})
}

// FuzzHeader checks that what the header parser finds lies in the packet in the
// order of the standard, and that Looks agrees with it.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{rfc9001Client, rfc9369Client, rfc9001Server, rfc9001Retry, rfc9369Retry} {
		f.Add(unhex(f, s))
	}
	f.Add(negotiationPacket(clientCID, firstCID, quic.V1, quic.V2))
	f.Add(append([]byte{0xc3, 'Q', '0', '4', '6', 0x50}, make([]byte, 20)...))
	f.Fuzz(func(t *testing.T, p []byte) {
		h, err := quic.ParseHeader(p)
		if h.End > len(p) || h.End <= 0 && len(p) > 0 {
			t.Fatalf("ends at %d of %d", h.End, len(p))
		}
		if err != nil {
			return
		}
		if h.Cut != (h.Cut && h.End == len(p)) || len(h.List)%4 != 0 || len(h.DCID) > 20 || len(h.SCID) > 20 {
			t.Fatalf("%+v", h)
		}
		if h.Initial {
			want := append([]byte{byte(len(h.DCID))}, h.DCID...)
			want = append(append(want, byte(len(h.SCID))), h.SCID...)
			if !bytes.HasPrefix(p[5:], want) || h.Number < 5+len(want)+len(h.Token)+2 || !h.Cut && h.End < h.Number+20 {
				t.Fatalf("%+v", h)
			}
			if p[0]&0xc0 == 0xc0 && !quic.Looks(p) {
				t.Fatal("an Initial that does not look like QUIC")
			}
		}
	})
}
