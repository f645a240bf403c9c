package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"tinycheck"
	"tinycheck/internal/store"
)

// A name that became another one is no damage to SQLite. The seal finds it.
func TestABackupThatChangedIsRefused(t *testing.T) {
	path, backup := filepath.Join(t.TempDir(), "indicators.db"), filepath.Join(t.TempDir(), "backup")
	s := open(t, path)
	take(t, s, store.Replace, "f", c2("copy9.example", "F"))
	want := scanned(t, s)
	must(t, s.Backup(t.Context(), backup))
	sound, err := os.ReadFile(backup)
	must(t, err)
	changed := bytes.ReplaceAll(sound, []byte("copy9"), []byte("copz9"))
	if bytes.Equal(changed, sound) {
		t.Fatal("the name does not stand in the backup")
	}
	for what, content := range map[string][]byte{
		"another name": changed, "one bit": append(bytes.Clone(sound[:5000]), append([]byte{sound[5000] ^ 1}, sound[5001:]...)...),
		"longer": append(bytes.Clone(sound), 'x'), "shorter": sound[:len(sound)-1], "no seal": sound[:len(sound)-100], "nothing": {},
	} {
		broken := filepath.Join(t.TempDir(), "broken")
		must(t, os.WriteFile(broken, content, 0o600))
		if err := store.Restore(t.Context(), broken, path); tinycheck.KindOf(err) != tinycheck.Invalid {
			t.Errorf("%s: %v", what, err)
		}
		same(t, scanned(t, s), want)
	}
	must(t, store.Restore(t.Context(), backup, path))
	same(t, scanned(t, s), want)
}

func TestUnseenEntriesAreKept(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "indicators.db"))
	put := func(mode store.Mode, values ...string) {
		t.Helper()
		c, err := s.Begin(t.Context(), "tester", at)
		must(t, err)
		must(t, c.PutFeed(tinycheck.Feed{Name: "f", Kind: tinycheck.FeedFile, Enabled: true}))
		in, err := c.Intake("f", mode)
		must(t, err)
		for _, v := range values {
			must(t, in.PutUnseen("packages", v, "Example Spy"))
		}
		_, err = in.Close()
		must(t, err)
		must(t, c.Commit())
	}
	find := func(text string) (values []string) {
		t.Helper()
		list, total, err := s.FindUnseen(t.Context(), text, "", 10)
		must(t, err)
		if total != len(list) {
			t.Errorf("%d of %d", len(list), total)
		}
		for _, u := range list {
			values = append(values, u.Value)
		}
		return values
	}
	put(store.Add, "com.spy_a", "com.spyXa", "com.spy_a")
	put(store.Add, "com.other")
	same(t, find("com.spy_a"), []string{"com.spy_a"})
	same(t, find("com.*"), []string{"com.other", "com.spyXa", "com.spy_a"})
	put(store.Replace, "com.new")
	same(t, find("*"), []string{"com.new"})
}
