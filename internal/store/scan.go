package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"tinycheck"
)

// Visit is what Scan calls for every entry. value and sourceID are valid during
// the call only; about has no observable and no source id, must not be changed,
// and is the same pointer for all entries of one feed that mean the same.
type Visit func(value, sourceID []byte, kind tinycheck.ObservableType, about *tinycheck.Indicator) error

// scanPoll is after how many entries the context is asked.
const scanPoll = 4096

// Scan gives everything that is matched: all entries of enabled feeds that no
// decision takes out; feed by feed, in the order of Listed. It stops at the
// first error of visit and gives it.
func (s *Store) Scan(ctx context.Context, visit Visit) error {
	var stopped error
	err := s.snapshot(ctx, "read indicators", func(conn *sql.Conn) error {
		x := &scan{ctx: ctx, visit: visit}
		err := x.run(conn)
		stopped = x.stopped
		return err
	})
	if stopped != nil {
		return stopped
	}
	return err
}

func enabledFeeds(ctx context.Context, conn *sql.Conn) ([]listedFeed, error) {
	rows, err := conn.QueryContext(ctx, "SELECT id, name FROM feed WHERE enabled ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []listedFeed
	for rows.Next() {
		var f listedFeed
		if err := rows.Scan(&f.id, &f.name); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// scan reads feed after feed. It holds all meanings and details: they are fewer
// than the entries, and whoever scans keeps what the entries point to.
type scan struct {
	ctx     context.Context
	feed    listedFeed
	states  decisions
	visit   Visit
	stopped error // by visit
	read    int

	abouts   map[aboutKey]*tinycheck.Indicator
	lastKey  aboutKey
	last     *tinycheck.Indicator
	meanings map[int64]meaning
	details  map[int64]detail

	value, source []byte
}

// aboutKey is what an indicator says besides its observable, in one feed.
type aboutKey struct{ meaning, detail int64 }

var errRow = errors.New("a row of another shape")

func (x *scan) run(conn *sql.Conn) (err error) {
	if x.states, err = readDecisions(x.ctx, conn); err != nil {
		return err
	}
	if err := x.readMeanings(conn); err != nil {
		return err
	}
	if err := x.readDetails(conn); err != nil {
		return err
	}
	feeds, err := enabledFeeds(x.ctx, conn)
	if err != nil {
		return err
	}
	return rawConn(conn, func(c driver.Conn) error {
		for _, x.feed = range feeds {
			x.abouts, x.last = make(map[aboutKey]*tinycheck.Indicator), nil
			err := rawRows(c, "SELECT type, key, source, meaning, detail FROM entry WHERE feed = ? ORDER BY type, key, meaning",
				[]driver.NamedValue{{Ordinal: 1, Value: x.feed.id}}, x.row)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *scan) readMeanings(conn *sql.Conn) error {
	x.meanings = make(map[int64]meaning)
	rows, err := conn.QueryContext(x.ctx, "SELECT id, class, infrastructure, family FROM meaning")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var m meaning
		if err := rows.Scan(&id, &m.class, &m.infrastructure, &m.family); err != nil {
			return err
		}
		x.meanings[id] = m
	}
	return rows.Err()
}

func (x *scan) readDetails(conn *sql.Conn) error {
	x.details = make(map[int64]detail)
	rows, err := conn.QueryContext(x.ctx, "SELECT id, tags, tlp, confidence, valid_from, valid_until, updated FROM detail")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var d detail
		if err := rows.Scan(&id, &d.tags, &d.tlp, &d.confidence, &d.from, &d.until, &d.updated); err != nil {
			return err
		}
		x.details[id] = d
	}
	return rows.Err()
}

// about gives the shared part of an entry.
func (x *scan) about(k aboutKey) (*tinycheck.Indicator, error) {
	if k == x.lastKey && x.last != nil {
		return x.last, nil
	}
	about := x.abouts[k]
	if about == nil {
		m, ok := x.meanings[k.meaning]
		d, ok2 := x.details[k.detail]
		if !ok || !ok2 {
			return nil, invalid("read indicators", errDamaged.Error())
		}
		about = &tinycheck.Indicator{Feed: x.feed.name}
		m.into(about)
		if err := d.into(about); err != nil {
			return nil, err
		}
		x.abouts[k] = about
	}
	x.lastKey, x.last = k, about
	return about, nil
}

func (x *scan) row(v []driver.Value) error {
	if x.read++; x.read%scanPoll == 0 {
		if err := x.ctx.Err(); err != nil {
			return err
		}
	}
	kind, ok0 := v[0].(int64)
	key, ok1 := v[1].(string)
	source, ok2 := v[2].(string)
	meaning, ok3 := v[3].(int64)
	detail, ok4 := v[4].(int64)
	if !(ok0 && ok1 && ok2 && ok3 && ok4) {
		return errRow
	}
	if x.states.of(uint8(kind), key, x.feed.id) != Active {
		return nil
	}
	about, err := x.about(aboutKey{meaning, detail})
	if err != nil {
		return err
	}
	if kind == codeName {
		x.value = appendTurned(x.value[:0], key)
	} else {
		x.value = append(x.value[:0], key...)
	}
	x.source = append(x.source[:0], source...)
	x.stopped = x.visit(x.value, x.source, kinds[uint8(kind)], about)
	return x.stopped
}
