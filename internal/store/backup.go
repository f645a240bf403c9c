package store

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Backup writes everything into one file of mode 0600, which has the secrets of
// feeds too; a file that is there is replaced once the new one is complete,
// checked and on the disk. It ends in a seal, so that Restore knows that no bit
// of it has changed since. Others read and write meanwhile; the backup has the
// state of its start.
func (s *Store) Backup(ctx context.Context, path string) error {
	const op = "back indicators up"
	path, err := filepath.Abs(path)
	if err != nil {
		return unavailable(op, err)
	}
	if sameFile(path, s.path) {
		return invalid(op, "that is the database itself")
	}
	dir := filepath.Dir(path)
	removeStale(dir, backupPattern)
	f, err := os.CreateTemp(dir, backupPattern) // mode 0600
	if err != nil {
		return fail(op, err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := s.copyInto(ctx, f.Name()); err != nil {
		return fail(op, err)
	}
	if err := seal(f); err != nil {
		return fail(op, err)
	}
	// SQLite does not wait for the disk in VACUUM INTO. The descriptor is from
	// before, and nobody else has the file open.
	if err := f.Sync(); err != nil {
		return fail(op, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fail(op, err)
	}
	return fail(op, syncFolder(dir))
}

// The names of files that are not complete yet.
const (
	backupPattern  = ".backup-*"
	restorePattern = ".restore-*"
	intakePattern  = ".intake-*" // has its name for a moment only
)

// copyInto writes a compact copy into an empty file, and reads it once.
func (s *Store) copyInto(ctx context.Context, path string) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", path)
	if s.write != nil {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = 1"); err != nil {
			discard(conn) // the next reader must not be able to write
		}
	}
	if err != nil {
		return err
	}
	db, err := connect(path, readerWait, url.Values{"mode": {"ro"}})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := recognise(ctx, db); err != nil {
		return err
	}
	return check(ctx, db)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// stale is how old an incomplete file must be before it is taken for one that
// a killed program left.
const stale = 24 * time.Hour

func removeStale(dir, pattern string) {
	found, _ := filepath.Glob(filepath.Join(dir, pattern))
	for _, path := range found {
		if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > stale {
			os.Remove(path)
		}
	}
}
