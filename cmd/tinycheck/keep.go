package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tinycheck"
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
	c.AddCommand(newBackup(&f), newRestoreAll(&f), newCheck(&f))
	return c
}

func newBackup(f *libraryFlags) *cobra.Command {
	var overwrite bool
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write indicators, feeds, decisions and settings to one file",
		Long: "Backup writes the whole library to one file and reads it back to check it. The keys of feeds are in it:\n" +
			"keep it where only you can read it.\n\n  tinycheck library backup /media/usb/library.backup",
		Args: exactly("where to? Name a file for the backup"),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := os.Lstat(args[0]); err == nil && !overwrite {
				return tinycheck.Errorf("back up "+args[0], tinycheck.Conflict, errors.New("there is a file of that name: choose another one, or --overwrite"))
			}
			return f.existing(c.Context(), func(l *library.Library) error {
				if err := l.Backup(c.Context(), args[0]); err != nil {
					return err
				}
				return f.kept(c, l, "backup", args[0])
			})
		},
	}
	c.Flags().BoolVar(&overwrite, "overwrite", false, "take the place of a file of that name")
	return c
}

func newRestoreAll(f *libraryFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Replace the library with what a backup holds",
		Long: "Restore checks the backup first. One that is damaged, or is no backup, is refused, and the library stays as\n" +
			"it is. What is replaced is kept beside the library, as " + library.BeforeRestore + ".",
		Args: exactly("which backup? Name the file"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := library.Restore(c.Context(), args[0], f.place()); err != nil {
				return err
			}
			return f.open(c.Context(), func(l *library.Library) error {
				if err := f.refresh(c.Context(), l); err != nil {
					return err
				}
				return f.kept(c, l, "restored", args[0])
			})
		},
	}
}

func newCheck(f *libraryFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Read all of the library and say whether it is damaged",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.existing(c.Context(), func(l *library.Library) error {
				if err := l.Check(c.Context()); err != nil {
					return err
				}
				return f.kept(c, l, "not damaged", filepath.Clean(f.place()))
			})
		},
	}
}

// kept says what was done with which file, and what is in the library.
func (f *libraryFlags) kept(c *cobra.Command, l *library.Library, what, file string) error {
	s, err := l.Stats(c.Context())
	if err != nil {
		return err
	}
	if f.json {
		return machine(c, map[string]any{"done": what, "file": file, "indicators": s.Indicators, "feeds": s.Feeds})
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s, with %d indicators of %d feeds\n", what, file, s.Indicators, len(s.ByFeed))
	return err
}
