package bundle_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"tinycheck"
	"tinycheck/internal/bundle"
)

// hold checks what must be true of every file: it is refused with a kind, or an
// independent reader of tar finds exactly the members of the signed index, with
// its hashes, and an independent unpacking gives what Open gives.
func hold(t *testing.T, packed []byte, c bundle.Check) {
	b, err := read(packed, c)
	if err != nil {
		var told *tinycheck.Error
		if b != nil || !errors.As(err, &told) {
			t.Fatalf("%+v, %v", b, err)
		}
		return
	}
	m := members(t, packed)
	if len(m) != len(b.Parts)+2 || m[0].Name != "index.json" || m[1].Name != "index.json.minisig" {
		t.Fatalf("%d members for %d parts", len(m), len(b.Parts))
	}
	if sum := sha256.Sum256(m[0].data); hex.EncodeToString(sum[:]) != b.SHA256 {
		t.Fatal("another index")
	}
	if b.Version == 0 || !c.Now.Before(b.Expires) {
		t.Fatalf("%+v", b.Index)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	texts := all(t, b)
	if len(texts) != len(b.Parts) {
		t.Fatal("a part twice")
	}
	for i, p := range b.Parts {
		stored := m[i+2]
		sum := sha256.Sum256(stored.data)
		if stored.Name != p.Name || hex.EncodeToString(sum[:]) != p.SHA256 || int64(len(stored.data)) != p.Size || stored.Typeflag != '0' ||
			strings.Contains(p.Name, "..") || strings.HasPrefix(p.Name, "/") || strings.ToLower(p.Name) != p.Name {
			t.Fatalf("%+v: %+v", p, stored.Header)
		}
		text := stored.data
		if strings.HasSuffix(p.Name, ".zst") {
			if err := z.Reset(bytes.NewReader(stored.data)); err != nil {
				t.Fatal(err)
			}
			if text, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if string(text) != texts[p.Name] {
			t.Fatalf("%s: Open gives something else", p.Name)
		}
	}
}

// FuzzRead changes a bundle as somebody can who has no key.
func FuzzRead(f *testing.F) {
	f.Add(good(f))
	f.Add(small(f))
	f.Add(append(small(f), make([]byte, 512)...))
	m := members(f, good(f))
	f.Add(archive(f, m[:3]))
	f.Add(archive(f, append(m, m[2])))
	c := check(f)
	want := map[string]bool{mustRead(f, good(f)).SHA256: true, mustRead(f, small(f)).SHA256: true}
	f.Fuzz(func(t *testing.T, packed []byte) {
		hold(t, packed, c)
		if b, err := read(packed, c); err == nil && !want[b.SHA256] {
			t.Fatal("an index that nobody signed")
		}
	})
}

// FuzzSigned lets the key sign anything, and puts anything behind it.
func FuzzSigned(f *testing.F) {
	for _, packed := range [][]byte{good(f), small(f), handmade(f, [][]byte{nil, zstded(f, []byte("x"))})} {
		m := members(f, packed)
		behind := archive(f, m[2:])
		f.Add(m[0].data, behind)
		f.Add(m[0].data, behind[:len(behind)/2])
		f.Add(bytes.ReplaceAll(m[0].data, []byte("feeds"), []byte("rules")), behind)
	}
	c := check(f)
	f.Fuzz(func(t *testing.T, index, behind []byte) {
		head := archive(t, signed(t, nil, string(index)))
		hold(t, append(head[:len(head)-1024], behind...), c)
	})
}
