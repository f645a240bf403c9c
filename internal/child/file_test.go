package child_test

import (
	"os"
	"path/filepath"
	"testing"

	"tinycheck"
	"tinycheck/internal/child"
)

func TestAPrivateFolderIsMadeOnce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := child.Private(folder); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := child.Private(folder); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(folder); info.Mode().Perm() != 0o700 {
		t.Errorf("an open folder was left open: %v", info.Mode())
	}
}

func TestWhatIsNotOursIsNotTaken(t *testing.T) {
	dir := t.TempDir()
	file, link, theirs := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "theirs")
	os.WriteFile(file, nil, 0o644)
	os.Symlink(dir, link)
	os.Mkdir(theirs, 0o755)
	for _, path := range []string{file, link} {
		if err := child.Private(path); tinycheck.KindOf(err) != tinycheck.Conflict {
			t.Errorf("%s: %v", path, err)
		}
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() == 0o700 {
		t.Error("the folder behind the link was changed")
	}
	needRoot(t)
	if err := os.Chown(theirs, 4242, 4242); err != nil {
		t.Fatal(err)
	}
	if err := child.Private(theirs); tinycheck.KindOf(err) != tinycheck.Conflict {
		t.Errorf("somebody else's: %v", err)
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "conf")
	for _, text := range []string{"first", "second, longer", "third"} {
		if err := child.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Errorf("%v", info.Mode())
	}
	// A folder stands where the file should: nothing half-written stays.
	taken := filepath.Join(dir, "taken")
	os.MkdirAll(filepath.Join(taken, "in"), 0o755)
	if err := child.WriteFile(taken, []byte("x")); tinycheck.KindOf(err) != tinycheck.Conflict {
		t.Errorf("%v", err)
	}
	if err := child.WriteFile(filepath.Join(dir, "none", "x"), nil); tinycheck.KindOf(err) != tinycheck.NotFound {
		t.Errorf("%v", err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 2 {
		t.Errorf("left behind: %v", list)
	}
}

func TestALinkIsReplacedAndNotFollowed(t *testing.T) {
	dir := t.TempDir()
	other, path := filepath.Join(dir, "other"), filepath.Join(dir, "conf")
	os.WriteFile(other, []byte("theirs"), 0o644)
	os.Symlink(other, path)
	if err := child.WriteFile(path, []byte("ours")); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(other); string(text) != "theirs" {
		t.Errorf("written through the link: %q", text)
	}
}

func TestAUserIsThereOnlyWhenTheNamespaceHasIt(t *testing.T) {
	for _, c := range []struct {
		text string
		id   int
		want bool
	}{
		{"         0          0 4294967295\n", 65534, true},
		{"         0       1000          1\n", 65534, false},
		{"         0       1000          1\n", 0, true},
		{"0 1000 1\n1 100000 65535\n", 65534, true},
		{"0 1000 1\n1 100000 65533\n", 65534, false},
		{"", 0, false},
		{"rubbish\n0 0 1\n", 0, true},
	} {
		if got := child.Covers(c.text, c.id); got != c.want {
			t.Errorf("%q has %d: %v", c.text, c.id, got)
		}
	}
}
