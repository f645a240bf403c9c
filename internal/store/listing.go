package store

import (
	"cmp"
	"context"
	"database/sql"
)

// listing reads several ranges of several feeds as one list in order.
type listing struct {
	ctx     context.Context
	conn    *sql.Conn
	feeds   []listedFeed
	spans   []keys
	filter  *condition
	pattern glob
	states  decisions
	heap    []*cursor // the smallest first
	taken   bool      // the first of the heap has been given
	one     Listed

	meanings map[int64]meaning
	details  map[int64]detail
	intakes  map[int64]brought
}

// listedFeed is what a listing needs of a feed.
type listedFeed struct {
	id    int64
	name  string
	whole int64
}

// brought is one intake.
type brought struct {
	at  int64
	who string
}

// cursor reads one range of one feed.
type cursor struct {
	rows *sql.Rows
	feed int // index in feeds, which are by name
	row
}

func newListing(ctx context.Context, conn *sql.Conn, q Query) (*listing, error) {
	l := &listing{ctx: ctx, conn: conn, filter: filter(q)}
	var err error
	l.spans, l.pattern = read(q.Text)
	if l.spans, err = narrowed(l.spans, q.Type); err != nil {
		return nil, err
	}
	if l.feeds, err = listedFeeds(ctx, conn, q.Feed); err != nil {
		return nil, err
	}
	if l.states, err = readDecisions(ctx, conn); err != nil {
		return nil, err
	}
	if err := l.open(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func listedFeeds(ctx context.Context, conn *sql.Conn, only string) ([]listedFeed, error) {
	rows, err := conn.QueryContext(ctx, "SELECT id, name, whole FROM feed WHERE ?1 = '' OR name = ?1 ORDER BY name", only)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []listedFeed
	for rows.Next() {
		var f listedFeed
		if err := rows.Scan(&f.id, &f.name, &f.whole); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// readDecisions: they are made by hand, so there are few.
func readDecisions(ctx context.Context, conn *sql.Conn) (decisions, error) {
	rows, err := conn.QueryContext(ctx, "SELECT type, key, feed, state FROM decision")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	d := make(decisions)
	for rows.Next() {
		var p place
		var s State
		if err := rows.Scan(&p.kind, &p.key, &p.feed, &s); err != nil {
			return nil, err
		}
		d[p] = s
	}
	return d, rows.Err()
}

// open begins to read all ranges.
func (l *listing) open() error {
	for i := range l.feeds {
		for _, span := range l.spans {
			where, args := l.filter.where(l.feeds[i].id, span)
			rows, err := l.conn.QueryContext(l.ctx, `SELECT e.type, e.key, e.meaning, e.detail, e.source, e.added, e.seen
				FROM entry e `+where+" ORDER BY e.type, e.key, e.meaning", args...)
			if err != nil {
				return err
			}
			c := &cursor{rows: rows, feed: i}
			more, err := c.next()
			if err != nil {
				rows.Close()
				return err
			}
			if more {
				l.heap = append(l.heap, c)
			}
		}
	}
	for i := len(l.heap)/2 - 1; i >= 0; i-- {
		l.down(i)
	}
	return nil
}

// next goes one row further; at the end it closes.
func (c *cursor) next() (bool, error) {
	if !c.rows.Next() {
		err := c.rows.Err()
		c.rows.Close()
		return false, err
	}
	return true, c.rows.Scan(&c.kind, &c.key, &c.meaning, &c.detail, &c.source, &c.added, &c.seen)
}

func (l *listing) close() {
	for _, c := range l.heap {
		c.rows.Close()
	}
	l.heap = nil
}

// next gives the next entry that the pattern matches, nil at the end.
func (l *listing) next() (*cursor, error) {
	for {
		if l.taken {
			if err := l.advance(); err != nil {
				return nil, err
			}
		}
		if len(l.heap) == 0 {
			return nil, nil
		}
		l.taken = true
		if c := l.heap[0]; l.pattern == nil || l.pattern.match(observable(c.kind, c.key)) {
			return c, nil
		}
	}
}

func (l *listing) advance() error {
	l.taken = false
	more, err := l.heap[0].next()
	if err != nil {
		return err
	}
	if !more {
		last := len(l.heap) - 1
		l.heap[0] = l.heap[last]
		l.heap = l.heap[:last]
	}
	l.down(0)
	return nil
}

func (l *listing) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(l.heap); child++ {
			if l.heap[child].compare(l.heap[least]) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		l.heap[i], l.heap[least] = l.heap[least], l.heap[i]
		i = least
	}
}

func (c *cursor) compare(d *cursor) int {
	return cmp.Or(cmp.Compare(c.kind, d.kind), cmp.Compare(c.key, d.key), cmp.Compare(c.feed, d.feed), cmp.Compare(c.meaning, d.meaning))
}

// total counts without reading.
func (l *listing) total() (total int, err error) {
	for _, f := range l.feeds {
		for _, span := range l.spans {
			var n int
			where, args := l.filter.where(f.id, span)
			if err := l.conn.QueryRowContext(l.ctx, "SELECT count(*) FROM entry e "+where, args...).Scan(&n); err != nil {
				return 0, err
			}
			total += n
		}
	}
	return total, nil
}

// listed puts the entry together; it is valid until the next one.
func (l *listing) listed(c *cursor) (*Listed, error) {
	m, err := lookup(l, &l.meanings, c.row.meaning, func(m *meaning) (string, []any) {
		return "SELECT class, infrastructure, family FROM meaning WHERE id = ?", []any{&m.class, &m.infrastructure, &m.family}
	})
	if err != nil {
		return nil, err
	}
	d, err := lookup(l, &l.details, c.row.detail, func(d *detail) (string, []any) {
		return "SELECT tags, tlp, confidence, valid_from, valid_until, updated FROM detail WHERE id = ?",
			[]any{&d.tags, &d.tlp, &d.confidence, &d.from, &d.until, &d.updated}
	})
	if err != nil {
		return nil, err
	}
	f := l.feeds[c.feed]
	l.one = Listed{State: l.states.of(c.kind, c.key, f.id)}
	l.one.Observable, l.one.Feed, l.one.SourceID = observable(c.kind, c.key), f.name, c.source
	m.into(&l.one.Indicator)
	if err := d.into(&l.one.Indicator); err != nil {
		return nil, err
	}
	return &l.one, l.dates(c, f)
}

// dates says who brought the entry and when.
func (l *listing) dates(c *cursor, f listedFeed) error {
	read := func(b *brought) (string, []any) {
		return "SELECT at, who FROM intake WHERE id = ?", []any{&b.at, &b.who}
	}
	added, err := lookup(l, &l.intakes, c.added, read)
	if err != nil {
		return err
	}
	seen, err := lookup(l, &l.intakes, c.seen, read)
	if err != nil {
		return err
	}
	l.one.Added, l.one.By = fromMillis(added.at), added.who
	l.one.Seen = fromMillis(max(seen.at, f.whole))
	return nil
}

// lookup reads a row by its id, and remembers some.
func lookup[V any](l *listing, known *map[int64]V, id int64, query func(*V) (string, []any)) (v V, err error) {
	if v, ok := (*known)[id]; ok {
		return v, nil
	}
	text, into := query(&v)
	err = l.conn.QueryRowContext(l.ctx, text, id).Scan(into...)
	if err == sql.ErrNoRows {
		return v, invalid("read indicators", errDamaged.Error())
	}
	if err == nil {
		remember(known, id, v)
	}
	return v, err
}
