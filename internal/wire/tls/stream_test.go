package tls_test

import (
	"bytes"
	ctls "crypto/tls"
	"math/rand/v2"
	"slices"
	"testing"

	"tinycheck/internal/wire/tls"
)

// record gives a record around content.
func record(kind uint8, content []byte) []byte {
	return append([]byte{kind, 3, 1}, vec(2, content)...)
}

// part gives a handshake message with its header.
func part(kind uint8, body []byte) []byte { return append([]byte{kind}, vec(3, body)...) }

// split gives the same content in records of n bytes.
func split(content []byte, n int) []byte {
	var out []byte
	for c := range slices.Chunk(content, n) {
		out = append(out, record(22, c)...)
	}
	return out
}

func TestStreamChunks(t *testing.T) {
	sent, answered := handshake(t,
		&ctls.Config{ServerName: "spy.example", InsecureSkipVerify: true, MaxVersion: ctls.VersionTLS12},
		&ctls.Config{Certificates: []ctls.Certificate{certificate(t, nil)}})
	r := rand.New(rand.NewPCG(1, 2))
	for name, data := range map[string][]byte{"client": sent, "server": answered} {
		want, _ := feed(data, len(data))
		if len(want) == 0 {
			t.Fatalf("%s: no messages", name)
		}
		for range 200 {
			sizes := []int{1 + r.IntN(9), 1 + r.IntN(40), 1 + r.IntN(2000)}
			if got, _ := feed(data, sizes...); !slices.Equal(got, want) {
				t.Fatalf("%s in pieces of %v: %v", name, sizes, kinds(got))
			}
		}
	}
}

func TestStreamOffsets(t *testing.T) {
	first, second := part(2, make([]byte, 50)), part(11, make([]byte, 100))
	both := slices.Concat(first, second, part(14, nil))
	want := []int{5, 5 + len(first), 5 + len(first) + len(second)}
	got, _ := feed(record(22, both), 7)
	for i, m := range got {
		if m.offset != want[i] || m.cut {
			t.Errorf("message %d at %d, want %d", m.kind, m.offset, want[i])
		}
	}
	if !slices.Equal(kinds(got), []uint8{2, 11, 14}) {
		t.Errorf("messages %v", kinds(got))
	}
	// One byte of content in each record, and a warning in between.
	tiny := split(both, 1)
	tiny = slices.Concat(tiny[:60], record(21, []byte{1, 0}), tiny[60:])
	if got, _ := feed(tiny, 3); !slices.Equal(kinds(got), []uint8{2, 11, 14}) {
		t.Errorf("tiny records: %v", kinds(got))
	}
}

func TestStreamFlushGivesThePart(t *testing.T) {
	data := record(22, part(1, chrome()))
	at := bytes.Index(data, []byte("COM."))
	got, s := feed(data[:at+4], 16)
	if len(got) != 1 || !got[0].cut {
		t.Fatalf("messages %+v", got)
	}
	if h, _ := tls.ParseClientHello([]byte(got[0].body)); h.SNI != "www.example.com" || !h.Partial {
		t.Errorf("%+v", h)
	}
	if s.State() != tls.Done {
		t.Errorf("state %d", s.State())
	}
	if got, _ := feed(data[:8], 16); len(got) != 0 {
		t.Errorf("part of a header: %+v", got)
	}
}

func TestStreamStates(t *testing.T) {
	first := record(22, part(1, chrome()))
	finished := record(22, []byte{0x14, 0xaa, 0x03, 0x99, 1, 2, 3, 4, 5, 6, 7, 8})
	tests := map[string]struct {
		data  []byte
		state tls.State
		count int
	}{
		"nothing":              {nil, tls.More, 0},
		"http":                 {[]byte("GET / HTTP/1.1\r\n"), tls.NotTLS, 0},
		"ssh":                  {[]byte("SSH-2.0-x"), tls.NotTLS, 0},
		"wrong version":        {[]byte{22, 4}, tls.NotTLS, 0},
		"wrong minor":          {[]byte{22, 3, 5}, tls.NotTLS, 0},
		"record too long":      {[]byte{22, 3, 1, 0xff, 0xff}, tls.NotTLS, 0},
		"encrypted at once":    {record(23, make([]byte, 40)), tls.Done, 0},
		"unknown first":        {record(22, part(16, make([]byte, 40))), tls.NotTLS, 0},
		"hello without body":   {record(22, part(2, nil)), tls.NotTLS, 0},
		"hello":                {first, tls.More, 1},
		"data":                 {slices.Concat(first, record(23, nil)), tls.Done, 1},
		"change, then nothing": {slices.Concat(first, record(20, []byte{1})), tls.More, 1},
		"finished":             {slices.Concat(first, record(20, []byte{1}), finished), tls.Done, 1},
		"second hello":         {slices.Concat(first, record(20, []byte{1}), first), tls.More, 2},
		"other after change":   {slices.Concat(first, record(20, []byte{1}), record(22, part(11, make([]byte, 60)))), tls.Done, 1},
		"damage":               {slices.Concat(first, []byte("garbage")), tls.Done, 1},
		"unknown message":      {slices.Concat(first, record(22, part(99, make([]byte, 9)))), tls.Done, 1},
		"message too long":     {slices.Concat(first, record(22, []byte{11, 1, 0, 1})), tls.Done, 1},
		"late capture":         {record(22, part(11, make([]byte, 60))), tls.More, 1},
	}
	for name, test := range tests {
		for _, size := range []int{1, 6, 4096} {
			var s tls.Stream
			count := 0
			for c := range slices.Chunk(test.data, size) {
				s.Feed(c, func(tls.Message) { count++ })
			}
			if s.State() != test.state || count != test.count {
				t.Errorf("%s in pieces of %d: state %d, %d messages", name, size, s.State(), count)
			}
		}
	}
}

func TestStreamSSLv2(t *testing.T) {
	body := slices.Concat(u16(0x0301, 9, 0, 16), []byte{0, 0, 0x2f, 0, 0, 0x35, 1, 0, 0x80}, make([]byte, 16))
	data := append([]byte{0x80, byte(len(body) + 1), 1}, body...)
	data = append(data, record(22, part(16, make([]byte, 8)))...)
	for _, size := range []int{1, 5, 1000} {
		got, _ := feed(data, size)
		if !slices.Equal(kinds(got), []uint8{1, 16}) || !got[0].sslv2 || got[1].sslv2 {
			t.Errorf("pieces of %d: %+v", size, got)
			continue
		}
		m := tls.Message{Type: got[0].kind, Body: []byte(got[0].body), SSLv2: true}
		if h, err := m.ClientHello(); err != nil || len(h.CipherSuites) != 2 {
			t.Errorf("%+v, error %v", h, err)
		}
	}
	if got, s := feed(bytes.Repeat([]byte{0x80}, 60), 9); len(got) != 0 || s.State() != tls.NotTLS {
		t.Errorf("not a hello: %+v, state %d", got, s.State())
	}
}

func TestStreamIsBounded(t *testing.T) {
	// A certificate list that never ends.
	data := slices.Concat(record(22, part(2, make([]byte, 60))), record(22, []byte{11, 0, 0xff, 0xff}))
	filler := record(22, make([]byte, 1000))
	var s tls.Stream
	emitted := 0
	emit := func(m tls.Message) {
		if len(m.Body) > tls.MaxInput {
			t.Errorf("message of %d bytes", len(m.Body))
		}
		emitted++
	}
	s.Feed(data, emit)
	fed := len(data)
	for s.State() == tls.More && fed < 10*tls.MaxInput {
		s.Feed(filler, emit)
		fed += len(filler)
	}
	if s.State() != tls.Done || !s.Capped() || fed > tls.MaxInput+len(filler) {
		t.Errorf("state %d after %d bytes", s.State(), fed)
	}
	s.Flush(emit)
	if emitted != 2 {
		t.Errorf("%d messages, want the hello and the part", emitted)
	}
}

func BenchmarkStream(b *testing.B) {
	data := record(22, part(1, chrome()))
	data = append(data, record(23, make([]byte, 1000))...)
	var emitted int
	emit := func(tls.Message) { emitted++ }
	b.ReportAllocs()
	for b.Loop() {
		var s tls.Stream
		s.Feed(data, emit)
	}
}

func BenchmarkStreamDone(b *testing.B) {
	var s tls.Stream
	emit := func(tls.Message) {}
	s.Feed(record(23, nil), emit)
	p := make([]byte, 1400)
	for b.Loop() {
		s.Feed(p, emit)
	}
}
