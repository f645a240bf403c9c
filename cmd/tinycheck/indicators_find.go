package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// queryFlags say which entries are meant.
type queryFlags struct {
	family, feed, class, kind, state string
	limit                            int
}

func (f *queryFlags) addTo(c *cobra.Command) {
	c.Flags().StringVar(&f.family, "family", "", "only of this product or campaign, under any of its `NAME`s")
	c.Flags().StringVar(&f.feed, "feed", "", "only of this feed, by its `NAME`")
	c.Flags().StringVar(&f.class, "class", "", "only of this `CLASS`: "+strings.Join(classes, ", "))
	c.Flags().StringVar(&f.kind, "type", "", "only of this `TYPE`: domain-name, ipv4-addr, ipv6-addr, url, x509-sha1, x509-sha256, ja3, ja4")
	c.Flags().StringVar(&f.state, "state", "", "only in this `STATE`: active, disabled, removed")
	c.RegisterFlagCompletionFunc("class", cobra.FixedCompletions(classes, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions([]string{"active", "disabled", "removed"}, cobra.ShellCompDirectiveNoFileComp))
}

func (f *queryFlags) query(text string) store.Query {
	return store.Query{
		Text: text, Family: f.family, Feed: f.feed, Class: tinycheck.Class(f.class),
		Type: tinycheck.ObservableType(f.kind), State: store.State(f.state), Limit: f.limit,
	}
}

func newSearch(common *libraryFlags) *cobra.Command {
	var f queryFlags
	c := &cobra.Command{
		Use:   "search [TEXT]",
		Short: "Find indicators by name, address, product, feed or class",
		Long: "Search finds indicators. A name finds itself and what lies below it; \"*\" stands for anything.\n\n" +
			"  tinycheck indicators search spy.example\n  tinycheck indicators search '*tracker*' --class c2\n  tinycheck indicators search --family mSpy",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return common.read(c.Context(), func(l *library.Library) error {
				found, total, err := l.Find(c.Context(), f.query(strings.Join(args, "")))
				if err != nil {
					return err
				}
				if common.json {
					return machine(c, foundOut(found, total))
				}
				return showFound(c.OutOrStdout(), found, total)
			})
		},
	}
	f.addTo(c)
	c.Flags().IntVar(&f.limit, "limit", 100, "at most `NUMBER` entries")
	return c
}

// listedJSON is the machine form of one entry: one observable, one feed.
type listedJSON struct {
	Type           string   `json:"type"`
	Value          string   `json:"value"`
	Class          string   `json:"class"`
	Infrastructure string   `json:"infrastructure,omitempty"`
	Family         string   `json:"family,omitempty"`
	Feed           string   `json:"feed"`
	SourceID       string   `json:"source_id,omitempty"`
	Tags           []string `json:"tags,omitempty"`
	TLP            string   `json:"tlp,omitempty"`
	Confidence     int      `json:"confidence,omitempty"`
	ValidFrom      string   `json:"valid_from,omitempty"`
	ValidUntil     string   `json:"valid_until,omitempty"`
	Updated        string   `json:"updated,omitempty"`
	Added          string   `json:"added,omitempty"`
	Seen           string   `json:"seen,omitempty"`
	By             string   `json:"added_by,omitempty"`
	State          string   `json:"state"`
}

type foundJSON struct {
	Total      int          `json:"total"`
	Indicators []listedJSON `json:"indicators"`
}

func foundOut(found []store.Listed, total int) foundJSON {
	out := foundJSON{Total: total, Indicators: make([]listedJSON, len(found))}
	for n := range found {
		i := &found[n]
		out.Indicators[n] = listedJSON{
			Type: string(i.Type), Value: i.Value, Class: string(i.Class), Infrastructure: string(i.Infrastructure), Family: i.Family,
			Feed: i.Feed, SourceID: i.SourceID, Tags: i.Tags, TLP: i.TLP, Confidence: i.Confidence,
			ValidFrom: stamp(i.ValidFrom), ValidUntil: stamp(i.ValidUntil), Updated: stamp(i.Updated),
			Added: stamp(i.Added), Seen: stamp(i.Seen), By: i.By, State: string(i.State),
		}
	}
	return out
}

func showFound(w io.Writer, found []store.Listed, total int) error {
	rows := make([][]string, len(found))
	for n := range found {
		i := &found[n]
		rows[n] = []string{plain(i.Value), meaning(&i.Indicator), plain(dash(i.Family)), i.Feed, day(i.Added), string(i.State)}
	}
	if err := table(w, []string{"INDICATOR", "CLASS", "FAMILY", "FEED", "ADDED", "STATE"}, rows); err != nil {
		return err
	}
	if total > len(found) {
		fmt.Fprintf(w, "\n%d of %d; give a longer text, or --limit\n", len(found), total)
	}
	return nil
}

// meaning is the class, and of infrastructure the kind.
func meaning(i *tinycheck.Indicator) string {
	if i.Class == tinycheck.ClassInfrastructure {
		return string(i.Infrastructure)
	}
	return string(i.Class)
}

func newShow(common *libraryFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "show VALUE",
		Short: "Everything that is known of one indicator, and of its product",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := exchange.Observables(args)
			if err != nil {
				return err
			}
			return common.read(c.Context(), func(l *library.Library) error {
				found, err := l.Show(c.Context(), list[0])
				if err != nil {
					return err
				}
				if common.json {
					return machine(c, foundOut(found, len(found)))
				}
				if len(found) == 0 {
					return tinycheck.Errorf("show "+list[0].Value, tinycheck.NotFound, fmt.Errorf("no feed lists it"))
				}
				return show(c.OutOrStdout(), found)
			})
		},
	}
}

// show writes one block for each feed that lists an observable.
func show(w io.Writer, found []store.Listed) error {
	fmt.Fprintf(w, "%s (%s)\n", plain(found[0].Value), found[0].Type)
	for n := range found {
		i := &found[n]
		fmt.Fprintln(w)
		for _, line := range [][2]string{
			{"feed", i.Feed}, {"class", meaning(&i.Indicator)}, {"state", string(i.State)}, {"family", about(i.Family)},
			{"id there", i.SourceID}, {"tags", strings.Join(i.Tags, ", ")}, {"TLP", i.TLP}, {"confidence", percent(i.Confidence)},
			{"valid from", dayOrNothing(i.ValidFrom)}, {"valid until", dayOrNothing(i.ValidUntil)}, {"updated", dayOrNothing(i.Updated)},
			{"added", dayOrNothing(i.Added)}, {"added by", i.By}, {"last seen in feed", dayOrNothing(i.Seen)},
		} {
			if line[1] != "" {
				fmt.Fprintf(w, "  %-18s %s\n", line[0], plain(line[1]))
			}
		}
	}
	return nil
}

// about names a family, and says what it is where that is known.
func about(name string) string {
	if family, known := library.FindFamily(name); known {
		return family.Name + ": " + family.About
	}
	return name
}

func percent(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of 100", n)
}

func newExport(common *libraryFlags) *cobra.Command {
	var f queryFlags
	var format, output string
	c := &cobra.Command{
		Use:   "export [TEXT]",
		Short: "Write indicators in one of the usual formats",
		Long: "Export writes what a search finds, as " + strings.Join(exchange.Writers(), ", ") + ".\n" +
			"What a format cannot hold is left out, and counted.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return common.read(c.Context(), func(l *library.Library) error {
				return export(c, l, output, format, f.query(strings.Join(args, "")))
			})
		},
	}
	f.addTo(c)
	c.Flags().StringVar(&format, "format", "stix", "`FORMAT`: "+strings.Join(exchange.Writers(), ", "))
	c.Flags().StringVarP(&output, "output", "o", "-", "write to `FILE` instead of standard output")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(exchange.Writers(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func export(c *cobra.Command, l *library.Library, output, format string, q store.Query) error {
	var sum tinycheck.Intake
	write := func(w io.Writer) (err error) {
		sum, err = l.Export(c.Context(), w, format, q)
		return err
	}
	var err error
	if output == "-" {
		err = write(c.OutOrStdout())
	} else {
		err = store.WriteFile(output, write)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d indicators written\n", sum.Accepted)
	for _, r := range sum.Reasons {
		fmt.Fprintf(c.ErrOrStderr(), "%d left out: %s\n", r.Count, r.Reason)
	}
	return nil
}
