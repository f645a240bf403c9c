package store_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tinycheck"
	"tinycheck/internal/store"
)

func TestWriteFileKeepsTheOldOneWhenWritingFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	put := func(text string, fail error) error {
		return store.WriteFile(path, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, fail)
		})
	}
	if err := put("old", nil); err != nil {
		t.Fatal(err)
	}
	if err := put("new", tinycheck.Invalid); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("error %v", err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "old" {
		t.Errorf("after a failure it holds %q", raw)
	}
	if err := put("new", nil); err != nil {
		t.Fatal(err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "new" {
		t.Errorf("it holds %q", raw)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if info, _ := os.Stat(path); len(entries) != 1 || info.Mode() != 0o600 {
		t.Errorf("left behind: %v, mode %v", entries, info.Mode())
	}
}

func TestMapFileSurvivesReplacement(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index")
	if err := os.WriteFile(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	data, free, err := store.MapFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	if err := store.WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, "second"); return err }); err != nil {
		t.Fatal(err)
	}
	if string(data) != "first" {
		t.Errorf("the mapping changed to %q", data)
	}
	if _, _, err := store.MapFile(filepath.Dir(path)); err == nil {
		t.Error("a folder was mapped")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.MapFile(path); !errors.Is(err, tinycheck.Invalid) {
		t.Errorf("an empty file: %v", err)
	}
}
