package bundle_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"tinycheck/internal/bundle"
)

// A feed of 400,000 names goes through without ever being held unpacked.
func TestALargeFeedIsNotHeld(t *testing.T) {
	_, private := keys(t, "a")
	const lines = 400_000
	var raw int64
	part := bundle.Content{Name: bundle.Indicators.Path("large"), Kind: bundle.Indicators, Write: func(w io.Writer) (int, error) {
		random := rand.New(rand.NewPCG(1, 2))
		for range lines {
			n, err := fmt.Fprintf(w, `{"type":"domain-name","value":"%x.example.com","class":"c2","family":"Example %d"}`+"\n", random.Uint64(), random.IntN(300))
			if err != nil {
				return 0, err
			}
			raw += int64(n)
		}
		return lines, nil
	}}
	packed := write(t, about(), []bundle.Content{part}, private.Sign)
	b := mustRead(t, packed)
	in, err := b.Open(b.Parts[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, in)
	runtime.ReadMemStats(&after)
	if err != nil || n != raw || b.Parts[0].Entries != lines {
		t.Errorf("%d of %d bytes, %v", n, raw, err)
	}
	held := int64(after.TotalAlloc - before.TotalAlloc)
	if held > 24<<20 || held > raw {
		t.Errorf("%d bytes were allocated for %d", held, raw)
	}
	t.Logf("%d lines, %d bytes, %d packed; %d allocated while they were unpacked", lines, raw, len(packed), held)
	if int64(len(packed)) > raw/2 || bytes.Contains(packed, []byte("domain-name\",\"value\":\"1")) {
		t.Error("not packed")
	}
}

func BenchmarkRead(b *testing.B) {
	_, private := keys(b, "a")
	var text bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&text, `{"type":"domain-name","value":"%x.example.com","class":"c2"}`+"\n", uint64(i)*0x9e3779b97f4a7c15)
	}
	packed := write(b, about(), []bundle.Content{{Name: bundle.Indicators.Path("x"), Kind: bundle.Indicators, Data: text.Bytes()}}, private.Sign)
	c := check(b)
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := read(packed, c); err != nil {
			b.Fatal(err)
		}
	}
}
