package capture_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
)

func FuzzReader(f *testing.F) {
	for _, seed := range [][]byte{
		fivePcap(), fivePcapng(), fiveSnoop(), packGzip(f, fivePcap()), packZstd(f, fivePcapng()),
		fivePcap()[:350], fivePcapng()[:350], splice(fivePcap(), 124, payload(40, 0)), splice(fivePcapng(), 148, make([]byte, 30)),
		put32(fivePcap(), 124+8, 90), put32(fivePcap(), 124+12, 1<<31), put32(fivePcapng(), 152, 104),
		append(fivePcapng(), ngBlock(le, 4, ngOption(le, 1, []byte("\x01\x02\x03\x04name\x00")))...),
		append(fivePcapng(), ngBlock(le, 5, append(make([]byte, 12), ngOption(le, 5, make([]byte, 8))...))...),
		recorded(f),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := capture.NewReader("fuzz", bytes.NewReader(data), capture.Config{Hash: true})
		if err != nil {
			return
		}
		defer r.Close()
		packed := detectPacked(data)
		var p tinycheck.Packet
		var number, held, wire, cut int64
		for {
			err := r.Next(&p)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("error %v of memory", err)
			}
			number++
			held += int64(len(p.Data))
			wire += int64(p.Length)
			if p.Length > len(p.Data) {
				cut++
			}
			if p.Number != number || len(p.Data) > capture.MaxPacket || p.Length > capture.MaxPacket || p.Length < len(p.Data) {
				t.Fatalf("packet %d, expected %d: %d of %d bytes", p.Number, number, len(p.Data), p.Length)
			}
			if p.Time.IsZero() || p.Time.Unix() < 0 || p.Time.Year() > 2262 {
				t.Fatalf("packet %d at %v", number, p.Time)
			}
			if !packed && held > int64(len(data)) {
				t.Fatalf("%d bytes of packets in a file of %d", held, len(data))
			}
		}
		checkFacts(t, r.Capture(), tinycheck.Capture{Packets: number, Bytes: wire, Dropped: tinycheck.Drops{Truncated: cut}})
		if r.Offset() != int64(len(data)) {
			t.Fatalf("%d bytes of %d read for the hash", r.Offset(), len(data))
		}
		if err := r.Next(&p); err != io.EOF {
			t.Fatalf("behind the end: %v", err)
		}
	})
}

func checkFacts(t *testing.T, got, want tinycheck.Capture) {
	if got.Packets != want.Packets || got.Bytes != want.Bytes || got.Dropped.Truncated != want.Dropped.Truncated ||
		got.Dropped.Kernel < 0 || got.Dropped.Own < 0 || got.Away < 0 || len(got.Modes) > 2 || got.Interfaces < 0 || got.End.Before(got.Start) || len(got.SHA256) != 64 {
		t.Fatalf("facts %+v, want %+v", got, want)
	}
	seen := map[tinycheck.DamageKind]bool{}
	for _, d := range got.Damage {
		if d.Count < 1 || d.Offset < 0 || seen[d.Kind] {
			t.Fatalf("damage %v", got.Damage)
		}
		seen[d.Kind] = true
	}
}

func detectPacked(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0x1f, 0x8b}) || len(b) > 1 && (b[0] == 0x28 || b[0]&0xf0 == 0x50)
}

// recorded is a file that was recorded here.
func recorded(t testing.TB) []byte {
	r := record(t, func(c *capture.RecordConfig) {
		c.Filter, c.Program, c.Modes = "tcp", "program", []tinycheck.Mode{tinycheck.ModeContained}
	})
	must(t, r.Write(numbered(1, 60), "a comment"))
	must(t, r.Mark(at(second+2, 0), "a mark"))
	r.Count(5, 2, 1)
	must(t, r.Away(at(second+3, 0), at(second+4, 0)))
	must(t, r.Write(numbered(5, 60)))
	data, err := os.ReadFile(closed(t, r)[0].Path)
	must(t, err)
	return data
}
