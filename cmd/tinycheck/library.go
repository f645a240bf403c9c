package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/library"
)

// libraryFlags are those of every command that works with the library.
type libraryFlags struct {
	folder string
	json   bool
	quiet  bool
}

// addTo gives a command and those below it the flags.
func (f *libraryFlags) addTo(c *cobra.Command) {
	c.PersistentFlags().StringVar(&f.folder, "data-dir", "", "`FOLDER` of the library (default: TINYCHECK_DATA_DIR, else /var/lib/tinycheck for root, ~/.local/share/tinycheck for others)")
	c.PersistentFlags().BoolVar(&f.json, "json", false, "answer in JSON, for programs")
	c.PersistentFlags().BoolVar(&f.quiet, "quiet", false, "no progress and no warnings")
}

// dataFolder is where the library is unless somebody says otherwise: of the
// machine for root, of the user for others (XDG Base Directory Specification).
func dataFolder() string {
	if folder := os.Getenv("TINYCHECK_DATA_DIR"); folder != "" {
		return folder
	}
	if os.Geteuid() == 0 {
		return "/var/lib/tinycheck"
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(cmp.Or(os.Getenv("XDG_DATA_HOME"), filepath.Join(home, ".local", "share")), "tinycheck")
}

// place is the folder of the library.
func (f *libraryFlags) place() string { return cmp.Or(f.folder, dataFolder()) }

// open opens the library to change it, and hands it to do.
func (f *libraryFlags) open(ctx context.Context, do func(l *library.Library) error) error {
	return f.use(ctx, false, do)
}

// existing opens a library that must be there.
func (f *libraryFlags) existing(ctx context.Context, do func(l *library.Library) error) error {
	if !library.Exists(f.place()) {
		return tinycheck.Errorf("open library "+f.place(), tinycheck.NotFound, errors.New("there is none; the first import or update makes one"))
	}
	return f.use(ctx, true, do)
}

// read opens the library without changing it; where there is none yet, one is
// made, since every question about it has an answer from the start.
func (f *libraryFlags) read(ctx context.Context, do func(l *library.Library) error) error {
	return f.use(ctx, library.Exists(f.place()), do)
}

func (f *libraryFlags) use(ctx context.Context, readOnly bool, do func(l *library.Library) error) error {
	l, err := library.Open(ctx, library.Config{Folder: f.place(), ReadOnly: readOnly, By: whoami(), Fetch: feed.Config{}})
	if err != nil {
		return err
	}
	err = do(l)
	if failed := l.Close(); err == nil {
		err = failed
	}
	return err
}

// whoami is who changes the library, as the system knows them.
func whoami() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// refresh makes the index that the next analysis opens.
func (f *libraryFlags) refresh(ctx context.Context, l *library.Library) error {
	_, err := l.Knowledge(ctx)
	return err
}
