package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// writer writes entries of one feed. It speaks to the driver directly: through
// database/sql a million rows take twice as long.
type writer struct {
	change   *Change
	feed     int64
	intake   int64 // made when the first entry is written
	batch    []driver.NamedValue
	single   []driver.NamedValue
	many     driver.Stmt // inserts batchRows at once
	updating driver.Stmt
	deleting driver.Stmt
	inserted int
}

// batchRows is how many rows one INSERT has: more gains nothing.
const batchRows = 64

// entryColumns is how many parameters a row has: type, key, meaning, detail,
// source.
const entryColumns = 5

var errDriver = errors.New("the SQLite driver has no prepared statements")

func newWriter(c *Change, feed int64) *writer {
	return &writer{change: c, feed: feed, batch: make([]driver.NamedValue, 0, batchRows*entryColumns)}
}

// begin makes the row that says who brings the entries, and when.
func (w *writer) begin() error {
	if w.intake != 0 {
		return nil
	}
	return w.change.one("INSERT INTO intake (feed, at, who) VALUES (?, ?, ?) RETURNING id",
		[]any{w.feed, w.change.at, w.change.by}, &w.intake)
}

func (w *writer) insert(kind uint8, key []byte, e *entry) error {
	w.inserted++
	n := len(w.batch)
	w.batch = append(w.batch,
		driver.NamedValue{Ordinal: n + 1, Value: int64(kind)},
		driver.NamedValue{Ordinal: n + 2, Value: string(key)},
		driver.NamedValue{Ordinal: n + 3, Value: e.meaning},
		driver.NamedValue{Ordinal: n + 4, Value: e.detail},
		driver.NamedValue{Ordinal: n + 5, Value: e.source})
	if len(w.batch) < cap(w.batch) {
		return nil
	}
	return w.full()
}

// full writes a full batch.
func (w *writer) full() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.raw(func(conn driver.Conn) (err error) {
		if w.many == nil {
			if w.many, err = conn.Prepare(w.insertion(batchRows)); err != nil {
				return err
			}
		}
		return w.send(w.many)
	})
}

// flush writes what is left in the batch.
func (w *writer) flush() error {
	if len(w.batch) == 0 {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	return w.raw(func(conn driver.Conn) error {
		stmt, err := conn.Prepare(w.insertion(len(w.batch) / entryColumns))
		if err != nil {
			return err
		}
		return errors.Join(w.send(stmt), stmt.Close())
	})
}

func (w *writer) insertion(rows int) string {
	one := fmt.Sprintf("(%d, ?, ?, ?, ?, ?, %d, %d)", w.feed, w.intake, w.intake)
	return "INSERT INTO entry (feed, type, key, meaning, detail, source, added, seen) VALUES " +
		one + strings.Repeat(", "+one, rows-1)
}

// send runs the statement with the batch.
func (w *writer) send(stmt driver.Stmt) error {
	err := run(stmt, w.batch)
	w.batch = w.batch[:0]
	return err
}

func (w *writer) raw(f func(driver.Conn) error) error {
	return rawConn(w.change.conn, f)
}

const (
	updateEntry = "UPDATE entry SET detail = ?, source = ?, seen = ? WHERE feed = ? AND type = ? AND key = ? AND meaning = ?"
	deleteEntry = "DELETE FROM entry WHERE feed = ? AND type = ? AND key = ? AND meaning = ?"
)

func (w *writer) update(kind uint8, key []byte, e *entry) error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.one(&w.updating, updateEntry, e.detail, e.source, w.intake, w.feed, int64(kind), string(key), e.meaning)
}

func (w *writer) delete(kind uint8, key string, meaning int64) error {
	return w.one(&w.deleting, deleteEntry, w.feed, int64(kind), key, meaning)
}

// one runs a statement for one row.
func (w *writer) one(stmt *driver.Stmt, query string, values ...driver.Value) error {
	w.single = w.single[:0]
	for i, v := range values {
		w.single = append(w.single, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return w.raw(func(conn driver.Conn) (err error) {
		if *stmt == nil {
			if *stmt, err = conn.Prepare(query); err != nil {
				return err
			}
		}
		return run(*stmt, w.single)
	})
}

// run runs a statement. The context is asked elsewhere: for one that can end,
// the driver would start a goroutine for every statement.
func run(stmt driver.Stmt, args []driver.NamedValue) error {
	s, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return errDriver
	}
	_, err := s.ExecContext(context.Background(), args)
	return err
}

// close fails only when the connection is gone already, and the statements
// with it.
func (w *writer) close() {
	_ = w.raw(func(driver.Conn) error {
		for _, stmt := range []driver.Stmt{w.many, w.updating, w.deleting} {
			if stmt != nil {
				stmt.Close()
			}
		}
		return nil
	})
}
