package capture_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
)

// manyRecords is a file of 300 packets of mixed sizes and random data, each with
// its number in front, in pcap, snoop or pcapng.
func manyRecords(format string, random *rand.Rand) []byte {
	file := map[string][]byte{"pcap": pcapFile(le, 0xa1b2c3d4, 1, 65535), "snoop": snoopFile(4),
		"pcapng": append(ngSection(le), ngInterface(le, 1, 0)...)}[format]
	for i := range 300 {
		data := make([]byte, 60+random.IntN(1400))
		for k := range data {
			data[k] = byte(random.Uint32())
		}
		le.PutUint32(data, uint32(i))
		switch usec := uint32(i) * 1000; format {
		case "pcap":
			file = append(file, pcapRecord(le, second, usec, len(data), data)...)
		case "snoop":
			file = append(file, snoopRecord(second, usec, 0, len(data), data)...)
		default:
			file = append(file, ngPacket(le, 0, second*1e6+uint64(usec), len(data), data)...)
		}
	}
	return file
}

// One damaged place, wherever it is, costs the packet that it is in, and the
// neighbours that a search cannot tell from chance; never the rest of the file.
func TestRecover(t *testing.T) {
	for _, format := range []string{"pcap", "snoop", "pcapng"} {
		random := rand.New(rand.NewPCG(7, 7))
		whole := manyRecords(format, random)
		for round := range 400 {
			data, what := bytes.Clone(whole), ""
			at := 60 + random.IntN(len(data)-2000)
			switch round % 3 {
			case 0:
				what = "a changed byte"
				data[at] ^= byte(1 + random.IntN(255))
			case 1:
				what = "bytes lost"
				data = slices.Delete(data, at, at+1+random.IntN(40))
			case 2:
				what = "zeros"
				clear(data[at : at+1+random.IntN(600)])
			}
			kept, facts := keptNumbers(t, data)
			if lost := 300 - kept; lost > 3 {
				t.Errorf("%s, %s at %d: %d packets lost; %v", format, what, at, lost, facts.Damage)
			}
		}
	}
}

// keptNumbers counts how many of the numbered packets were read, in whatever state.
func keptNumbers(t *testing.T, data []byte) (int, tinycheck.Capture) {
	t.Helper()
	r, err := capture.NewReader("damaged", bytes.NewReader(data), capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	packets, facts := readRest(t, r)
	seen := map[uint32]bool{}
	for _, p := range packets {
		if len(p.Data) >= 4 && le.Uint32(p.Data) < 300 {
			seen[le.Uint32(p.Data)] = true
		}
	}
	return len(seen), facts
}
