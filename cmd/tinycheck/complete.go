package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/library"
)

// fixed completes one of a few fixed words.
func fixed(list []string) cobra.CompletionFunc {
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// complete gives a flag its completion. That the flag is there, a test holds.
func complete(c *cobra.Command, flag string, by cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, by); err != nil {
		panic("complete flag " + flag + ": " + err.Error())
	}
}

// feedNames completes names of feeds, those that fit, with their titles. It only
// reads, and makes no library where there is none.
func (f *libraryFlags) feedNames(fits func(*tinycheck.Feed) bool) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		feeds, err := f.known(c.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var list []string
		for i := range feeds {
			if k := &feeds[i]; fits(k) && !slices.Contains(args, k.Name) {
				list = append(list, cobra.CompletionWithDesc(k.Name, plain(k.Title)))
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// known are the feeds of the library, or those that a new one would have.
func (f *libraryFlags) known(ctx context.Context) (feeds []tinycheck.Feed, err error) {
	if !library.Exists(f.place()) {
		return library.Catalogue(), nil
	}
	err = f.use(ctx, true, func(l *library.Library) error {
		feeds, err = l.Feeds(ctx)
		return err
	})
	return feeds, err
}

// one completes the first argument only.
func one(by cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return by(c, args, typed)
	}
}

// familyNames completes the names of products and campaigns, also by an alias.
func familyNames(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var list []string
	for _, f := range library.Families() {
		list = append(list, cobra.CompletionWithDesc(f.Name, f.About))
		for _, alias := range f.Aliases {
			if typed != "" && strings.HasPrefix(alias, typed) {
				list = append(list, cobra.CompletionWithDesc(alias, f.Name))
			}
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

func every(*tinycheck.Feed) bool { return true }

func isOn(f *tinycheck.Feed) bool { return f.Enabled }

func isOff(f *tinycheck.Feed) bool { return !f.Enabled }

// formats completes what import reads.
var formats = fixed(exchange.Formats())
