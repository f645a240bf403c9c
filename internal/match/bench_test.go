package match_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"testing"

	"tinycheck"
	"tinycheck/internal/match"
)

const (
	million = 1_000_000
	cidrs   = 100_000
)

// feeds is a million names as feeds list them, 18 bytes on average, and 100,000
// IPv4 prefixes, which the generator of a store scan would give.
var feeds = sync.OnceValue(func() (list struct{ names, prefixes [][]byte }) {
	r := rand.New(rand.NewPCG(3, 4))
	seen := make(map[string]bool)
	for len(list.names) < million {
		if name := syntheticName(r); !seen[name] {
			seen[name] = true
			list.names = append(list.names, []byte(name))
		}
	}
	clear(seen)
	for len(list.prefixes) < cidrs {
		a := netip.AddrFrom4([4]byte{byte(1 + r.IntN(222)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
		p, _ := a.Prefix(14 + r.IntN(18))
		if text := p.String(); !seen[text] {
			seen[text] = true
			list.prefixes = append(list.prefixes, []byte(text))
		}
	}
	return list
})

func syntheticName(r *rand.Rand) string {
	label := make([]byte, 9+r.IntN(8))
	for i := range label {
		label[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
	}
	name := string(label) + [...]string{".com", ".net", ".info", ".co", ".org", ".xyz"}[r.IntN(6)]
	if r.IntN(4) == 0 {
		name = [...]string{"api.", "www.", "cdn7."}[r.IntN(3)] + name
	}
	return name
}

// build makes what feeds gives, of 150 products in three feeds.
func build() []byte {
	list := feeds()
	b := match.NewBuilder()
	var names, prefixes []match.Common
	for i := range 150 {
		one := tinycheck.Indicator{Observable: tinycheck.Observable{Type: tinycheck.DomainName}, Class: tinycheck.ClassC2, Family: "family" + strconv.Itoa(i), Feed: "feed" + strconv.Itoa(i%3)}
		names = append(names, b.Common(&one))
		one.Type = tinycheck.IPv4Addr
		prefixes = append(prefixes, b.Common(&one))
	}
	for i, name := range list.names {
		b.Add(names[i%len(names)], name, nil)
	}
	for i, prefix := range list.prefixes {
		b.Add(prefixes[i%len(prefixes)], prefix, nil)
	}
	flat, err := b.Flat(match.Stamp{Generation: 1})
	if err != nil {
		panic(err)
	}
	return flat
}

var built = sync.OnceValue(build)

func open(t testing.TB) *match.Index {
	x, err := match.Open(built())
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func BenchmarkBuildMillion(b *testing.B) {
	feeds()
	b.ReportAllocs()
	for b.Loop() {
		build()
	}
	b.ReportMetric(float64(len(built()))/1e6, "MB")
}

func BenchmarkOpenMillion(b *testing.B) {
	flat := built()
	b.SetBytes(int64(len(flat)))
	for b.Loop() {
		if _, err := match.Open(flat); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkName(b *testing.B) {
	x, list := open(b), feeds()
	r := rand.New(rand.NewPCG(5, 6))
	var miss, listed [4096]string
	for i := range miss {
		miss[i] = fmt.Sprintf("edge%d.mqtt.%s.com", r.IntN(1000), strconv.FormatUint(r.Uint64(), 36))
		listed[i] = "a.b." + string(list.names[r.IntN(million)])
	}
	for name, hosts := range map[string]*[4096]string{"miss": &miss, "listed": &listed} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if l := x.Name(hosts[i%len(hosts)]); (l.Len() > 0) != (name == "listed") {
					b.Fatal("wrong")
				}
			}
		})
	}
}

func BenchmarkAddress(b *testing.B) {
	x := open(b)
	r := rand.New(rand.NewPCG(7, 8))
	var four, six [4096]netip.Addr
	for i := range four {
		var sixteen [16]byte
		for k := range sixteen {
			sixteen[k] = byte(r.Uint32())
		}
		four[i] = netip.AddrFrom4([4]byte{byte(1 + r.IntN(222)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
		six[i] = netip.AddrFrom16(sixteen)
	}
	for name, list := range map[string]*[4096]netip.Addr{"four": &four, "six": &six} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				x.Address(list[i%len(list)])
			}
		})
	}
}
