package dtls_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"tinycheck/internal/wire/dtls"
)

func u24(n int) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }

// record gives a record of DTLS 1.2.
func record(kind uint8, epoch uint16, payload []byte) []byte {
	b := []byte{kind, 0xfe, 0xfd}
	b = binary.BigEndian.AppendUint16(b, epoch)
	b = append(b, 0, 0, 0, 0, 0, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	return append(b, payload...)
}

// fragment gives a handshake fragment of body.
func fragment(kind uint8, seq uint16, body []byte, offset, size int) []byte {
	b := append([]byte{kind}, u24(len(body))...)
	b = binary.BigEndian.AppendUint16(b, seq)
	b = append(append(b, u24(offset)...), u24(size)...)
	return append(b, body[offset:offset+size]...)
}

func whole(kind uint8, seq uint16, body []byte) []byte {
	return fragment(kind, seq, body, 0, len(body))
}

// body gives n bytes that differ from each other's neighbours.
func body(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8) ^ seed
	}
	return b
}

type message struct {
	kind uint8
	seq  uint16
	body string
	cut  bool
}

func feed(datagrams ...[]byte) (messages []message, s *dtls.Stream) {
	s = &dtls.Stream{}
	emit := func(m dtls.Message) { messages = append(messages, message{m.Type, m.Seq, string(m.Body), m.Cut}) }
	for _, p := range datagrams {
		s.Feed(p, emit)
	}
	s.Flush(emit)
	return messages, s
}

func TestWholeMessages(t *testing.T) {
	first, second, done := body(100, 1), body(300, 2), []byte{}
	// Two messages in a record, two records in a datagram.
	datagram := slices.Concat(record(22, 0, append(whole(2, 1, first), whole(11, 2, second)...)), record(22, 0, whole(14, 3, done)))
	got, s := feed(datagram)
	want := []message{{2, 1, string(first), false}, {11, 2, string(second), false}, {14, 3, "", false}}
	if !slices.Equal(got, want) || s.Dropped() != 0 {
		t.Errorf("%v, dropped %d", got, s.Dropped())
	}
}

// Fragments of any size, in any order, doubled and overlapping give the
// messages once each.
func TestFragmentsInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	bodies := map[uint16][]byte{1: body(90, 3), 2: body(5000, 4), 3: body(400, 5)}
	for round := range 300 {
		var datagrams [][]byte
		for seq, b := range bodies {
			for at := 0; at < len(b); {
				size := min(20+r.IntN(700), len(b)-at)
				datagrams = append(datagrams, record(22, 0, fragment(11, seq, b, at, size)))
				if r.IntN(3) == 0 { // once more, and a little further
					datagrams = append(datagrams, record(22, 0, fragment(11, seq, b, at, min(size+r.IntN(60), len(b)-at))))
				}
				at += size
			}
		}
		r.Shuffle(len(datagrams), func(i, j int) { datagrams[i], datagrams[j] = datagrams[j], datagrams[i] })
		got, s := feed(datagrams...)
		found := map[uint16]bool{}
		for _, m := range got {
			if m.cut || m.body != string(bodies[m.seq]) {
				t.Fatalf("round %d: message %d of %d bytes, cut %v", round, m.seq, len(m.body), m.cut)
			}
			found[m.seq] = true
		}
		if len(found) != len(bodies) || s.Dropped() != 0 {
			t.Fatalf("round %d: found %v, dropped %d", round, found, s.Dropped())
		}
	}
}

// HelloVerifyRequest: the client says hello twice, with a new or with the same
// sequence number.
func TestHelloTwice(t *testing.T) {
	bare, cookie := body(120, 6), body(140, 7)
	for _, seq := range []uint16{0, 1} {
		got, _ := feed(record(22, 0, whole(1, 0, bare)), record(22, 0, whole(1, seq, cookie)))
		if len(got) != 2 || got[0].body != string(bare) || got[1].body != string(cookie) {
			t.Errorf("second hello with message_seq %d: %d messages", seq, len(got))
		}
		// The second in fragments.
		got, _ = feed(record(22, 0, whole(1, 0, bare)),
			record(22, 0, fragment(1, seq, cookie, 70, 70)), record(22, 0, fragment(1, seq, cookie, 0, 70)))
		if len(got) != 2 || got[1].body != string(cookie) {
			t.Errorf("second hello in fragments with message_seq %d: %d messages", seq, len(got))
		}
	}
}

func TestFlushGivesTheBeginning(t *testing.T) {
	b := body(1000, 8)
	got, _ := feed(record(22, 0, fragment(1, 0, b, 0, 300)), record(22, 0, fragment(1, 0, b, 300, 200)), record(22, 0, fragment(1, 0, b, 700, 100)))
	if len(got) != 1 || !got[0].cut || got[0].body != string(b[:500]) {
		t.Errorf("%d messages", len(got))
	}
	// A datagram cut by the snap length.
	got, _ = feed(record(22, 0, whole(1, 0, b))[:400])
	if len(got) != 1 || !got[0].cut || got[0].body != string(b[:400-13-12]) {
		t.Errorf("cut datagram: %d messages", len(got))
	}
	// No beginning, nothing to give; and no part of what came whole before.
	got, _ = feed(record(22, 0, fragment(1, 0, b, 500, 500)))
	if len(got) != 0 {
		t.Errorf("without beginning: %d messages", len(got))
	}
	got, _ = feed(record(22, 0, whole(1, 0, b)), record(22, 0, fragment(1, 0, b, 0, 500)))
	if len(got) != 1 || got[0].cut {
		t.Errorf("repeated: %d messages", len(got))
	}
}

func TestStreamStates(t *testing.T) {
	hello := record(22, 0, whole(1, 0, body(60, 9)))
	unified := []byte{0x2f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	stun := append([]byte{0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 20)...)
	rtp := append([]byte{0x80, 96}, make([]byte, 60)...)
	tests := map[string]struct {
		datagrams [][]byte
		state     dtls.State
		unified   bool
		count     int
	}{
		"others in between": {[][]byte{stun, hello, rtp}, dtls.More, false, 1},
		"change":            {[][]byte{hello, record(20, 0, []byte{1}), hello}, dtls.More, false, 2},
		"epoch 1":           {[][]byte{hello, record(22, 1, make([]byte, 40)), hello}, dtls.Done, false, 1},
		"in one datagram":   {[][]byte{slices.Concat(hello, record(20, 0, []byte{1}), record(22, 1, make([]byte, 40)))}, dtls.Done, false, 1},
		"data":              {[][]byte{hello, record(23, 0, make([]byte, 40))}, dtls.Done, false, 1},
		"connection id":     {[][]byte{hello, record(25, 0, make([]byte, 40))}, dtls.Done, false, 1},
		"DTLS 1.3":          {[][]byte{hello, unified}, dtls.Done, true, 1},
		"DTLS 1.3 behind":   {[][]byte{slices.Concat(hello, unified)}, dtls.Done, true, 1},
		"no hello before":   {[][]byte{unified, hello}, dtls.More, false, 1},
		"damage behind":     {[][]byte{append(slices.Clone(hello), 0xff, 0xff)}, dtls.More, false, 1},
	}
	for name, test := range tests {
		var s dtls.Stream
		count := 0
		for _, p := range test.datagrams {
			s.Feed(p, func(dtls.Message) { count++ })
		}
		if s.State() != test.state || s.Unified() != test.unified || count != test.count {
			t.Errorf("%s: state %d, unified %v, %d messages", name, s.State(), s.Unified(), count)
		}
	}
}

func TestLooks(t *testing.T) {
	hello := record(22, 0, whole(1, 0, body(60, 9)))
	edit := func(at int, b byte) []byte {
		p := slices.Clone(hello)
		p[at] = b
		return p
	}
	tests := map[string]struct {
		p    []byte
		want bool
	}{
		"hello":           {hello, true},
		"cut hello":       {hello[:40], true},
		"DTLS 1.0":        {edit(2, 0xff), true},
		"old OpenSSL":     {append([]byte{22, 1, 0}, hello[3:]...), true},
		"encrypted":       {record(23, 1, make([]byte, 30)), true},
		"cut encrypted":   {record(23, 1, make([]byte, 30))[:30], false},
		"nothing":         {nil, false},
		"short":           {hello[:12], false},
		"header only":     {hello[:13], false},
		"TLS":             {append([]byte{22, 3, 3}, hello[3:]...), false},
		"kind":            {edit(0, 64), false},
		"length":          {edit(11, 0xff), false},
		"fragment beyond": {edit(22, 1), false},
		"unknown message": {edit(13, 99), false},
		"far epoch":       {record(23, 0x1234, make([]byte, 30)), false},
	}
	for name, test := range tests {
		if got := dtls.Looks(test.p); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestStreamIsBounded(t *testing.T) {
	var s dtls.Stream
	emit := func(m dtls.Message) {
		if len(m.Body) > dtls.MaxMessage {
			t.Errorf("message of %d bytes", len(m.Body))
		}
	}
	b := body(dtls.MaxMessage, 10)
	// Many messages that never end, in pieces that never touch.
	n := 0
	for ; s.State() == dtls.More && n < 1e6; n++ {
		at := 2 * (n % (len(b) / 2))
		s.Feed(record(22, 0, fragment(11, uint16(n%64), b, at, 1)), emit)
	}
	if s.State() != dtls.Done || s.Dropped() == 0 {
		t.Errorf("state %d, dropped %d after %d datagrams", s.State(), s.Dropped(), n)
	}
	if most := dtls.MaxInput / 26; n > most+1 {
		t.Errorf("%d datagrams were read, at most %d fit", n, most)
	}
	// One message in more pieces than are held.
	s = dtls.Stream{}
	for i := range dtls.MaxFragments + 2 {
		s.Feed(record(22, 0, fragment(11, 0, b, 2*i, 1)), emit)
	}
	if s.Dropped() != 1 {
		t.Errorf("pieces: dropped %d", s.Dropped())
	}
}

func FuzzStream(f *testing.F) {
	b := body(200, 11)
	f.Add(slices.Concat(record(22, 0, fragment(1, 0, b, 0, 100)), record(22, 0, fragment(1, 0, b, 90, 110))), uint8(138))
	f.Add(record(22, 0, whole(2, 0, b)), uint8(0))
	f.Add(append(record(22, 0, whole(2, 0, b)), 0x2f, 1, 2), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, at uint8) {
		n := min(int(at), len(data))
		parts, one := feed(data[:n], data[n:])
		total := 0
		for _, m := range parts {
			total += len(m.body)
		}
		if total > len(data) || one.Dropped() > len(data) {
			t.Fatalf("%d bytes of messages from %d", total, len(data))
		}
		if _, again := feed(data); again.State() != dtls.Done {
			t.Fatal("not done after flush")
		}
		// What is no DTLS gives nothing.
		if messages, _ := feed(data); !dtls.Looks(data) && len(messages) > 0 {
			t.Fatal("messages from something that does not look like DTLS")
		}
	})
}

// Any cutting of any message into any order gives that message back.
func FuzzFragments(f *testing.F) {
	f.Add([]byte("a hello of some length, cut into pieces"), []byte{3, 0, 9, 4, 30, 40, 12, 1})
	f.Add([]byte("x"), []byte{0})
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		if len(b) < 2 || len(b) > 4000 || len(cuts) > 200 {
			return
		}
		var datagrams [][]byte
		covered := make([]bool, len(b))
		for i := 0; i+1 < len(cuts); i += 2 {
			at := int(cuts[i]) * len(b) / 256
			size := min(1+int(cuts[i+1]), len(b)-at)
			for j := range size {
				covered[at+j] = true
			}
			datagrams = append(datagrams, record(22, 0, fragment(11, 4, b, at, size)))
		}
		prefix := slices.Index(append(covered, false), false)
		messages, s := feed(datagrams...)
		if s.Dropped() != 0 {
			t.Fatalf("dropped %d", s.Dropped())
		}
		if prefix == 0 && len(messages) != 0 || prefix > 0 && len(messages) == 0 {
			t.Fatalf("%d messages, the first %d bytes were sent", len(messages), prefix)
		}
		for _, m := range messages {
			if m.body != string(b[:len(m.body)]) || len(m.body) > prefix || m.cut == (len(m.body) == len(b)) {
				t.Fatalf("message of %d bytes, cut %v, %d were sent", len(m.body), m.cut, prefix)
			}
		}
	})
}

func BenchmarkLooksOther(b *testing.B) {
	p := append([]byte{0x80, 96}, make([]byte, 1000)...)
	for b.Loop() {
		dtls.Looks(p)
	}
}

func BenchmarkStreamHello(b *testing.B) {
	p := record(22, 0, whole(1, 0, body(200, 1)))
	emit := func(dtls.Message) {}
	b.ReportAllocs()
	for b.Loop() {
		var s dtls.Stream
		s.Feed(p, emit)
	}
}
