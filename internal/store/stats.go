package store

import (
	"context"
	"database/sql"

	"tinycheck"
)

// Stats counts what is there.
type Stats struct {
	Feeds      int
	Enabled    int // feeds
	Indicators int // entries; one observable in two feeds counts twice
	Contexts   int
	Decisions  int
	ByClass    map[tinycheck.Class]int
	ByType     map[tinycheck.ObservableType]int
	ByFeed     map[string]int
	ByFamily   map[string]int // "" is without a family
}

// Stats counts every entry of every feed, whatever was decided about it.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{
		ByClass: make(map[tinycheck.Class]int), ByType: make(map[tinycheck.ObservableType]int),
		ByFeed: make(map[string]int), ByFamily: make(map[string]int),
	}
	err := s.snapshot(ctx, "count indicators", func(conn *sql.Conn) error {
		err := conn.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM feed), (SELECT count(*) FROM feed WHERE enabled),
			(SELECT count(*) FROM context), (SELECT count(*) FROM decision)`).Scan(&st.Feeds, &st.Enabled, &st.Contexts, &st.Decisions)
		if err != nil {
			return err
		}
		return st.entries(ctx, conn)
	})
	return st, err
}

// entries counts in one walk: entries come sorted by feed and type.
func (st *Stats) entries(ctx context.Context, conn *sql.Conn) error {
	rows, err := conn.QueryContext(ctx, `SELECT f.name, n.type, coalesce(m.class, ''), coalesce(m.family, ''), n.count
		FROM (SELECT feed, type, meaning, count(*) AS count FROM entry GROUP BY feed, type, meaning) n
		JOIN feed f ON f.id = n.feed LEFT JOIN meaning m ON m.id = n.meaning`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var feed, family string
		var class tinycheck.Class
		var kind uint8
		var n int
		if err := rows.Scan(&feed, &kind, &class, &family, &n); err != nil {
			return err
		}
		st.Indicators += n
		st.ByFeed[feed] += n
		st.ByType[kinds[kind]] += n
		st.ByClass[class] += n
		st.ByFamily[family] += n
	}
	return rows.Err()
}
