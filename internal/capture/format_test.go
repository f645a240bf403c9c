package capture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"tinycheck"
	"tinycheck/internal/capture"
)

var orders = map[string]appender{"little": binary.LittleEndian, "big": binary.BigEndian}

const second = 1700000000

func at(sec, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }

func TestPcap(t *testing.T) {
	for name, o := range orders {
		for _, c := range []struct {
			magic  uint32
			nsec   int64
			record func(appender, uint32, uint32, int, []byte) []byte
		}{
			{0xa1b2c3d4, 7000, pcapRecord},
			{0xa1b23c4d, 7, pcapRecord},
			{0xa1b2cd34, 7000, modifiedRecord},
		} {
			t.Run(fmt.Sprintf("%s/%x", name, c.magic), func(t *testing.T) {
				one, two := payload(60, 1), payload(3, 2)
				got, facts := readAll(t, pcapFile(o, c.magic, 1, 65535,
					c.record(o, second, 7, 60, one), c.record(o, second-5, 8, 1500, two), c.record(o, second+1, 0, 0, nil)))
				want := []tinycheck.Packet{
					{Number: 1, Time: at(second, c.nsec), Length: 60, Link: 1, Data: one},
					{Number: 2, Time: at(second-5, c.nsec/7*8), Length: 1500, Link: 1, Data: two},
					{Number: 3, Time: at(second+1, 0), Length: 0, Link: 1, Data: []byte{}},
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
				wantFacts := tinycheck.Capture{Name: "test", Format: "pcap", Links: []tinycheck.LinkType{1}, Interfaces: 1,
					Start: want[1].Time, End: want[2].Time, Packets: 3, Bytes: 1560, Dropped: tinycheck.Drops{Truncated: 1}}
				if d := cmp.Diff(wantFacts, facts); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// The upper half of the link type field tells of the frame check sequence.
func TestPcapLinkBits(t *testing.T) {
	_, facts := readAll(t, pcapFile(binary.LittleEndian, 0xa1b2c3d4, 0x24000001, 65535))
	if !slices.Equal(facts.Links, []tinycheck.LinkType{tinycheck.LinkEthernet}) {
		t.Errorf("links %v, want Ethernet", facts.Links)
	}
	if facts.Packets != 0 || facts.Damage != nil {
		t.Errorf("a capture without packets gives %d and damage %v", facts.Packets, facts.Damage)
	}
}

// Versions before 2.3 have the lengths the other way round, 2.3 where it shows.
func TestPcapSwappedLengths(t *testing.T) {
	o := binary.LittleEndian
	swapped := func(wire int, data []byte) []byte {
		b := pcapRecord(o, second, 0, wire, data)
		copy(b[8:], append(bytes.Clone(b[12:16]), b[8:12]...))
		return b
	}
	for minor, want := range map[byte][]int{1: {100, 7}, 3: {100, 7}} {
		records := [][]byte{swapped(100, payload(7, 0)), swapped(7, payload(7, 1))}
		if minor == 3 { // a program that writes them as they are today
			records = append(records, pcapRecord(o, second, 0, 50, payload(7, 0)))
			want = append(want, 50)
		}
		file := pcapFile(o, 0xa1b2c3d4, 1, 65535, records...)
		file[6] = minor
		got, facts := readAll(t, file)
		if len(got) != len(want) || facts.Damage != nil {
			t.Fatalf("2.%d: %d packets, want %d; %v", minor, len(got), len(want), facts.Damage)
		}
		for i, p := range got {
			if p.Length != want[i] || len(p.Data) != 7 {
				t.Errorf("2.%d: packet %d holds %d of %d, want 7 of %d", minor, i+1, len(p.Data), p.Length, want[i])
			}
		}
	}
}

func TestSnoop(t *testing.T) {
	one, two := payload(61, 1), payload(40, 2)
	file := snoopFile(4, snoopRecord(second, 7, 0, 61, one), snoopRecord(second+1, 999999, 5, 1500, two))
	got, facts := readAll(t, file)
	want := []tinycheck.Packet{
		{Number: 1, Time: at(second, 7000), Length: 61, Link: 1, Data: one},
		{Number: 2, Time: at(second+1, 999999000), Length: 1500, Link: 1, Data: two},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if facts.Format != "snoop" || facts.Dropped != (tinycheck.Drops{Kernel: 5, Truncated: 1}) {
		t.Errorf("facts %+v", facts)
	}
	oracle, err := pcapgo.NewSnoopReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		data, info, err := oracle.ReadPacketData()
		if err != nil || !bytes.Equal(data, p.Data) || info.Length != p.Length || !info.Timestamp.Equal(p.Time) {
			t.Errorf("packet %d: pcapgo %v %v", i+1, info, err)
		}
	}
	if _, facts := readAll(t, snoopFile(99)); !slices.Equal(facts.Links, []tinycheck.LinkType{0xffff}) {
		t.Errorf("an unknown link type is %v", facts.Links)
	}
}

// Two sections of differing byte order; three interfaces, each with its clock;
// packets in blocks of all three types.
func TestPcapng(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	one, two := payload(60, 1), payload(33, 2)
	simple := append(le.AppendUint32(nil, 60), one[:40]...)
	old := be.AppendUint16(nil, 0)
	old = be.AppendUint16(old, 9) // lost before it
	old = append(old, ngPacket(be, 0, second*1e3+5, 33, two)[12:12+16]...)
	old = append(old, two...)
	offset := le.AppendUint64(nil, uint64(1<<64-3600))
	file := bytes.Join([][]byte{
		ngSection(le, ngOption(le, 1, []byte("made by hand")), ngOption(le, 4, []byte("program"))),
		ngInterface(le, 1, 40, ngOption(le, 2, []byte("wlan0"))),
		ngBlock(le, 0x0bad, payload(9, 3)),
		ngInterface(le, 101, 0, ngOption(le, 9, []byte{9}), ngOption(le, 14, offset), ngOption(le, 0, nil)),
		ngPacket(le, 0, second*1e6+7, 60, one, ngOption(le, 1, []byte("look here")), ngOption(le, 4, le.AppendUint64(nil, 3))),
		ngBlock(le, 3, simple),
		ngBlock(le, 77, nil),
		ngPacket(le, 1, second*1e9+7, 90, two),
		ngBlock(le, 5, append(make([]byte, 12), ngOption(le, 5, le.AppendUint64(nil, 4))...)),
		ngBlock(le, 5, append(make([]byte, 12), ngOption(le, 5, le.AppendUint64(nil, 10))...)),
		ngSection(be),
		ngInterface(be, 113, 0, ngOption(be, 9, []byte{0x80 | 10})),
		ngInterface(be, 1, 0, ngOption(be, 9, []byte{3})),
		ngPacket(be, 0, second<<10|512, 60, one),
		ngBlock(be, 2, old),
	}, nil)
	got, facts := readAll(t, file)
	want := []tinycheck.Packet{
		{Number: 1, Time: at(second, 7000), Length: 60, Link: 1, Data: one},
		{Number: 2, Time: at(second, 7000), Length: 60, Link: 1, Data: one[:40]},
		{Number: 3, Time: at(second-3600, 7), Length: 90, Interface: 1, Link: 101, Data: two},
		{Number: 4, Time: at(second, 5e8), Length: 60, Interface: 2, Link: 113, Data: one},
		{Number: 5, Time: at((second*1000+5)>>10, ((second*1000+5)&1023)*1_000_000_000/1024), Length: 33, Interface: 2, Link: 113, Data: two},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	wantFacts := tinycheck.Capture{Name: "test", Format: "pcapng", Links: []tinycheck.LinkType{1, 101, 113}, Interfaces: 4,
		Start: want[4].Time, End: want[3].Time, Packets: 5, Bytes: 303,
		Dropped:  tinycheck.Drops{Kernel: 10 + 9, Truncated: 2},
		Comments: []string{"made by hand", "look here"}}
	if d := cmp.Diff(wantFacts, facts); d != "" {
		t.Error(d)
	}
}

// Every resolution from 1 s to 10^-19 s and 2^-63 s gives the same moment, as far
// as it can express it.
func TestPcapngResolution(t *testing.T) {
	o := binary.LittleEndian
	for digits := range 20 {
		unit := uint64(math.Pow10(digits))
		sec := min(uint64(1700000000), math.MaxUint64/unit-1)
		ticks := sec*unit + unit/4*3
		checkClock(t, byte(digits), ticks, sec, unit >= 4)
	}
	for digits := range 64 {
		sec := min(uint64(1700000000), uint64(1)<<(64-digits)/2)
		if digits == 0 {
			sec = 1700000000
		}
		checkClock(t, 0x80|byte(digits), sec<<digits|uint64(1)<<digits/4*3, sec, digits >= 2)
	}
	for _, res := range []byte{20, 28, 29, 60, 127, 0x80 | 64, 0xff} { // finer than any clock: parts of the first second
		packets, facts := readAll(t, bytes.Join([][]byte{ngSection(o), ngInterface(o, 1, 0, ngOption(o, 9, []byte{res})),
			ngPacket(o, 0, math.MaxUint64, 4, payload(4, 0))}, nil))
		if len(packets) != 1 || packets[0].Time.Unix() != 0 && res != 0x80|64 || facts.Damage != nil {
			t.Errorf("resolution %#x: %v %v", res, packets, facts.Damage)
		}
	}
}

// checkClock reads one packet and expects three quarters past the second.
func checkClock(t *testing.T, res byte, ticks, sec uint64, fine bool) {
	t.Helper()
	o := binary.LittleEndian
	packets, facts := readAll(t, bytes.Join([][]byte{ngSection(o), ngInterface(o, 1, 0, ngOption(o, 9, []byte{res})),
		ngPacket(o, 0, ticks, 4, payload(4, 0))}, nil))
	want := at(int64(sec), 750e6)
	switch {
	case !fine:
		want = at(int64(sec), packets[0].Time.UnixNano()%1e9)
	case res == 1:
		want = at(int64(sec), 600e6) // ten tenths: 10/4*3 = 6
	}
	if len(packets) != 1 || !packets[0].Time.Equal(want) || facts.Damage != nil {
		t.Errorf("resolution %#x: %v, want %v; %v", res, packets[0].Time, want, facts.Damage)
	}
}

func TestNames(t *testing.T) {
	o := binary.BigEndian
	var body []byte
	body = append(body, ngOption(o, 1, append([]byte{192, 0, 2, 1}, "one.example\x00uno.example\x00"...))...)
	body = append(body, ngOption(o, 2, append(netip.MustParseAddr("2001:db8::1").AsSlice(), "six.example\x00"...))...)
	body = append(body, ngOption(o, 1, append([]byte{192, 0, 2, 1}, "one.example\x00"...))...)
	body = append(body, ngOption(o, 3, append([]byte{1, 2, 3, 4, 5, 6}, "hardware\x00"...))...)
	body = append(body, ngOption(o, 1, []byte{1, 2})...)
	body = append(body, ngOption(o, 0, nil)...)
	r, err := capture.NewReader("test", bytes.NewReader(bytes.Join([][]byte{ngSection(o), ngBlock(o, 4, body)}, nil)), capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	readRest(t, r)
	want := map[netip.Addr][]string{
		netip.MustParseAddr("192.0.2.1"):   {"one.example", "uno.example"},
		netip.MustParseAddr("2001:db8::1"): {"six.example"},
	}
	if got := r.Names(); !reflect.DeepEqual(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
}

// What a person can fill without end is bounded, and the rest counted.
func TestBounds(t *testing.T) {
	o := binary.LittleEndian
	file := [][]byte{ngSection(o), ngInterface(o, 1, 0)}
	for range 100 {
		file = append(file, ngPacket(o, 0, second*1e6, 4, payload(4, 0), ngOption(o, 1, bytes.Repeat([]byte("é"), 3000))))
	}
	var names []byte
	for i := range 70000 {
		names = append(names, ngOption(o, 1, append([]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}, "name.example\x00"...))...)
	}
	file = append(file, ngBlock(o, 4, names))
	r, err := capture.NewReader("test", bytes.NewReader(bytes.Join(file, nil)), capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, facts := readRest(t, r)
	if n := len(strings.Join(facts.Comments, "")); n > 64<<10 || n < 60<<10 {
		t.Errorf("%d bytes of comments kept", n)
	}
	if n := len(r.Names()); n != 1<<16 {
		t.Errorf("%d names kept", n)
	}
	if want := int64(100 - len(facts.Comments) + 70000 - 1<<16); r.Unkept() != want {
		t.Errorf("%d passed over, want %d", r.Unkept(), want)
	}
	if facts.Damage != nil {
		t.Errorf("damage %v", facts.Damage)
	}
}

func TestNotACapture(t *testing.T) {
	o := binary.LittleEndian
	badVersion := ngSection(o)
	badVersion[12] = 2
	for name, c := range map[string]struct {
		data []byte
		kind tinycheck.ErrorKind
		say  string
	}{
		"text":       {[]byte("<html><body>hello"), tinycheck.Invalid, "open capture: test is not a capture (first bytes 3c68746d6c3e3c62); pcap, pcapng and snoop are read, also packed with gzip or zstd"},
		"empty":      {nil, tinycheck.Invalid, "open capture: test is empty"},
		"one byte":   {[]byte{0xd4}, tinycheck.Invalid, "open capture: test is not a capture (first bytes d4)"},
		"half magic": {[]byte{10, 13, 13, 10}, tinycheck.Invalid, "open capture: test is not a capture (first bytes 0a0d0d0a)"},
		"cut pcap":   {pcapFile(o, 0xa1b2c3d4, 1, 0)[:23], tinycheck.Invalid, "open capture: test ends inside its file header"},
		"cut pcapng": {ngSection(o)[:20], tinycheck.Invalid, "open capture: test ends inside its file header"},
		"cut snoop":  {snoopFile(4)[:15], tinycheck.Invalid, "open capture: test ends inside its file header"},
		"snoop 1":    {[]byte("snoop\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04"), tinycheck.Unsupported, "open capture: test: snoop 1: unknown version"},
		"pcapng 2":   {badVersion, tinycheck.Unsupported, "open capture: test: pcapng 2: unknown version"},
		"empty gzip": {packGzip(t, nil), tinycheck.Invalid, "open capture: test is empty"},
		"cut gzip":   {packGzip(t, payload(99, 0))[:5], tinycheck.Invalid, "open capture: test"},
		"thrice":     {packGzip(t, packGzip(t, packGzip(t, pcapFile(o, 0xa1b2c3d4, 1, 0)))), tinycheck.Unsupported, "open capture: test is packed more than 2 times"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := capture.NewReader("test", bytes.NewReader(c.data), capture.Config{})
			if err == nil || !strings.HasPrefix(err.Error(), c.say) || !isKind(err, c.kind) {
				t.Errorf("error %v, want %s of kind %s", err, c.say, c.kind)
			}
		})
	}
}

// A stream that hands over one byte at a time reads like one in a piece.
func TestSlowStream(t *testing.T) {
	o := binary.BigEndian
	file := pcapFile(o, 0xa1b2c3d4, 1, 65535, pcapRecord(o, second, 1, 60, payload(60, 0)), pcapRecord(o, second, 2, 9, payload(9, 0)))
	r, err := capture.NewReader("slow", oneByte{bytes.NewReader(file)}, capture.Config{})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := readRest(t, r)
	want, _ := readAll(t, file)
	if d := cmp.Diff(want, got); d != "" || len(want) != 2 {
		t.Error(d)
	}
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.r.Read(b[:min(1, len(b))]) }
