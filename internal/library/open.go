package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/match"
	"tinycheck/internal/store"
)

// What a library's folder holds.
const (
	databaseName = "tinycheck.db"
	indexName    = "tinycheck.index"
	trustedName  = "trusted-keys"
)

// The feeds that every library has from the start.
const (
	StarterFeed = "starter" // compiled in
	OwnFeed     = "own"     // typed in by hand
)

// patience is how long a change waits for that of another process.
const patience = 10 * time.Second

// Config says where a library is and who uses it.
type Config struct {
	Folder   string
	ReadOnly bool             // nothing is changed, and nothing need be writable
	By       string           // who changes it, for the record
	Now      func() time.Time // the clock; nil: the system's
	Fetch    feed.Config
}

// Library keeps what is known beforehand: indicators, feeds and context in the
// store, and the index that is made of them.
type Library struct {
	config  Config
	store   *store.Store
	change  sync.Mutex // one change at a time
	making  sync.Mutex // of running
	running *match.Index
}

// Exists reports whether there is a library in a folder.
func Exists(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, databaseName))
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// Open opens the library in a folder, and makes one that knows the starter
// indicators and the catalogue of public feeds where there is none.
func Open(ctx context.Context, c Config) (*Library, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	s, err := store.Open(ctx, filepath.Join(c.Folder, databaseName), store.Config{ReadOnly: c.ReadOnly, Busy: patience})
	if err != nil {
		return nil, err
	}
	l := &Library{config: c, store: s}
	if !c.ReadOnly {
		if err := l.furnish(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return l, nil
}

// Refurnish puts in what a newer version of the program brings along, where
// somebody may: whoever only reads would else never see its starter. What was
// there stays usable when nobody may, which is no error.
func Refurnish(ctx context.Context, c Config) error {
	l, err := Open(ctx, Config{Folder: c.Folder, ReadOnly: true, Now: c.Now})
	switch {
	case errors.Is(err, tinycheck.Unsupported): // as likely of an older version as of a newer one
	case err != nil:
		return err
	default:
		dated := errors.Is(l.furnish(ctx), errDated)
		if err := l.Close(); err != nil || !dated {
			return err
		}
	}
	if l, err = Open(ctx, c); err != nil {
		return ctx.Err()
	}
	return l.Close()
}

// errDated says that the program brings along what a library does not have.
var errDated = errors.New("the library is of an older version of the program")

// Close ends the use of the store. Indexes that are in use stay usable.
func (l *Library) Close() error { return l.store.Close() }

// furnish puts in what the program brings along: the starter where it is
// missing or another one, feeds of the catalogue that are new.
func (l *Library) furnish(ctx context.Context) error {
	feeds, err := l.store.Feeds(ctx)
	if err != nil {
		return err
	}
	there := map[string]tinycheck.Feed{}
	for _, f := range feeds {
		there[f.Name] = f
	}
	fresh := newFeeds(there)
	if there[StarterFeed].SHA256 == starterSum() && len(fresh) == 0 {
		return nil
	}
	if l.config.ReadOnly {
		return errDated
	}
	indicators, intake := Starter()
	return l.alter(ctx, func(c *store.Change) error {
		for _, f := range fresh {
			if err := c.PutFeed(f); err != nil {
				return err
			}
		}
		return putStarter(c, there[StarterFeed], indicators, &intake)
	})
}

// newFeeds are those of the catalogue, and the one for entries by hand, that a
// store does not have yet, or has as an older version of the program knew them.
func newFeeds(there map[string]tinycheck.Feed) (fresh []tinycheck.Feed) {
	own := tinycheck.Feed{Name: OwnFeed, Kind: tinycheck.FeedByHand, Title: "Entries made by hand on this machine", Enabled: true}
	for _, f := range append(Catalogue(), own) {
		was, known := there[f.Name]
		switch {
		case !known:
			fresh = append(fresh, f)
		case moved(&was, &f):
			f.Enabled, f.Secret, f.Private, f.FeedState = was.Enabled, was.Secret, was.Private, was.FeedState
			forget(&f)
			fresh = append(fresh, f)
		}
	}
	return fresh
}

// moved reports whether a feed is one of the catalogue, which now says something
// else of it. One that somebody else added under that name is left alone.
func moved(was, now *tinycheck.Feed) bool {
	if was.Kind != tinycheck.FeedHTTP || was.URL != now.URL && was.Title != now.Title {
		return false
	}
	return was.URL != now.URL || was.Format != now.Format || was.Class != now.Class || was.Infrastructure != now.Infrastructure ||
		was.Family != now.Family || was.Title != now.Title || was.Licence != now.Licence || was.Attribution != now.Attribution
}

func putStarter(c *store.Change, was tinycheck.Feed, indicators []tinycheck.Indicator, intake *tinycheck.Intake) error {
	if was.SHA256 == intake.SHA256 {
		return nil
	}
	f := tinycheck.Feed{
		Name: StarterFeed, Kind: tinycheck.FeedBuiltIn, Title: "The best-known products, compiled into the program",
		Licence: intake.Licence, Attribution: "Echap and vendors' own pages; see the program's documentation",
		Enabled: was.Name == "" || was.Enabled,
	}
	f.Date, f.SHA256, f.Indicators = intake.Date, intake.SHA256, len(indicators)
	if err := c.PutFeed(f); err != nil {
		return err
	}
	in, err := c.Intake(StarterFeed, store.Replace)
	if err != nil {
		return err
	}
	defer in.Abandon()
	for i := range indicators {
		if err := in.Put(&indicators[i]); err != nil {
			return err
		}
	}
	_, err = in.Close()
	return err
}

// alter makes one change of the store: all of it, or nothing.
func (l *Library) alter(ctx context.Context, do func(c *store.Change) error) error {
	l.change.Lock()
	defer l.change.Unlock()
	c, err := l.store.Begin(ctx, l.config.By, l.config.Now())
	if err != nil {
		return err
	}
	if err := do(c); err != nil {
		return errors.Join(err, c.Rollback())
	}
	return c.Commit()
}
