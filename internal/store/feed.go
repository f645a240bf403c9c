package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"tinycheck"
)

const feedColumns = `name, kind, url, title, licence, attribution, format, class, infrastructure, family,
	selects, secret, private, enabled, tried, fetched, date, problem, held, etag, modified, cursor, sha256, rejected`

const putFeed = `INSERT INTO feed (` + feedColumns + `)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)
	ON CONFLICT (name) DO UPDATE SET kind = ?2, url = ?3, title = ?4, licence = ?5, attribution = ?6, format = ?7,
	class = ?8, infrastructure = ?9, family = ?10, selects = ?11, secret = ?12, private = ?13, enabled = ?14,
	tried = ?15, fetched = ?16, date = ?17, problem = ?18, held = ?19, etag = ?20, modified = ?21, cursor = ?22,
	sha256 = ?23, rejected = ?24`

// PutFeed makes a feed, or alters all of its settings and its state. How many
// indicators and contexts it has is counted by the store: f's numbers are not
// taken. Invalid for a name that is no spelling.Slug.
func (c *Change) PutFeed(f tinycheck.Feed) error {
	const op = "write feed"
	if err := checkName(f.Name); err != nil {
		return err
	}
	selects, err := json.Marshal(f.Select)
	if err != nil {
		return tinycheck.Errorf(op, tinycheck.Invalid, err)
	}
	var enabled bool
	err = c.one("SELECT enabled FROM feed WHERE name = ?", []any{f.Name}, &enabled)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it has nothing yet that could matter
	case err != nil:
		return fail(op, err)
	case enabled != f.Enabled:
		c.matters = true
	}
	_, err = c.exec(putFeed, f.Name, string(f.Kind), f.URL, f.Title, f.Licence, f.Attribution, f.Format,
		string(f.Class), string(f.Infrastructure), f.Family, string(selects), f.Secret, f.Private, f.Enabled,
		millis(f.Tried), millis(f.Fetched), millis(f.Date), f.Problem, f.Held, f.ETag, f.Modified, f.Cursor,
		f.SHA256, f.Rejected)
	return fail(op, err)
}

// DeleteFeed deletes a feed, all that it said, and what was decided about it
// alone. NotFound when there is none.
func (c *Change) DeleteFeed(name string) error {
	const op = "delete feed"
	id, err := c.feed(op, name)
	if err != nil {
		return err
	}
	for _, query := range []string{
		"DELETE FROM entry WHERE feed = ?",
		"DELETE FROM context WHERE feed = ?",
		"DELETE FROM decision WHERE feed = ?",
		"DELETE FROM feed WHERE id = ?",
	} {
		if _, err := c.exec(query, id); err != nil {
			return fail(op, err)
		}
	}
	c.matters, c.removed = true, true
	return nil
}

// feed gives the row id of a feed.
func (c *Change) feed(op, name string) (id int64, err error) {
	err = c.one("SELECT id FROM feed WHERE name = ?", []any{name}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, noFeed(op, name)
	}
	return id, fail(op, err)
}

func noFeed(op, name string) error {
	return tinycheck.Errorf(op, tinycheck.NotFound, errors.New("there is no feed "+name))
}

// Feeds gives all feeds, by name.
func (s *Store) Feeds(ctx context.Context) ([]tinycheck.Feed, error) {
	return s.feeds(ctx, "ORDER BY name")
}

// Feed gives one feed; NotFound.
func (s *Store) Feed(ctx context.Context, name string) (tinycheck.Feed, error) {
	list, err := s.feeds(ctx, "WHERE name = ?", name)
	if err != nil {
		return tinycheck.Feed{}, err
	}
	if len(list) == 0 {
		return tinycheck.Feed{}, noFeed("read feed", name)
	}
	return list[0], nil
}

func (s *Store) feeds(ctx context.Context, which string, args ...any) ([]tinycheck.Feed, error) {
	const op = "read feeds"
	rows, err := s.read.QueryContext(ctx, "SELECT "+feedColumns+", indicators, contexts FROM feed "+which, args...)
	if err != nil {
		return nil, fail(op, err)
	}
	defer rows.Close()
	var list []tinycheck.Feed
	for rows.Next() {
		f, err := scanFeed(rows)
		if err != nil {
			return nil, fail(op, err)
		}
		list = append(list, f)
	}
	return list, fail(op, rows.Err())
}

func scanFeed(rows *sql.Rows) (f tinycheck.Feed, err error) {
	var selects []byte
	var tried, fetched, date int64
	err = rows.Scan(&f.Name, &f.Kind, &f.URL, &f.Title, &f.Licence, &f.Attribution, &f.Format, &f.Class,
		&f.Infrastructure, &f.Family, &selects, &f.Secret, &f.Private, &f.Enabled, &tried, &fetched, &date,
		&f.Problem, &f.Held, &f.ETag, &f.Modified, &f.Cursor, &f.SHA256, &f.Rejected, &f.Indicators, &f.Contexts)
	if err != nil {
		return f, err
	}
	f.Tried, f.Fetched, f.Date = fromMillis(tried), fromMillis(fetched), fromMillis(date)
	if err := json.Unmarshal(selects, &f.Select); err != nil {
		return f, invalid("read feeds", errDamaged.Error())
	}
	return f, nil
}
