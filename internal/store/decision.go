package store

import (
	"context"
	"errors"
	"time"

	"tinycheck"
)

// State is how an entry stands.
type State string

// The states. Only active entries are matched.
const (
	Active   State = "active"
	Disabled State = "disabled" // switched off by a person, and still listed
	Removed  State = "removed"  // taken out by a person, whatever its feed says
)

// Decision is what a person decided about exactly one observable. It is kept
// apart from the feeds: their next update does not undo it.
type Decision struct {
	Observable tinycheck.Observable
	Feed       string // "" decides about every feed, those to come as well
	State      State  // disabled or removed
	By         string
	At         time.Time
	Why        string
}

var (
	errState     = errors.New("a decision disables or removes")
	errUndecided = errors.New("nothing was decided about it")
)

// Decide remembers a decision in place of the one before it.
func (c *Change) Decide(d Decision) error {
	const op = "decide about indicator"
	if d.State != Disabled && d.State != Removed {
		return tinycheck.Errorf(op, tinycheck.Invalid, errState)
	}
	kind, key, feed, err := c.decided(op, d.Observable, d.Feed)
	if err != nil {
		return err
	}
	_, err = c.exec(`INSERT INTO decision (type, key, feed, state, who, at, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
		ON CONFLICT DO UPDATE SET state = ?4, who = ?5, at = ?6, why = ?7`,
		kind, key, feed, string(d.State), d.By, millis(d.At), d.Why)
	c.matters = true
	return fail(op, err)
}

// Restore forgets a decision: that about one feed, or with "" that about all.
// NotFound when there is none.
func (c *Change) Restore(o tinycheck.Observable, feed string) error {
	const op = "restore indicator"
	kind, key, id, err := c.decided(op, o, feed)
	if err != nil {
		return err
	}
	n, err := c.exec("DELETE FROM decision WHERE type = ? AND key = ? AND feed = ?", kind, key, id)
	if err == nil && n == 0 {
		return tinycheck.Errorf(op, tinycheck.NotFound, errUndecided)
	}
	c.matters = true
	return fail(op, err)
}

func (c *Change) decided(op string, o tinycheck.Observable, feed string) (kind uint8, key string, id int64, err error) {
	if kind, key, err = keyOf(o); err != nil {
		return 0, "", 0, tinycheck.Errorf(op, tinycheck.Invalid, err)
	}
	if feed != "" {
		id, err = c.feed(op, feed)
	}
	return kind, key, id, err
}

// Decisions gives all of them, by observable.
func (s *Store) Decisions(ctx context.Context) ([]Decision, error) {
	const op = "read decisions"
	rows, err := s.read.QueryContext(ctx, `SELECT d.type, d.key, coalesce(f.name, ''), d.state, d.who, d.at, d.why
		FROM decision d LEFT JOIN feed f ON f.id = d.feed ORDER BY d.type, d.key, f.name`)
	if err != nil {
		return nil, fail(op, err)
	}
	defer rows.Close()
	var list []Decision
	for rows.Next() {
		var d Decision
		var kind uint8
		var key string
		var at int64
		if err := rows.Scan(&kind, &key, &d.Feed, &d.State, &d.By, &at, &d.Why); err != nil {
			return nil, fail(op, err)
		}
		d.Observable, d.At = observable(kind, key), fromMillis(at)
		list = append(list, d)
	}
	return list, fail(op, rows.Err())
}

// place is an entry as decisions name it; feed 0 is every feed.
type place struct {
	kind uint8
	key  string
	feed int64
}

// decisions is what was decided, to be asked for every entry that is read.
type decisions map[place]State

func (d decisions) of(kind uint8, key string, feed int64) State {
	if len(d) == 0 {
		return Active
	}
	// Removed for all outweighs disabled for one, and the other way round.
	one, all := d[place{kind, key, feed}], d[place{kind, key, 0}]
	switch {
	case one == Removed || all == Removed:
		return Removed
	case one == Disabled || all == Disabled:
		return Disabled
	}
	return Active
}
