package capture_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"tinycheck"
	"tinycheck/internal/capture"
)

func packGzip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packZstd(t testing.TB, data []byte, opts ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPacked(t *testing.T) {
	half := len(fivePcapng()) / 2
	for name, c := range map[string]struct {
		plain, packed []byte
		format        string
	}{
		"gzip pcap":                     {fivePcap(), packGzip(t, fivePcap()), "pcap+gzip"},
		"gzip in two pieces":            {fivePcapng(), append(packGzip(t, fivePcapng()[:half]), packGzip(t, fivePcapng()[half:])...), "pcapng+gzip"},
		"zstd pcapng":                   {fivePcapng(), packZstd(t, fivePcapng()), "pcapng+zstd"},
		"zstd snoop":                    {fiveSnoop(), packZstd(t, fiveSnoop()), "snoop+zstd"},
		"zstd behind a skippable frame": {fivePcap(), append([]byte{0x51, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9}, packZstd(t, fivePcap())...), "pcap+zstd"},
		"gzip in zstd":                  {fivePcap(), packZstd(t, packGzip(t, fivePcap())), "pcap+gzip+zstd"},
	} {
		t.Run(name, func(t *testing.T) {
			want, wantFacts := readAll(t, c.plain)
			got, facts := readAll(t, c.packed)
			if d := cmp.Diff(want, got); d != "" || len(got) != 5 {
				t.Error(d)
			}
			wantFacts.Format = c.format
			if d := cmp.Diff(wantFacts, facts); d != "" {
				t.Error(d)
			}
		})
	}
}

// manyPcap is 60,000 packets that pack to many blocks.
func manyPcap() []byte {
	file := pcapFile(le, 0xa1b2c3d4, 1, 65535)
	for i := range 60000 {
		data := payload(64, byte(i*i>>4))
		le.PutUint32(data, uint32(i)*2654435761)
		file = append(file, pcapRecord(le, second, uint32(i), 64, data)...)
	}
	return file
}

// A packed file that was cut or broken gives all that can be unpacked.
func TestPackedDamage(t *testing.T) {
	plain := manyPcap()
	z, s := packGzip(t, plain), packZstd(t, plain)
	flipped := bytes.Clone(z)
	flipped[len(z)-6] ^= 1 // the check sum
	for name, c := range map[string]struct {
		packed []byte
		least  int64
	}{
		"gzip cut":          {z[:len(z)/2], 27000},
		"gzip sum":          {flipped, 60000},
		"gzip without sum":  {z[:len(z)-8], 60000},
		"gzip text behind":  {append(bytes.Clone(z), "text behind the end"...), 60000},
		"zstd cut":          {s[:len(s)/2], 20000},
		"zstd text behind":  {append(bytes.Clone(s), "text behind the end"...), 60000},
		"gzip cut, in zstd": {packZstd(t, z[:len(z)/2]), 27000},
	} {
		t.Run(name, func(t *testing.T) {
			_, facts := readAll(t, c.packed)
			if facts.Packets < c.least || facts.Packets > 60000 {
				t.Errorf("%d packets, want at least %d", facts.Packets, c.least)
			}
			if len(facts.Damage) != 1 || facts.Damage[0].Kind != tinycheck.DamageBadPacking ||
				facts.Damage[0].Offset < 24+80*facts.Packets || facts.Damage[0].Offset >= 24+80*(facts.Packets+1) {
				t.Errorf("damage %v behind %d packets", facts.Damage, facts.Packets)
			}
		})
	}
}

// A frame that wants more memory than a small machine has is refused.
func TestZstdWindow(t *testing.T) {
	file := packZstd(t, manyPcap(), zstd.WithWindowSize(64<<20))
	_, err := capture.NewReader("wide", bytes.NewReader(file), capture.Config{})
	if err == nil || !isKind(err, tinycheck.Unsupported) {
		t.Errorf("error %v", err)
	}
	if _, facts := readAll(t, packZstd(t, manyPcap(), zstd.WithWindowSize(32<<20))); facts.Packets != 60000 {
		t.Errorf("facts %+v", facts)
	}
}

// The hash is of the file as it lies there, packed and with its damage.
func TestHash(t *testing.T) {
	for name, data := range map[string][]byte{
		"plain":   fivePcap(),
		"packed":  packGzip(t, manyPcap()),
		"cut":     fivePcapng()[:500],
		"garbage": append(fivePcap(), bytes.Repeat(payload(1<<20, 1), 20)...),
		"behind":  append(packGzip(t, fivePcap()), payload(300000, 1)...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := capture.Open(path, capture.Config{Hash: true})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if r.Size() != int64(len(data)) {
				t.Errorf("size %d, want %d", r.Size(), len(data))
			}
			if r.Capture().SHA256 != "" {
				t.Error("there is a hash before the end")
			}
			_, facts := readRest(t, r)
			sum := sha256.Sum256(data)
			if facts.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("hash %s, want %x", facts.SHA256, sum)
			}
			if r.Offset() != int64(len(data)) {
				t.Errorf("offset %d, want %d", r.Offset(), len(data))
			}
		})
	}
}

func TestStdin(t *testing.T) {
	r, err := capture.Open("-", capture.Config{Stdin: bytes.NewReader(fivePcap()), Hash: true})
	if err != nil {
		t.Fatal(err)
	}
	_, facts := readRest(t, r)
	if facts.Name != "-" || facts.Packets != 5 || facts.SHA256 != "" || r.Size() != -1 {
		t.Errorf("facts %+v", facts)
	}
	if _, err := capture.Open("-", capture.Config{}); !isKind(err, tinycheck.Invalid) {
		t.Errorf("without standard input: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := capture.Open(filepath.Join(dir, "none"), capture.Config{}); !isKind(err, tinycheck.NotFound) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := capture.Open(dir, capture.Config{}); !isKind(err, tinycheck.Invalid) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := capture.Open(dir, capture.Config{Follow: true}); err == nil {
		t.Error("following without an end")
	}
}

func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, packZstd(t, fivePcap()), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := capture.Open(path, capture.Config{Hash: true})
	if err != nil {
		t.Fatal(err)
	}
	var p tinycheck.Packet
	if err := r.Next(&p); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := r.Next(&p); err == nil || err == io.EOF {
		t.Errorf("reading behind the close: %v", err)
	}
	if r.Capture().SHA256 != "" {
		t.Error("there is a hash of half a file")
	}
}
