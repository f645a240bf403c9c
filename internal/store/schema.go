package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/pressly/goose/v3"

	"tinycheck"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	errNewer = errors.New("written by a newer version of this program: update it")
	errOlder = errors.New("written by an older version: open it once where it may be changed")
)

// migrate brings the schema up to date. Two programs may try at once: one wins,
// the other finds nothing left to do.
func migrate(ctx context.Context, db *sql.DB) error {
	var err error
	for range 3 {
		var pending bool
		if pending, err = isOld(ctx, db); err != nil || !pending {
			return err
		}
		if err = up(ctx, db); err == nil {
			return nil
		}
	}
	return err
}

func up(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// isOld compares the schema with what this program knows; newer is an error.
func isOld(ctx context.Context, db *sql.DB) (bool, error) {
	have, err := schemaVersion(ctx, db)
	if err != nil {
		return false, err
	}
	known, err := knownVersion(db)
	if err != nil {
		return false, err
	}
	if have > known {
		return false, tinycheck.Errorf("open indicators", tinycheck.Unsupported, errNewer)
	}
	return have < known, nil
}

func knownVersion(db *sql.DB) (int64, error) {
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	return sources[len(sources)-1].Version, nil
}

// schemaVersion is 0 before the first migration.
func schemaVersion(ctx context.Context, db *sql.DB) (version int64, err error) {
	var tables int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}
