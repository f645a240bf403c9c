package library

import (
	"context"
	"os"
	"path/filepath"

	"tinycheck"
	"tinycheck/internal/store"
)

// Backup writes the whole library to one file, and reads that back to check it.
func (l *Library) Backup(ctx context.Context, path string) error { return l.store.Backup(ctx, path) }

// Check reads the whole store. An error of kind Invalid says that it is damaged.
func (l *Library) Check(ctx context.Context) error { return l.store.Check(ctx) }

// Restore replaces the library in a folder with a backup. One that is damaged
// or foreign is refused, and the library stays as it is.
func Restore(ctx context.Context, from, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return tinycheck.Errorf("restore library", tinycheck.Unavailable, err)
	}
	if err := store.Restore(ctx, from, filepath.Join(folder, databaseName)); err != nil {
		return err
	}
	// The index is of the store that was there; one of another state is not used
	// anyway, so that it does not matter whether this works.
	_ = os.Remove(filepath.Join(folder, indexName))
	return nil
}
