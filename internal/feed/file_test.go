package feed_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/feedtest"
)

// stick makes a folder with files; a name with a slash at its end is a folder.
func stick(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func folderFeed(dir string) tinycheck.Feed {
	return tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFolder, URL: dir}
}

func TestAFolder(t *testing.T) {
	dir := stick(t, map[string]string{
		"z.txt": "z.example", "a.json": "{}", "lists/b.txt": "b.example", "packed.txt.gz": string(feedtest.Gzip([]byte("packed.example"))),
		".hidden": "h", "~$a.json": "h", "a.json~": "h", "half.txt.part": "h", "half.crdownload": "h", "half.TMP": "h",
		"System Volume Information/x": "h", "$RECYCLE.BIN/x": "h", ".Trash-1000/x": "h", "Thumbs.db": "h", "lists/deep/c.txt": "too deep",
	})
	outside := stick(t, map[string]string{"secret.txt": "outside"})
	for name, to := range map[string]string{"inside.txt": "z.txt", "outside.txt": filepath.Join(outside, "secret.txt"), "broken.txt": "nowhere", "up": "..", "folder": "lists"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := set(t)
	got, parts := b.must(folderFeed(dir))
	want := []part{{"a.json", "{}"}, {"inside.txt", "z.example"}, {"lists/b.txt", "b.example"}, {"packed.txt", "packed.example"}, {"z.txt", "z.example"}}
	if fmt.Sprint(parts) != fmt.Sprint(want) {
		t.Errorf("%v\nwant %v", parts, want)
	}
	if !got.Whole || got.Unchanged || got.Bytes != 2+9+9+14+9 || !strings.HasPrefix(got.ETag, "sha256:") {
		t.Errorf("%+v", got)
	}
	if said, err := b.Probe(t.Context(), folderFeed(dir)); err != nil || !strings.HasPrefix(said, "5 files") {
		t.Errorf("%q %v", said, err)
	}
}

func TestUnchangedFolder(t *testing.T) {
	dir := stick(t, map[string]string{"a.txt": "a.example", "b.txt": "b.example"})
	b := set(t)
	source := folderFeed(dir)
	first, _ := b.must(source)
	source.ETag = first.ETag
	again, parts := b.must(source)
	if !again.Unchanged || !again.Whole || again.ETag != first.ETag || len(parts) != 0 {
		t.Errorf("%+v %v", again, parts)
	}
	// The same length and time, another content.
	at := filepath.Join(dir, "a.txt")
	info, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte("c.example"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(at, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got, parts := b.must(source); got.Unchanged || len(parts) != 2 || got.ETag == first.ETag {
		t.Errorf("%+v %v", got, parts)
	}
	if err := os.WriteFile(at, []byte("a.example"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(at, filepath.Join(dir, "renamed.txt")); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.must(source); got.Unchanged {
		t.Error("a renamed file is a change")
	}
}

func TestAFile(t *testing.T) {
	dir := stick(t, map[string]string{"ioc.txt": "a.example", "other.txt": "not ours"})
	source := tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFile, URL: filepath.Join(dir, "ioc.txt")}
	b := set(t)
	got, parts := b.must(source)
	if fmt.Sprint(parts) != "[{ioc.txt a.example}]" || !got.Whole || got.Bytes != 9 {
		t.Errorf("%+v %v", got, parts)
	}
	source.ETag = got.ETag
	if got, _ := b.must(source); !got.Unchanged {
		t.Error("the same file")
	}
	if said, err := b.Probe(t.Context(), source); err != nil || said != "One file of 9 bytes can be read." {
		t.Errorf("%q %v", said, err)
	}
	link := filepath.Join(t.TempDir(), "link.txt")
	if err := os.Symlink(source.URL, link); err != nil {
		t.Fatal(err)
	}
	source.URL = link
	if _, parts := b.must(tinycheck.Feed{Kind: tinycheck.FeedFile, URL: link}); len(parts) != 1 {
		t.Error("the administrator may name a link")
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	cut := feedtest.Gzip([]byte(strings.Repeat("a.example\n", 1000)))
	dir := stick(t, map[string]string{"large/a.txt": strings.Repeat("x", 1<<20+1), "cut/a.gz": string(cut[:len(cut)-10]), "bomb/a.gz": string(feedtest.Gzip(make([]byte, 1<<20+1)))})
	many := map[string]string{}
	for i := range 1001 {
		many[fmt.Sprintf("%d.txt", i)] = "x"
	}
	for _, tt := range []struct {
		feed  tinycheck.Feed
		kind  tinycheck.ErrorKind
		words string
	}{
		{folderFeed(dir + "/none"), tinycheck.NotFound, "no such file"},
		{folderFeed(t.TempDir()), tinycheck.Unavailable, "is the stick plugged in?"},
		{folderFeed(dir + "/large"), tinycheck.Invalid, "read a.txt: it is larger than 1 MiB"},
		{folderFeed(dir + "/bomb"), tinycheck.Invalid, "larger than 1 MiB"},
		{folderFeed(dir + "/cut"), tinycheck.Invalid, "breaks off"},
		{folderFeed(stick(t, many)), tinycheck.Invalid, "more than 1000 files"},
		{tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFile, URL: dir}, tinycheck.Invalid, "is no file"},
		{tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFile, URL: dir + "/none"}, tinycheck.NotFound, "no such file"},
		{tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFile, URL: "/dev/zero"}, tinycheck.Invalid, "is no file"},
	} {
		set(t).refused(tt.feed, tt.kind, tt.words)
	}
}

// A file of /proc that fails when it is read plays a stick that is pulled out.
func TestAStickThatIsPulledOut(t *testing.T) {
	if err := os.Symlink("/proc/self/mem", filepath.Join(t.TempDir(), "probe")); err != nil {
		t.Skip("no symbolic links here")
	}
	if _, err := os.Stat("/proc/self/mem"); err != nil {
		t.Skip("no /proc here")
	}
	b := set(t)
	b.refused(tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFile, URL: "/proc/self/mem"}, tinycheck.Unavailable, "was the stick pulled out?")
	b.refused(tinycheck.Feed{Name: "test", Kind: tinycheck.FeedFile, URL: "/proc/self/mem", FeedState: tinycheck.FeedState{ETag: "sha256:0"}}, tinycheck.Unavailable, "was the stick pulled out?")
}

func TestSpoolsAreUnnamedWhileTheyAreSeen(t *testing.T) {
	b := set(t)
	dir := stick(t, map[string]string{"a.txt": "a.example"})
	_, err := b.Fetch(t.Context(), folderFeed(dir), func(feed.Part) error {
		left, err := os.ReadDir(b.folder)
		if len(left) != 0 {
			t.Errorf("a crash now would leave %v", left)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(b.folder); err != nil {
		t.Fatal(err)
	}
	b.refused(folderFeed(dir), tinycheck.Unavailable, "spool the download")
	if err := os.Mkdir(b.folder, 0o700); err != nil {
		t.Fatal(err)
	}
}
