package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

func newIndicators() *cobra.Command {
	var f libraryFlags
	c := &cobra.Command{
		Use:   "indicators",
		Short: "What is known of spying products: import, search, add, remove",
		Long: "Indicators are the names, addresses and fingerprints by which spying products are recognised.\n" +
			"They are kept in the library on this machine, each with the feed that says so.\n\n" +
			"  tinycheck indicators import stalkerware.yaml    take in a file, whatever its format\n" +
			"  tinycheck indicators search '*.spy.example'     who lists it, as what\n" +
			"  tinycheck indicators audit                      what is listed and known to be ordinary\n\n" +
			"Words: every entry has a class, which says what contact with it means.\n\n" +
			"  c2              a server that the spying app itself reports to (command and control)\n" +
			"  website         the shop, help or login page of such a product\n" +
			"  distribution    where such a product is downloaded\n" +
			"  watchware       a family, child-safety or anti-theft product\n" +
			"  tracker         advertising and statistics\n" +
			"  infrastructure  an ordinary technique: encrypted names, Tor, VPN, relay …\n" +
			"  weak            too general to mean much alone\n\n" +
			"A family is the product or campaign. Context is what is known to be ordinary: it explains, and never hides\n" +
			"an indicator. A feed is the list that an entry comes from.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f.addTo(c)
	c.AddCommand(newImport(&f), newExport(&f), newSearch(&f), newShow(&f), newAdd(&f),
		newRemove(&f), newDisable(&f), newRestore(&f), newStats(&f), newAudit(&f))
	return c
}

func newStats(f *libraryFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "How many indicators there are, by class, type and feed",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.read(c.Context(), func(l *library.Library) error {
				s, err := l.Stats(c.Context())
				if err != nil {
					return err
				}
				if f.json {
					return machine(c, statsOut(&s))
				}
				return showStats(c, &s)
			})
		},
	}
}

// statsJSON is the machine form of the counts.
type statsJSON struct {
	Indicators int            `json:"indicators"`
	Contexts   int            `json:"context"`
	Decisions  int            `json:"decisions"`
	Enabled    int            `json:"feeds_enabled"`
	Classes    map[string]int `json:"classes"`
	Types      map[string]int `json:"types"`
	Feeds      map[string]int `json:"feeds"`
	Families   map[string]int `json:"families"`
}

func statsOut(s *store.Stats) statsJSON {
	return statsJSON{
		Indicators: s.Indicators, Contexts: s.Contexts, Decisions: s.Decisions, Enabled: s.Enabled,
		Classes: words(s.ByClass), Types: words(s.ByType), Feeds: s.ByFeed, Families: s.ByFamily,
	}
}

func words[K ~string](counts map[K]int) map[string]int {
	out := make(map[string]int, len(counts))
	for k, n := range counts {
		out[string(k)] = n
	}
	return out
}

func showStats(c *cobra.Command, s *store.Stats) error {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%d indicators of %d families, in %d feeds, %d of which are enabled\n", s.Indicators, len(s.ByFamily), s.Feeds, s.Enabled)
	if s.Decisions > 0 {
		fmt.Fprintf(out, "%d disabled or removed by decision\n", s.Decisions)
	}
	for _, part := range []struct {
		title  string
		counts map[string]int
	}{{"class", words(s.ByClass)}, {"type", words(s.ByType)}, {"feed", s.ByFeed}} {
		fmt.Fprintln(out)
		if err := table(out, []string{strings.ToUpper(part.title), "INDICATORS"}, counted(part.counts)); err != nil {
			return err
		}
	}
	return nil
}

func newAudit(f *libraryFlags) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "audit",
		Short: "List every indicator that meets what is known to be ordinary",
		Long: "Audit lists every indicator that meets the context, which is what is known to be ordinary:\n\n" +
			"  covered   the context covers it; the indicator wins, always\n" +
			"  expired   the same, and the entry of the context must be checked again\n" +
			"  weak      listed as a spying server, and cannot mean it; it never makes an answer by itself\n" +
			"  tenant    a customer of a shared platform (only with --all: they are ordinary and many)",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.read(c.Context(), func(l *library.Library) error { return audit(c, f, l, all) })
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also list the customers of shared platforms")
	return c
}

// maxOverlaps is how many overlaps are listed; all are counted. A million
// customers of one platform are no list that anybody reads.
const maxOverlaps = 100_000

// overlapJSON is the machine form of one overlap.
type overlapJSON struct {
	Kind  string `json:"kind"`
	Type  string `json:"type"`
	Value string `json:"value"`
	Class string `json:"class"`
	Feed  string `json:"feed"`
	Why   string `json:"why,omitempty"`
	By    string `json:"context,omitempty"`
	As    string `json:"context_class,omitempty"`
	Owner string `json:"owner,omitempty"`
	Until string `json:"expires,omitempty"`
}

func audit(c *cobra.Command, f *libraryFlags, l *library.Library, all bool) error {
	list, counts := []overlapJSON{}, map[string]int{}
	err := l.Audit(c.Context(), func(o library.Overlap) error {
		counts[string(o.Kind)]++
		if wanted := all || o.Kind != library.OverlapTenant; wanted && len(list) < maxOverlaps {
			list = append(list, overlapOut(&o))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.json {
		return machine(c, struct {
			Counts   map[string]int `json:"counts"`
			Overlaps []overlapJSON  `json:"overlaps"`
		}{counts, list})
	}
	rows := make([][]string, len(list))
	for i, o := range list {
		rows[i] = []string{o.Kind, plain(o.Value), o.Class, o.Feed, dash(plain(cmp.Or(o.Why, o.By+" "+o.As)))}
	}
	if err := table(c.OutOrStdout(), []string{"KIND", "INDICATOR", "CLASS", "FEED", "CONTEXT"}, rows); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "\n%d covered, %d expired, %d weak, %d customers of shared platforms\n",
		counts["covered"], counts["expired"], counts["weak"], counts["tenant"])
	return err
}

func overlapOut(o *library.Overlap) overlapJSON {
	return overlapJSON{
		Kind: string(o.Kind), Type: string(o.Indicator.Type), Value: o.Indicator.Value, Class: string(o.Indicator.Class),
		Feed: o.Indicator.Feed, Why: o.Why, By: o.Context.Observable.Value, As: string(o.Context.Class), Owner: o.Context.Owner, Until: stamp(o.Context.Expires),
	}
}

// classes are the words that --class takes.
var classes = []string{
	string(tinycheck.ClassC2), string(tinycheck.ClassWebsite), string(tinycheck.ClassDistribution), string(tinycheck.ClassWatchware),
	string(tinycheck.ClassTracker), string(tinycheck.ClassInfrastructure), string(tinycheck.ClassWeak),
}
