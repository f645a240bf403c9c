package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"tinycheck"
)

// Listed is one entry of one feed. The order of lists: by type, then by value,
// names by their last label first, so that what is below a name follows it;
// then by feed and meaning.
type Listed struct {
	tinycheck.Indicator
	Added time.Time // when the feed first brought it
	Seen  time.Time // when the feed last brought it
	By    string    // who added it
	State State
}

// Find gives a part of what matches, and how many match in all.
func (s *Store) Find(ctx context.Context, q Query) (list []Listed, total int, err error) {
	err = s.snapshot(ctx, "find indicators", func(conn *sql.Conn) error {
		l, err := newListing(ctx, conn, q)
		if err != nil {
			return err
		}
		defer l.close()
		list, total, err = l.page(q)
		return err
	})
	return list, total, err
}

// Each gives everything that matches, in order; the entry is valid during the
// call only. It stops at the first error of f and gives it.
func (s *Store) Each(ctx context.Context, q Query, f func(*Listed) error) error {
	var stopped error
	err := s.snapshot(ctx, "read indicators", func(conn *sql.Conn) error {
		l, err := newListing(ctx, conn, q)
		if err != nil {
			return err
		}
		defer l.close()
		for skip := q.Offset; ; skip-- {
			c, err := l.next()
			if c == nil || err != nil || q.Limit > 0 && skip == -q.Limit {
				return err
			}
			if skip > 0 {
				continue
			}
			one, err := l.listed(c)
			if err != nil {
				return err
			}
			if stopped = f(one); stopped != nil {
				return nil
			}
		}
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// page gives the part that was asked for, and counts.
func (l *listing) page(q Query) (list []Listed, total int, err error) {
	for {
		if l.pattern == nil && q.Limit > 0 && len(list) == q.Limit {
			total, err = l.total()
			return list, total, err
		}
		c, err := l.next()
		if c == nil || err != nil {
			return list, total, err
		}
		total++
		if total <= q.Offset || q.Limit > 0 && len(list) == q.Limit {
			continue
		}
		one, err := l.listed(c)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, *one)
	}
}

// condition is a part of a WHERE clause.
type condition struct {
	text strings.Builder
	args []any
}

func (c *condition) and(text string, args ...any) {
	c.text.WriteString(" AND " + text)
	c.args = append(c.args, args...)
}

// filter is what of a query holds for every range.
func filter(q Query) *condition {
	c := new(condition)
	if q.Class != "" {
		c.and("e.meaning IN (SELECT id FROM meaning WHERE class = ?)", string(q.Class))
	}
	if q.Family != "" {
		c.and("e.meaning IN (SELECT id FROM meaning WHERE family = ? COLLATE NOCASE)", q.Family)
	}
	const decided = "(SELECT 1 FROM decision d WHERE d.type = e.type AND d.key = e.key AND d.feed IN (0, e.feed)"
	switch q.State {
	case Active:
		c.and("NOT EXISTS " + decided + ")")
	case Removed:
		c.and("EXISTS " + decided + " AND d.state = 'removed')")
	case Disabled:
		c.and("EXISTS " + decided + ") AND NOT EXISTS " + decided + " AND d.state = 'removed')")
	}
	return c
}

// where is the condition of one range of one feed.
func (c *condition) where(feed int64, k keys) (string, []any) {
	text, args := "WHERE e.feed = ?", []any{feed}
	if k.kind != 0 {
		text, args = text+" AND e.type = ?", append(args, k.kind)
	}
	switch {
	case k.from != "" && k.to != "":
		text, args = text+" AND e.key >= ? AND e.key < ?", append(args, k.from, k.to)
	case k.from != "":
		text, args = text+" AND e.key = ?", append(args, k.from)
	}
	return text + c.text.String(), append(args, c.args...)
}
