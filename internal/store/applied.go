package store

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"tinycheck"
)

var (
	errOlderBundle = errors.New("an older version than the one that was applied")
	errVersion     = errors.New("a version that is too big")
)

// SetApplied remembers the version of a signed bundle. Conflict for one older
// than the one before: somebody may be playing back an old bundle.
func (c *Change) SetApplied(bundle string, version uint64) error {
	const op = "remember version of bundle"
	if version > math.MaxInt64 {
		return tinycheck.Errorf(op, tinycheck.Invalid, errVersion)
	}
	var last int64
	err := c.one("SELECT version FROM applied WHERE bundle = ?", []any{bundle}, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fail(op, err)
	}
	if version < uint64(last) {
		return tinycheck.Errorf(op, tinycheck.Conflict, errOlderBundle)
	}
	_, err = c.exec(`INSERT INTO applied (bundle, version, who, at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET version = ?2, who = ?3, at = ?4`, bundle, int64(version), c.by, c.at)
	return fail(op, err)
}

// Applied gives the version of a signed bundle that was applied last, 0 when
// none was.
func (s *Store) Applied(ctx context.Context, bundle string) (uint64, error) {
	var last int64
	err := s.read.QueryRowContext(ctx, "SELECT version FROM applied WHERE bundle = ?", bundle).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return uint64(last), fail("read version of bundle", err)
}
