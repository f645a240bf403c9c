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

// BeforeRestore is the file beside the library that keeps what the last restore
// replaced.
const BeforeRestore = "before-restore.backup"

// Restore replaces the library in a folder with a backup. One that is damaged
// or foreign is refused, and the library stays as it is. What is replaced is kept
// as a backup of its own, when it can be read at all.
func Restore(ctx context.Context, from, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return tinycheck.Errorf("restore library", tinycheck.Unavailable, err)
	}
	if s, err := store.Open(ctx, filepath.Join(folder, databaseName), store.Config{ReadOnly: true}); err == nil {
		kept := filepath.Join(folder, BeforeRestore)
		if same, err := filepath.Abs(from); err != nil || same != kept {
			_ = s.Backup(ctx, kept) // what is damaged cannot be kept, and must not stop its repair
		}
		_ = s.Close()
	}
	if err := store.Restore(ctx, from, filepath.Join(folder, databaseName)); err != nil {
		return err
	}
	// The index is of the store that was there; one of another state is not used
	// anyway, so that it does not matter whether this works.
	_ = os.Remove(filepath.Join(folder, indexName))
	return nil
}
