package library

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/store"
)

// Updated is what became of one feed in an update.
type Updated struct {
	Feed      string
	Intake    tinycheck.Intake
	Unchanged bool // the source has nothing new
	Err       error
}

// Choice says which feeds are updated, and how.
type Choice struct {
	Names []string      // none: all that are enabled and can be fetched
	Loss  bool          // confirmed: more than half of a feed may go
	Tell  func(Updated) // called for each feed, one at a time; may be nil
}

// atOnce is how many feeds are fetched at the same time.
const atOnce = 4

// Update fetches feeds and takes in what is new. A feed that fails keeps what
// it had, and says why; it stops no other. The error is of what concerns all.
func (l *Library) Update(ctx context.Context, c Choice) ([]Updated, error) {
	feeds, err := l.chosen(ctx, c.Names)
	if err != nil {
		return nil, err
	}
	config := l.config.Fetch
	config.Folder = cmp.Or(config.Folder, l.config.Folder) // the system's may be small and in memory
	fetcher, err := feed.New(config)
	if err != nil {
		return nil, err
	}
	u := updating{library: l, fetcher: fetcher, choice: c, results: make([]Updated, len(feeds))}
	u.run(ctx, feeds)
	return u.results, ctx.Err()
}

// chosen are the feeds that can be fetched, in the order of their names.
func (l *Library) chosen(ctx context.Context, names []string) ([]tinycheck.Feed, error) {
	all, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return slices.DeleteFunc(all, func(f tinycheck.Feed) bool { return !f.Enabled || !fetched(f.Kind) }), nil
	}
	var feeds []tinycheck.Feed
	for n, name := range names {
		if slices.Contains(names[:n], name) {
			continue // asked for twice, fetched once
		}
		at := slices.IndexFunc(all, func(f tinycheck.Feed) bool { return f.Name == name })
		switch {
		case at < 0:
			return nil, unknownFeed(name)
		case !fetched(all[at].Kind):
			return nil, tinycheck.Errorf(fmt.Sprintf("update feed %q", name), tinycheck.Invalid, fmt.Errorf("a feed of kind %s is not fetched from anywhere", all[at].Kind))
		}
		feeds = append(feeds, all[at])
	}
	return feeds, nil
}

func fetched(k tinycheck.FeedKind) bool {
	switch k {
	case tinycheck.FeedHTTP, tinycheck.FeedMISP, tinycheck.FeedTAXII, tinycheck.FeedFolder:
		return true
	}
	return false
}

// updating is one run over several feeds.
type updating struct {
	library *Library
	fetcher *feed.Fetcher
	choice  Choice
	telling sync.Mutex
	results []Updated
}

func (u *updating) run(ctx context.Context, feeds []tinycheck.Feed) {
	var workers sync.WaitGroup
	next := make(chan int)
	for range min(atOnce, len(feeds)) {
		workers.Go(func() {
			for n := range next {
				u.results[n] = u.one(ctx, feeds[n])
				u.tell(u.results[n])
			}
		})
	}
	for n := range feeds {
		next <- n
	}
	close(next)
	workers.Wait()
}

func (u *updating) tell(r Updated) {
	if u.choice.Tell != nil {
		u.telling.Lock()
		defer u.telling.Unlock()
		u.choice.Tell(r)
	}
}

// one fetches a feed and takes it in. The store is changed only when all of it
// has come; a failure is written down beside the content that stays.
func (u *updating) one(ctx context.Context, f tinycheck.Feed) Updated {
	r := Updated{Feed: f.Name}
	if newWeek(f.Fetched, u.library.config.Now()) {
		f.Cursor = "" // what came late or was deleted for good shows only in the whole
	}
	got, err := u.take(ctx, f, &r)
	switch {
	case err != nil:
		r.Err = errors.Join(err, u.failed(ctx, f.Name, err))
	case got.Unchanged:
		r.Unchanged = true
		r.Err = u.library.state(ctx, f.Name, func(f *tinycheck.Feed) {
			now := u.library.config.Now()
			f.Tried, f.Fetched, f.Problem, f.Held = now, now, "", ""
		})
	}
	return r
}

// newWeek reports whether the last fetch was in another week (ISO 8601).
func newWeek(last, now time.Time) bool {
	year, week := last.UTC().ISOWeek()
	thisYear, thisWeek := now.UTC().ISOWeek()
	return week != thisWeek || year != thisYear
}

// take fetches the parts of a feed, and puts all of them into the store in one
// change, which begins with the first of them.
func (u *updating) take(ctx context.Context, f tinycheck.Feed, r *Updated) (feed.Fetched, error) {
	p := pending{library: u.library, feed: f, loss: u.choice.Loss}
	defer p.abandon()
	got, err := u.fetcher.Fetch(ctx, f, func(part feed.Part) error { return p.part(ctx, part) })
	if err != nil || got.Unchanged {
		return got, err
	}
	err = p.close(ctx, &got)
	r.Intake = p.taking.sum
	return got, err
}

// pending is a change that waits for the rest of its feed. It holds the
// library's lock from its first part on.
type pending struct {
	library *Library
	feed    tinycheck.Feed
	loss    bool
	open    bool
	taking  taking
}

func (p *pending) begin(ctx context.Context, whole bool) error {
	p.library.change.Lock()
	c, err := p.library.store.Begin(ctx, p.library.config.By, p.library.config.Now())
	if err != nil {
		p.library.change.Unlock()
		return err
	}
	p.open = true
	p.taking = taking{library: p.library, change: c}
	f, err := p.library.unmoved(ctx, &p.feed, whole)
	if err != nil {
		return err
	}
	p.taking = taking{library: p.library, change: c, feed: f, source: Source{
		Format: p.feed.Format, Whole: whole, Loss: p.loss,
		Like: tinycheck.Indicator{Class: p.feed.Class, Infrastructure: p.feed.Infrastructure, Family: p.feed.Family},
	}}
	return p.taking.open()
}

// unmoved is a feed as it stands now. Somebody may have disabled it while it was
// fetched, which holds. What came from another source, or is only what changed
// since a content that is no longer there, is of no use.
func (l *Library) unmoved(ctx context.Context, was *tinycheck.Feed, whole bool) (tinycheck.Feed, error) {
	f, err := l.store.Feed(ctx, was.Name)
	if err != nil {
		return f, err
	}
	same := f.Kind == was.Kind && f.URL == was.URL && slices.Equal(f.Select, was.Select)
	if !same || !whole && f.Cursor != was.Cursor {
		return f, tinycheck.Errorf(fmt.Sprintf("update feed %q", f.Name), tinycheck.Conflict, errors.New("somebody changed it meanwhile: update it again"))
	}
	return f, nil
}

func (p *pending) part(ctx context.Context, part feed.Part) error {
	if !p.open {
		if err := p.begin(ctx, part.Whole); err != nil {
			return err
		}
	}
	return p.taking.part(part.Name, part.Body)
}

// close ends the change; of a feed that brought nothing new there is none.
func (p *pending) close(ctx context.Context, got *feed.Fetched) error {
	if !p.open {
		if err := p.begin(ctx, got.Whole); err != nil {
			return err
		}
	}
	p.taking.feed.ETag, p.taking.feed.Modified, p.taking.feed.Cursor = got.ETag, got.Modified, got.Cursor
	if err := p.taking.close(); err != nil {
		return err
	}
	p.open = false
	defer p.library.change.Unlock()
	return p.taking.change.Commit()
}

func (p *pending) abandon() {
	if p.open {
		p.open = false
		p.taking.abandon()
		_ = p.taking.change.Rollback() // why it is given up is what counts
		p.library.change.Unlock()
	}
}

// failed writes down why a feed was not updated.
func (u *updating) failed(ctx context.Context, name string, cause error) error {
	if ctx.Err() != nil {
		return nil // interrupted by a person: the feed is not to blame
	}
	var loss *lossError
	held := errors.As(cause, &loss)
	err := u.library.state(ctx, name, func(f *tinycheck.Feed) {
		f.Tried = u.library.config.Now()
		if held {
			f.Held = cause.Error()
			return
		}
		f.Problem = cause.Error()
	})
	if tinycheck.KindOf(err) == tinycheck.NotFound {
		return nil // removed meanwhile: nothing is left that could say so
	}
	return err
}

// state alters how a feed stands, and nothing else.
func (l *Library) state(ctx context.Context, name string, alter func(f *tinycheck.Feed)) error {
	return l.alter(ctx, func(c *store.Change) error {
		f, err := l.store.Feed(ctx, name)
		if err != nil {
			return err
		}
		alter(&f)
		return c.PutFeed(f)
	})
}
