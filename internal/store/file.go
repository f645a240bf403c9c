package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"tinycheck"
)

// applicationID marks a database of this program (PRAGMA application_id): "TcIn".
const applicationID = 0x5463496e

// cacheKiB is how much of the file a connection keeps in memory, in KiB.
const cacheKiB = 8 << 10

// walKeeps is the size to which the write-ahead log is cut after it has been
// copied into the file, in bytes.
const walKeeps = 16 << 20

// making is held while a file is made: see the package comment on descriptors.
var making sync.Mutex

// address is what the driver opens; params may be nil. trusted_schema,
// defensive and cell_size_check as https://www.sqlite.org/security.html
// advises for files that somebody else may have made. Sorting in SQLite stays
// in memory (temp_store): the big sort is done outside.
func address(path string, wait time.Duration, params url.Values) string {
	q := url.Values{
		"_busy_timeout": {fmt.Sprint(wait.Milliseconds())},
		"_defensive":    {"1"},
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
		"_pragma": {
			"trusted_schema(0)", "cell_size_check(1)", "foreign_keys(1)", "synchronous(2)", "temp_store(2)",
			fmt.Sprintf("cache_size(-%d)", cacheKiB), fmt.Sprintf("journal_size_limit(%d)", walKeeps),
		},
	}
	for name, values := range params {
		q[name] = values
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func connect(path string, wait time.Duration, params url.Values) (*sql.DB, error) {
	return sql.Open("sqlite", address(path, wait, params))
}

// makeFile makes the folder and an empty file when they are not there, so that
// SQLite, which gives -wal and -shm the mode of the file, opens none to others.
func makeFile(path string) error {
	making.Lock()
	defer making.Unlock()
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

var (
	errNotADB  = errors.New("the file is not a database of indicators, or is damaged: restore a backup")
	errNotOurs = errors.New("the file is a database of another program")
)

// recognise says whether a database is ours, and whether it is still empty. It
// changes nothing.
func recognise(ctx context.Context, db *sql.DB) (empty bool, err error) {
	var tables, id int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		if code(err)&0xff == codeNotADB {
			return false, tinycheck.Errorf("open indicators", tinycheck.Invalid, errNotADB)
		}
		return false, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return false, err
	}
	switch {
	case id == applicationID:
		return tables == 0, nil
	case id == 0 && tables == 0:
		return true, nil
	}
	return false, tinycheck.Errorf("open indicators", tinycheck.Invalid, errNotOurs)
}

// syncFolder makes a rename last through a power cut.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func unavailable(op string, err error) error {
	return tinycheck.Errorf(op, tinycheck.Unavailable, err)
}
