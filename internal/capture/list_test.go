package capture_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/capture"
)

func TestList(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	outside := filepath.Join(t.TempDir(), "outside.pcap")
	if err := os.WriteFile(outside, fivePcap(), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{
		put("a/deep/one.pcap", fivePcap()),
		put("a/two", packGzip(t, fivePcapng())),
		put("b.snoop", fiveSnoop()),
		put("c.zst", packZstd(t, fivePcap())),
	}
	put("a/notes.txt", []byte("pcap"))
	put("empty.pcap", nil)
	put("page.gz", packGzip(t, []byte("<html>")))
	put("broken.gz", []byte{0x1f, 0x8b, 8, 0xff})
	text := put("z.txt", []byte("named by a person"))
	link(t, outside, filepath.Join(dir, "link.pcap"))
	link(t, filepath.Dir(outside), filepath.Join(dir, "linked"))
	link(t, dir, filepath.Join(filepath.Dir(outside), "folder"))

	got, err := capture.List([]string{"-", text, dir})
	if err != nil {
		t.Error(err)
	}
	if all := append([]string{"-", text}, want...); !slices.Equal(got, all) {
		t.Errorf("list %q, want %q", got, all)
	}
	through, err := capture.List([]string{filepath.Join(filepath.Dir(outside), "folder")})
	if err != nil || len(through) != len(want) {
		t.Errorf("through a link that was named: %q, %v", through, err)
	}
	missing := filepath.Join(dir, "missing")
	got, err = capture.List([]string{missing, outside})
	if !isKind(err, tinycheck.NotFound) || !strings.Contains(err.Error(), missing) || !slices.Equal(got, []string{outside}) {
		t.Errorf("with a missing file: %q, %v", got, err)
	}
}

func link(t *testing.T, to, name string) {
	if err := os.Symlink(to, name); err != nil {
		t.Skip(err)
	}
}
