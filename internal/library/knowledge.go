package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"tinycheck"
	"tinycheck/internal/match"
	"tinycheck/internal/store"
)

// Knowledge is what a capture is compared with.
type Knowledge struct {
	Index *match.Index
	Feeds []tinycheck.FeedUse
}

// note is what an index file says about itself.
type note struct {
	Made  string    `json:"made"`  // of which rules and context of the program
	Feeds string    `json:"feeds"` // which feeds, with how many entries
	Until time.Time `json:"until"` // when entries of its context expire; zero: never
}

// rules is raised when what becomes of an indicator on its way into the index
// changes, so that indexes that were made before are made anew.
const rules = "1"

// maker names what of the program goes into an index, or has a say in it.
var maker = sync.OnceValue(func() string { return digest(rules, ordinary, starter, familyText) })

// basis names what an index is made of beside the generation: numbers begin anew
// where somebody deletes the store, or puts another one in its place.
func basis(feeds []tinycheck.Feed) string {
	var text []string
	for i := range feeds {
		if f := &feeds[i]; f.Enabled {
			text = append(text, fmt.Sprint(f.Name, " ", f.Indicators, " ", f.Contexts))
		}
	}
	return digest(text...)
}

func digest(text ...string) string {
	sum := sha256.New()
	for _, t := range text {
		fmt.Fprintf(sum, "%d:%s", len(t), t)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// state is what an index has to be of, to be in force.
type state struct {
	generation uint64
	feeds      string
}

// Knowledge gives the indicators that are in force, and the feeds that they are
// of. It opens the index that is kept beside the store, or makes it where it is
// missing or not of this state of the store. What was given before stays usable,
// so that no analysis has to stop.
func (l *Library) Knowledge(ctx context.Context) (*Knowledge, error) {
	generation, err := l.store.Generation(ctx)
	if err != nil {
		return nil, err
	}
	feeds, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	index, err := l.index(ctx, state{generation, basis(feeds)})
	if err != nil {
		return nil, err
	}
	return &Knowledge{Index: index, Feeds: uses(feeds)}, nil
}

// index gives the running index, or makes it: once, however many ask.
func (l *Library) index(ctx context.Context, now state) (*match.Index, error) {
	l.making.Lock()
	defer l.making.Unlock()
	if l.running != nil && l.current(l.running.Stamp(), now) {
		return l.running, nil
	}
	x, err := l.made(ctx, now)
	if err == nil {
		l.running = x
	}
	return x, err
}

func (l *Library) made(ctx context.Context, now state) (*match.Index, error) {
	path := filepath.Join(l.config.Folder, indexName)
	if x := l.kept(path, now); x != nil {
		return x, nil
	}
	flat, err := l.build(ctx, now)
	if err != nil {
		return nil, err
	}
	// Whoever may not write there, or finds the disk full, gets the answer as well.
	if store.WriteFile(path, func(w io.Writer) error { _, err := w.Write(flat); return err }) == nil {
		if x := l.kept(path, now); x != nil {
			return x, nil
		}
	}
	return match.Open(flat)
}

// linger is how long the mapping of an index outlives the last pointer to it: a
// look-up that is about to end may read bytes that no pointer of Go keeps alive.
const linger = time.Minute

// kept opens the index file, if it is that of this state of the store, this
// program and this day.
func (l *Library) kept(path string, now state) *match.Index {
	flat, free, err := store.MapFile(path)
	if err != nil {
		return nil
	}
	x, err := match.Open(flat)
	if err != nil || !l.current(x.Stamp(), now) {
		free()
		return nil
	}
	runtime.AddCleanup(x, func(free func()) { time.AfterFunc(linger, free) }, free)
	return x
}

func (l *Library) current(s match.Stamp, now state) bool {
	var n note
	if s.Generation != now.generation || json.Unmarshal(s.Note, &n) != nil || n.Made != maker() || n.Feeds != now.feeds {
		return false
	}
	return n.Until.IsZero() || l.config.Now().Before(n.Until)
}

// build makes the index of what is in force (fill.go).
func (l *Library) build(ctx context.Context, of state) ([]byte, error) {
	brought, err := l.store.Context(ctx)
	if err != nil {
		return nil, err
	}
	now := l.config.Now()
	f := newFiller(brought)
	if err := l.store.Scan(ctx, f.put); err != nil {
		return nil, err
	}
	b, inForce := f.close(now), Current(f.excuses.kept(), now)
	about, err := json.Marshal(note{Made: maker(), Feeds: of.feeds, Until: nextExpiry(inForce, now)})
	if err != nil {
		return nil, err
	}
	return b.Flat(match.Stamp{Generation: of.generation, Note: about})
}

// nextExpiry is when the first of the entries expires.
func nextExpiry(list []tinycheck.Context, now time.Time) (next time.Time) {
	for _, c := range list {
		if c.Expires.After(now) && (next.IsZero() || c.Expires.Before(next)) {
			next = c.Expires
		}
	}
	return next
}

// uses are the feeds that an answer names, and how old they are.
func uses(feeds []tinycheck.Feed) []tinycheck.FeedUse {
	fresh := slices.ContainsFunc(feeds, func(f tinycheck.Feed) bool {
		return inUse(&f) && f.Kind != tinycheck.FeedBuiltIn && f.Kind != tinycheck.FeedByHand
	})
	var list []tinycheck.FeedUse
	for i := range feeds {
		f := &feeds[i]
		if f.Enabled && fetched(f.Kind) && f.Fetched.IsZero() {
			list = append(list, tinycheck.FeedUse{Name: f.Name, Missing: true})
		}
		if inUse(f) {
			timeless := f.Kind == tinycheck.FeedByHand || f.Kind == tinycheck.FeedBuiltIn && fresh
			list = append(list, tinycheck.FeedUse{Name: f.Name, Indicators: f.Indicators, Date: AsOf(f), Timeless: timeless})
		}
	}
	return list
}

func inUse(f *tinycheck.Feed) bool { return f.Enabled && f.Indicators > 0 }

// AsOf is when a feed was last known to be current: when it was fetched, here or
// by the sender of its bundle, or, where nobody fetches it again, the date of its
// content.
func AsOf(f *tinycheck.Feed) time.Time {
	switch f.Kind {
	case tinycheck.FeedHTTP, tinycheck.FeedMISP, tinycheck.FeedTAXII, tinycheck.FeedFolder, tinycheck.FeedBundle:
		return f.Fetched
	}
	if f.Date.IsZero() {
		return f.Fetched
	}
	return f.Date
}
