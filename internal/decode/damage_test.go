package decode_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/decode"
)

// TestDamagedCaptures reads real captures whose packets were damaged, lost,
// doubled, cut and put in another order: what holds for every recording holds
// for them.
func TestDamagedCaptures(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus beside the repository: ../shared/corpus is absent")
	}
	if testing.Short() {
		t.Skip("reads hundreds of captures")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	read := 0
	for _, name := range captures(t) {
		packets := some(name)
		if len(packets) == 0 {
			continue
		}
		read++
		var events []tinycheck.Event
		d := decode.New(decode.Config{MaxFlows: 32}, func(e tinycheck.Event) { events = append(events, e) })
		for _, p := range damaged(rng, packets) {
			d.Decode(&p)
		}
		d.End()
		if s := d.Stats(); s.Contained > 0 {
			t.Errorf("%s: %d panics", name, s.Contained)
		}
		if ok := t.Run(name, func(t *testing.T) { check(t, d, events) }); !ok {
			return
		}
	}
	t.Logf("%d captures", read)
}

// some gives the first packets of a capture, without those of 802.11, of which
// one may be several.
func some(name string) (packets []tinycheck.Packet) {
	r, err := capture.Open(filepath.Join(corpus, filepath.FromSlash(name)), capture.Config{})
	if err != nil {
		return nil
	}
	defer r.Close()
	var p tinycheck.Packet
	for len(packets) < 400 && r.Next(&p) == nil {
		switch p.Link {
		case tinycheck.LinkWiFi, tinycheck.LinkRadiotap, tinycheck.LinkPrism, tinycheck.LinkAVS, tinycheck.LinkPPI:
			continue
		}
		p.Data = slices.Clone(p.Data)
		packets = append(packets, p)
	}
	return packets
}

func damaged(rng *rand.Rand, packets []tinycheck.Packet) []tinycheck.Packet {
	var list []tinycheck.Packet
	for _, p := range packets {
		switch rng.IntN(12) {
		case 0: // lost
			continue
		case 1: // doubled
			list = append(list, p)
		case 2: // cut
			p.Data = p.Data[:rng.IntN(len(p.Data)+1)]
		case 3, 4: // damaged
			p.Data = slices.Clone(p.Data)
			for range 1 + rng.IntN(4) {
				if len(p.Data) > 0 {
					p.Data[rng.IntN(len(p.Data))] = byte(rng.IntN(256))
				}
			}
		case 5: // swapped with an earlier one
			if n := len(list); n > 0 {
				at := max(0, n-1-rng.IntN(5))
				p, list[at] = list[at], p
			}
		}
		list = append(list, p)
	}
	for i := range list {
		list[i].Number = int64(i + 1)
	}
	return list
}
