package store

import "database/sql"

// existing gives what a feed has, in the order of the table.
type existing interface {
	// at appends the entries of an observable; those before it that were not
	// asked for are passed.
	at(kind uint8, key []byte, to []entry, passed func(kind uint8, key string, meaning int64) error) ([]entry, error)
	// rest passes those after the last observable asked for.
	rest(passed func(kind uint8, key string, meaning int64) error) error
}

// seekFactor is how many entries are read one after the other in the time in
// which one is looked up.
const seekFactor = 10

// existing chooses: walk through all that the feed has, or look up what was
// staged. A Replace must see all.
func (m *merge) existing() existing {
	if m.in.mode == Add && m.in.stage.count*seekFactor < int64(m.out.Before) {
		return &seeking{change: m.change, feed: m.in.feed}
	}
	return &walking{change: m.change, feed: m.in.feed, end: m.out.Before == 0}
}

// seeking looks every observable up.
type seeking struct {
	change *Change
	feed   int64
	stmt   *sql.Stmt
}

func (s *seeking) at(kind uint8, key []byte, to []entry, _ func(uint8, string, int64) error) (_ []entry, err error) {
	if s.stmt == nil {
		s.stmt, err = s.change.conn.PrepareContext(s.change.ctx,
			"SELECT meaning, detail, source, added, seen FROM entry WHERE feed = ? AND type = ? AND key = ? ORDER BY meaning")
		if err != nil {
			return to, err
		}
	}
	rows, err := s.stmt.QueryContext(s.change.ctx, s.feed, kind, string(key))
	if err != nil {
		return to, err
	}
	defer rows.Close()
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.meaning, &e.detail, &e.source, &e.added, &e.seen); err != nil {
			return to, err
		}
		to = append(to, e)
	}
	return to, rows.Err()
}

func (s *seeking) rest(func(uint8, string, int64) error) error { return nil }

// walkBlock is how many entries are read at a time. They are read to the end
// before anything is written: what a SELECT gives while its table changes is
// not defined (https://www.sqlite.org/isolation.html). Writing never goes
// beyond the last entry that was read, or there is none left to read.
const walkBlock = 2048

// walking reads everything once.
type walking struct {
	change *Change
	feed   int64
	block  []row
	first  int  // of the block that was not given yet
	end    bool // nothing after the block
}

// row is one entry with its observable.
type row struct {
	kind uint8
	key  string
	entry
}

func (w *walking) head() (*row, error) {
	if w.first == len(w.block) && !w.end {
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
	if w.first == len(w.block) {
		return nil, nil
	}
	return &w.block[w.first], nil
}

func (w *walking) fill() error {
	after := row{}
	if n := len(w.block); n > 0 {
		after = w.block[n-1]
	}
	w.block, w.first = w.block[:0], 0
	rows, err := w.change.conn.QueryContext(w.change.ctx, `SELECT type, key, meaning, detail, source, added, seen FROM entry
		WHERE feed = ? AND (type, key, meaning) > (?, ?, ?) ORDER BY type, key, meaning LIMIT ?`,
		w.feed, after.kind, after.key, after.meaning, walkBlock)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.kind, &r.key, &r.meaning, &r.detail, &r.source, &r.added, &r.seen); err != nil {
			return err
		}
		w.block = append(w.block, r)
	}
	w.end = len(w.block) < walkBlock
	return rows.Err()
}

func (w *walking) at(kind uint8, key []byte, to []entry, passed func(uint8, string, int64) error) ([]entry, error) {
	for {
		r, err := w.head()
		if err != nil || r == nil {
			return to, err
		}
		order := compareKeys(r.kind, r.key, kind, key)
		if order > 0 {
			return to, nil
		}
		if order == 0 {
			to = append(to, r.entry)
		} else if err := passed(r.kind, r.key, r.meaning); err != nil {
			return to, err
		}
		w.first++
	}
}

func (w *walking) rest(passed func(uint8, string, int64) error) error {
	for {
		r, err := w.head()
		if err != nil || r == nil {
			return err
		}
		if err := passed(r.kind, r.key, r.meaning); err != nil {
			return err
		}
		w.first++
	}
}
