package library

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/store"
)

// Add puts entries into the feed of those made by hand, and gives how many are
// new or changed. A value that cannot be understood loses all.
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
		for _, o := range list {
			like.Observable = o
			if err := t.intake.Put(&like); err != nil {
				return err
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
				return err
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
	if q.Family != "" {
		q.Family = Canonical(q.Family)
	}
	return l.store.Find(ctx, q)
}

// Show gives every source of one observable.
func (l *Library) Show(ctx context.Context, o tinycheck.Observable) (found []store.Listed, err error) {
	err = l.store.Each(ctx, store.Query{Text: o.Value, Type: o.Type}, func(i *store.Listed) error {
		if i.Observable != o {
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

// Stats counts what the store holds.
func (l *Library) Stats(ctx context.Context) (store.Stats, error) { return l.store.Stats(ctx) }

// Feeds gives all feeds, by name.
func (l *Library) Feeds(ctx context.Context) ([]tinycheck.Feed, error) { return l.store.Feeds(ctx) }

// AddFeed makes a new feed. It is not fetched yet.
func (l *Library) AddFeed(ctx context.Context, f tinycheck.Feed) error {
	if !fetched(f.Kind) {
		return tinycheck.Errorf("add feed", tinycheck.Invalid, fmt.Errorf("a feed of kind %q cannot be added", f.Kind))
	}
	return l.alter(ctx, func(c *store.Change) error {
		switch _, err := l.store.Feed(ctx, f.Name); tinycheck.KindOf(err) {
		case "":
			return tinycheck.Errorf(fmt.Sprintf("add feed %q", f.Name), tinycheck.Conflict, fmt.Errorf("there is one of that name"))
		case tinycheck.NotFound:
			return c.PutFeed(f)
		default:
			return err
		}
	})
}

// Switch enables or disables feeds. What a disabled feed lists is kept, and not
// in force.
func (l *Library) Switch(ctx context.Context, names []string, on bool) error {
	return l.alter(ctx, func(c *store.Change) error {
		for _, name := range names {
			f, err := l.store.Feed(ctx, name)
			if err != nil {
				return unknownFeed(name)
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
		f, err := l.store.Feed(ctx, name)
		if err != nil {
			return unknownFeed(name)
		}
		catalogued := slices.ContainsFunc(Catalogue(), func(k tinycheck.Feed) bool { return k.Name == name })
		if catalogued || f.Kind == tinycheck.FeedBuiltIn || name == OwnFeed {
			return tinycheck.Errorf(fmt.Sprintf("remove feed %q", name), tinycheck.Conflict, fmt.Errorf("the program brings it along: disable it instead"))
		}
		return c.DeleteFeed(name)
	})
}

func unknownFeed(name string) error {
	return tinycheck.Errorf(fmt.Sprintf("feed %q", name), tinycheck.NotFound, fmt.Errorf("see the list of feeds for their names"))
}
