package capture_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

func TestAQuotaEndsARecording(t *testing.T) {
	for _, rotate := range []int64{0, capture.LeastFile} {
		for _, size := range []int{60, 700, 1400} {
			for quota := int64(2 * capture.LeastFile); quota < 2*capture.LeastFile+1000; quota += 150 {
				r := record(t, func(c *capture.RecordConfig) { c.Quota, c.Rotate = quota, rotate })
				fillsQuota(t, r, size, quota)
			}
		}
	}
}

func fillsQuota(t *testing.T, r *capture.Recorder, size int, quota int64) {
	t.Helper()
	var err error
	n := int64(-1)
	for ; err == nil && n < 10_000; n++ {
		err = r.Write(numbered(int(n+1), size))
	}
	if !errors.Is(err, capture.ErrQuota) || !isKind(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "allow more") {
		t.Fatalf("after %d packets: %v", n, err)
	}
	for what, again := range map[string]error{"write": r.Write(numbered(1, 60)), "flush": r.Flush(), "mark": r.Mark(at(second, 0), "x"), "away": r.Away(at(second, 0), at(second, 0))} {
		if !errors.Is(again, capture.ErrQuota) {
			t.Errorf("%s after the end: %v", what, again)
		}
	}
	var bytes, packets int64
	for _, f := range closed(t, r) {
		checkFile(t, f)
		bytes += f.Bytes
		packets += f.Packets
	}
	if bytes > quota || bytes < quota-int64(size)-1000 || packets != n {
		t.Errorf("%d bytes of %d, %d packets of %d", bytes, quota, packets, n)
	}
}

// small mounts a file system of so many MiB, seen by this test alone.
func small(t *testing.T, mib int) string {
	t.Helper()
	nettest.New(t, "small") // skips where there are no namespaces of one's own
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("skipped: no file system may be mounted here (%v)", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, 0) })
	return dir
}

func fill(r *capture.Recorder) (n int64, err error) {
	for ; n < 100_000; n++ {
		if err = r.Write(numbered(int(n), 1400)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// The reserve stays free whatever happens.
func TestAReserveStaysFree(t *testing.T) {
	dir := small(t, 12)
	r := record(t, func(c *capture.RecordConfig) { c.Path, c.Reserve = filepath.Join(dir, "a.pcapng"), 4<<20 })
	n, err := fill(r)
	if !errors.Is(err, capture.ErrFull) || !isKind(err, tinycheck.Unavailable) || !strings.Contains(err.Error(), "make room") {
		t.Fatalf("after %d packets: %v", n, err)
	}
	files := closed(t, r)
	if packets, _ := checkFile(t, files[0]); int64(len(packets)) != n {
		t.Errorf("%d packets of %d", len(packets), n)
	}
	var s unix.Statfs_t
	must(t, unix.Statfs(dir, &s))
	if left := s.Bavail * uint64(s.Bsize); left < 4<<20 || left > 8<<20 {
		t.Errorf("%d bytes are free", left)
	}
	must(t, os.WriteFile(filepath.Join(dir, "old.pcapng"), []byte("kept"), 0o600))
	_, err = capture.Record(capture.RecordConfig{Path: filepath.Join(dir, "old.pcapng"), Replace: true})
	if !errors.Is(err, capture.ErrFull) {
		t.Errorf("to begin where 64 MiB are not free: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "old.pcapng")); err != nil || string(b) != "kept" {
		t.Errorf("what was to be replaced is %q, %v", b, err)
	}
}

// A disk that is full at any moment leaves a file that ends with a whole block.
func TestAFullDiskEndsARecording(t *testing.T) {
	dir := small(t, 4)
	told := 0 // how often even the end could be written
	for i, flush := range []int{1, 7, 100, 100_000} {
		path := filepath.Join(dir, fmt.Sprintf("%d.pcapng", i))
		r := record(t, func(c *capture.RecordConfig) { c.Path = path })
		var err error
		n := 0
		for ; err == nil && n < 100_000; n++ {
			r.Count(int64(2*n), int64(n), 0)
			if err = r.Write(numbered(n, 1400)); err == nil && n%flush == 0 {
				err = r.Flush()
			}
		}
		if !errors.Is(err, capture.ErrFull) || !isKind(err, tinycheck.Unavailable) {
			t.Fatalf("after %d packets: %v", n, err)
		}
		if again := r.Write(numbered(1, 60)); !errors.Is(again, capture.ErrFull) {
			t.Errorf("afterwards: %v", again)
		}
		files := closed(t, r)
		packets, facts := checkFile(t, files[0])
		if facts.Dropped.Kernel == int64(n-1) {
			told++
		}
		if len(packets) < 2000 || len(packets) > n {
			t.Errorf("%d packets of %d", len(packets), n)
		}
		for k, p := range packets {
			if numberOf(p.Data) != uint32(k) {
				t.Fatalf("packet %d is %d", k, numberOf(p.Data))
			}
		}
		os.Remove(path)
	}
	if told == 0 {
		t.Error("the end was never written, though part of a page was free")
	}
}

// The same where there is no room for the next file.
func TestAFullDiskWhileTurning(t *testing.T) {
	dir := small(t, 1)
	r := record(t, func(c *capture.RecordConfig) { c.Path, c.Rotate = filepath.Join(dir, "a.pcapng"), 100_000 })
	n, err := fill(r)
	if !errors.Is(err, capture.ErrFull) {
		t.Fatalf("after %d packets: %v", n, err)
	}
	sum := int64(0)
	files := closed(t, r)
	for _, f := range files {
		checkFile(t, f)
		sum += f.Packets
	}
	if left, _ := os.ReadDir(dir); len(left) != len(files) || sum > n || sum < n-100 {
		t.Errorf("%d files, %d told of, %d packets of %d", len(left), len(files), sum, n)
	}
}

// What is no disk is not called a full one.
func TestWhyNoFileCanBeMade(t *testing.T) {
	dir := small(t, 80)
	sealed := filepath.Join(dir, "sealed")
	must(t, os.Mkdir(sealed, 0o700))
	must(t, unix.Mount("tmpfs", sealed, "tmpfs", unix.MS_RDONLY, "size=1m"))
	t.Cleanup(func() { unix.Unmount(sealed, 0) })
	old := filepath.Join(dir, "old.pcapng")
	must(t, os.WriteFile(old, nil, 0o600))
	for name, c := range map[string]struct {
		path string
		kind tinycheck.ErrorKind
		says string
	}{
		"in /proc":     {"/proc/a.pcapng", tinycheck.Unavailable, "in the folder /proc no file can be made"},
		"in /sys":      {"/sys/a.pcapng", tinycheck.Unavailable, "in the folder /sys we may make no file"},
		"sealed":       {filepath.Join(sealed, "a.pcapng"), tinycheck.Unavailable, "can only be read"},
		"no folder":    {filepath.Join(dir, "none", "a.pcapng"), tinycheck.NotFound, "none is not there"},
		"under a file": {filepath.Join(old, "a.pcapng"), tinycheck.Unavailable, "not a directory"},
		"there":        {old, tinycheck.Conflict, "name another file, or allow it to be replaced (--overwrite)"},
	} {
		r, err := capture.Record(capture.RecordConfig{Path: c.path, Link: tinycheck.LinkEthernet})
		if err == nil {
			r.Close()
		}
		if !isKind(err, c.kind) || errors.Is(err, capture.ErrFull) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %v with %q", name, err, c.kind, c.says)
		}
	}
}

// A file system may bound the length of a file (FAT: 4 GiB): that is no full disk.
func TestAFileThatMayNotGrow(t *testing.T) {
	err := capture.WriteError("/x/a.pcapng", unix.EFBIG)
	if !errors.Is(err, capture.ErrFull) || strings.Contains(err.Error(), "disk is full") || !strings.Contains(err.Error(), "--rotate") {
		t.Errorf("too long: %v", err)
	}
	err = capture.WriteError("/x/a.pcapng", unix.EDQUOT)
	if !errors.Is(err, capture.ErrFull) || strings.Contains(err.Error(), "disk is full") || !strings.Contains(err.Error(), "quota") {
		t.Errorf("too much: %v", err)
	}
}
