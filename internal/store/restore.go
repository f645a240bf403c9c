package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"tinycheck"
)

// Restore puts the backup from in the place of the database to, which others
// may have open: they see the old state, then the new one.
//
// The backup is copied beside to and verified there (its seal is whole, it is ours, a schema that is
// known and has nothing else in it, sound throughout, brought up to date); one
// that fails is refused, and nothing has changed. Then SQLite's backup
// interface writes all pages in one transaction of the old database. A rename
// would be wrong: the -wal file of the old database would be replayed on the
// new one, and programs that have the old one open would go on with it. So a
// process that is killed leaves the old state or the new one. An old database
// that is too damaged for that is put aside under the name to + ".damaged".
//
// The generation goes on from the greater of both. The versions of signed
// bundles are those of the backup: what it lacks can be applied again.
func Restore(ctx context.Context, from, to string) error {
	const op = "restore indicators"
	to, err := filepath.Abs(to)
	if err != nil {
		return unavailable(op, err)
	}
	if sameFile(from, to) {
		return tinycheck.Errorf(op, tinycheck.Conflict, errSameFile)
	}
	if wal, err := os.Stat(from + "-wal"); err == nil && wal.Size() > 0 {
		return tinycheck.Errorf(op, tinycheck.Conflict, errInUse)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fail(op, err)
	}
	removeStale(filepath.Dir(to), restorePattern)
	copied, err := copyBeside(from, to)
	if err != nil {
		return fail(op, err)
	}
	defer os.Remove(copied)
	if err := verify(ctx, copied, generationOf(ctx, to)); err != nil {
		return fail(op, err)
	}
	return fail(op, replace(ctx, copied, to))
}

var (
	errSameFile = errors.New("that is the database itself")
	errInUse    = errors.New("it is a database in use, not a backup: make a backup of it first")
	errForeign  = errors.New("there is a file of another program in its place")
)

// generationStep is how far the generation goes on with a restore: more than
// other programs can change while it runs.
const generationStep = 1 << 20

// restoreWait is how long a restore waits for another writer.
const restoreWait = 10 * time.Second

// copyBeside copies the bytes, so that SQLite never touches the backup itself.
func copyBeside(from, to string) (name string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	if info, err := in.Stat(); err == nil && !info.Mode().IsRegular() {
		return "", invalid("restore indicators", "the backup is not a file")
	}
	out, err := os.CreateTemp(filepath.Dir(to), restorePattern) // mode 0600
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = unseal(out)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		os.Remove(out.Name())
		return "", err
	}
	return out.Name(), nil
}

// generationOf is 0 when there is no database, or none that can be read.
func generationOf(ctx context.Context, path string) (n int64) {
	if _, err := os.Stat(path); err != nil {
		return 0
	}
	db, err := connect(path, readerWait, url.Values{"mode": {"ro"}})
	if err != nil {
		return 0
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'generation'").Scan(&n); err != nil {
		return 0
	}
	return n
}

// verify reads all of the copy and makes it ready: of today's schema, in one
// file, with its generation.
func verify(ctx context.Context, path string, generation int64) (err error) {
	db, err := connect(path, 0, url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	empty, err := recognise(ctx, db)
	if err != nil {
		return err
	}
	if empty {
		return invalid("restore indicators", "the file has no indicators: it is empty")
	}
	if err := sound(ctx, db, "PRAGMA integrity_check(1)"); err != nil {
		return err
	}
	if err := migrate(ctx, db); err != nil {
		return err
	}
	if err := sameSchema(ctx, db); err != nil {
		return err
	}
	if err := check(ctx, db); err != nil {
		return err
	}
	return ready(ctx, db, generation)
}

func ready(ctx context.Context, db *sql.DB, generation int64) error {
	r, err := db.ExecContext(ctx, "UPDATE meta SET value = max(value, ?) + ? WHERE name = 'generation'", generation, generationStep)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return damaged()
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	return err
}

// replace writes the copy over the database.
func replace(ctx context.Context, copied, to string) error {
	if err := makeFile(to); err != nil {
		return err
	}
	db, err := connect(to, readerWait, nil)
	if err != nil {
		return err
	}
	_, err = recognise(ctx, db)
	if errors.Is(err, errNotOurs) {
		db.Close()
		return tinycheck.Errorf("restore indicators", tinycheck.Conflict, errForeign)
	}
	if err == nil {
		err = overwrite(ctx, db, copied)
	}
	closed := db.Close()
	if c := code(err) & 0xff; c == codeCorrupt || c == codeNotADB || errors.Is(err, errNotADB) {
		return putAside(copied, to)
	}
	return errors.Join(err, closed)
}

// restorer is what the driver's connection has for this.
type restorer interface {
	NewRestore(from string) (*sqlite.Backup, error)
}

func overwrite(ctx context.Context, db *sql.DB, copied string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = rawConn(conn, func(c driver.Conn) error {
		r, ok := c.(restorer)
		if !ok {
			return errDriver
		}
		b, err := r.NewRestore(address(copied, readerWait, url.Values{"mode": {"ro"}}))
		if err != nil {
			return err
		}
		err = steps(ctx, b)
		if finished := b.Finish(); err == nil {
			err = finished
		}
		return err
	})
	if err == nil {
		_, err = conn.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	}
	return err
}

// steps copies all pages at once, so that nobody can write in between.
func steps(ctx context.Context, b *sqlite.Backup) error {
	until := time.Now().Add(restoreWait)
	for {
		more, err := b.Step(-1)
		if err == nil && !more {
			return nil
		}
		if err != nil && (!isBusy(err) || time.Now().After(until)) {
			return err
		}
		if err := sleep(ctx, polls); err != nil {
			return err
		}
	}
}

// putAside renames a database that cannot be read, first what would be replayed
// on the new one, then puts the new one in its place. A process that is killed
// in between leaves no database or the new one, and the damaged one aside.
func putAside(copied, to string) error {
	for _, part := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(to+part, to+".damaged"+part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(copied, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(copied, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}
