package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"tinycheck"
)

// Check reads the whole file and says whether it holds together: Invalid, with
// "restore a backup", when it does not.
func (s *Store) Check(ctx context.Context) error {
	return s.snapshot(ctx, "check indicators", func(conn *sql.Conn) error { return check(ctx, conn) })
}

// querier is a *sql.DB or a *sql.Conn.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// strays counts what refers to nothing: the references that the schema does not
// declare.
var strays = []string{
	"SELECT count(*) FROM (SELECT DISTINCT meaning AS id FROM entry) WHERE id NOT IN (SELECT id FROM meaning)",
	"SELECT count(*) FROM (SELECT DISTINCT detail AS id FROM entry) WHERE id NOT IN (SELECT id FROM detail)",
	"SELECT count(*) FROM (SELECT added AS id FROM entry UNION SELECT seen FROM entry) WHERE id NOT IN (SELECT id FROM intake)",
}

func check(ctx context.Context, db querier) error {
	// Each gives rows that describe what is wrong; a sound file gives one "ok"
	// and nothing.
	for _, pragma := range []string{"PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"} {
		if err := sound(ctx, db, pragma); err != nil {
			return err
		}
	}
	for _, query := range strays {
		var n int
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return damaged()
		}
	}
	return nil
}

func damaged() error {
	return tinycheck.Errorf("check indicators", tinycheck.Invalid, errDamaged)
}

func sound(ctx context.Context, db querier, pragma string) error {
	rows, err := db.QueryContext(ctx, pragma)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if len(values) != 1 || string(values[0]) != "ok" {
			return damaged()
		}
	}
	return rows.Err()
}

// sameSchema says whether a database has exactly the tables and indexes that
// this program makes: no trigger and no view of somebody else's.
func sameSchema(ctx context.Context, db *sql.DB) error {
	want, err := ownSchema(ctx)
	if err != nil {
		return err
	}
	have, err := schemaText(ctx, db)
	if err != nil {
		return err
	}
	if !slices.Equal(have, want) {
		return invalid("check indicators", "the file has not the tables of a database of indicators")
	}
	return nil
}

func ownSchema(ctx context.Context) ([]string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	if err := up(ctx, db); err != nil {
		return nil, err
	}
	return schemaText(ctx, db)
}

// schemaText leaves out how the migrations keep their own table.
func schemaText(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT type, name, tbl_name, CASE tbl_name WHEN 'goose_db_version' THEN '' ELSE coalesce(sql, '') END
		FROM sqlite_schema ORDER BY type, name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var kind, name, table, text string
		if err := rows.Scan(&kind, &name, &table, &text); err != nil {
			return nil, err
		}
		list = append(list, fmt.Sprintf("%s %s %s %s", kind, name, table, text))
	}
	return list, rows.Err()
}
