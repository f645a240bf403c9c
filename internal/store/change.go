package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tinycheck"
)

// Change is one transaction: everything in it is there after Commit, or nothing
// of it. It is not safe for concurrent use. The context of Begin holds for all
// of it. After an error that is Unavailable or Busy it has been rolled back, and
// everything else that is asked of it fails.
type Change struct {
	ctx      context.Context
	store    *Store
	conn     *sql.Conn
	by       string
	at       int64
	known    known
	prepared prepared
	matters  bool // for matching
	removed  bool // entries, so that meanings and details may be left over
	done     bool
}

var (
	errDone     = errors.New("the change has ended already")
	errNotWrite = errors.New("the database was opened for reading")
)

// polls is how often Begin asks again whether the other writer is done.
const polls = 20 * time.Millisecond

// Begin starts a change; by is who makes it. When somebody else writes it waits
// as long as Config.Busy says, then gives Busy.
func (s *Store) Begin(ctx context.Context, by string, at time.Time) (*Change, error) {
	const op = "change indicators"
	if s.write == nil {
		return nil, unavailable(op, errNotWrite)
	}
	until := time.Now().Add(max(s.busy, leastWait))
	if err := s.turn(ctx); err != nil {
		return nil, fail(op, err)
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		<-s.writing
		return nil, fail(op, err)
	}
	c := &Change{ctx: ctx, store: s, conn: conn, by: by, at: millis(at)}
	for {
		// It is waited here, where that can be interrupted, and not in SQLite.
		_, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE")
		if err == nil {
			return c, nil
		}
		if !isBusy(err) || time.Now().After(until) {
			return nil, errors.Join(fail(op, err), c.release())
		}
		if err := sleep(ctx, polls); err != nil {
			return nil, errors.Join(fail(op, err), c.release())
		}
	}
}

// leastWait is how long even a store that does not wait does: for the moments
// in which nobody writes and the file is locked, for example after a crash.
const leastWait = 200 * time.Millisecond

// turn waits until no other change of this store is open.
func (s *Store) turn(ctx context.Context) error {
	select {
	case s.writing <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(s.busy)
	defer patience.Stop()
	select {
	case s.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return tinycheck.Errorf("change indicators", tinycheck.Busy, errBusy)
	}
}

// release gives the connection back.
func (c *Change) release() error {
	c.done = true
	err := c.conn.Close()
	<-c.store.writing
	return err
}

func isBusy(err error) bool {
	c := code(err) & 0xff
	return c == codeBusy || c == codeLocked
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// exec runs one statement of the change.
func (c *Change) exec(query string, args ...any) (int64, error) {
	if c.done {
		return 0, errDone
	}
	r, err := c.conn.ExecContext(c.ctx, query, args...)
	if err != nil {
		return 0, c.broken(err)
	}
	return r.RowsAffected()
}

// one asks for one row; sql.ErrNoRows when there is none.
func (c *Change) one(query string, args []any, into ...any) error {
	if c.done {
		return errDone
	}
	err := c.conn.QueryRowContext(c.ctx, query, args...).Scan(into...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c.broken(err)
	}
	return err
}

// broken ends the change. SQLite itself rolls back after some errors (a full
// disk, an interrupt: https://www.sqlite.org/lang_transaction.html), and what is
// written after that would be written outside of any transaction.
func (c *Change) broken(err error) error {
	_ = c.Rollback() // whoever asked must see why, and of what kind it is
	return err
}

// Commit makes the change last. After an error nothing of it is there.
func (c *Change) Commit() error {
	const op = "write indicators"
	if c.done {
		return tinycheck.Errorf(op, tinycheck.Conflict, errDone)
	}
	err := c.finish()
	if err == nil {
		c.prepared.close(c.conn)
		_, err = c.exec("COMMIT")
	}
	if err != nil {
		return errors.Join(fail(op, err), c.Rollback())
	}
	return fail(op, c.release())
}

func (c *Change) finish() error {
	if c.removed {
		if err := c.sweep(); err != nil {
			return err
		}
	}
	if !c.matters {
		return nil
	}
	_, err := c.exec("UPDATE meta SET value = value + 1 WHERE name = 'generation'")
	return err
}

// Rollback forgets the change; after Commit it does nothing.
func (c *Change) Rollback() error {
	if c.done {
		return nil
	}
	c.done = true
	c.prepared.close(c.conn)
	if _, err := c.conn.ExecContext(context.WithoutCancel(c.ctx), "ROLLBACK"); err != nil {
		// SQLite has rolled back already, or cannot: in both cases the
		// connection is given up, and the transaction with it.
		discard(c.conn)
		_ = c.release() // says only that the connection is gone
		return nil
	}
	return fail("roll back indicators", c.release())
}
