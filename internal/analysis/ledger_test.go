package analysis_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"tinycheck"
	"tinycheck/internal/analysis"
)

// world reads what a case says of the lists and of families:
//
//	-- feeds --
//	NAME updated 2024-12-31|undated|empty|missing instead of the one that is current
//	-- habits --
//	FAMILY [60m]                          a known family, and how often it reports
func world(t *testing.T, archive *txtar.Archive, cfg *analysis.Config) {
	t.Helper()
	if text := section(archive, "feeds"); text != "" {
		count := cfg.Feeds[0].Indicators
		cfg.Feeds = nil
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			feed := tinycheck.FeedUse{Name: words[0], Indicators: count}
			switch words[1] {
			case "updated":
				feed.Date, _ = time.Parse(time.DateOnly, words[2])
			case "empty":
				feed.Indicators, feed.Timeless = 0, true
			case "missing":
				feed.Indicators, feed.Missing = 0, true
			}
			cfg.Feeds = append(cfg.Feeds, feed)
		}
	}
	for line := range strings.Lines(section(archive, "habits")) {
		words := strings.Fields(line)
		habit := tinycheck.Habit{Family: words[0]}
		if len(words) > 1 {
			every, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			habit.Every = every
		}
		cfg.Habits = append(cfg.Habits, habit)
	}
}

// recorded reads what the recording says of itself: "lost N" (by the system),
// "unkept N" (by the program), "damage KIND N", "away SECONDS" or "mode NAME".
func recorded(t *testing.T, text string, c *tinycheck.Capture) {
	t.Helper()
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if words[0] == "mode" {
			c.Modes = append(c.Modes, tinycheck.Mode(words[1]))
			continue
		}
		n, err := strconv.ParseInt(words[len(words)-1], 10, 64)
		switch {
		case err != nil:
			t.Fatal(err)
		case words[0] == "lost":
			c.Dropped.Kernel = n
		case words[0] == "unkept":
			c.Dropped.Own = n
		case words[0] == "away":
			c.Away = time.Duration(n) * time.Second
		default:
			c.Damage = append(c.Damage, tinycheck.Damage{Kind: tinycheck.DamageKind(words[1]), Count: n})
		}
	}
}

// ledgerLines gives, of the first device, the lines of the ledger that a case
// names: "NAME: …".
func ledgerLines(t *testing.T, r *tinycheck.Report, wanted string) string {
	t.Helper()
	if wanted == "" {
		return ""
	}
	all := ledger(&r.Devices[0].Coverage)
	var b strings.Builder
	for line := range strings.Lines(wanted) {
		name, _, _ := strings.Cut(line, ":")
		value, ok := all[strings.TrimSpace(name)]
		if !ok {
			t.Fatalf("no line %q in the ledger", name)
		}
		fmt.Fprintf(&b, "%s: %s\n", name, value)
	}
	return b.String()
}

func ledger(c *tinycheck.Coverage) map[string]string {
	percent := func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
	read := func(r tinycheck.Read) string { return fmt.Sprintf("%d of %d", r.Read, r.Seen) }
	chances := func(list []tinycheck.Chance) string {
		var words []string
		for _, one := range list {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s %s", one.Family, short(one.Every), percent(one.Seen))))
		}
		return strings.Join(words, ", ")
	}
	var named []string
	for source, n := range c.Named {
		named = append(named, fmt.Sprintf("%s %s", source, percent(float64(n)/float64(c.External))))
	}
	slices.Sort(named)
	return map[string]string{
		"observed": c.Observed.Round(time.Second).String(), "silence": c.Silence.Round(time.Second).String(),
		"named": strings.Join(named, ", "), "identified": percent(c.IdentifiedShare()),
		"unasked": fmt.Sprintf("%d of %d", c.Unasked, c.Flows), "ipv6": percent(float64(c.IPv6) / float64(max(c.External, 1))),
		"hellos": read(c.Hellos), "initials": read(c.Initials), "ech": fmt.Sprintf("%d real, %d real or GREASE", c.ECH, c.ECHOffered),
		"encrypted":       join(c.EncryptedBy) + " of " + strings.Join(c.Resolvers, " "),
		"asks encryption": strconv.FormatBool(c.AsksEncryption),
		"tunnels":         join(c.Tunnels) + " " + percent(c.TunnelShare()), "sink": percent(c.SinkShare()), "dns-less": percent(c.UnexplainedShare()),
		"drops": fmt.Sprintf("lost %d, cut %d", c.Drops.Kernel, c.Drops.Truncated), "devices": strconv.Itoa(c.Devices), "oldest": short(c.OldestFeed),
		"families": fmt.Sprintf("%d, without %s", c.Families, strings.Join(c.Unlisted, " ")),
		"timers":   chances(c.Timers), "habits": chances(c.Habits), "periods": short(c.Periods.Shortest) + " to " + short(c.Periods.Longest),
	}
}

// short writes a duration to the second, without what is zero at its end.
func short(d time.Duration) string {
	text := d.Round(time.Second).String()
	for _, end := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, end) {
			text = text[:len(text)-2]
		}
	}
	return text
}
