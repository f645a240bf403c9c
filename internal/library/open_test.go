package library_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// noon is when the tests take place.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// open makes a library in a new folder.
func open(t testing.TB, change ...func(*library.Config)) *library.Library {
	t.Helper()
	c := library.Config{Folder: t.TempDir(), By: "tester", Now: func() time.Time { return noon }}
	for _, do := range change {
		do(&c)
	}
	l, err := library.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func imports(t testing.TB, l *library.Library, name, text string, s library.Source) tinycheck.Intake {
	t.Helper()
	sum, err := l.Import(t.Context(), name, strings.NewReader(text), s)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// classes are what the running index says of a name.
func classes(t testing.TB, l *library.Library, name string) (list []tinycheck.Class) {
	t.Helper()
	known, err := l.Knowledge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := known.Index.Name(name)
	for n := range found.Len() {
		list = append(list, found.At(n).Class)
	}
	return list
}

func TestANewLibraryKnowsTheStarter(t *testing.T) {
	l := open(t)
	if got := classes(t, l, "my.thetruthspy.com"); len(got) != 1 || got[0] != tinycheck.ClassC2 {
		t.Errorf("classes %v", got)
	}
	known, err := l.Knowledge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range known.Feeds {
		if starter := f.Name == library.StarterFeed; starter == f.Missing || f.Timeless {
			t.Errorf("feed %+v", f)
		}
	}
	if c := known.Index.Context("captive.apple.com"); c == nil || c.Class != tinycheck.ContextOS {
		t.Errorf("context %+v", c)
	}
}

func TestTheRunningIndexIsReplacedInOneStep(t *testing.T) {
	l := open(t)
	before, err := l.Knowledge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	imports(t, l, "list.txt", "c2.spy.example\n", library.Source{})
	if got := classes(t, l, "c2.spy.example"); len(got) != 1 {
		t.Errorf("after the import: %v", got)
	}
	if before.Index.Name("c2.spy.example").Len() != 0 || before.Index.Name("my.thetruthspy.com").Len() != 1 {
		t.Error("an index that is in use changed")
	}
	if err := l.Switch(t.Context(), []string{"list.txt"}, false); err != nil {
		t.Fatal(err)
	}
	if got := classes(t, l, "c2.spy.example"); len(got) != 0 {
		t.Errorf("of a disabled feed: %v", got)
	}
}

// Whoever analyzes need not be allowed to write.
func TestReadersNeedNoRights(t *testing.T) {
	folder := t.TempDir()
	at := func(c *library.Config) { c.Folder = folder }
	l := open(t, at)
	imports(t, l, "list.txt", "c2.spy.example\n", library.Source{})
	if _, err := l.Knowledge(t.Context()); err != nil {
		t.Fatal(err)
	}
	reader := open(t, at, func(c *library.Config) { c.ReadOnly = true })
	if got := classes(t, reader, "c2.spy.example"); len(got) != 1 {
		t.Errorf("the reader sees %v", got)
	}
	if _, err := reader.Import(t.Context(), "x", strings.NewReader("a.example"), library.Source{}); err == nil {
		t.Error("a reader changed the library")
	}
}

// An index file is a copy: whatever becomes of it, the answer is that of the store.
func TestABrokenIndexIsMadeAnew(t *testing.T) {
	folder := t.TempDir()
	l := open(t, func(c *library.Config) { c.Folder = folder })
	imports(t, l, "list.txt", "c2.spy.example\n", library.Source{})
	if _, err := l.Knowledge(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "tinycheck.index")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{
		"flipped": append([]byte{whole[0] ^ 1}, whole[1:]...), "cut": whole[:len(whole)/2], "empty": {}, "foreign": []byte("hello"),
	} {
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, func(c *library.Config) { c.Folder = folder })
		if got := classes(t, again, "c2.spy.example"); len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
		if now, _ := os.ReadFile(path); string(now) != string(whole) {
			t.Errorf("%s: the index file was not made anew", name)
		}
	}
}

func TestDecisionsOutliveUpdates(t *testing.T) {
	l := open(t)
	list := "a.spy.example\nb.spy.example\n"
	imports(t, l, "list.txt", list, library.Source{})
	if err := l.Decide(t.Context(), []string{"a.spy.example"}, store.Decision{State: store.Removed, Why: "our own"}); err != nil {
		t.Fatal(err)
	}
	imports(t, l, "list.txt", list, library.Source{Whole: true})
	if got := classes(t, l, "a.spy.example"); len(got) != 0 {
		t.Errorf("brought back: %v", got)
	}
	if err := l.Restore(t.Context(), []string{"a.spy.example"}, ""); err != nil {
		t.Fatal(err)
	}
	if got := classes(t, l, "a.spy.example"); len(got) != 1 {
		t.Errorf("after restoring: %v", got)
	}
	if err := l.Decide(t.Context(), []string{"nobody.example"}, store.Decision{State: store.Removed}); !errors.Is(err, tinycheck.NotFound) {
		t.Errorf("deciding about what nobody lists: %v", err)
	}
}

// The flat export of Echap calls websites c2; its YAML knows better.
func TestAFlatExportIsReclassed(t *testing.T) {
	l := open(t)
	imports(t, l, "iocs.json", `{"iocs":[{"type":"domain","tag":"stalkerware","tlp":"white","value":"shop.spy.example"},
		{"type":"domain","tag":"stalkerware","tlp":"white","value":"api.spy.example"}]}`, library.Source{})
	if got := classes(t, l, "shop.spy.example"); len(got) != 1 || got[0] != tinycheck.ClassC2 {
		t.Fatalf("alone: %v", got)
	}
	imports(t, l, "ioc.yaml", "- name: Example Spy\n  type: stalkerware\n  websites:\n  - shop.spy.example\n  c2:\n    domains:\n    - api.spy.example\n", library.Source{})
	for name, want := range map[string]tinycheck.Class{"shop.spy.example": tinycheck.ClassWebsite, "api.spy.example": tinycheck.ClassC2} {
		for _, got := range classes(t, l, name) {
			if got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	}
}

func TestAnInterruptedImportChangesNothing(t *testing.T) {
	l := open(t)
	imports(t, l, "list.txt", "a.spy.example\n", library.Source{})
	for name, text := range map[string]string{
		"truncated": `{"type":"bundle","id":"bundle--1","objects":[{"type":"indicator","pattern":"[domain-name:value = 'b.spy.example']"},`,
		"page":      "<html>log in</html>", "empty": "",
	} {
		sum, err := l.Import(t.Context(), name, strings.NewReader(text), library.Source{Feed: "list.txt"})
		if !errors.Is(err, tinycheck.Invalid) {
			t.Errorf("%s: %v, %+v", name, err, sum)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Import(ctx, "c.txt", strings.NewReader("c.spy.example\n"), library.Source{Feed: "list.txt"}); err == nil {
		t.Error("an interrupted import went through")
	}
	for _, name := range []string{"b.spy.example", "c.spy.example"} {
		if got := classes(t, l, name); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := classes(t, l, "a.spy.example"); len(got) != 1 {
		t.Errorf("what was there is gone: %v", got)
	}
}
