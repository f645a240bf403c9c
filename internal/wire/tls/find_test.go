package tls_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"tinycheck/internal/wire/tls"
)

func serverHello() []byte {
	return slices.Concat(u16(0x0303), make([]byte, 32), []byte{0}, u16(0xc02f), []byte{0}, vec(2, ext(0xff01, []byte{0})))
}

func TestFindStart(t *testing.T) {
	first := record(22, part(1, chrome()))
	answer := record(22, append(part(2, serverHello()), part(11, make([]byte, 700))...))
	smtp := []byte("220 mx ESMTP\r\n250-STARTTLS\r\n220 go\r\n")
	chain := append(vec(3, append([]byte{0x30, 0x82}, make([]byte, 500)...)), vec(3, []byte{0x30, 0})...)
	tests := map[string]struct {
		data []byte
		want int
	}{
		"at once":         {first, 0},
		"after STARTTLS":  {append(slices.Clone(smtp), answer...), len(smtp)},
		"after CONNECT":   {append([]byte("CONNECT a:443 HTTP/1.1\r\n\r\n"), first...), 26},
		"after SOCKS":     {append([]byte{5, 1, 0, 5, 1, 0, 3, 9}, first...), 8},
		"behind a decoy":  {append([]byte{22, 22, 3, 1, 22, 3, 22, 3, 1, 0}, first...), 10},
		"certificates":    {append([]byte("xx"), record(22, part(11, vec(3, chain)))...), 2},
		"split records":   {append([]byte("x"), split(part(1, chrome()), 100)...), 1},
		"old hello":       {record(22, part(1, hello(0x0300, []uint16{4, 5}))), 0},
		"nothing":         {nil, -1},
		"text":            {bytes.Repeat([]byte("plain text "), 1000), -1},
		"other message":   {record(22, part(16, make([]byte, 200))), -1},
		"bad version":     {bytes.Replace(first, []byte{3, 3}, []byte{9, 3}, 1), -1},
		"bad session id":  {append(slices.Clone(first[:43]), append([]byte{77}, first[44:]...)...), -1},
		"no suites":       {record(22, part(1, hello(0x0303, nil))), -1},
		"not even enough": {first[:40], -1},
	}
	for name, test := range tests {
		if got := tls.FindStart(test.data); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestScanStartResumes(t *testing.T) {
	data := append(bytes.Repeat([]byte{22, 3, 1, 'x'}, 300), record(22, part(1, chrome()))...)
	want := tls.FindStart(data)
	if want != 1200 {
		t.Fatalf("start at %d", want)
	}
	from := 0
	for n := range len(data) + 1 {
		at, resume := tls.ScanStart(data[:n], from)
		if at >= 0 {
			if at != want {
				t.Fatalf("start at %d", at)
			}
			return
		}
		// The scan must not lag behind by more than a hello needs to be judged.
		if resume < from || resume > want || n-resume > 80 {
			t.Fatalf("resume at %d of %d", resume, n)
		}
		from = resume
	}
	t.Error("not found piece by piece")
}

// Random bytes look like a start once in some 10^15; text never.
func TestFindStartInNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 1<<20)
	for i := range noise {
		// Many more of the bytes that matter than chance would give.
		noise[i] = []byte{22, 3, 1, 0, 2, byte(r.Uint32()), byte(r.Uint32()), 3}[r.IntN(8)]
	}
	for from := 0; ; {
		at, resume := tls.ScanStart(noise, from)
		if at < 0 {
			if resume < len(noise)-80 {
				t.Errorf("gave up at %d", resume)
			}
			return
		}
		if noise[at] != 22 || noise[at+1] != 3 {
			t.Fatalf("start at %d", at)
		}
		from = at + 1
	}
}

func BenchmarkFindStartText(b *testing.B) {
	data := bytes.Repeat([]byte("The quick brown fox. "), 64<<10/21)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		tls.FindStart(data)
	}
}

func BenchmarkFindStartNoise(b *testing.B) {
	data := make([]byte, 64<<10)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		tls.FindStart(data)
	}
}
