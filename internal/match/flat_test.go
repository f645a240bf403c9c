package match_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gaissmai/bart"

	"tinycheck"
	"tinycheck/internal/match"
	"tinycheck/internal/spelling"
)

func flat(t testing.TB, indicators []tinycheck.Indicator, context []tinycheck.Context) []byte {
	t.Helper()
	b := match.NewBuilder()
	for i := range indicators {
		b.AddIndicator(&indicators[i])
	}
	b.Context(context)
	stamp := match.Stamp{Generation: 3, Note: []byte("note")}
	made, err := b.Flat(stamp)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := b.Flat(stamp); !bytes.Equal(again, made) {
		t.Fatal("made twice it is not the same")
	}
	return made
}

func reopen(t testing.TB, flat []byte) *match.Index {
	t.Helper()
	x, err := match.Open(flat)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ordinary makes context of every kind, some of it said twice.
func ordinary(n int) (list []tinycheck.Context) {
	r := rand.New(rand.NewPCG(8, 9))
	classes := []tinycheck.ContextClass{tinycheck.ContextOS, tinycheck.ContextService, tinycheck.ContextPlatform}
	for range n {
		kind := []tinycheck.ObservableType{tinycheck.DomainName, tinycheck.IPv4Addr, tinycheck.IPv6Addr}[r.IntN(3)]
		c := tinycheck.Context{Observable: tinycheck.Observable{Type: kind, Value: value(kind, r.IntN(n))}, Class: classes[r.IntN(3)],
			Owner: fmt.Sprint("owner", r.IntN(9)), Purpose: "push", Source: "https://vendor.example"}
		if r.IntN(2) == 0 {
			c.Expires = noon.AddDate(0, r.IntN(9), 0)
		}
		list = append(list, c)
	}
	return list
}

// The same indicators and context give the same bytes, whatever the order.
func TestFlatIsTheSameInAnyOrder(t *testing.T) {
	indicators, context := mixed(3000), ordinary(300)
	want := flat(t, indicators, context)
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		r.Shuffle(len(indicators), func(a, b int) { indicators[a], indicators[b] = indicators[b], indicators[a] })
		r.Shuffle(len(context), func(a, b int) { context[a], context[b] = context[b], context[a] })
		if !bytes.Equal(flat(t, indicators, context), want) {
			t.Fatal("another order gives other bytes")
		}
	}
	if bytes.Equal(flat(t, indicators[1:], context), want) {
		t.Error("other indicators give the same bytes")
	}
}

// A map from observable to indicators is what an index means.
func TestIndexIsAMap(t *testing.T) {
	list := mixed(5000)
	odd := c2("domain-name=odd.example", "")
	odd.Tags, odd.ValidUntil, odd.ValidFrom, odd.Updated = []string{"", "a\x00b", "a\x00\x01"}, time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Time{}, time.Unix(0, 1).UTC()
	list = append(list, odd, odd)
	x := reopen(t, flat(t, list, nil))
	known := make(map[tinycheck.Observable][]tinycheck.Indicator)
	counts := make(map[tinycheck.Class]int)
	for _, i := range list {
		known[i.Observable] = append(known[i.Observable], i)
		counts[i.Class]++
	}
	for o, want := range known {
		slices.SortFunc(want, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
		if got := all(lookup(x, o)); !same(got, want) {
			t.Fatalf("%v: got %v, want %v", o, got, want)
		}
	}
	for n := range 5000 {
		for _, k := range []tinycheck.ObservableType{tinycheck.URL, tinycheck.CertSHA1, tinycheck.CertSHA256, tinycheck.JA3} {
			o := tinycheck.Observable{Type: k, Value: value(k, n)}
			if x.Exact(o).Len() != len(known[o]) {
				t.Fatalf("%v is listed %d times, want %d", o, x.Exact(o).Len(), len(known[o]))
			}
		}
	}
	for class, want := range counts {
		if got := x.Count(class); got != want {
			t.Errorf("Count(%s) = %d, want %d", class, got, want)
		}
	}
	if got := x.Exact(odd.Observable).At(1); !got.Updated.Equal(odd.Updated) || !got.ValidFrom.IsZero() || !slices.Equal(got.Tags, odd.Tags) {
		t.Errorf("got %+v, want %+v", got, odd)
	}
}

// Prefixes within prefixes, at the ends of the address space and in clusters,
// beside a routing table.
func FuzzPrefixes(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, seed*seed%120)
	}
	f.Fuzz(func(t *testing.T, seed, size uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		var oracle bart.Table[string]
		var list []tinycheck.Indicator
		var asked []netip.Addr
		for range size % 2000 {
			p := somePrefix(r)
			if p.IsSingleIP() {
				continue
			}
			oracle.Insert(p, p.String())
			o, err := spelling.Address(p.String())
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, tinycheck.Indicator{Observable: o, Class: tinycheck.ClassC2})
			asked = append(asked, p.Addr(), p.Addr().Prev(), lastOf(p), lastOf(p).Next())
		}
		for range 50 {
			asked = append(asked, somePrefix(r).Addr())
		}
		r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		x := reopen(t, flat(t, list, nil))
		for _, a := range asked {
			got := ""
			if l := x.Address(a); l.Len() > 0 {
				got = l.At(0).Value
			}
			if want, _ := oracle.Lookup(a); got != want {
				t.Fatalf("Address(%s) lies in %q, want %q", a, got, want)
			}
		}
	})
}

// somePrefix is often near another one.
func somePrefix(r *rand.Rand) netip.Prefix {
	var b [16]byte
	for i := range b {
		b[i] = []byte{0, 1, 127, 128, 254, 255}[r.IntN(6)]
		if r.IntN(4) == 0 {
			b[i] = byte(r.Uint32())
		}
	}
	if r.IntN(2) == 0 {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(b[:4])), r.IntN(33)).Masked()
	}
	b[0] |= 0x20 // not an IPv4-mapped one
	return netip.PrefixFrom(netip.AddrFrom16(b), r.IntN(129)).Masked()
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// A map is what Context and Tenant mean.
func TestContextIsAMap(t *testing.T) {
	list := ordinary(2000)
	x := reopen(t, flat(t, nil, list))
	var ranges bart.Table[*tinycheck.Context]
	known := make(map[string]*tinycheck.Context)
	slices.SortFunc(list, func(a, b tinycheck.Context) int {
		return cmp.Or(a.Observable.Compare(b.Observable), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Owner, b.Owner), a.Expires.Compare(b.Expires))
	})
	for i := range list {
		if p, ok := list[i].Observable.Prefix(); ok {
			ranges.Insert(p, &list[i])
		} else {
			known[list[i].Observable.Value] = &list[i]
		}
	}
	for n := range 2000 {
		for _, host := range []string{value(tinycheck.DomainName, n), "a.b..c." + value(tinycheck.DomainName, n), strings.Repeat("x.", n%100) + value(tinycheck.DomainName, n), fmt.Sprintf("example%d.com", n)} {
			var want *tinycheck.Context
			registrable := spelling.Tenant(host)
			tenant, below := registrable, host
			for at := host; at != "" && want == nil; at = spelling.Parent(at) {
				want = known[at]
			}
			for at := host; at != "" && len(at) >= len(registrable); at = spelling.Parent(at) {
				if c := known[at]; c != nil && c.Class == tinycheck.ContextPlatform {
					tenant = below
					break
				}
				below = at
			}
			if got := x.Context(host); (got == nil) != (want == nil) || got != nil && *got != *want {
				t.Fatalf("Context(%q) = %v, want %v", host, got, want)
			}
			if got := x.Tenant(host); got != tenant {
				t.Fatalf("Tenant(%q) = %q, want %q", host, got, tenant)
			}
		}
		for _, kind := range []tinycheck.ObservableType{tinycheck.IPv4Addr, tinycheck.IPv6Addr} {
			p, _ := tinycheck.Observable{Type: kind, Value: value(kind, n)}.Prefix()
			c, ok := ranges.Lookup(p.Addr())
			if got := x.Shared(p.Addr()); got != (ok && c.Class == tinycheck.ContextPlatform) {
				t.Fatalf("Shared(%s) = %v", p.Addr(), got)
			}
		}
	}
}

func TestStamp(t *testing.T) {
	made := flat(t, mixed(10), nil)
	x := reopen(t, made)
	got := x.Stamp()
	if got.Generation != 3 || string(got.Note) != "note" {
		t.Errorf("Stamp = %+v", got)
	}
	got.Note[0] = 'x'
	if string(x.Stamp().Note) != "note" {
		t.Error("Stamp is not a copy")
	}
	if _, err := match.NewBuilder().Flat(match.Stamp{Note: make([]byte, 1<<24+1)}); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("a note that is too long gives %v", err)
	}
}

// Every byte counts: whichever is changed or missing, Open says so.
func TestOpenRefusesDamage(t *testing.T) {
	made := flat(t, mixed(20), ordinary(5))
	for at := range made {
		made[at] ^= 1 << (at % 8)
		want := tinycheck.Invalid
		if 8 <= at && at < 12 {
			want = tinycheck.Unsupported
		}
		if _, err := match.Open(made); !errors.Is(err, want) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		made[at] ^= 1 << (at % 8)
		if _, err := match.Open(made[:at]); !errors.Is(err, tinycheck.Invalid) {
			t.Fatalf("cut to %d bytes: %v", at, err)
		}
	}
	if _, err := match.Open(append(made, 0)); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("a byte too many: %v", err)
	}
}

// seal makes a layout pass Open as far as checksum and length go.
func seal(b []byte) {
	copy(b, "tc-index\x01\x00\x00\x00")
	if len(b) >= 24 {
		binary.LittleEndian.PutUint64(b[16:], uint64(len(b)))
		binary.LittleEndian.PutUint32(b[12:], crc32.Checksum(b[16:], crc32.MakeTable(crc32.Castagnoli)))
	}
}

// Hostile layouts, and bytes that change when the index is open: look-ups end,
// and what they return is what was asked for.
func FuzzOpen(f *testing.F) {
	made := flat(f, mixed(12), ordinary(6))
	f.Add(made, []byte{}, "www.host3.example3.com")
	f.Add(made, bytes.Repeat([]byte{0xff}, len(made)), "a.b.c")
	f.Add(flat(f, nil, nil), []byte{1}, "")
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		wrong := slices.Clone(made)
		for range 1 + r.IntN(8) {
			wrong[16+r.IntN(len(wrong)-16)] = []byte{0, 1, 0x7f, 0x80, 0xff, byte(r.Uint32())}[r.IntN(6)]
		}
		f.Add(wrong, []byte{byte(r.Uint32()), 0, 0xff}, "host7.example7.com")
	}
	f.Fuzz(func(t *testing.T, layout, late []byte, host string) {
		layout = slices.Clone(layout)
		seal(layout)
		x, err := match.Open(layout)
		if err != nil {
			if !errors.Is(err, tinycheck.Invalid) && !errors.Is(err, tinycheck.Unsupported) {
				t.Fatalf("Open: %v is of no kind", err)
			}
			return
		}
		ask(t, x, host)
		for i := range late {
			layout[i*7%len(layout)] ^= late[i]
		}
		ask(t, x, host)
	})
}

func ask(t *testing.T, x *match.Index, host string) {
	for n := range 12 {
		for _, name := range []string{host, value(tinycheck.DomainName, n)} {
			if l := x.Name(name); l.Len() > 0 && !spelling.Under(name, l.At(0).Value) {
				t.Fatalf("Name(%q) gives %q", name, l.At(0).Value)
			}
			x.Context(name)
			if tenant := x.Tenant(name); !strings.HasSuffix(name, tenant) {
				t.Fatalf("Tenant(%q) = %q", name, tenant)
			}
		}
		for _, kind := range []tinycheck.ObservableType{tinycheck.URL, tinycheck.IPv4Addr, tinycheck.IPv6Addr, tinycheck.JA3} {
			o := tinycheck.Observable{Type: kind, Value: value(kind, n)}
			l := x.Exact(o)
			if p, ok := o.Prefix(); ok {
				l = x.Address(p.Addr())
				x.Shared(p.Addr())
			}
			l.Is(tinycheck.ClassC2, "")
			for k := range min(l.Len(), 100) {
				l.At(k)
			}
		}
	}
	x.Count(tinycheck.ClassC2)
	x.Stamp()
}

// Nothing is left out in silence.
func TestWhatIsLeftOutIsCounted(t *testing.T) {
	b := match.NewBuilder()
	one := c2("domain-name=spy.example", "S")
	of := b.Common(&one)
	if again := b.Common(&one); again != of {
		t.Error("the same twice gives two handles")
	}
	b.Add(of, nil, nil)
	b.Add(of, make([]byte, 1<<16), nil)
	b.Add(of, []byte("spy.example"), bytes.Repeat([]byte("i"), 1<<17))
	if b.Skipped() != 2 {
		t.Errorf("Skipped = %d", b.Skipped())
	}
	one.Family = strings.Repeat("f", 1<<26)
	b.AddIndicator(&one)
	b.Context([]tinycheck.Context{{Observable: one.Observable, Owner: one.Family}})
	made, err := b.Flat(match.Stamp{})
	if !errors.Is(err, tinycheck.Unsupported) || !strings.Contains(fmt.Sprint(err), "1 of 2 indicators and 1 of 1 entries of context") {
		t.Errorf("Flat: %v", err)
	}
	l := reopen(t, made).Name("www.spy.example")
	if l.Len() != 1 || len(l.At(0).SourceID) != 1<<16-1 {
		t.Error("what fits is not there")
	}
}

// The design asks for at most 64 MB for a million names and 100,000 prefixes.
func TestMillionIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a million")
	}
	const most = 64_000_000
	size := len(built())
	t.Logf("%d bytes", size)
	if size > most {
		t.Errorf("%d bytes, at most %d", size, most)
	}
	x, list := open(t), feeds()
	for i := 0; i < million; i += 97 {
		if l := x.Name("www." + string(list.names[i])); l.Len() == 0 {
			t.Fatalf("%s is not found", list.names[i])
		}
	}
	for i := 0; i < cidrs; i += 97 {
		if p := netip.MustParsePrefix(string(list.prefixes[i])); x.Address(p.Addr()).Len() == 0 {
			t.Fatalf("%s is not found", p)
		}
	}
}
