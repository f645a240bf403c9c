package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"

	"tinycheck"
)

// maxWords is how long an owner, a purpose or a source of context may be, in
// bytes.
const maxWords = 4 << 10

var (
	errWords = errors.New("an owner, purpose or source of more than 4096 bytes, or one that is not text")
	errStage = errors.New("a staged entry cannot be read back")
)

// appendContext writes a context, without its observable, as the body of a
// staged record.
func appendContext(to []byte, c *tinycheck.Context) ([]byte, error) {
	to = binary.AppendVarint(to, millis(c.Expires))
	for _, s := range []string{string(c.Class), c.Owner, c.Purpose, c.Source} {
		if len(s) > maxWords || !isText(s) {
			return to, errWords
		}
		to = append(binary.AppendUvarint(to, uint64(len(s))), s...)
	}
	return to, nil
}

func parseContext(body []byte) (words [4]string, expires int64, err error) {
	expires, n := binary.Varint(body)
	if n <= 0 {
		return words, 0, errStage
	}
	body = body[n:]
	for i := range words {
		size, n := binary.Uvarint(body)
		if n <= 0 || size > uint64(len(body)-n) {
			return words, 0, errStage
		}
		words[i] = string(body[n : n+int(size)])
		body = body[n+int(size):]
	}
	return words, expires, nil
}

// contexts merges staged contexts into a feed: what is said is marked, and of a
// Replace what is not marked goes.
type contexts struct {
	change *Change
	feed   int64
	mark   int64
	count  int
}

func (x *contexts) see(rec record) error {
	if err := x.begin(); err != nil {
		return err
	}
	kind, key := rec.kind&^contextKind, string(bytes.Clone(rec.key))
	if len(rec.body) == 0 {
		return x.change.altered("DELETE FROM context WHERE feed = ? AND type = ? AND key = ?", x.feed, kind, key)
	}
	words, expires, err := parseContext(rec.body)
	if err != nil {
		return err
	}
	x.count++
	class, owner, purpose, source := words[0], words[1], words[2], words[3]
	err = x.change.altered(`INSERT INTO context (feed, type, key, class, owner, purpose, source, expires, mark)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0) ON CONFLICT DO UPDATE SET source = ?7, expires = ?8
		WHERE source <> ?7 OR expires <> ?8`, x.feed, kind, key, class, owner, purpose, source, expires)
	if err != nil {
		return err
	}
	_, err = x.change.exec("UPDATE context SET mark = ? WHERE feed = ? AND type = ? AND key = ? AND class = ? AND owner = ? AND purpose = ?",
		x.mark, x.feed, kind, key, class, owner, purpose)
	return err
}

func (x *contexts) begin() error {
	if x.mark != 0 {
		return nil
	}
	return x.change.one("SELECT coalesce(max(mark), 0) + 1 FROM context", nil, &x.mark)
}

func (x *contexts) end(mode Mode) (int, error) {
	if mode != Replace {
		return x.count, nil
	}
	if err := x.begin(); err != nil {
		return 0, err
	}
	return x.count, x.change.altered("DELETE FROM context WHERE feed = ? AND mark <> ?", x.feed, x.mark)
}

// altered runs a statement that matters for matching when it changes a row.
func (c *Change) altered(query string, args ...any) error {
	n, err := c.exec(query, args...)
	if n > 0 {
		c.matters = true
	}
	return err
}

// ListedContext is one entry of context, and the feed that says so.
type ListedContext struct {
	tinycheck.Context
	Feed string
}

// Context gives what the enabled feeds say to be ordinary.
func (s *Store) Context(ctx context.Context) ([]tinycheck.Context, error) {
	var list []tinycheck.Context
	err := s.contexts(ctx, "WHERE f.enabled", func(c *ListedContext) { list = append(list, c.Context) })
	return list, err
}

// FindContext lists context by observable, of every feed: text as in Query. An
// empty text lists all of it.
func (s *Store) FindContext(ctx context.Context, text string) ([]ListedContext, error) {
	var list []ListedContext
	wanted := contextFilter(text)
	err := s.contexts(ctx, "", func(c *ListedContext) {
		if wanted(c.Observable) {
			list = append(list, *c)
		}
	})
	return list, err
}

// contextFilter is for a few thousand entries: it looks at each.
func contextFilter(text string) func(tinycheck.Observable) bool {
	spans, pattern := read(text)
	return func(o tinycheck.Observable) bool {
		code, key, err := keyOf(o)
		return err == nil && slices.ContainsFunc(spans, func(s keys) bool { return s.has(code, key) }) && pattern.match(o)
	}
}

func (s *Store) contexts(ctx context.Context, which string, f func(*ListedContext)) error {
	const op = "read context"
	rows, err := s.read.QueryContext(ctx, `SELECT c.type, c.key, c.class, c.owner, c.purpose, c.source, c.expires, f.name
		FROM context c JOIN feed f ON f.id = c.feed `+which+` ORDER BY c.type, c.key, c.class, c.owner, c.purpose, f.name`)
	if err != nil {
		return fail(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scanContext(rows, f); err != nil {
			return fail(op, err)
		}
	}
	return fail(op, rows.Err())
}

func scanContext(rows *sql.Rows, f func(*ListedContext)) error {
	var c ListedContext
	var kind uint8
	var key string
	var expires int64
	if err := rows.Scan(&kind, &key, &c.Class, &c.Owner, &c.Purpose, &c.Source, &expires, &c.Feed); err != nil {
		return err
	}
	c.Observable, c.Expires = observable(kind, key), fromMillis(expires)
	f(&c)
	return nil
}
