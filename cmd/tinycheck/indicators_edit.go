package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tinycheck/internal/exchange"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// values wants at least one.
func values(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("which indicator? Name it, for example api.spy.example or 192.0.2.7")
	}
	return nil
}

func newAdd(common *libraryFlags) *cobra.Command {
	var f meaningFlags
	c := &cobra.Command{
		Use:   "add VALUE…",
		Short: "Add indicators by hand",
		Long: "Add puts names, addresses, prefixes, URLs, hashes of certificates, JA3 or JA4 into the feed \"" + library.OwnFeed + "\".\n" +
			"Without --class they count as servers that a spying product itself reports to (c2).",
		Args: values,
		RunE: func(c *cobra.Command, args []string) error {
			if f.class == "" {
				f.class = classes[0]
			}
			like, err := f.indicator()
			if err != nil {
				return usageError{err}
			}
			return common.open(c.Context(), func(l *library.Library) error {
				sum, err := l.Add(c.Context(), args, like)
				if err != nil {
					return err
				}
				if common.json {
					return errors.Join(machine(c, intakeOut(&sum, nil)), common.refresh(c.Context(), l))
				}
				fmt.Fprintf(c.OutOrStdout(), "%d added, %d replaced, %d there already\n", sum.Accepted, sum.Replaced, sum.Merged)
				return common.refresh(c.Context(), l)
			})
		},
	}
	f.addTo(c)
	c.Flags().StringVar(&f.tlp, "tlp", "", "who may know of it: `COLOUR` white, green, amber, red")
	c.Flags().IntVar(&f.confidence, "confidence", 0, "how sure it is, `1-100`")
	complete(c, "tlp", fixed(colours))
	return c
}

// decided is the command that takes indicators out of use in one of two ways.
func decided(common *libraryFlags, state store.State, c cobra.Command) *cobra.Command {
	var d store.Decision
	c.Args = values
	c.RunE = func(c *cobra.Command, args []string) error {
		d.State = state
		return common.open(c.Context(), func(l *library.Library) error {
			if err := l.Decide(c.Context(), args, d); err != nil {
				return err
			}
			if err := common.told(c, l, len(args), string(state)); err != nil || common.json {
				return err
			}
			return stillBelow(c, l, args)
		})
	}
	c.Flags().StringVar(&d.Feed, "feed", "", "only as this feed, `NAME`, lists it")
	complete(&c, "feed", common.feedNames(every))
	c.Flags().StringVar(&d.Why, "why", "", "why, in a line of `TEXT`; \"show\" tells it")
	return &c
}

// stillBelow tells that names below a name are listed by themselves.
func stillBelow(c *cobra.Command, l *library.Library, values []string) error {
	list, err := exchange.Observables(values)
	if err != nil {
		return err
	}
	for _, o := range list {
		n, err := l.Below(c.Context(), o)
		if err != nil {
			return err
		}
		if n > 0 {
			fmt.Fprintf(c.OutOrStdout(), "%d entries for names below it are still matched: tinycheck indicators search %s\n", n, o.Value)
		}
	}
	return nil
}

func newRemove(common *libraryFlags) *cobra.Command {
	return decided(common, store.Removed, cobra.Command{
		Use:   "remove VALUE…",
		Short: "Remove indicators; no feed brings them back",
		Long:  "Remove takes indicators out of use. The decision is remembered, so that the next\nupdate of a feed does not bring them back. \"restore\" takes it back.",
	})
}

func newDisable(common *libraryFlags) *cobra.Command {
	return decided(common, store.Disabled, cobra.Command{
		Use:   "disable VALUE…",
		Short: "Keep indicators, and do not match them",
		Long:  "Disable keeps indicators to be seen, and does not match them any more, whatever a feed says.\n\"restore\" takes it back.",
	})
}

func newRestore(common *libraryFlags) *cobra.Command {
	var feed string
	c := &cobra.Command{
		Use:     "restore VALUE…",
		Aliases: []string{"enable"},
		Short:   "Bring back indicators that were disabled or removed",
		Args:    values,
		RunE: func(c *cobra.Command, args []string) error {
			return common.open(c.Context(), func(l *library.Library) error {
				if err := l.Restore(c.Context(), args, feed); err != nil {
					return err
				}
				return common.told(c, l, len(args), "restored")
			})
		},
	}
	c.Flags().StringVar(&feed, "feed", "", "only as this feed, `NAME`, lists it")
	complete(c, "feed", common.feedNames(every))
	return c
}

// told says what was done, and brings the running index up to date.
func (f *libraryFlags) told(c *cobra.Command, l *library.Library, count int, done string) error {
	if f.json {
		if err := machine(c, map[string]int{done: count}); err != nil {
			return err
		}
		return f.refresh(c.Context(), l)
	}
	fmt.Fprintf(c.OutOrStdout(), "%d %s\n", count, done)
	return f.refresh(c.Context(), l)
}
