package capture_test

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"

	"tinycheck"
)

// ngStatistics is an interface statistics block.
func ngStatistics(o appender, id uint32, options ...[]byte) []byte {
	return ngBlock(o, 5, append(append(o.AppendUint32(nil, id), make([]byte, 8)...), bytes.Join(options, nil)...))
}

// ngMoment is an option with a time in ticks, the upper half first.
func ngMoment(o appender, code uint16, ticks uint64) []byte {
	return ngOption(o, code, o.AppendUint32(o.AppendUint32(nil, uint32(ticks>>32)), uint32(ticks)))
}

func ngCount(o appender, code uint16, n uint64) []byte {
	return ngOption(o, code, o.AppendUint64(nil, n))
}

// What files of whatever program say of drops and absences.
func TestStatistics(t *testing.T) {
	for order, o := range orders {
		named := func(name string) []byte {
			return ngInterface(o, 1, 0, ngOption(o, 2, []byte(name)), ngOption(o, 9, []byte{9}))
		}
		begin := func(id uint32, sec uint64) []byte { return ngStatistics(o, id, ngMoment(o, 2, sec*1e9)) }
		end := func(id uint32, sec uint64) []byte { return ngStatistics(o, id, ngMoment(o, 3, sec*1e9)) }
		for name, c := range map[string]struct {
			blocks      [][]byte
			kernel, own int64
			away        time.Duration
		}{
			"nothing is said":     {[][]byte{named("a"), named("a")}, 0, 0, 0},
			"gone once":           {[][]byte{named("a"), begin(0, 10), end(0, 20), named("a"), begin(1, 50)}, 0, 0, 30 * time.Second},
			"gone twice":          {[][]byte{named("a"), end(0, 20), named("a"), begin(1, 50), end(1, 60), named("a"), begin(2, 61)}, 0, 0, 31 * time.Second},
			"told later":          {[][]byte{named("a"), named("a"), begin(1, 50), end(0, 10), end(0, 20)}, 0, 0, 30 * time.Second},
			"others between":      {[][]byte{named("a"), end(0, 20), named("b"), begin(1, 50), named("a"), begin(2, 25)}, 0, 0, 5 * time.Second},
			"at the same time":    {[][]byte{named("a"), end(0, 20), named("a"), begin(1, 5)}, 0, 0, 0},
			"without a name":      {[][]byte{named(""), end(0, 20), named(""), begin(1, 50)}, 0, 0, 0},
			"in another section":  {[][]byte{named("a"), end(0, 20), ngSection(o), named("a"), begin(0, 50)}, 0, 0, 0},
			"in two sections":     {[][]byte{named("a"), end(0, 20), named("a"), begin(1, 21), ngSection(o), named("a"), end(0, 30), named("a"), begin(1, 32)}, 0, 0, 3 * time.Second},
			"a time of no clock":  {[][]byte{named("a"), end(0, 20), named("a"), ngStatistics(o, 1, ngMoment(o, 2, math.MaxUint64))}, 0, 0, 0},
			"too short":           {[][]byte{named("a"), ngStatistics(o, 0, ngOption(o, 3, []byte{1, 2, 3, 4}), ngOption(o, 5, []byte{9}))}, 0, 0, 0},
			"as dumpcap counts":   {[][]byte{named("a"), ngStatistics(o, 0, ngCount(o, 4, 100), ngCount(o, 5, 7))}, 7, 0, 0},
			"at both places":      {[][]byte{named("a"), ngStatistics(o, 0, ngCount(o, 5, 2), ngCount(o, 6, 90), ngCount(o, 7, 3), ngCount(o, 8, 80))}, 5, 7, 0},
			"the last one counts": {[][]byte{named("a"), ngStatistics(o, 0, ngCount(o, 6, 90), ngCount(o, 7, 1), ngCount(o, 8, 80)), ngStatistics(o, 0, ngCount(o, 6, 95), ngCount(o, 7, 2), ngCount(o, 8, 92)), ngStatistics(o, 0)}, 2, 1, 0},
			"interfaces add up":   {[][]byte{named("a"), named("b"), ngStatistics(o, 0, ngCount(o, 6, 9), ngCount(o, 8, 8)), ngStatistics(o, 1, ngCount(o, 6, 9), ngCount(o, 7, 2), ngCount(o, 8, 5))}, 2, 3, 0},
			"more than there was": {[][]byte{named("a"), ngStatistics(o, 0, ngCount(o, 6, 5), ngCount(o, 8, math.MaxUint64))}, 0, 0, 0},
			"only delivered":      {[][]byte{named("a"), ngStatistics(o, 0, ngCount(o, 8, 5)), ngStatistics(o, 0, ngCount(o, 6, 5))}, 0, 0, 0},
			"out of measure":      {[][]byte{named("a"), ngStatistics(o, 0, ngCount(o, 5, math.MaxUint64), ngCount(o, 6, math.MaxUint64), ngCount(o, 8, 0))}, math.MaxInt64 >> 20, math.MaxInt64 >> 20, 0},
		} {
			_, facts := readAll(t, bytes.Join(append([][]byte{ngSection(o)}, c.blocks...), nil))
			if facts.Dropped != (tinycheck.Drops{Kernel: c.kernel, Own: c.own}) || facts.Away != c.away || facts.Damage != nil {
				t.Errorf("%s, %s: drops %+v, away %v, %v", name, order, facts.Dropped, facts.Away, facts.Damage)
			}
		}
	}
}

// Modes stand in the section header, in words that nothing else has.
func TestModes(t *testing.T) {
	o := orders["little"]
	file := bytes.Join([][]byte{
		ngSection(o, ngOption(o, 1, []byte("mode: visibility")), ngOption(o, 1, []byte("mode: other")), ngOption(o, 1, []byte("Mode: contained"))),
		ngInterface(o, 1, 0, ngOption(o, 1, []byte("mode: contained"))),
		ngStatistics(o, 0, ngOption(o, 1, []byte("a step"))),
		ngSection(o, ngOption(o, 1, []byte("mode: visibility"))),
	}, nil)
	_, facts := readAll(t, file)
	if !slices.Equal(facts.Modes, []tinycheck.Mode{tinycheck.ModeVisibility}) ||
		!slices.Equal(facts.Comments, []string{"mode: other", "Mode: contained", "mode: contained", "a step"}) {
		t.Errorf("modes %q, comments %q", facts.Modes, facts.Comments)
	}
}
