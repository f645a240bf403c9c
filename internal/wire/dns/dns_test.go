package dns_test

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"tinycheck/internal/wire/dns"
)

// unhex reads hexadecimal with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const query = "0001 0100 0001 0000 0000 0000"

func TestNames(t *testing.T) {
	long := strings.Repeat("3f"+strings.Repeat("78", 63), 3)
	tests := []struct {
		what, name string // name in hex, at offset 12
		want       string
		err        error
	}{
		{"root", "00", "", nil},
		{"lower case", "03575757 074578616d504c65 00", "www.example", nil},
		{"underscore and digits", "045f746370 0131 00", "_tcp.1", nil},
		{"dot and backslash inside a label", "03612e62 035c7a5c 00", `a\046b.\092z\092`, nil},
		{"control, DEL, UTF-8", "03001b7f 02c3bc 00", `\000\027\127.\195\188`, nil},
		{"space is printable", "0461204220 00", "a b ", nil},
		{"longest", long + "3d" + strings.Repeat("79", 61) + "00", strings.Repeat(strings.Repeat("x", 63)+".", 3) + strings.Repeat("y", 61), nil},
		{"one byte too long", long + "3e" + strings.Repeat("79", 62) + "00", "-", dns.ErrName},
		{"pointer to itself", "c00c", "-", dns.ErrName},
		{"two pointers in a circle", "0161 c00c", "-", dns.ErrName},
		{"reserved label", "41" + "00", "-", dns.ErrName},
		{"label beyond the end", "3f61", "-", dns.ErrCut},
		{"half a pointer", "c0", "-", dns.ErrCut},
		{"pointer beyond the end", "ffff", "-", dns.ErrCut},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			tail := "0001 0001"
			if tt.err == dns.ErrCut && !strings.HasPrefix(tt.name, "ff") {
				tail = ""
			}
			m, err := dns.Parse(unhex(t, query+tt.name+tail))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.want == "-" {
				if len(m.Questions) != 0 {
					t.Fatalf("unreadable name gave %+v", m.Questions)
				}
				return
			}
			if want := []dns.Question{{Name: tt.want, Type: dns.TypeA, Class: dns.ClassIN}}; !reflect.DeepEqual(m.Questions, want) {
				t.Fatalf("got %+v, want %+v", m.Questions, want)
			}
		})
	}
}

// An answer as dnsmasq gives it: CNAME, then address, compressed.
const answer = "1234 8180 0001 0003 0000 0001" +
	"03777777 07657861 6d706c65 03636f6d 00 0001 0001" + // www.example.com, offset 12
	"c00c 0005 0001 0000003c 0006 03636470 c010" + // CNAME cdp.example.com, data at 45
	"c02d 0001 0001 0000003c 0004 c0000201" +
	"c02d 001c 8001 ffffffff 0010 20010db8 00000000 00000000 00000001" +
	"00 0029 04d0 01000000 0000" // OPT, upper response code 1

func TestAnswer(t *testing.T) {
	m, err := dns.Parse(unhex(t, answer))
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != 0x1234 || !m.Response || !m.Recursion || !m.Available || m.Authoritative || m.Truncated || m.Opcode != 0 || m.RCode != 16 {
		t.Errorf("header %+v", m)
	}
	want := []dns.Record{
		{Name: "www.example.com", Type: dns.TypeCNAME, Class: dns.ClassIN, TTL: 60, Length: 6, Target: "cdp.example.com"},
		{Name: "cdp.example.com", Type: dns.TypeA, Class: dns.ClassIN, TTL: 60, Length: 4, Addr: netip.MustParseAddr("192.0.2.1")},
		{Name: "cdp.example.com", Type: dns.TypeAAAA, Class: dns.ClassIN, Flush: true, Length: 16, Addr: netip.MustParseAddr("2001:db8::1")},
		{Name: "", Section: dns.Additional, Type: dns.TypeOPT, Class: 1232, TTL: 0x01000000},
	}
	if !reflect.DeepEqual(m.Records, want) {
		t.Errorf("got  %+v\nwant %+v", m.Records, want)
	}
}

// Every beginning of a message reads as far as it goes, and says so.
func TestCutAnswer(t *testing.T) {
	whole := unhex(t, answer)
	full, _ := dns.Parse(whole)
	var questions, records int
	for n := range whole {
		m, err := dns.Parse(whole[:n])
		if !errors.Is(err, dns.ErrCut) {
			t.Fatalf("%d bytes: error %v", n, err)
		}
		if len(m.Questions) < questions || len(m.Records) < records {
			t.Fatalf("%d bytes: fewer than with one byte less", n)
		}
		questions, records = len(m.Questions), len(m.Records)
		for i, r := range m.Records {
			if !r.Damaged && !reflect.DeepEqual(r, full.Records[i]) {
				t.Fatalf("%d bytes: record %d: %+v", n, i, r)
			}
		}
	}
	if m, _ := dns.Parse(whole[:29]); len(m.Questions) != 1 || m.Questions[0].Name != "www.example.com" || m.Questions[0].Type != 0 {
		t.Errorf("cut behind the name: %+v", m.Questions)
	}
}

func TestDamage(t *testing.T) {
	const a = "8180 0001 0002 0000 0000 0161 00 0001 0001"
	good := "c00c 0001 0001 00000001 0004 c0000202"
	tests := []struct {
		what, records string
		damaged       dns.Record
		err           error
	}{
		{"address of the wrong length", "c00c 0001 0001 00000001 0003 c00002" + good, dns.Record{Name: "a", Type: 1, Class: 1, TTL: 1, Length: 3, Damaged: true}, dns.ErrData},
		{"owner's name in a circle", "c013 0001 0001 00000001 0004 c0000201" + good,
			dns.Record{Type: 1, Class: 1, TTL: 1, Length: 4, Damaged: true, Addr: netip.MustParseAddr("192.0.2.1")}, dns.ErrName},
		{"name longer than its data", "c00c 0005 0001 00000001 0001 0162" + good[:0] + "00 0001 0001 00000001 0000", dns.Record{Name: "a", Type: 5, Class: 1, TTL: 1, Length: 1, Target: "b", Damaged: true}, dns.ErrData},
		{"alias that never ends", "c00c 0005 0001 00000001 0002 c01f" + good, dns.Record{Name: "a", Type: 5, Class: 1, TTL: 1, Length: 2, Damaged: true}, dns.ErrName},
		{"text beyond its data", "c00c 0010 0001 00000001 0003 09 4142" + good, dns.Record{Name: "a", Type: 16, Class: 1, TTL: 1, Length: 3, Text: "AB", TextLength: 2, Damaged: true}, dns.ErrData},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			m, err := dns.Parse(unhex(t, "0001"+a+tt.records))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if len(m.Records) == 0 || !reflect.DeepEqual(m.Records[0], tt.damaged) {
				t.Fatalf("got %+v\nwant %+v first", m.Records, tt.damaged)
			}
			if !strings.HasSuffix(tt.records, good) {
				return
			}
			if len(m.Records) != 2 || m.Records[1].Damaged || m.Records[1].Addr != netip.MustParseAddr("192.0.2.2") {
				t.Fatalf("the record behind the damage is lost: %+v", m.Records)
			}
		})
	}
}

func TestUpdateWithoutData(t *testing.T) { // RFC 2136 2.5.2: delete an RRset
	m, err := dns.Parse(unhex(t, "0001 2800 0001 0000 0001 0000 0161 00 0006 0001 c00c 0001 00ff 00000000 0000"))
	if err != nil || m.Opcode != 5 || len(m.Records) != 1 || m.Records[0].Damaged {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestMulticast(t *testing.T) { // RFC 6762 5.4 and 10.2
	m, err := dns.Parse(unhex(t, "0000 0000 0001 0000 0001 0000 0161 056c6f63616c 00 00ff 8001 c00c 0001 8001 00000078 0004 0a000001"))
	if err != nil || !m.Questions[0].Unicast || m.Questions[0].Class != dns.ClassIN || !m.Records[0].Flush || m.Records[0].Class != dns.ClassIN {
		t.Fatalf("%+v, %v", m, err)
	}
}

// Two bytes of pointer stand for 255: the text of one message stays bounded.
func TestTextIsBounded(t *testing.T) {
	msg := unhex(t, "0001 0100 ffff 0000 0000 0000")
	for len(msg) < 16000 { // tails of a chain of labels that cannot be printed
		msg = append(msg, 1, 0xff)
		if len(msg)%250 == 0 {
			msg = append(msg, 0, 0, 1, 0, 1)
		}
	}
	msg = append(msg, 0, 0, 1, 0, 1)
	for i := 12; len(msg) < dns.MaxLength-6; i += 2 {
		msg = append(msg, 0xc0|byte(i%16000>>8), byte(i), 0, 1, 0, 1)
	}
	m, err := dns.Parse(msg)
	if err == nil {
		t.Fatal("no error")
	}
	total, shared := 0, map[*byte]bool{}
	for _, q := range m.Questions {
		if p := unsafe.StringData(q.Name); !shared[p] {
			shared[p] = true
			total += len(q.Name)
		}
	}
	if total > 1<<20 || total < 1<<19 {
		t.Fatalf("%d characters of names", total)
	}
}

// A whole TCP answer of 64 KiB reads without loss.
func TestLargestAnswer(t *testing.T) {
	msg := unhex(t, "0001 8180 0001 0000 0000 0000 0161 00 0001 0001")
	n := 0
	for ; len(msg)+16 <= dns.MaxLength; n++ {
		msg = append(msg, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, byte(n>>16), byte(n>>8), byte(n))
	}
	msg[6], msg[7] = byte(n>>8), byte(n)
	m, err := dns.Parse(msg)
	if err != nil || len(m.Records) != n || m.Records[n-1].Name != "a" {
		t.Fatalf("%d of %d records, %v", len(m.Records), n, err)
	}
	if _, err = dns.Parse(append(msg, make([]byte, 100)...)); !errors.Is(err, dns.ErrLong) {
		t.Errorf("longer than a message can be: %v", err)
	}
}

func TestReuse(t *testing.T) {
	var m dns.Message
	big, small := unhex(t, answer), unhex(t, query+"0162 00 0001 0001")
	if err := m.Unpack(big); err != nil {
		t.Fatal(err)
	}
	name := m.Records[0].Target
	if err := m.Unpack(small); err != nil || len(m.Records) != 0 || m.Response || m.RCode != 0 || m.Questions[0].Name != "b" {
		t.Fatalf("%+v, %v", m, err)
	}
	if name != "cdp.example.com" {
		t.Errorf("an old string changed: %q", name)
	}
	if err := m.Unpack(big[:5]); !errors.Is(err, dns.ErrCut) || len(m.Questions) != 0 || m.ID != 0 {
		t.Fatalf("%+v, %v", m, err)
	}
	if n := testing.AllocsPerRun(100, func() { m.Unpack(big) }); n > 1 {
		t.Errorf("%v allocations per message", n)
	}
}
