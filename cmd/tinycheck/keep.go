package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tinycheck/internal/library"
)

// newLibrary is for the library as a whole: one file that can be copied away
// and brought back.
func newLibrary() *cobra.Command {
	var f libraryFlags
	c := &cobra.Command{
		Use:   "library",
		Short: "The library of this machine as a whole: back up, restore, check",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f.addTo(c)
	c.AddCommand(&cobra.Command{
		Use:   "backup FILE",
		Short: "Write indicators, feeds, decisions and settings to one file",
		Long:  "Backup writes the whole library to one file and reads it back to check it. The keys of feeds are in it:\nkeep it where only you can read it.",
		Args:  exactly("which file? Name the backup"),
		RunE: func(c *cobra.Command, args []string) error {
			return f.existing(c.Context(), func(l *library.Library) error {
				if err := l.Backup(c.Context(), args[0]); err != nil {
					return err
				}
				return f.done(c, "backup", args[0])
			})
		},
	}, &cobra.Command{
		Use:   "restore FILE",
		Short: "Replace the library with what a backup holds",
		Long:  "Restore checks the backup first. One that is damaged, or is no backup, is refused, and the library stays as it is.",
		Args:  exactly("which file? Name the backup"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := library.Restore(c.Context(), args[0], f.place()); err != nil {
				return err
			}
			return f.open(c.Context(), func(l *library.Library) error {
				if err := f.refresh(c.Context(), l); err != nil {
					return err
				}
				return f.done(c, "restored", args[0])
			})
		},
	}, &cobra.Command{
		Use:   "check",
		Short: "Read the whole library and say whether it is whole",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.existing(c.Context(), func(l *library.Library) error {
				if err := l.Check(c.Context()); err != nil {
					return err
				}
				return f.done(c, "whole", f.place())
			})
		},
	})
	return c
}

// done says what was done with which file.
func (f *libraryFlags) done(c *cobra.Command, what, file string) error {
	if f.json {
		return machine(c, map[string]string{what: file})
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", what, file)
	return err
}
