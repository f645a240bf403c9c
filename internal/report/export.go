package report

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// schemaVersion is the number of the machine format. Keys are added without
// raising it; it would rise if one had to change its meaning.
const schemaVersion = 1

// document is what a machine reads. The types of this file and of
// export_answer.go are the contract: the root types may change, these keys may
// not. schema.json says what each one means.
type document struct {
	Schema  int       `json:"schema"`
	Program program   `json:"program"`
	Capture recording `json:"capture"`
	Answer  string    `json:"answer"`
	Devices []answer  `json:"devices"`
	Others  int       `json:"other_devices"`
	Feeds   []feed    `json:"feeds"`
}

type program struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Rules   int    `json:"rules"`
}

type recording struct {
	Name       string   `json:"name"`
	Format     string   `json:"format"`
	Links      []int    `json:"links"`
	Interfaces int      `json:"interfaces"`
	Start      *string  `json:"start"`
	End        *string  `json:"end"`
	Packets    int64    `json:"packets"`
	Bytes      int64    `json:"bytes"`
	Dropped    drops    `json:"dropped"`
	Away       float64  `json:"away_seconds"`
	Modes      []string `json:"modes"`
	Damage     []damage `json:"damage"`
	SHA256     string   `json:"sha256"`
	Comments   []string `json:"comments"`
}

type drops struct {
	Kernel    int64 `json:"kernel"`
	Truncated int64 `json:"truncated"`
	Own       int64 `json:"own"`
}

type damage struct {
	Kind   string `json:"kind"`
	Count  int64  `json:"count"`
	Offset int64  `json:"offset"`
}

type feed struct {
	Name       string  `json:"name"`
	Indicators int     `json:"indicators"`
	Date       *string `json:"date"`
}

func newDocument(r *tinycheck.Report) document {
	return document{
		Schema:  schemaVersion,
		Program: program{"tinycheck", r.Program.Version, r.Program.Rules},
		Capture: newRecording(r),
		Answer:  string(r.Answer),
		Devices: each(r.Devices, newAnswer),
		Others:  r.Others,
		Feeds:   each(r.Feeds, newFeed),
	}
}

func newRecording(r *tinycheck.Report) recording {
	c := &r.Capture
	return recording{
		Name: c.Name, Format: c.Format, Interfaces: c.Interfaces,
		Links: each(c.Links, func(l *tinycheck.LinkType) int { return int(*l) }),
		Start: stamp(c.Start), End: stamp(c.End),
		Packets: c.Packets, Bytes: c.Bytes,
		Dropped: drops(c.Dropped), Away: c.Away.Seconds(), Modes: words(c.Modes), Damage: each(c.Damage, newDamage), SHA256: c.SHA256,
		// A recording program may have written the name of the phone there.
		Comments: each(c.Comments, func(s *string) string {
			text := *s
			for i := range r.Devices {
				text = without(text, r.Devices[i].Device.Name)
			}
			return text
		}),
	}
}

func newDamage(d *tinycheck.Damage) damage { return damage{string(d.Kind), d.Count, d.Offset} }

func newFeed(f *tinycheck.FeedUse) feed { return feed{f.Name, f.Indicators, stamp(f.Date)} }

// each makes a list that is never null.
func each[A, B any](in []A, one func(*A) B) []B {
	out := make([]B, len(in))
	for i := range in {
		out[i] = one(&in[i])
	}
	return out
}

// words makes a list of strings that is never null.
func words[S ~string](in []S) []string {
	return each(in, func(s *S) string { return string(*s) })
}

func addressList(in []netip.Addr) []string {
	return each(in, func(a *netip.Addr) string { return a.String() })
}

// stamp is a time as RFC 3339 section 5.6 writes it, in UTC, with as many
// decimals as it needs and no more; nil for a time that is not known or that
// the format cannot hold.
func stamp(t time.Time) *string {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	s := t.Format(time.RFC3339Nano)
	return &s
}

// seconds are rounded to the millisecond, shares to four decimals: enough, and
// the same digits on every machine.
func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

func share(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// namedBytes lists the sources of names, best first.
func namedBytes(in map[tinycheck.NameSource]int64) []named {
	out := make([]named, 0, len(in))
	for source, n := range in {
		out = append(out, named{string(source), n})
	}
	slices.SortFunc(out, func(a, b named) int {
		x, y := tinycheck.NameSource(a.Source).Rank(), tinycheck.NameSource(b.Source).Rank()
		if x != y {
			return x - y
		}
		return strings.Compare(a.Source, b.Source)
	})
	return out
}
