package library

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/store"
)

// Add puts entries into the feed of those made by hand, and gives how many are
// new or changed. Whoever adds an entry wants it in force: a decision against it
// is taken back. A value that cannot be understood loses all.
func (l *Library) Add(ctx context.Context, values []string, like tinycheck.Indicator) (tinycheck.Intake, error) {
	list, err := exchange.Observables(values)
	if err != nil {
		return tinycheck.Intake{}, err
	}
	like.Family, like.Updated = Canonical(like.Family), l.config.Now()
	var sum tinycheck.Intake
	err = l.alter(ctx, func(c *store.Change) error {
		own, err := l.store.Feed(ctx, OwnFeed)
		if err != nil {
			return err
		}
		t := taking{library: l, change: c, feed: own}
		if err := t.open(); err != nil {
			return err
		}
		defer t.abandon()
		for _, o := range list {
			like.Observable = o
			if err := t.intake.Put(&like); err != nil {
				return err
			}
			for _, feed := range []string{"", OwnFeed} {
				if err := c.Restore(o, feed); err != nil && tinycheck.KindOf(err) != tinycheck.NotFound {
					return err
				}
			}
		}
		err = t.close()
		sum = t.sum
		return err
	})
	return sum, err
}

// Decide takes indicators out of use, whatever feed lists them now or at its
// next update. The store keeps them, and the decision beside them.
func (l *Library) Decide(ctx context.Context, values []string, d store.Decision) error {
	list, err := l.observables(ctx, values)
	if err != nil {
		return err
	}
	return l.alter(ctx, func(c *store.Change) error {
		for _, o := range list {
			d.Observable, d.By, d.At = o, l.config.By, l.config.Now()
			if err := c.Decide(d); err != nil {
				return err
			}
		}
		return nil
	})
}

// Restore takes decisions back.
func (l *Library) Restore(ctx context.Context, values []string, feed string) error {
	list, err := exchange.Observables(values)
	if err != nil {
		return err
	}
	return l.alter(ctx, func(c *store.Change) error {
		for _, o := range list {
			if err := c.Restore(o, feed); err != nil {
				return fmt.Errorf("%s: %w", o.Value, err)
			}
		}
		return nil
	})
}

// observables reads values, and wants each to be listed.
func (l *Library) observables(ctx context.Context, values []string) ([]tinycheck.Observable, error) {
	list, err := exchange.Observables(values)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		found, err := l.Show(ctx, o)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, tinycheck.Errorf(o.Value, tinycheck.NotFound, fmt.Errorf("no feed lists it"))
		}
	}
	return list, nil
}

// Find gives entries of the store, every source of an observable as one, and
// how many there are beyond the query's limit.
func (l *Library) Find(ctx context.Context, q store.Query) ([]store.Listed, int, error) {
	if err := l.asked(ctx, &q); err != nil {
		return nil, 0, err
	}
	return l.store.Find(ctx, q)
}

// asked completes a query. That there is no such feed must not look as if it
// listed nothing.
func (l *Library) asked(ctx context.Context, q *store.Query) error {
	if q.Family != "" {
		q.Family = Canonical(q.Family)
	}
	if q.Feed == "" {
		return nil
	}
	_, err := l.feed(ctx, q.Feed)
	return err
}

// Show gives every source of one observable.
func (l *Library) Show(ctx context.Context, o tinycheck.Observable) (found []store.Listed, err error) {
	err = l.store.Each(ctx, store.Query{Text: o.Value, Type: o.Type}, func(i *store.Listed) error {
		switch {
		case i.Observable == o:
		case o.Type == tinycheck.URL:
			return nil // a star in its path stands for anything
		default:
			return errStopped // what lies below comes after it
		}
		found = append(found, *i)
		return nil
	})
	if errors.Is(err, errStopped) {
		err = nil
	}
	return found, err
}

// Decisions gives what people decided about one observable.
func (l *Library) Decisions(ctx context.Context, o tinycheck.Observable) (list []store.Decision, err error) {
	all, err := l.store.Decisions(ctx)
	for _, d := range all {
		if d.Observable == o {
			list = append(list, d)
		}
	}
	return list, err
}

// InForce gives what an observable counts as, by feed, after the judge has
// heard everything; feeds whose entry is not in force are missing.
func (l *Library) InForce(ctx context.Context, o tinycheck.Observable) (map[string]tinycheck.Indicator, error) {
	known, err := l.Knowledge(ctx)
	if err != nil {
		return nil, err
	}
	found, all := known.Index.Exact(o), map[string]tinycheck.Indicator{}
	for n := range found.Len() {
		i := found.At(n)
		all[i.Feed] = i
	}
	return all, nil
}

// Below counts the entries in force for names below a name.
func (l *Library) Below(ctx context.Context, o tinycheck.Observable) (n int, err error) {
	if o.Type != tinycheck.DomainName {
		return 0, nil
	}
	found, _, err := l.store.Find(ctx, store.Query{Text: o.Value, Type: o.Type, State: store.Active})
	for i := range found {
		if found[i].Value != o.Value {
			n++
		}
	}
	return n, err
}

// FindUnseen gives what feeds list and no traffic shows: files, packages.
func (l *Library) FindUnseen(ctx context.Context, text, feed string, limit int) ([]store.Unseen, int, error) {
	return l.store.FindUnseen(ctx, text, feed, limit)
}

// Stats counts what the store holds.
func (l *Library) Stats(ctx context.Context) (store.Stats, error) { return l.store.Stats(ctx) }

// Feeds gives all feeds, by name.
func (l *Library) Feeds(ctx context.Context) ([]tinycheck.Feed, error) { return l.store.Feeds(ctx) }

// Feed gives one feed.
func (l *Library) Feed(ctx context.Context, name string) (tinycheck.Feed, error) {
	return l.feed(ctx, name)
}

// AddFeed makes a new feed. It is not fetched yet.
func (l *Library) AddFeed(ctx context.Context, f tinycheck.Feed) error {
	if !fetched(f.Kind) {
		return tinycheck.Errorf("add feed", tinycheck.Invalid, fmt.Errorf("a feed of kind %q cannot be added", f.Kind))
	}
	return l.alter(ctx, func(c *store.Change) error {
		all, err := l.store.Feeds(ctx)
		if err != nil {
			return err
		}
		for i := range all {
			if cause := clash(&f, &all[i]); cause != nil {
				return tinycheck.Errorf(fmt.Sprintf("add feed %q", f.Name), tinycheck.Conflict, cause)
			}
		}
		return c.PutFeed(f)
	})
}

// clash says why a new feed cannot stand beside another one; nil when it can.
// One source under two names would be fetched twice, and believed twice. Of a
// server with many collections each name may have its own selection.
func clash(fresh, there *tinycheck.Feed) error {
	switch {
	case fresh.Name == there.Name:
		return errors.New("there is one of that name")
	case fetched(there.Kind) && fresh.Kind == there.Kind && address(fresh) == address(there) && slices.Equal(fresh.Select, there.Select):
		return fmt.Errorf("that address is there already, as the feed %q", there.Name)
	}
	return nil
}

// address is where a feed is fetched from, in one spelling: scheme and host have
// no case (RFC 3986 section 6.2.2.1), a slash at the end says nothing, and what
// stands behind # is never sent.
func address(f *tinycheck.Feed) string {
	if f.Kind == tinycheck.FeedFolder {
		return filepath.Clean(f.URL)
	}
	u, err := url.Parse(f.URL)
	if err != nil {
		return f.URL
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Scheme), strings.ToLower(u.Host), "", ""
	return strings.TrimRight(u.String(), "/")
}

// Switch enables or disables feeds. What a disabled feed lists is kept, and not
// in force.
func (l *Library) Switch(ctx context.Context, names []string, on bool) error {
	return l.alter(ctx, func(c *store.Change) error {
		for _, name := range names {
			f, err := l.feed(ctx, name)
			if err != nil {
				return err
			}
			f.Enabled = on
			if err := c.PutFeed(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteFeed removes a feed and all that it lists. What the program brings
// along can only be disabled.
func (l *Library) DeleteFeed(ctx context.Context, name string) error {
	return l.alter(ctx, func(c *store.Change) error {
		f, err := l.feed(ctx, name)
		if err != nil {
			return err
		}
		if !Removable(&f) {
			return tinycheck.Errorf(fmt.Sprintf("remove feed %q", name), tinycheck.Conflict, fmt.Errorf("the program brings it along: disable it instead"))
		}
		return c.DeleteFeed(name)
	})
}

// feed gives a feed that a person named.
func (l *Library) feed(ctx context.Context, name string) (tinycheck.Feed, error) {
	f, err := l.store.Feed(ctx, name)
	if tinycheck.KindOf(err) == tinycheck.NotFound {
		err = unknownFeed(name)
	}
	return f, err
}

func unknownFeed(name string) error {
	return tinycheck.Errorf(fmt.Sprintf("feed %q", name), tinycheck.NotFound, fmt.Errorf("see the list of feeds for their names"))
}

// Fetched reports whether a feed is one that Update fetches.
func Fetched(f *tinycheck.Feed) bool { return fetched(f.Kind) }

// Removable reports whether DeleteFeed removes a feed: the program does not bring
// it along.
func Removable(f *tinycheck.Feed) bool {
	_, catalogued := inCatalogue()[f.Name]
	return !catalogued && f.Kind != tinycheck.FeedBuiltIn && f.Name != OwnFeed
}
