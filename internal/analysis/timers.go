package analysis

import (
	"cmp"
	"slices"
	"time"

	"tinycheck"
)

// intervals are the fixed rows of what is told of regular contact.
var intervals = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour,
}

// The range of intervals of which regular contact can be told from chance:
// shorter ones are one conversation, and four of the longest must fit in.
const (
	shortestPeriod = 5 * time.Second
	periodsNeeded  = 4
)

// families is what is known of products that watch people, whoever uses the
// phone: which the indicators can tell, and how often they report.
type families struct {
	listed   int
	unlisted []string
	habits   []tinycheck.Habit // with an interval, by family and interval
}

func newFamilies(cfg *Config) (f families) {
	listed := cfg.Index.Families(tinycheck.ClassC2)
	f.listed = len(listed)
	for _, h := range cfg.Habits {
		if _, found := slices.BinarySearch(listed, h.Family); !found {
			f.unlisted = insert(f.unlisted, h.Family)
		}
		if h.Every > 0 {
			f.habits = append(f.habits, h)
		}
	}
	slices.SortFunc(f.habits, func(a, b tinycheck.Habit) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Every, b.Every))
	})
	return f
}

// timers says how likely it was to be there when something reported. Who could
// not look has no chance to tell of. A family of which nothing is listed would
// not have been recognised, and has none either.
func (f *families) timers(c *tinycheck.Coverage) {
	if c.Grade == tinycheck.GradeX {
		return
	}
	for _, every := range intervals {
		c.Timers = append(c.Timers, tinycheck.Chance{Every: every, Seen: c.Chance(every)})
	}
	for _, h := range f.habits {
		if _, found := slices.BinarySearch(f.unlisted, h.Family); !found {
			c.Habits = append(c.Habits, tinycheck.Chance{Family: h.Family, Every: h.Every, Seen: c.Chance(h.Every)})
		}
	}
	if longest := c.Observed / periodsNeeded; longest >= shortestPeriod {
		c.Periods = tinycheck.Periods{Shortest: shortestPeriod, Longest: longest}
	}
}
