package decode_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/decode"
)

// Whatever the cuts, the order and the repetitions: the same bytes come out.
func TestAnySegmentationGivesTheSameBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		text := randomText(rng, 1+rng.IntN(400))
		first := rng.Uint32() // wraps around in some rounds
		if round%4 == 0 {
			first = ^uint32(0) - uint32(rng.IntN(len(text)))
		}
		var o decode.Order
		o.Anchor(first)
		pieces := cut(rng, text, first)
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, p := range pieces {
			o.Add(p)
		}
		if !bytes.Equal(o.Out, text) || o.Holes > 0 {
			t.Fatalf("round %d: %d pieces gave %q (%d holes), want %q", round, len(pieces), o.Out, o.Holes, text)
		}
		if n, held := o.Waiting(); n+held != 0 {
			t.Fatalf("round %d: %d pieces of %d bytes wait at the end", round, n, held)
		}
	}
}

// With holes the pieces around them come out in their places.
func TestHolesLeaveThePiecesAroundThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 2000 {
		text := randomText(rng, 50+rng.IntN(300))
		want := slices.Clone(text)
		lost := make([]bool, len(text))
		for range 1 + rng.IntN(3) {
			at := 1 + rng.IntN(len(text)-1)
			for i := at; i < min(at+1+rng.IntN(20), len(text)); i++ {
				lost[i], want[i] = true, '?'
			}
		}
		want = bytes.TrimRight(want, "?")
		var o decode.Order
		o.Anchor(77)
		pieces := slices.DeleteFunc(cut(rng, text, 77), func(p decode.Piece) bool {
			return slices.Contains(lost[p.Seq-77:][:len(p.Data)], true)
		})
		pieces = append(pieces, whole(text, lost)...)
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, p := range pieces {
			o.Add(p)
		}
		for n, _ := o.Waiting(); n > 0; n, _ = o.Waiting() {
			o.Skip()
		}
		if !bytes.Equal(o.Out, want) {
			t.Fatalf("round %d: got %q, want %q", round, o.Out, want)
		}
	}
}

// whole gives the stretches of text that are not lost.
func whole(text []byte, lost []bool) (pieces []decode.Piece) {
	for from := 0; from < len(text); from++ {
		end := from
		for end < len(text) && !lost[end] {
			end++
		}
		if end > from {
			pieces = append(pieces, decode.Piece{Seq: 77 + uint32(from), Data: text[from:end]})
		}
		from = end
	}
	return pieces
}

// cut gives overlapping pieces that cover text, some of them twice.
func cut(rng *rand.Rand, text []byte, first uint32) (pieces []decode.Piece) {
	for from := 0; from < len(text); {
		end := min(len(text), from+1+rng.IntN(40))
		back := rng.IntN(min(from, 10) + 1)
		pieces = append(pieces, decode.Piece{Seq: first + uint32(from-back), Data: text[from-back : end]})
		if rng.IntN(4) == 0 {
			pieces = append(pieces, pieces[rng.IntN(len(pieces))])
		}
		from = end
	}
	return pieces
}

func randomText(rng *rand.Rand, n int) []byte {
	text := make([]byte, n)
	for i := range text {
		text[i] = 'a' + byte(rng.IntN(26))
	}
	return text
}

func TestOrder(t *testing.T) {
	type step struct {
		seq  uint32
		data string
		lost int
		ack  uint32 // with which the hole is given up, if it says so
	}
	tests := []struct {
		name  string
		steps []step
		want  string
	}{
		{"the earlier of two overlapping pieces counts", []step{{seq: 104, data: "EFGH"}, {seq: 102, data: "cdefgh"}, {seq: 100, data: "ab"}}, "abcdEFGH"},
		{"also where the earlier one waits in the middle", []step{{seq: 103, data: "D"}, {seq: 100, data: "abcdef"}}, "abcDef"},
		{"also of two that begin together", []step{{seq: 101, data: "BC"}, {seq: 101, data: "bcde"}, {seq: 100, data: "a"}}, "aBCde"},
		{"bytes that come twice count once", []step{{seq: 100, data: "abc"}, {seq: 100, data: "xyz"}, {seq: 101, data: "yzd"}}, "abcd"},
		{"a keep-alive repeats the last byte", []step{{seq: 100, data: "ab"}, {seq: 101, data: "\x00"}, {seq: 102, data: "c"}}, "abc"},
		{"a keep-alive before the first byte", []step{{seq: 99, data: "\x00"}, {seq: 100, data: "ab"}}, "ab"},
		{"what the recorder cut off is a hole", []step{{seq: 100, data: "ab", lost: 3}, {seq: 105, data: "f"}}, "ab???f"},
		{"also behind a piece that waited", []step{{seq: 103, data: "d", lost: 2}, {seq: 106, data: "g"}, {seq: 100, data: "abc"}}, "abcd??g"},
		{"a repetition tells nothing of what was cut off", []step{{seq: 100, data: "ab", lost: 3}, {seq: 100, data: "abcde"}, {seq: 105, data: "f"}}, "ab???f"},
		{"the peer has got more than was recorded", []step{{seq: 100, data: "ab"}, {seq: 104, data: "ef"}, {ack: 106}}, "ab??ef"},
		{"the peer waits for the hole too", []step{{seq: 100, data: "ab"}, {seq: 104, data: "ef"}, {ack: 102}, {ack: 104}}, "ab"},
		{"the SYN was somebody else's: earlier data", []step{{seq: 50, data: "ab"}, {seq: 52, data: "cd"}}, "abcd"},
		{"the SYN was somebody else's: far data", []step{{seq: 100 + 1<<31 - 1, data: "ab"}}, "ab"},
		{"what comes before the first delivered byte is old", []step{{seq: 100, data: "ab"}, {seq: 90, data: "xxxxx"}}, "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o decode.Order
			o.Anchor(100)
			for _, s := range tt.steps {
				if s.ack == 0 {
					o.Add(decode.Piece{Seq: s.seq, Data: []byte(s.data), Lost: s.lost})
				} else if o.Acknowledge(s.ack) {
					o.Skip()
				}
			}
			if string(o.Out) != tt.want {
				t.Errorf("got %q, want %q", o.Out, tt.want)
			}
		})
	}
}

// Without a SYN the peer's acknowledgement tells where the stream goes on, so
// that pieces in the wrong order are put right.
func TestOrderWithoutSYN(t *testing.T) {
	var o decode.Order
	o.Acknowledge(500)
	o.Add(decode.Piece{Seq: 503, Data: []byte("def")})
	o.Add(decode.Piece{Seq: 500, Data: []byte("abc")})
	if string(o.Out) != "abcdef" {
		t.Errorf("got %q", o.Out)
	}
}

// The SYN alone tells where the stream begins when only one side was recorded.
func TestOneSidedStream(t *testing.T) {
	w := newWire()
	c := w.tcp(at(phone, 40000), at(server, 443))
	c.raw(true, syn, 1000, 0, nil)
	data := hello("a.example")
	c.raw(true, ack, 1001+30, 5001, data[30:])
	c.raw(true, ack, 1001, 5001, data[:30])
	w.end(t)
	if h := one[tinycheck.ClientHello](t, w); h.SNI != "a.example" {
		t.Errorf("hello %+v", h)
	}
}

func TestOrderIsBounded(t *testing.T) {
	var o decode.Order
	o.Anchor(0)
	for i := range uint32(300) {
		o.Add(decode.Piece{Seq: 10 + 2*i, Data: []byte("x")})
		for o.Over() {
			o.Skip()
		}
	}
	if n, _ := o.Waiting(); n > 128 {
		t.Errorf("%d pieces wait", n)
	}
	if got := strings.Count(string(o.Out), "x"); got < 300-128 {
		t.Errorf("%d bytes came out", got)
	}
	var big decode.Order
	big.Anchor(0)
	for i := range uint32(100) {
		big.Add(decode.Piece{Seq: 10 + i*4000, Data: make([]byte, 4000)})
		for big.Over() {
			big.Skip()
		}
		if _, n := big.Waiting(); n > decode.MaxPending {
			t.Fatalf("%d bytes wait", n)
		}
	}
}
