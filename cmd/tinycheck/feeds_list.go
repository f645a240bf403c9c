package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/library"
)

func newFeedList(common *libraryFlags) *cobra.Command {
	return feedTable(common, cobra.Command{Use: "list", Short: "All feeds, with their licence and whom to thank"}, func(w io.Writer, feeds []tinycheck.Feed) error {
		slices.SortStableFunc(feeds, func(a, b tinycheck.Feed) int { return rank(&a) - rank(&b) })
		rows, thanks := make([][]string, len(feeds)), []string{}
		for i := range feeds {
			f := &feeds[i]
			rows[i] = []string{f.Name, onOff(f.Enabled), strconv.Itoa(f.Indicators), plain(dash(f.Licence)), plain(dash(f.Title))}
			if f.Attribution != "" && !slices.Contains(thanks, f.Attribution) {
				thanks = append(thanks, f.Attribution)
			}
		}
		if err := table(w, []string{"FEED", "STATE", "INDICATORS", "LICENCE", "WHAT"}, rows); err != nil {
			return err
		}
		fmt.Fprintln(w, "\nThanks to")
		for _, who := range thanks {
			fmt.Fprintln(w, "  "+plain(who))
		}
		return nil
	})
}

// rank puts feeds that are switched on first.
func rank(f *tinycheck.Feed) int {
	if f.Enabled {
		return 0
	}
	return 1
}

func newFeedStatus(common *libraryFlags) *cobra.Command {
	return feedTable(common, cobra.Command{Use: "status", Short: "How old every feed in use is, and what went wrong"}, func(w io.Writer, feeds []tinycheck.Feed) error {
		var rows [][]string
		var never []string
		var wrong causes
		total := 0
		for i := range feeds {
			f := &feeds[i]
			if !f.Enabled {
				continue
			}
			total += f.Indicators
			wrong.put(f.Name, cmp.Or(f.Held, f.Problem))
			if library.Fetched(f) && f.Fetched.IsZero() {
				never = append(never, f.Name)
				continue
			}
			rows = append(rows, []string{f.Name, string(f.Kind), strconv.Itoa(f.Indicators), strconv.Itoa(f.Rejected), asOf(f), standing(f)})
		}
		fmt.Fprintf(w, "%d indicators in use\n\n", total)
		if err := table(w, []string{"FEED", "KIND", "INDICATORS", "REJECTED", "AS OF", "STATE"}, rows); err != nil {
			return err
		}
		if len(never) > 0 {
			fmt.Fprintf(w, "\n%s switched on and never fetched; \"tinycheck feeds update\" does it:\n%s", are(len(never)), wrapped(never))
		}
		wrong.tell(w)
		return nil
	})
}

// asOf is when the content was known to be current; entries made by hand do not
// grow old.
func asOf(f *tinycheck.Feed) string {
	if f.Kind == tinycheck.FeedByHand {
		return "-"
	}
	return day(library.AsOf(f))
}

func are(n int) string {
	if n == 1 {
		return "1 feed is"
	}
	return fmt.Sprintf("%d feeds are", n)
}

// causes are reasons why feeds failed, each with the feeds that it kept.
type causes struct {
	order []string
	feeds map[string][]string
}

func (c *causes) put(feed, cause string) {
	if cause = strings.TrimPrefix(cause, "fetch feed "+feed+": "); cause == "" {
		return
	}
	if c.feeds == nil {
		c.feeds = map[string][]string{}
	}
	if c.feeds[cause] == nil {
		c.order = append(c.order, cause)
	}
	c.feeds[cause] = append(c.feeds[cause], feed)
}

// tell says each once: mostly it is one for all of them.
func (c *causes) tell(w io.Writer) {
	for _, cause := range c.order {
		fmt.Fprintf(w, "\nnot updated: %s\n%s", plain(cause), wrapped(c.feeds[cause]))
	}
}

// wrapped lists names in lines that fit.
func wrapped(names []string) string {
	const width = 78
	var b strings.Builder
	at := 0
	for n, name := range names {
		switch {
		case n == 0 || at+len(name)+2 > width:
			if n > 0 {
				b.WriteString(",\n")
			}
			b.WriteString("  ")
			at = 2
		default:
			b.WriteString(", ")
			at += 2
		}
		b.WriteString(name)
		at += len(name)
	}
	return b.String() + "\n"
}

func newFeedShow(common *libraryFlags) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Everything about one feed: address, licence, state",
		Args:              exactly("which feed? \"tinycheck feeds list\" names them"),
		ValidArgsFunction: common.feedNames(every),
		RunE: func(c *cobra.Command, args []string) error {
			return common.read(c.Context(), func(l *library.Library) error {
				f, err := l.Feed(c.Context(), args[0])
				if err != nil {
					return err
				}
				if common.json {
					return machine(c, feedOut(&f))
				}
				return showFeed(c.OutOrStdout(), &f)
			})
		},
	}
}

func showFeed(w io.Writer, f *tinycheck.Feed) error {
	secret := ""
	if f.Secret != "" {
		secret = "yes, never shown"
	}
	for _, line := range [][2]string{
		{"feed", f.Name}, {"what", f.Title}, {"kind", string(f.Kind)}, {"address", f.URL}, {"only", strings.Join(f.Select, ", ")},
		{"key", secret}, {"licence", f.Licence}, {"thanks to", f.Attribution}, {"state", onOff(f.Enabled)},
		{"indicators", strconv.Itoa(f.Indicators)}, {"context", strconv.Itoa(f.Contexts)}, {"rejected", strconv.Itoa(f.Rejected)},
		{"class", string(f.Class) + string(f.Infrastructure)}, {"of", dayOrNothing(f.Date)}, {"fetched", dayOrNothing(f.Fetched)},
		{"tried", dayOrNothing(f.Tried)}, {"problem", f.Problem}, {"held back", f.Held}, {"SHA-256", f.SHA256},
	} {
		if line[1] != "" {
			if _, err := fmt.Fprintf(w, "%-12s %s\n", line[0], plain(line[1])); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing says in a word how a feed stands.
func standing(f *tinycheck.Feed) string {
	switch {
	case f.Held != "":
		return "held back"
	case f.Problem != "":
		return "failed " + age(f.Tried, time.Now())
	}
	return "ok"
}
