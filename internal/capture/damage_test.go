package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
)

var le = binary.LittleEndian

// fivePcap is five records of 100 bytes behind a header of 24.
func fivePcap() []byte {
	file := pcapFile(le, 0xa1b2c3d4, 1, 65535)
	for i := range 5 {
		file = append(file, pcapRecord(le, second, uint32(i), 84, payload(84, byte(i)))...)
	}
	return file
}

// fiveSnoop is five records of 100 bytes behind a header of 16.
func fiveSnoop() []byte {
	file := snoopFile(4)
	for i := range 5 {
		file = append(file, snoopRecord(second, uint32(i), 0, 76, payload(76, byte(i)))...)
	}
	return file
}

// fivePcapng is five blocks of 100 bytes behind a section and interface of 28+20.
func fivePcapng() []byte {
	file := append(ngSection(le), ngInterface(le, 1, 0)...)
	for i := range 5 {
		file = append(file, ngPacket(le, 0, second*1e6+uint64(i), 68, payload(68, byte(i)))...)
	}
	return file
}

func put32(b []byte, at int, v uint32) []byte {
	le.PutUint32(b[at:], v)
	return b
}

func splice(b []byte, at int, in []byte) []byte { return slices.Insert(b, at, in...) }

func TestDamage(t *testing.T) {
	type damage = []tinycheck.Damage
	one := func(kind tinycheck.DamageKind, count, at int64) damage {
		return damage{{Kind: kind, Count: count, Offset: at}}
	}
	pcap, ng, snoop := fivePcap, fivePcapng, fiveSnoop
	for name, c := range map[string]struct {
		data    []byte
		packets int64
		want    damage
	}{
		"pcap whole":                    {pcap(), 5, nil},
		"pcap cut in data":              {pcap()[:24+450], 4, one(tinycheck.DamageCutOff, 1, 424)},
		"pcap cut in header":            {pcap()[:24+407], 4, one(tinycheck.DamageCutOff, 1, 424)},
		"pcap zeros behind":             {append(pcap(), make([]byte, 5000)...), 5, one(tinycheck.DamageTrailing, 1, 524)},
		"pcap few zeros behind":         {append(pcap(), make([]byte, 5)...), 5, one(tinycheck.DamageTrailing, 1, 524)},
		"pcap hole of zeros":            {splice(pcap(), 224, make([]byte, 3<<20)), 5, one(tinycheck.DamageBadLength, 1, 224)},
		"pcap hole too wide":            {splice(pcap(), 224, make([]byte, 18<<20)), 2, one(tinycheck.DamageTrailing, 1, 224)},
		"pcap text inside":              {splice(pcap(), 224, bytes.Repeat([]byte("lost+found "), 50)), 5, one(tinycheck.DamageBadLength, 1, 224)},
		"pcap length of 4 GiB":          {put32(pcap(), 124+8, math.MaxUint32), 4, one(tinycheck.DamageBadLength, 1, 124)},
		"pcap length beyond file":       {put32(pcap(), 124+8, 60000), 4, one(tinycheck.DamageBadLength, 1, 124)},
		"pcap length wrong, wire right": {put32(pcap(), 124+8, 90), 4, one(tinycheck.DamageBadLength, 1, 124)},
		"pcap wire length of 4 GiB":     {put32(pcap(), 124+12, math.MaxUint32), 5, one(tinycheck.DamageBadLength, 1, 124)},
		"pcap wire shorter than data":   {put32(pcap(), 124+12, 3), 5, nil},
		"pcap microseconds":             {put32(put32(pcap(), 124+4, 1e6), 324+4, 2e6), 5, one(tinycheck.DamageBadTime, 2, 124)},
		"pcap two holes":                {put32(splice(pcap(), 424, payload(77, 9)), 24+8, math.MaxUint32), 4, one(tinycheck.DamageBadLength, 2, 24)},
		"pcap garbage to the end":       {append(pcap()[:224], payload(9000, 9)...), 2, one(tinycheck.DamageBadLength, 1, 224)},

		"snoop whole":       {snoop(), 5, nil},
		"snoop cut":         {snoop()[:16+450], 4, one(tinycheck.DamageCutOff, 1, 416)},
		"snoop bad length":  {append(snoop()[:116], append([]byte{0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 1}, snoop()[128:]...)...), 4, one(tinycheck.DamageBadLength, 1, 116)},
		"snoop text inside": {splice(snoop(), 216, []byte("no record at all, only a sentence")), 5, one(tinycheck.DamageBadLength, 1, 216)},

		"pcapng whole":              {ng(), 5, nil},
		"pcapng cut in data":        {ng()[:48+450], 4, one(tinycheck.DamageCutOff, 1, 448)},
		"pcapng cut in header":      {ng()[:48+407], 4, one(tinycheck.DamageCutOff, 1, 448)},
		"pcapng zeros behind":       {append(ng(), make([]byte, 5000)...), 5, one(tinycheck.DamageTrailing, 1, 548)},
		"pcapng few zeros behind":   {append(ng(), make([]byte, 5)...), 5, one(tinycheck.DamageTrailing, 1, 548)},
		"pcapng hole of zeros":      {splice(ng(), 248, make([]byte, 5<<20)), 5, one(tinycheck.DamageBadBlock, 1, 248)},
		"pcapng first length":       {put32(ng(), 148+4, 1000), 4, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng length of 4 GiB":    {put32(ng(), 148+4, math.MaxUint32), 4, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng length of 0":        {put32(ng(), 148+4, 0), 4, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng last length":        {put32(ng(), 148+96, 104), 4, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng text inside":        {splice(ng(), 248, []byte("a sentence that is no block")), 5, one(tinycheck.DamageBadBlock, 1, 248)},
		"pcapng section broken":     {put32(ng(), 4, 64), 5, damage{{Kind: tinycheck.DamageBadBlock, Count: 1}}},
		"pcapng interface broken":   {put32(ng(), 28+4, 64), 0, damage{{Kind: tinycheck.DamageBadBlock, Count: 1, Offset: 28}, {Kind: tinycheck.DamageNoInterface, Count: 5, Offset: 48}}},
		"pcapng other interface":    {put32(ng(), 148+8, 1), 4, one(tinycheck.DamageNoInterface, 1, 148)},
		"pcapng more data":          {put32(ng(), 148+20, 500), 5, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng wire length":        {put32(ng(), 148+24, math.MaxUint32), 5, one(tinycheck.DamageBadLength, 1, 148)},
		"pcapng time":               {put32(ng(), 148+12, math.MaxUint32), 5, one(tinycheck.DamageBadTime, 1, 148)},
		"pcapng packet too short":   {splice(ng(), 148, ngBlock(le, 6, make([]byte, 16))), 5, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng interface of 4":     {splice(ng(), 148, ngBlock(le, 1, make([]byte, 4))), 5, one(tinycheck.DamageBadBlock, 1, 148)},
		"pcapng statistics of none": {append(ng(), ngBlock(le, 5, bytes.Repeat([]byte{9}, 12))...), 5, one(tinycheck.DamageBadBlock, 1, 548)},
		"pcapng section of version": {append(ng(), put32(ngSection(le), 12, 3)...), 5, one(tinycheck.DamageBadBlock, 1, 548)},
		"pcapng huge custom block":  {splice(ng(), 148, ngBlock(le, 0x0bad, make([]byte, 15<<20))), 5, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, facts := readAll(t, c.data)
			if facts.Packets != c.packets {
				t.Errorf("%d packets, want %d", facts.Packets, c.packets)
			}
			if !slices.Equal(facts.Damage, c.want) {
				t.Errorf("damage %v, want %v", facts.Damage, c.want)
			}
			for i, p := range got {
				if p.Length > 2000 || p.Time.Before(at(second, 0)) || p.Time.After(at(second+4, 0)) {
					t.Errorf("packet %d: %d bytes at %v", i+1, p.Length, p.Time)
				}
			}
		})
	}
}

// The unaligned block lengths of some programs: the length does not count the
// padding that stands before its repetition.
func TestPcapngUnalignedLength(t *testing.T) {
	file := fivePcapng()
	block := put32(put32(ngPacket(le, 0, second*1e6, 66, payload(66, 0)), 4, 98), 96, 98)
	packets, facts := readAll(t, splice(file, 148, block))
	if len(packets) != 6 || facts.Damage != nil {
		t.Errorf("%d packets, damage %v", len(packets), facts.Damage)
	}
}

// A packet longer than MaxPacket is none, in every format.
func TestTooLong(t *testing.T) {
	long := payload(capture.MaxPacket+1, 0)
	for name, file := range map[string][]byte{
		"pcap":   append(append(pcapFile(le, 0xa1b2c3d4, 1, 1<<30), pcapRecord(le, second, 0, len(long), long)...), fivePcap()[24:]...),
		"pcapng": splice(fivePcapng(), 48, ngPacket(le, 0, second*1e6, len(long), long)),
	} {
		packets, facts := readAll(t, file)
		if len(packets) != 5 || len(facts.Damage) != 1 || facts.Damage[0].Kind != tinycheck.DamageBadLength {
			t.Errorf("%s: %d packets, damage %v", name, len(packets), facts.Damage)
		}
	}
	exact := payload(capture.MaxPacket, 0)
	packets, facts := readAll(t, pcapFile(le, 0xa1b2c3d4, 1, 1<<30, pcapRecord(le, second, 0, len(exact), exact)))
	if len(packets) != 1 || facts.Damage != nil || !bytes.Equal(packets[0].Data, exact) {
		t.Errorf("the longest packet: %d, damage %v", len(packets), facts.Damage)
	}
}

// What the operating system reports is an error, not damage.
func TestReadError(t *testing.T) {
	broken := errors.New("input/output error")
	file := fivePcap()
	r, err := capture.NewReader("disk", io.MultiReader(bytes.NewReader(file), failing{broken}), capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var p tinycheck.Packet
	for range 5 {
		if err := r.Next(&p); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := r.Next(&p); !errors.Is(err, broken) || !isKind(err, tinycheck.Unavailable) {
			t.Errorf("error %v", err)
		}
	}
	if facts := r.Capture(); facts.Damage != nil || facts.Packets != 5 {
		t.Errorf("facts %+v", facts)
	}
}

// An error before the first byte is the operating system's, not the file's.
func TestReadErrorAtOnce(t *testing.T) {
	for _, start := range [][]byte{nil, fivePcap()[:20], packGzip(t, fivePcap())[:5]} {
		_, err := capture.NewReader("disk", io.MultiReader(bytes.NewReader(start), failing{io.ErrClosedPipe}), capture.Config{})
		if !errors.Is(err, io.ErrClosedPipe) || !isKind(err, tinycheck.Unavailable) {
			t.Errorf("after %d bytes: %v", len(start), err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func isKind(err error, kind tinycheck.ErrorKind) bool { return errors.Is(err, kind) }

// Claims cost nothing: memory follows what has arrived.
func TestMemoryClaims(t *testing.T) {
	for name, file := range map[string][]byte{
		"pcapng": append(ngSection(le), le.AppendUint32(le.AppendUint32(nil, 0x0bad), 16<<20)...),
		"pcap":   pcapFile(le, 0xa1b2c3d4, 1, 1<<30, pcapRecord(le, second, 0, 99, nil)[:8], []byte{0, 0, 16, 0, 0, 0, 16, 0}),
	} {
		if n := allocated(func() { readAll(t, file) }); n > 1<<20 {
			t.Errorf("%s: %d bytes allocated for %d", name, n, len(file))
		}
	}
}

// Reading a quarter of a gigabyte allocates no more than reading a little.
func TestMemoryLength(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 256 MiB")
	}
	record := pcapRecord(le, second, 0, 1500, payload(1500, 0))
	long := io.MultiReader(bytes.NewReader(pcapFile(le, 0xa1b2c3d4, 1, 65535)), io.LimitReader(&again{data: record}, int64(len(record))*177000))
	n := allocated(func() {
		r, err := capture.NewReader("long", long, capture.Config{Hash: true})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, r)
		if facts := r.Capture(); facts.Packets != 177000 || facts.Damage != nil {
			t.Errorf("facts %+v", facts)
		}
	})
	if n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

// again repeats its data for ever.
type again struct {
	data []byte
	at   int
}

func (a *again) Read(b []byte) (n int, err error) {
	for n < len(b) {
		k := copy(b[n:], a.data[a.at:])
		n += k
		a.at = (a.at + k) % len(a.data)
	}
	return n, nil
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
