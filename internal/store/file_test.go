package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/store"
)

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "indicators.db")
	s := open(t, path)
	take(t, s, store.Add, "f", c2("a.example", "F"))
	backup := filepath.Join(t.TempDir(), "backup.db")
	must(t, s.Backup(t.Context(), backup))
	for _, p := range []string{path, path + "-wal", path + "-shm", backup} {
		info, err := os.Stat(p)
		must(t, err)
		same(t, info.Mode().Perm(), os.FileMode(0o600))
	}
	info, err := os.Stat(filepath.Dir(path))
	must(t, err)
	same(t, info.Mode().Perm(), os.FileMode(0o700))
	must(t, s.Close())
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	must(t, err)
	same(t, left, []string{path})
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	must(t, err)
	_, err = db.Exec("CREATE TABLE notes (text)")
	must(t, err)
	must(t, db.Close())
	text := filepath.Join(t.TempDir(), "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("dear diary ", 1000)), 0o600))
	good := filepath.Join(t.TempDir(), "good.db")
	s := open(t, good)
	for _, path := range []string{foreign, text} {
		before, err := os.ReadFile(path)
		must(t, err)
		_, err = store.Open(t.Context(), path, store.Config{})
		isKind(t, err, tinycheck.Invalid)
		_, err = store.Open(t.Context(), path, store.Config{ReadOnly: true})
		isKind(t, err, tinycheck.Invalid)
		isKind(t, store.Restore(t.Context(), path, good), tinycheck.Invalid)
		after, err := os.ReadFile(path)
		must(t, err)
		if !bytes.Equal(before, after) {
			t.Errorf("%s was changed", path)
		}
	}
	must(t, s.Backup(t.Context(), filepath.Join(t.TempDir(), "backup")))
	isKind(t, store.Restore(t.Context(), good, good), tinycheck.Conflict)
	backup := filepath.Join(t.TempDir(), "backup")
	must(t, s.Backup(t.Context(), backup))
	isKind(t, store.Restore(t.Context(), backup, foreign), tinycheck.Conflict)
	_, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "none.db"), store.Config{ReadOnly: true})
	isKind(t, err, tinycheck.NotFound)
}

func TestANewerVersionIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "indicators.db")
	s := open(t, path)
	must(t, s.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"))
	must(t, s.Close())
	before, err := os.ReadFile(path)
	must(t, err)
	for _, c := range []store.Config{{}, {ReadOnly: true}} {
		_, err := store.Open(t.Context(), path, c)
		isKind(t, err, tinycheck.Unsupported)
		if !strings.Contains(err.Error(), "newer version") {
			t.Error(err)
		}
	}
	sealed := filepath.Join(t.TempDir(), "sealed")
	must(t, os.WriteFile(sealed, store.Sealed(before), 0o600))
	isKind(t, store.Restore(t.Context(), sealed, filepath.Join(t.TempDir(), "to.db")), tinycheck.Unsupported)
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

func TestBackupAndRestore(t *testing.T) {
	path, backup := filepath.Join(t.TempDir(), "indicators.db"), filepath.Join(t.TempDir(), "backup.db")
	s := open(t, path)
	take(t, s, store.Replace, "f", c2("a.example", "F"), c2("b.example", "F"))
	f := feed("secret")
	f.Secret, f.Select, f.Date = "key", []string{"x"}, at
	change(t, s, at, func(c *store.Change) { must(t, c.PutFeed(f)); must(t, c.SetApplied("bundle", 7)) })
	old := scanned(t, s)
	must(t, s.Backup(t.Context(), backup))
	must(t, s.Backup(t.Context(), backup)) // in place of the first
	take(t, s, store.Replace, "f", c2("c.example", "F"))
	change(t, s, at, func(c *store.Change) { must(t, c.SetApplied("bundle", 9)) })
	before := generation(t, s)
	must(t, store.Restore(t.Context(), backup, path)) // while s has it open
	same(t, scanned(t, s), old)
	if after := generation(t, s); after <= before {
		t.Errorf("generation from %d to %d", before, after)
	}
	got, err := s.Feed(t.Context(), "secret")
	must(t, err)
	same(t, got, f)
	same(t, must1(t)(number(s.Applied(t.Context(), "bundle"))), 7)
	must(t, s.Check(t.Context()))
	take(t, s, store.Add, "f", c2("d.example", "F"))
	must(t, s.Close())

	elsewhere := filepath.Join(t.TempDir(), "new", "indicators.db")
	must(t, store.Restore(t.Context(), backup, elsewhere))
	same(t, scanned(t, open(t, elsewhere)), old)
	info, err := os.Stat(elsewhere)
	must(t, err)
	same(t, info.Mode().Perm(), os.FileMode(0o600))
	for _, dir := range []string{filepath.Dir(elsewhere), filepath.Dir(backup), filepath.Dir(path)} {
		left, _ := filepath.Glob(filepath.Join(dir, ".*"))
		same(t, len(left), 0)
	}
}

func number(n uint64, err error) (int, error) { return int(n), err }

func TestRestoreRefusesWhatIsNotABackup(t *testing.T) {
	path, backup := filepath.Join(t.TempDir(), "indicators.db"), filepath.Join(t.TempDir(), "backup.db")
	s := open(t, path)
	take(t, s, store.Replace, "f", c2("a.example", "F"))
	must(t, s.Backup(t.Context(), backup))
	want := scanned(t, s)
	sound, err := os.ReadFile(backup)
	must(t, err)
	with := func(query string) func() []byte {
		return func() []byte {
			copied := filepath.Join(t.TempDir(), "changed.db")
			must(t, os.WriteFile(copied, sound, 0o600))
			db, err := sql.Open("sqlite", copied)
			must(t, err)
			_, err = db.Exec(query)
			must(t, err)
			must(t, db.Close())
			changed, err := os.ReadFile(copied)
			must(t, err)
			return changed
		}
	}
	for what, content := range map[string]func() []byte{
		"empty":         func() []byte { return nil },
		"cut":           func() []byte { return sound[:len(sound)/2] },
		"another id":    with("PRAGMA application_id = 1"),
		"a trigger":     with("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END"),
		"a view":        with("CREATE VIEW v AS SELECT 1"),
		"a table less":  with("DROP TABLE decision"),
		"a stray entry": with("UPDATE entry SET detail = 77"),
		"no generation": with("DELETE FROM meta"),
	} {
		broken := filepath.Join(t.TempDir(), "broken.db")
		for _, bytes := range [][]byte{content(), store.Sealed(content())} {
			must(t, os.WriteFile(broken, bytes, 0o600))
			if err := store.Restore(t.Context(), broken, path); !errors.Is(err, tinycheck.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		same(t, scanned(t, s), want)
	}
	isKind(t, store.Restore(t.Context(), backup+"none", path), tinycheck.NotFound)
}

// TestADamagedDatabaseIsReported flips bytes all over the file.
func TestADamagedDatabaseIsReported(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "indicators.db"), filepath.Join(dir, "backup.db")
	s := open(t, path)
	var list []*tinycheck.Indicator
	for n := range 3000 {
		list = append(list, c2(fmt.Sprintf("name-%d.example", n), "F"))
	}
	take(t, s, store.Replace, "f", list...)
	want := scanned(t, s)
	must(t, s.Backup(t.Context(), backup))
	must(t, s.Close())
	sound, err := os.ReadFile(path)
	must(t, err)
	r := rand.New(rand.NewPCG(5, 6))
	reported := 0
	for round := range 60 {
		damaged := filepath.Join(t.TempDir(), "damaged.db")
		broken := bytes.Clone(sound)
		from := r.IntN(len(broken))
		if round%2 == 0 {
			from -= from % 4096 // where a page says what is in it; elsewhere a name may become another one
		}
		for i := from; i < min(from+200, len(broken)); i++ {
			broken[i] ^= byte(1 + r.IntN(255))
		}
		if round == 0 {
			copy(broken, strings.Repeat("\x00", 100)) // the header
		}
		must(t, os.WriteFile(damaged, broken, 0o600))
		if err := useAll(t.Context(), damaged); err != nil {
			reported += (round + 1) % 2
			if !errors.Is(err, tinycheck.Invalid) || !strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("round %d: %v", round, err)
			}
		}
		must(t, store.Restore(t.Context(), backup, damaged))
		again := open(t, damaged)
		same(t, scanned(t, again), want)
		must(t, again.Check(t.Context()))
		must(t, again.Close())
	}
	if reported != 30 {
		t.Errorf("only %d of 30 files with a damaged page were noticed", reported)
	}
}

// useAll gives the first error of everything that reads.
func useAll(ctx context.Context, path string) error {
	s, err := store.Open(ctx, path, store.Config{})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err1 := s.Feeds(ctx)
	_, _, err2 := s.Find(ctx, store.Query{Text: "*a*"})
	err3 := s.Scan(ctx, func([]byte, []byte, tinycheck.ObservableType, *tinycheck.Indicator) error { return nil })
	_, err4 := s.Stats(ctx)
	for _, err := range []error{s.Check(ctx), err1, err2, err3, err4} {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestReadersSeeTheOldStateAndASecondWriterWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "indicators.db")
	s := open(t, path)
	take(t, s, store.Replace, "f", c2("old.example", "F"))
	other, err := store.Open(t.Context(), path, store.Config{Busy: 50 * time.Millisecond})
	must(t, err)
	defer other.Close()

	c, err := s.Begin(t.Context(), "one", at)
	must(t, err)
	in, err := c.Intake("f", store.Replace)
	must(t, err)
	for n := range 50_000 {
		must(t, in.Put(c2(fmt.Sprintf("new%d.example", n), "F")))
	}
	_, err = in.Close()
	must(t, err)
	for _, reader := range []*store.Store{s, other} {
		same(t, scanned(t, reader), []string{"f domain-name old.example c2 F "})
	}
	for _, writer := range []*store.Store{s, other} {
		_, err = writer.Begin(t.Context(), "two", at)
		isKind(t, err, tinycheck.Busy)
		same(t, err.Error(), "change indicators: another program is changing them right now: try again in a moment")
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		c.Commit()
	}()
	patient, err := store.Open(t.Context(), path, store.Config{Busy: 10 * time.Second})
	must(t, err)
	defer patient.Close()
	second, err := patient.Begin(t.Context(), "two", at)
	must(t, err)
	must(t, second.Rollback())
	same(t, len(scanned(t, other)), 50_000)

	ended, cancel := context.WithCancel(t.Context())
	c, err = s.Begin(ended, "one", at)
	must(t, err)
	in, err = c.Intake("f", store.Replace)
	must(t, err)
	cancel()
	if _, err := in.Close(); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
	same(t, len(scanned(t, s)), 50_000)
	take(t, s, store.Add, "f", c2("more.example", "F"))
}

func TestAFullDiskRollsBack(t *testing.T) {
	s := fresh(t)
	take(t, s, store.Replace, "f", c2("old.example", "F"))
	must(t, s.LimitPages(t.Context(), 20))
	c, err := s.Begin(t.Context(), "admin", at)
	must(t, err)
	in, err := c.Intake("f", store.Replace)
	must(t, err)
	for n := range 20_000 {
		must(t, in.Put(c2(fmt.Sprintf("new%d.example", n), "F")))
	}
	_, err = in.Close()
	isKind(t, err, tinycheck.Unavailable)
	same(t, err.Error(), "write indicators: no space left on the device: free some space")
	isKind(t, c.Commit(), tinycheck.Conflict)
	must(t, c.Rollback())
	same(t, scanned(t, s), []string{"f domain-name old.example c2 F "})
	take(t, s, store.Replace, "f", c2("small.example", "F"))
	must(t, s.Check(t.Context()))
}

// TestAReallyFullDisk mounts a small file system in a namespace of its own.
func TestAReallyFullDisk(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_FULL"); dir != "" {
		must(t, syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
		must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"))
		fillDisk(t, filepath.Join(dir, "indicators.db"))
		return
	}
	if os.Getuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAReallyFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), "STORE_TEST_FULL="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(err.Error(), "operation not permitted") {
		t.Skip("no mount namespace here")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fillDisk(t *testing.T, path string) {
	s := open(t, path)
	take(t, s, store.Replace, "f", c2("old.example", "F"))
	for _, n := range []int{120_000, 400_000} { // too big for the log; already too big to be sorted
		c, err := s.Begin(t.Context(), "admin", at)
		must(t, err)
		in, err := c.Intake("f", store.Replace)
		must(t, err)
		for i := 0; i < n && err == nil; i++ {
			err = in.Put(c2(fmt.Sprintf("a-longer-name-to-fill-the-disk-%d.example", i), "F"))
		}
		if err == nil {
			_, err = in.Close()
		}
		if err == nil {
			err = c.Commit()
		}
		isKind(t, err, tinycheck.Unavailable)
		same(t, err.Error(), "write indicators: no space left on the device: free some space")
		must(t, c.Rollback())
		same(t, scanned(t, s), []string{"f domain-name old.example c2 F "})
	}
	take(t, s, store.Replace, "f", c2("small.example", "F"))
	must(t, s.Check(t.Context()))
}

// TestReadOnlyForSomebodyElse opens as a user who may read and not write.
func TestReadOnlyForSomebodyElse(t *testing.T) {
	if path := os.Getenv("STORE_TEST_READ"); path != "" {
		s, err := store.Open(t.Context(), path, store.Config{ReadOnly: true})
		must(t, err)
		defer s.Close()
		same(t, scanned(t, s), []string{"f domain-name a.example c2 F "})
		must(t, s.Check(t.Context()))
		_, err = s.Begin(t.Context(), "x", at)
		isKind(t, err, tinycheck.Unavailable)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("needs root to become somebody else")
	}
	dir, err := os.MkdirTemp("", "store")
	must(t, err)
	defer os.RemoveAll(dir)
	must(t, os.Chmod(dir, 0o755))
	binary, err := os.ReadFile(os.Args[0])
	must(t, err)
	program := filepath.Join(dir, "test")
	must(t, os.WriteFile(program, binary, 0o755))
	path := filepath.Join(dir, "indicators.db")
	s := open(t, path)
	take(t, s, store.Add, "f", c2("a.example", "F"))
	must(t, os.Chmod(path, 0o644))
	read := func(when string) {
		cmd := exec.Command(program, "-test.run=^TestReadOnlyForSomebodyElse$")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "STORE_TEST_READ="+path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", when, err, out)
		}
	}
	must(t, s.Close())
	read("closed by everybody")
	s = open(t, path)
	take(t, s, store.Add, "f", c2("a.example", "F"))
	must(t, os.Chmod(path+"-wal", 0o644))
	must(t, os.Chmod(path+"-shm", 0o644))
	read("open elsewhere")
}

func FuzzRestore(f *testing.F) {
	dir := f.TempDir()
	path, backup := filepath.Join(dir, "indicators.db"), filepath.Join(dir, "backup.db")
	s := open(f, path)
	take(f, s, store.Replace, "f", c2("a.example", "F"))
	want := scanned(f, s)
	must(f, s.Backup(f.Context(), backup))
	sound, err := os.ReadFile(backup)
	must(f, err)
	f.Add(uint32(0), []byte("SQLite"))
	f.Add(uint32(28), []byte{0, 0, 0, 1})
	f.Add(uint32(100), []byte{13, 0, 0})
	f.Add(uint32(5000), []byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		broken := bytes.Clone(sound)
		n := copy(broken[int(at)%len(broken):], with)
		file := filepath.Join(t.TempDir(), "broken.db")
		must(t, os.WriteFile(file, broken, 0o600))
		to := filepath.Join(t.TempDir(), "to.db")
		err := store.Restore(t.Context(), file, to)
		if n == 0 && err != nil {
			t.Fatal(err)
		}
		if err != nil {
			if !errors.Is(err, tinycheck.Invalid) && !errors.Is(err, tinycheck.Unsupported) {
				t.Fatalf("of no kind: %v", err)
			}
			if _, err := os.Stat(to); err == nil {
				t.Fatal("refused, and yet there is a file")
			}
			return
		}
		restored, err := store.Open(t.Context(), to, store.Config{})
		must(t, err)
		defer restored.Close()
		must(t, restored.Check(t.Context()))
		same(t, scanned(t, s), want)
	})
}

// TestNothingIsWrittenAfterAnErrorOfTheDatabase: SQLite rolls back by itself
// when the disk is full; what comes after must not be written alone.
func TestNothingIsWrittenAfterAnErrorOfTheDatabase(t *testing.T) {
	s := fresh(t)
	take(t, s, store.Replace, "f", c2("old.example", "F"))
	must(t, s.LimitPages(t.Context(), 20))
	c, err := s.Begin(t.Context(), "admin", at)
	must(t, err)
	in, err := c.Intake("f", store.Replace)
	must(t, err)
	for n := 0; err == nil; n++ { // each has a family of its own, which is written at once
		err = in.Put(c2("a.example", strings.Repeat("x", 2000)+fmt.Sprint(n)))
	}
	isKind(t, err, tinycheck.Unavailable)
	isKind(t, in.Put(c2("b.example", "F")), tinycheck.Conflict)
	_, err = in.Close()
	isKind(t, err, tinycheck.Conflict)
	if err := c.PutFeed(feed("g")); err == nil {
		t.Error("a feed was written after the change had broken")
	}
	isKind(t, c.Commit(), tinycheck.Conflict)
	same(t, scanned(t, s), []string{"f domain-name old.example c2 F "})
	list, err := s.Feeds(t.Context())
	must(t, err)
	same(t, len(list), 1)
	take(t, s, store.Add, "g", c2("b.example", "F"))
}
