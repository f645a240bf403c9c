package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"tinycheck"
)

// Config is how a store is opened.
type Config struct {
	ReadOnly bool
	Busy     time.Duration // how long to wait for another writer; 0 does not wait
}

// readerWait is how long a reader waits for the few moments in which even a
// database in WAL mode is closed to readers: recovery, and the last close.
const readerWait = 5 * time.Second

// maxReaders is how many connections read at the same time.
const maxReaders = 8

// Store is an open database. It is safe for concurrent use.
type Store struct {
	path  string
	busy  time.Duration
	read  *sql.DB
	write *sql.DB // nil when read-only; one connection

	writing chan struct{} // full while a change is open
}

// Open opens the database, makes it when it is not there, and brings its schema
// up to date. Invalid when the file is damaged or not ours, Unsupported when it
// is of a newer version; it is not changed then.
func Open(ctx context.Context, path string, c Config) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, unavailable("open indicators", err)
	}
	s := &Store{path: path, busy: c.Busy, writing: make(chan struct{}, 1)}
	if c.ReadOnly {
		err = s.openReadOnly(ctx)
	} else {
		err = s.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(fail("open indicators", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if err := makeFile(s.path); err != nil {
		return err
	}
	removeStale(filepath.Dir(s.path), intakePattern)
	if s.write, err = connect(s.path, readerWait, url.Values{"_txlock": {"immediate"}}); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	empty, err := recognise(ctx, s.write)
	if err != nil {
		return err
	}
	if _, err := isOld(ctx, s.write); err != nil {
		return err // of a newer version: untouched
	}
	if err := prepare(ctx, s.write, empty); err != nil {
		return err
	}
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	s.read, err = connect(s.path, readerWait, url.Values{"_query_only": {"1"}})
	if err == nil {
		s.read.SetMaxOpenConns(maxReaders)
	}
	return err
}

// prepare marks an empty database as ours. The mark comes before the first
// table, so that a database whose making was interrupted is still known. The
// WAL mode stays with the file, but a restored one may lack it.
func prepare(ctx context.Context, db *sql.DB, empty bool) error {
	if empty {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}

// openReadOnly also serves a user who may not write in the folder: without the
// -shm file, which SQLite would have to make there, a database in WAL mode can
// be read only as one that nobody changes, and without a -wal file nobody does
// (https://www.sqlite.org/wal.html#readonly).
func (s *Store) openReadOnly(ctx context.Context) error {
	if _, err := os.Stat(s.path); err != nil {
		return err
	}
	err := s.tryReadOnly(ctx, url.Values{"mode": {"ro"}})
	if c := code(err) & 0xff; c != codeCantOpen && c != codeReadOnly {
		return err
	}
	if wal, statErr := os.Stat(s.path + "-wal"); statErr == nil && wal.Size() > 0 {
		return err
	}
	return s.tryReadOnly(ctx, url.Values{"mode": {"ro"}, "immutable": {"1"}})
}

func (s *Store) tryReadOnly(ctx context.Context, params url.Values) (err error) {
	if s.read != nil {
		s.read.Close()
	}
	if s.read, err = connect(s.path, readerWait, params); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(maxReaders)
	empty, err := recognise(ctx, s.read)
	if err != nil {
		return err
	}
	old, err := isOld(ctx, s.read)
	if err == nil && (empty || old) {
		return tinycheck.Errorf("open indicators", tinycheck.Unsupported, errOlder)
	}
	return err
}

// Close closes the database. A change that is still open is rolled back.
func (s *Store) Close() error {
	var failed error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil {
			failed = fail("close indicators", err)
		}
	}
	return failed
}

// Generation grows with every committed change that matters for matching.
func (s *Store) Generation(ctx context.Context) (uint64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'generation'").Scan(&n)
	return uint64(n), fail("read generation of indicators", err)
}

// snapshot runs f on one connection that sees one state of the database.
func (s *Store) snapshot(ctx context.Context, op string, f func(*sql.Conn) error) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return fail(op, err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fail(op, err)
	}
	defer func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
			discard(conn) // the next reader must not see this state
		}
	}()
	return fail(op, f(conn))
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
