package ip_test

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"tinycheck/internal/wire/ip"
)

const second = int64(1_000_000_000)

// part makes a fragment of version 4 or 6.
func part(version uint8, id uint32, offset int, more bool, payload []byte) *ip.Datagram {
	d := &ip.Datagram{
		Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("192.0.2.2"), Version: version,
		Proto: ip.ProtoUDP, ID: id, Payload: payload, Fragment: ip.Fragment{Offset: offset, More: more},
	}
	if version == 6 {
		d.Src, d.Dst = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	}
	return d
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}

// split cuts a payload at multiples of eight.
func split(version uint8, id uint32, payload []byte, size int) (parts []*ip.Datagram) {
	for at := 0; at < len(payload); at += size {
		end := min(at+size, len(payload))
		parts = append(parts, part(version, id, at, end < len(payload), payload[at:end]))
	}
	return parts
}

func TestReassembleAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, version := range []uint8{4, 6} {
		for round := range 200 {
			payload := pattern(17 + random.IntN(5000))
			parts := split(version, uint32(round), payload, 8*(1+random.IntN(100))+0)
			if len(parts) < 2 || len(parts) > ip.MaxPieces {
				continue
			}
			random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			var r ip.Reassembler
			for i, p := range parts {
				whole, ok := r.Add(p, 0)
				if ok != (i == len(parts)-1) {
					t.Fatalf("version %d round %d: part %d of %d gave %v", version, round, i+1, len(parts), ok)
				}
				if ok && (!bytes.Equal(whole, payload) || p.Fragmented() || !bytes.Equal(p.Payload, payload)) {
					t.Fatalf("version %d round %d: wrong payload", version, round)
				}
			}
			if n, held := r.Held(); n != 0 || held != 0 {
				t.Fatalf("%d datagrams, %d bytes left", n, held)
			}
		}
	}
}

func TestReassembleKeepsApart(t *testing.T) {
	var r ip.Reassembler
	one, two := pattern(32), bytes.Repeat([]byte{9}, 32)
	a, b := split(4, 1, one, 16), split(4, 2, two, 16)
	other := part(4, 1, 16, false, two[16:])
	other.Proto = ip.ProtoTCP // the same identification, another protocol
	for _, p := range []*ip.Datagram{a[0], b[0], other} {
		if _, ok := r.Add(p, 0); ok {
			t.Fatal("mixed")
		}
	}
	if whole, ok := r.Add(b[1], 0); !ok || !bytes.Equal(whole, two) {
		t.Error("second datagram")
	}
	if whole, ok := r.Add(a[1], 0); !ok || !bytes.Equal(whole, one) {
		t.Error("first datagram")
	}
	plain := part(4, 0, 0, false, one)
	if whole, ok := r.Add(plain, 0); !ok || !bytes.Equal(whole, one) {
		t.Error("a datagram that is no fragment")
	}
}

func TestReassembleExtensionHeaders(t *testing.T) {
	payload := append(unhex("11 00 010400000000"), udpBytes(1, 53, pattern(40))...)
	parts := split(6, 1, payload, 24)
	for _, p := range parts {
		p.Proto = 60
	}
	parts[len(parts)-1].Proto = 6 // RFC 8200 section 4.5: that of the first fragment counts
	var r ip.Reassembler
	for i, p := range parts {
		whole, ok := r.Add(p, 0)
		if ok != (i == len(parts)-1) {
			t.Fatal(i, ok)
		}
		if ok && (p.Proto != ip.ProtoUDP || !bytes.Equal(whole, payload[8:])) {
			t.Errorf("proto %d, payload %x", p.Proto, whole)
		}
	}
}

func TestOverlaps(t *testing.T) {
	a, b := bytes.Repeat([]byte("a"), 32), bytes.Repeat([]byte("b"), 40)
	var r ip.Reassembler
	r.Add(part(4, 1, 8, true, a[:16]), 0)
	r.Add(part(4, 1, 0, true, b[:32]), 0) // on both sides of the first
	whole, ok := r.Add(part(4, 1, 24, false, a[:16]), 0)
	if want := "bbbbbbbb" + "aaaaaaaaaaaaaaaa" + "bbbbbbbb" + "aaaaaaaa"; !ok || string(whole) != want {
		t.Errorf("version 4: %q %v", whole, ok)
	}
	if r.Losses.Overlaps != 2 {
		t.Errorf("%+v", r.Losses)
	}
	r = ip.Reassembler{}
	r.Add(part(6, 1, 0, true, a[:16]), 0)
	r.Add(part(6, 1, 0, true, a[:16]), 0) // repetition
	if r.Losses.Overlaps != 0 {
		t.Error("a repetition was counted as overlap")
	}
	r.Add(part(6, 1, 8, true, b[:16]), 0)
	if _, ok := r.Add(part(6, 1, 16, false, a[:16]), 0); ok || r.Losses.Overlaps != 1 {
		t.Errorf("version 6: %v, %+v", ok, r.Losses)
	}
}

func TestRefused(t *testing.T) {
	tests := map[string]func(r *ip.Reassembler){
		"odd middle":         func(r *ip.Reassembler) { r.Add(part(4, 1, 0, true, make([]byte, 12)), 0) },
		"empty":              func(r *ip.Reassembler) { r.Add(part(4, 1, 0, true, nil), 0) },
		"beyond the largest": func(r *ip.Reassembler) { r.Add(part(4, 1, 65528, false, make([]byte, 16)), 0) },
		"behind the end": func(r *ip.Reassembler) {
			r.Add(part(4, 1, 8, false, make([]byte, 8)), 0)
			r.Add(part(4, 1, 16, true, make([]byte, 8)), 0)
		},
		"two ends": func(r *ip.Reassembler) {
			r.Add(part(4, 1, 8, false, make([]byte, 8)), 0)
			r.Add(part(4, 1, 16, false, make([]byte, 8)), 0)
		},
		"end before the middle": func(r *ip.Reassembler) {
			r.Add(part(4, 1, 64, true, make([]byte, 8)), 0)
			r.Add(part(4, 1, 8, false, make([]byte, 8)), 0)
		},
		"fragment of fragments": func(r *ip.Reassembler) {
			inner := unhex("11 00 0009 00000001 0000000000000000")
			for _, p := range split(6, 1, inner, 8) {
				p.Proto = 44
				if _, ok := r.Add(p, 0); ok {
					panic("taken")
				}
			}
		},
	}
	for name, run := range tests {
		var r ip.Reassembler
		if run(&r); r.Losses.Malformed != 1 {
			t.Errorf("%s: %+v", name, r.Losses)
		}
	}
	var r ip.Reassembler
	cut := part(4, 1, 0, true, make([]byte, 8))
	cut.Cut = true
	if _, ok := r.Add(cut, 0); ok || r.Losses.Cut != 1 {
		t.Errorf("cut: %+v", r.Losses)
	}
}

func TestExpiry(t *testing.T) {
	var r ip.Reassembler
	parts := split(4, 1, pattern(32), 16)
	r.Add(parts[0], 0)
	if _, ok := r.Add(parts[1], 31*second); ok || r.Losses.Expired != 1 {
		t.Errorf("late: %+v", r.Losses)
	}
	if _, ok := r.Add(parts[0], 61*second); !ok { // within 30 s of the part that came late
		t.Errorf("in time: %+v", r.Losses)
	}
	r.Add(part(4, 2, 0, true, pattern(16)), 100*second)
	if _, ok := r.Add(part(4, 2, 16, false, pattern(16)), 0); !ok {
		t.Error("time that ran backwards lost a datagram")
	}
}

func TestBounds(t *testing.T) {
	var r ip.Reassembler
	for id := range uint32(1000) {
		r.Add(part(4, id, 0, true, make([]byte, 8)), 0)
	}
	if n, _ := r.Held(); n != ip.MaxHeldDatagrams || r.Losses.Overflow != 1000-ip.MaxHeldDatagrams {
		t.Errorf("%d held, %+v", n, r.Losses)
	}
	r = ip.Reassembler{}
	for id := range uint32(200) {
		for at := 0; at < 60_000; at += 20_000 {
			r.Add(part(6, id, at, true, make([]byte, 20_000)), 0)
		}
	}
	if _, held := r.Held(); held > ip.MaxHeldBytes || r.Losses.Overflow == 0 {
		t.Errorf("%d bytes held, %+v", held, r.Losses)
	}
	r = ip.Reassembler{}
	for at := range 8000 {
		r.Add(part(4, 1, at*8, true, make([]byte, 8)), 0)
	}
	if n, held := r.Held(); n != 1 || held != 0 || r.Losses.Overflow != 1 {
		t.Errorf("many pieces: %d datagrams, %d bytes, %+v", n, held, r.Losses)
	}
}

// FuzzReassembler plays a script of fragments cut from one payload, with foreign
// ones among them: what comes out whole is the payload, and the bounds hold.
func FuzzReassembler(f *testing.F) {
	f.Add(uint16(100), []byte{0, 5, 5, 9, 1, 7})
	f.Add(uint16(5000), []byte{4, 255, 0, 255, 1, 80, 2, 1, 9, 9, 77, 3})
	f.Add(uint16(24), []byte{0, 0, 1, 0, 2, 0, 0x80, 1})
	f.Fuzz(func(t *testing.T, size uint16, script []byte) {
		script = script[:min(len(script), 512)] // long enough for every kind of overlap
		payload := pattern(int(size))
		var r ip.Reassembler
		now := int64(0)
		for ; len(script) >= 2; script = script[2:] {
			version := uint8(4)
			if script[0]&0x80 != 0 {
				version = 6
			}
			start := min(int(script[0]&0x3f)*8*(1+int(size)/512), len(payload)) &^ 7
			end := min(start+8*(1+int(script[1])), len(payload))
			now += int64(script[0]&0x40) * second / 16
			p := part(version, 1, start, end < len(payload), payload[start:end])
			fragment := p.Fragmented()
			whole, ok := r.Add(p, now)
			if ok && fragment && !bytes.Equal(whole, payload) {
				t.Fatalf("%d bytes came out of %d", len(whole), len(payload))
			}
			// One datagram of each version, each at most the payload, in memory that
			// append doubles.
			if n, held := r.Held(); n > 2 || held > 2*2*len(payload)+1024 {
				t.Fatalf("%d datagrams, %d bytes of %d", n, held, len(payload))
			}
		}
		if len(payload) < 9 || len(payload) > 64_000 {
			return
		}
		r = ip.Reassembler{}
		parts := split(6, 2, payload, (len(payload)/2+8)&^7)
		for i := range parts {
			if _, ok := r.Add(parts[len(parts)-1-i], now); ok != (i == len(parts)-1) {
				t.Fatalf("part %d of %d gave %v", i, len(parts), ok)
			}
		}
	})
}
