package ip_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tinycheck"
)

// record is one packet of a capture file.
type record struct {
	link tinycheck.LinkType
	time int64 // nanoseconds, as far as the order of fragments needs it
	data []byte
}

// corpus gives the folder of the shared captures or skips the test.
func corpus(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above this folder")
		}
		dir = filepath.Dir(dir)
	}
	shared := filepath.Join(dir, "..", "shared", "corpus")
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no corpus beside the repository: ../shared/corpus is absent")
	}
	return shared
}

// captures lists the pcap and pcapng files below a folder of the corpus.
func captures(t testing.TB, under string) []string {
	t.Helper()
	root := corpus(t)
	var names []string
	err := filepath.WalkDir(filepath.Join(root, under), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// readCapture is the smallest reader that the corpus needs; what it cannot read
// it leaves out.
func readCapture(t testing.TB, path string) []record {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if zipped, err := gzip.NewReader(bytes.NewReader(file)); err == nil && strings.HasSuffix(path, "gz") {
		file, _ = io.ReadAll(zipped)
	}
	if len(file) < 24 {
		return nil
	}
	switch {
	case binary.BigEndian.Uint32(file) == 0x0a0d0d0a:
		return readNG(file)
	case bytes.Equal(file[:4], []byte{0xd4, 0xc3, 0xb2, 0xa1}), bytes.Equal(file[:4], []byte{0x4d, 0x3c, 0xb2, 0xa1}):
		return readClassic(file, binary.LittleEndian)
	case bytes.Equal(file[:4], []byte{0xa1, 0xb2, 0xc3, 0xd4}), bytes.Equal(file[:4], []byte{0xa1, 0xb2, 0x3c, 0x4d}):
		return readClassic(file, binary.BigEndian)
	}
	return nil
}

func readClassic(file []byte, order binary.ByteOrder) (records []record) {
	kind := tinycheck.LinkType(order.Uint32(file[20:]))
	for rest := file[24:]; len(rest) >= 16; {
		n := int(order.Uint32(rest[8:]))
		if n < 0 || n > len(rest)-16 {
			break
		}
		at := int64(order.Uint32(rest))*1e9 + int64(order.Uint32(rest[4:]))
		records = append(records, record{kind, at, rest[16 : 16+n]})
		rest = rest[16+n:]
	}
	return records
}

func readNG(file []byte) (records []record) {
	var order binary.ByteOrder = binary.LittleEndian
	var kinds []tinycheck.LinkType
	for rest := file; len(rest) >= 12; {
		if binary.BigEndian.Uint32(rest) == 0x0a0d0d0a {
			order, kinds = binary.LittleEndian, nil
			if binary.BigEndian.Uint32(rest[8:]) == 0x1a2b3c4d {
				order = binary.BigEndian
			}
		}
		kind, n := order.Uint32(rest), int(order.Uint32(rest[4:]))
		if n < 12 || n > len(rest) {
			break
		}
		body := rest[8 : n-4]
		rest = rest[n:]
		switch {
		case kind == 1 && len(body) >= 8:
			kinds = append(kinds, tinycheck.LinkType(order.Uint16(body)))
		case kind == 6 && len(body) >= 20:
			id, size := int(order.Uint32(body)), int(order.Uint32(body[12:]))
			if id < len(kinds) && size <= len(body)-20 {
				at := int64(order.Uint32(body[4:]))<<32 | int64(order.Uint32(body[8:]))
				records = append(records, record{kinds[id], at * 1000, body[20 : 20+size]})
			}
		case kind == 3 && len(body) >= 4 && len(kinds) > 0:
			size := min(int(order.Uint32(body)), len(body)-4)
			records = append(records, record{kinds[0], 0, body[4 : 4+size]})
		}
	}
	return records
}
