package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
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

func (f *queryFlags) addTo(c *cobra.Command, common *libraryFlags) {
	c.Flags().StringVar(&f.family, "family", "", "only of this product or campaign, under any of its `NAME`s")
	c.Flags().StringVar(&f.feed, "feed", "", "only of this feed, by its `NAME`")
	c.Flags().StringVar(&f.class, "class", "", "only of this `CLASS`: "+strings.Join(classes, ", "))
	c.Flags().StringVar(&f.kind, "type", "", "only of this `TYPE`: "+strings.Join(types, ", "))
	c.Flags().StringVar(&f.state, "state", "", "only in this `STATE`: "+strings.Join(states, ", "))
	complete(c, "class", fixed(classes))
	complete(c, "state", fixed(states))
	complete(c, "type", fixed(types))
	complete(c, "family", familyNames)
	complete(c, "feed", common.feedNames(every))
}

// states and types are the words that --state and --type take.
var (
	states = []string{string(store.Active), string(store.Disabled), string(store.Removed)}
	types  = []string{
		string(tinycheck.DomainName), string(tinycheck.IPv4Addr), string(tinycheck.IPv6Addr), string(tinycheck.URL),
		string(tinycheck.CertSHA1), string(tinycheck.CertSHA256), string(tinycheck.JA3), string(tinycheck.JA4),
	}
)

// query is what was asked for. A word that nothing can fit is a mistake of the
// caller, and no reason to say that nothing was found.
func (f *queryFlags) query(text string) (store.Query, error) {
	for _, word := range []struct {
		flag, value string
		known       []string
	}{{"class", f.class, classes}, {"type", f.kind, types}, {"state", f.state, states}} {
		if word.value != "" && !slices.Contains(word.known, word.value) {
			return store.Query{}, usageError{fmt.Errorf("no %s %q; there are %s", word.flag, word.value, strings.Join(word.known, ", "))}
		}
	}
	if f.limit < 0 {
		return store.Query{}, usageError{fmt.Errorf("--limit %d: give a number of entries, or 0 for all", f.limit)}
	}
	return store.Query{
		Text: text, Family: f.family, Feed: f.feed, Class: tinycheck.Class(f.class),
		Type: tinycheck.ObservableType(f.kind), State: store.State(f.state), Limit: f.limit,
	}, nil
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
			q, err := f.query(strings.Join(args, ""))
			if err != nil {
				return err
			}
			return common.read(c.Context(), func(l *library.Library) error {
				return search(c, common, l, q)
			})
		},
	}
	f.addTo(c, common)
	c.Flags().IntVar(&f.limit, "limit", 100, "at most `NUMBER` entries; 0 gives all")
	return c
}

// search looks among names and addresses; a word that is none may be a product,
// a package or a file.
func search(c *cobra.Command, common *libraryFlags, l *library.Library, q store.Query) error {
	if !strings.Contains(q.Text, "*") {
		if list, err := exchange.Observables([]string{q.Text}); err == nil {
			q.Text = list[0].Value // as "show" understands it
		}
	}
	found, total, err := l.Find(c.Context(), q)
	if err != nil {
		return err
	}
	if total == 0 && q.Family == "" && q.Text != "" && !strings.ContainsAny(q.Text, ".:/*") {
		q.Family, q.Text = q.Text, ""
		if found, total, err = l.Find(c.Context(), q); err != nil {
			return err
		}
		q.Text = q.Family
	}
	unseen, more, err := l.FindUnseen(c.Context(), q.Text, q.Feed, mostUnseen)
	if err != nil {
		return err
	}
	if common.json {
		return machine(c, foundOut(found, total, unseen))
	}
	return showFound(c.OutOrStdout(), found, total, unseen, more)
}

// mostUnseen is how many entries that no traffic shows are listed.
const mostUnseen = 20

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
	Unseen     []unseenJSON `json:"not_network"`
}

// unseenJSON is the machine form of an entry that no traffic shows.
type unseenJSON struct {
	Kind   string `json:"kind"`
	Value  string `json:"value"`
	Family string `json:"family,omitempty"`
	Feed   string `json:"feed"`
}

func foundOut(found []store.Listed, total int, unseen []store.Unseen) foundJSON {
	out := foundJSON{Total: total, Indicators: make([]listedJSON, len(found)), Unseen: make([]unseenJSON, len(unseen))}
	for n, u := range unseen {
		out.Unseen[n] = unseenJSON(u)
	}
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

func showFound(w io.Writer, found []store.Listed, total int, unseen []store.Unseen, more int) error {
	if total+more == 0 {
		_, err := fmt.Fprintln(w, "Nothing found. That a name is on no list here does not mean that it is harmless.")
		return err
	}
	rows := make([][]string, len(found))
	for n := range found {
		i := &found[n]
		rows[n] = []string{plain(i.Value), meaning(&i.Indicator), plain(dash(i.Family)), i.Feed, day(i.Added), string(i.State)}
	}
	if total > 0 {
		if err := table(w, []string{"INDICATOR", "CLASS", "FAMILY", "FEED", "ADDED", "STATE"}, rows); err != nil {
			return err
		}
	}
	if total > len(found) {
		fmt.Fprintf(w, "\n%d of %d shown; --limit 0 shows all\n", len(found), total)
	}
	return showUnseen(w, unseen, more)
}

// showUnseen lists what no traffic shows and who examines a phone may find.
func showUnseen(w io.Writer, unseen []store.Unseen, total int) error {
	if total == 0 {
		return nil
	}
	rows := make([][]string, len(unseen))
	for n, u := range unseen {
		rows[n] = []string{plain(u.Value), plain(u.Kind), plain(dash(u.Family)), u.Feed}
	}
	fmt.Fprintln(w, "\nNot a network observable: to be found on the phone itself, never matched here")
	if err := table(w, []string{"VALUE", "KIND", "FAMILY", "FEED"}, rows); err != nil {
		return err
	}
	if total > len(unseen) {
		fmt.Fprintf(w, "\n%d of %d shown\n", len(unseen), total)
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
		Args:  exactly("which indicator? Name it, for example api.spy.example or 192.0.2.7"),
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
					if err := machine(c, foundOut(found, len(found), nil)); err != nil {
						return err
					}
				}
				if len(found) == 0 {
					return tinycheck.Errorf("show "+list[0].Value, tinycheck.NotFound, fmt.Errorf("no feed lists it"))
				}
				if common.json {
					return nil
				}
				return show(c, l, found)
			})
		},
	}
}

// show writes one block for each feed that lists an observable.
func show(c *cobra.Command, l *library.Library, found []store.Listed) error {
	w, o := c.OutOrStdout(), found[0].Observable
	decisions, err := l.Decisions(c.Context(), o)
	if err != nil {
		return err
	}
	inForce, err := l.InForce(c.Context(), o)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s (%s)\n", plain(o.Value), o.Type)
	for n := range found {
		i := &found[n]
		fmt.Fprintln(w)
		for _, line := range [][2]string{
			{"feed", i.Feed}, {"class", meaning(&i.Indicator)}, {"counts as", countsAs(&i.Indicator, inForce)},
			{"state", string(i.State)}, {"decided", decision(i.Feed, decisions)}, {"family", i.Family}, {"what it is", about(i.Family)},
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

// countsAs tells when an entry means something else than its feed says.
func countsAs(i *tinycheck.Indicator, inForce map[string]tinycheck.Indicator) string {
	if in, there := inForce[i.Feed]; there && in.Class != i.Class {
		return meaning(&in) + " (see \"audit\")"
	}
	return ""
}

// decision tells who took an entry out of use, when and why.
func decision(feed string, list []store.Decision) string {
	for _, d := range list {
		if d.Feed == "" || d.Feed == feed {
			return strings.TrimSuffix(fmt.Sprintf("%s on %s by %s: %s", d.State, day(d.At), d.By, d.Why), ": ")
		}
	}
	return ""
}

// about says what a family is, where that is known.
func about(name string) string {
	family, _ := library.FindFamily(name)
	return family.About
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
			"What a format cannot hold is left out, and counted. What is disabled or removed is not written,\n" +
			"unless --state asks for it.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := f.query(strings.Join(args, ""))
			if err != nil {
				return err
			}
			q.State = cmp.Or(q.State, store.Active)
			return common.read(c.Context(), func(l *library.Library) error { return export(c, l, output, format, q) })
		},
	}
	f.addTo(c, common)
	c.Flags().StringVar(&format, "format", "stix", "`FORMAT`: "+strings.Join(exchange.Writers(), ", "))
	c.Flags().StringVarP(&output, "output", "o", "-", "write to `FILE` instead of standard output")
	complete(c, "format", fixed(exchange.Writers()))
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
