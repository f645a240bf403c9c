package capture_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/capture"
	"tinycheck/internal/nettest"
)

// record begins a recording of Ethernet in a folder of the test.
func record(t testing.TB, change func(*capture.RecordConfig)) *capture.Recorder {
	t.Helper()
	cfg := capture.RecordConfig{Path: filepath.Join(t.TempDir(), "phone.pcapng"), Interface: "ap0", Link: tinycheck.LinkEthernet, Reserve: -1}
	if change != nil {
		change(&cfg)
	}
	r, err := capture.Record(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// numbered is an Ethernet packet with a number in it.
func numbered(n, size int) *tinycheck.Packet {
	return &tinycheck.Packet{Time: at(second+int64(n), int64(n)+1), Length: size, Link: tinycheck.LinkEthernet, Data: frame(wanted, uint32(n), size)}
}

// checkFile reads a file again, compares it with what was told of it, and finds no
// damage.
func checkFile(t testing.TB, r capture.Recorded) ([]tinycheck.Packet, tinycheck.Capture) {
	t.Helper()
	data, err := os.ReadFile(r.Path)
	must(t, err)
	sum := sha256.Sum256(data)
	packets, facts := readAll(t, data)
	if r.SHA256 != hex.EncodeToString(sum[:]) || r.Bytes != int64(len(data)) || r.Packets != int64(len(packets)) || facts.Damage != nil {
		t.Errorf("%+v has %d bytes, %d packets, %v", r, len(data), len(packets), facts.Damage)
	}
	return packets, facts
}

func closed(t testing.TB, r *capture.Recorder) []capture.Recorded {
	t.Helper()
	files, err := r.Close()
	must(t, err)
	return files
}

// A recording that is read again tells what was known when it was made.
func TestARecordingTellsWhatItKnew(t *testing.T) {
	r := record(t, func(c *capture.RecordConfig) {
		c.Filter, c.Program = "not port 22", "tinycheck 1"
		c.Modes = []tinycheck.Mode{tinycheck.ModeContained, tinycheck.ModeVisibility}
	})
	var want []tinycheck.Packet
	put := func(n, face int, comments ...string) {
		p := *numbered(n, 60+n)
		p.Length += 3
		must(t, r.Write(&p, comments...))
		p.Number, p.Interface = int64(len(want)+1), face
		want = append(want, p)
	}
	put(1, 0)
	put(2, 0, "c2 known-server: evil.example", "", "and more")
	r.Count(12, 3, 1)
	must(t, r.Flush())
	must(t, r.Mark(at(second+3, 0), "step: lock the phone"))
	must(t, r.Away(at(second+10, 5), at(second+70, 5)))
	put(80, 1)
	r.Count(22, 5, 1)
	must(t, r.Away(at(second+100, 0), at(second+101, 250)))
	put(110, 2, "c2 known-server: again.example")
	r.Count(32, 5, 4)
	files := closed(t, r)
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	packets, facts := checkFile(t, files[0])
	if d := cmp.Diff(want, packets); d != "" {
		t.Error(d)
	}
	wantFacts := tinycheck.Capture{Name: "test", Format: "pcapng", Links: []tinycheck.LinkType{tinycheck.LinkEthernet}, Interfaces: 3,
		Start: want[0].Time, End: want[3].Time, Packets: 4, Bytes: 61 + 62 + 140 + 170 + 12,
		Dropped:  tinycheck.Drops{Kernel: 5, Own: 4, Truncated: 4},
		Away:     61*time.Second + 250,
		Modes:    []tinycheck.Mode{tinycheck.ModeContained, tinycheck.ModeVisibility},
		Comments: []string{"c2 known-server: evil.example", "and more", "step: lock the phone", "c2 known-server: again.example"}}
	if d := cmp.Diff(wantFacts, facts); d != "" {
		t.Error(d)
	}
	if info, err := os.Stat(files[0].Path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// What others make of the file.
func TestOthersReadARecording(t *testing.T) {
	nettest.Need(t, "tshark", "tshark", "capinfos")
	r := record(t, func(c *capture.RecordConfig) {
		c.Filter, c.Program, c.Modes = "not port 22", "tinycheck 1", []tinycheck.Mode{tinycheck.ModeContained}
	})
	must(t, r.Write(numbered(1, 60)))
	must(t, r.Write(numbered(2, 600), "first", "second"))
	must(t, r.Mark(at(second+3, 0), "step"))
	must(t, r.Away(at(second+4, 0), at(second+5, 0)))
	must(t, r.Write(numbered(6, 61)))
	r.Count(3, 2, 0)
	file := closed(t, r)[0].Path
	here := nettest.New(t, "here")
	fields := here.Run(t, "tshark", "-r", file, "-T", "fields", "-E", "separator=;", "-e", "frame.number", "-e", "frame.interface_name",
		"-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.comment")
	for _, line := range []string{"1;ap0;1700000001.000000002;60;", "2;ap0;1700000002.000000003;600;first,second", "3;ap0;1700000006.000000007;61;"} {
		if !slices.Contains(strings.Split(strings.TrimSpace(fields), "\n"), line) {
			t.Errorf("tshark does not show %q but\n%s", line, fields)
		}
	}
	about := here.Run(t, "capinfos", file)
	for _, says := range []string{"tinycheck 1", "mode: contained", "Linux", "Filter string = not port 22", "nanoseconds", "Number of stat entries = 3", "Number of packets = 2", "Number of packets = 1"} {
		if !strings.Contains(about, says) {
			t.Errorf("capinfos does not show %q but\n%s", says, about)
		}
	}
}

// Drops and absences stand in the file from the next Flush on, not only at the end.
func TestLossesAreToldBeforeTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.pcapng")
	r := record(t, func(c *capture.RecordConfig) { c.Path = path })
	r.Count(100, 7, 2)
	must(t, r.Flush())
	data, err := os.ReadFile(path)
	must(t, err)
	if _, facts := readAll(t, data); facts.Dropped != (tinycheck.Drops{Kernel: 7, Own: 2}) {
		t.Errorf("drops %+v", facts.Dropped)
	}
	must(t, r.Flush())
	r.Count(200, 7, 2)
	must(t, r.Flush())
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, data) {
		t.Errorf("%d bytes, and %d though nothing was dropped since; %v", len(data), len(again), err)
	}
	must(t, r.Away(at(second, 0), at(second+9, 0)))
	must(t, r.Flush())
	data, err = os.ReadFile(path)
	must(t, err)
	if _, facts := readAll(t, data); facts.Away != 9*time.Second {
		t.Errorf("away %v", facts.Away)
	}
}

// Each file is complete in itself; together they have everything once.
func TestARecordingGoesOnInFurtherFiles(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "phone-0003.pcapng")
	must(t, os.WriteFile(taken, []byte("somebody else's"), 0o600))
	r := record(t, func(c *capture.RecordConfig) {
		c.Path, c.Rotate, c.Modes = filepath.Join(dir, "phone.pcapng"), capture.LeastFile, []tinycheck.Mode{tinycheck.ModeVisibility}
	})
	const n = 400
	for i := range n {
		must(t, r.Write(numbered(i, 1000)))
		r.Count(int64(i+1), int64(i/10), int64(i/20))
		if i%7 == 0 {
			must(t, r.Flush())
		}
	}
	must(t, r.Write(numbered(n, 100_000))) // more than a file may have: alone in one
	must(t, r.Write(numbered(n+1, 1000)))
	must(t, r.Away(at(second, 0), at(second+1, 0)))
	files := closed(t, r)
	var names []string
	var next, kernel, own, away int64
	for _, f := range files {
		names = append(names, filepath.Base(f.Path))
		packets, facts := checkFile(t, f)
		for _, p := range packets {
			if int64(numberOf(p.Data)) != next {
				t.Fatalf("%s has packet %d, want %d", f.Path, numberOf(p.Data), next)
			}
			next++
		}
		if f.Bytes > capture.LeastFile && f.Packets != 1 || !slices.Equal(facts.Modes, []tinycheck.Mode{tinycheck.ModeVisibility}) {
			t.Errorf("%+v: %v", f, facts.Modes)
		}
		kernel += facts.Dropped.Kernel
		own += facts.Dropped.Own
		away += int64(facts.Away)
	}
	if next != n+2 || kernel != (n-1)/10 || own != (n-1)/20 || away != int64(time.Second) {
		t.Errorf("%d packets, drops %d and %d, away %d", next, kernel, own, away)
	}
	want := []string{"phone.pcapng", "phone-0002.pcapng", "phone-0004.pcapng"}
	if len(names) < 8 || !slices.Equal(names[:3], want) {
		t.Errorf("files %q", names)
	}
	if b, err := os.ReadFile(taken); err != nil || string(b) != "somebody else's" {
		t.Errorf("a file of somebody else has %q, %v", b, err)
	}
}

func TestWhereARecordingCannotBegin(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.pcapng")
	must(t, os.WriteFile(there, []byte("kept"), 0o644))
	link(t, there, filepath.Join(dir, "link.pcapng"))
	must(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	for name, c := range map[string]struct {
		cfg  capture.RecordConfig
		kind tinycheck.ErrorKind
		says string
	}{
		"there already":   {capture.RecordConfig{Path: there}, tinycheck.Conflict, "there already"},
		"a link":          {capture.RecordConfig{Path: filepath.Join(dir, "link.pcapng")}, tinycheck.Conflict, "there already"},
		"a folder":        {capture.RecordConfig{Path: dir, Replace: true}, tinycheck.Conflict, "no ordinary file"},
		"a pipe":          {capture.RecordConfig{Path: filepath.Join(dir, "pipe"), Replace: true}, tinycheck.Conflict, "no ordinary file"},
		"no folder":       {capture.RecordConfig{Path: filepath.Join(dir, "none", "x.pcapng")}, tinycheck.NotFound, "none is not there"},
		"below a file":    {capture.RecordConfig{Path: filepath.Join(there, "x.pcapng")}, tinycheck.Unavailable, "not a directory"},
		"standard output": {capture.RecordConfig{Path: "-"}, tinycheck.Unsupported, "standard output"},
		"no name":         {capture.RecordConfig{}, tinycheck.Invalid, "no file"},
		"too little":      {capture.RecordConfig{Path: there + "x", Rotate: 1000}, tinycheck.Invalid, "at least"},
		"negative":        {capture.RecordConfig{Path: there + "x", Quota: -1}, tinycheck.Invalid, "at least"},
		"no such mode":    {capture.RecordConfig{Path: there + "x", Modes: []tinycheck.Mode{"other"}}, tinycheck.Invalid, "mode"},
		"long name":       {capture.RecordConfig{Path: there + "x", Interface: strings.Repeat("x", 300)}, tinycheck.Invalid, "too long"},
	} {
		c.cfg.Reserve = -1
		_, err := capture.Record(c.cfg)
		if !isKind(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %v with %q", name, err, c.kind, c.says)
		}
	}
	if b, err := os.ReadFile(there); err != nil || string(b) != "kept" {
		t.Errorf("what was there is %q, %v", b, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("the folder has %v", left)
	}
}

// Nothing is written through a link, and nobody else may read what replaces a file.
func TestAFileIsReplaced(t *testing.T) {
	dir := t.TempDir()
	other, path := filepath.Join(dir, "other"), filepath.Join(dir, "phone.pcapng")
	must(t, os.WriteFile(other, []byte("kept"), 0o644))
	link(t, other, path)
	for range 2 {
		r := record(t, func(c *capture.RecordConfig) { c.Path, c.Replace = path, true })
		must(t, r.Write(numbered(1, 60)))
		checkFile(t, closed(t, r)[0])
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if b, err := os.ReadFile(other); err != nil || string(b) != "kept" {
		t.Errorf("behind the link is %q, %v", b, err)
	}
}

// What a capture cannot hold is refused, and the recording goes on.
func TestARecorderRefuses(t *testing.T) {
	r := record(t, nil)
	must(t, r.Write(numbered(0, 60)))
	for name, change := range map[string]func(*tinycheck.Packet){
		"link": func(p *tinycheck.Packet) { p.Link = tinycheck.LinkRaw },
		"time": func(p *tinycheck.Packet) { p.Time = time.Time{} },
		"long": func(p *tinycheck.Packet) { p.Data = make([]byte, capture.MaxPacket+1) },
	} {
		p := numbered(1, 60)
		change(p)
		if err := r.Write(p); !isKind(err, tinycheck.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.Mark(at(second, 0), " \x00"[1:]); !isKind(err, tinycheck.Invalid) {
		t.Errorf("an empty mark: %v", err)
	}
	if err := r.Away(time.Time{}, at(second, 0)); !isKind(err, tinycheck.Invalid) {
		t.Errorf("away since never: %v", err)
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("%d %s", i, strings.Repeat("ä", 9000)))
	}
	p := numbered(2, capture.MaxPacket)
	must(t, r.Write(p, many...))
	must(t, r.Mark(at(second, 0), many[0]))
	packets, facts := checkFile(t, closed(t, r)[0])
	if len(packets) != 2 || len(packets[1].Data) != capture.MaxPacket || len(facts.Comments) != 16 || facts.Comments[14] != "and 26 more comments" {
		t.Errorf("%d packets, %d comments, %.30q", len(packets), len(facts.Comments), facts.Comments)
	}
	if err := r.Write(numbered(1, 60)); !isKind(err, tinycheck.Conflict) {
		t.Errorf("after the end: %v", err)
	}
	if again := closed(t, r); len(again) != 1 || again[0].Packets != 2 {
		t.Errorf("closed again: %v", again)
	}
}

// An interface that comes and goes for ever does not end a recording.
func TestMoreAbsencesThanAFileHolds(t *testing.T) {
	r := record(t, nil)
	const n = 66_000
	for i := range n {
		must(t, r.Away(at(second+2*int64(i), 0), at(second+2*int64(i)+1, 0)))
	}
	must(t, r.Write(numbered(1, 60)))
	files := closed(t, r)
	away, faces := time.Duration(0), 0
	for _, f := range files {
		_, facts := checkFile(t, f)
		away += facts.Away
		faces += facts.Interfaces
	}
	if len(files) != 2 || faces != n+1 || away != (n-1)*time.Second { // one lies between the files
		t.Errorf("%d files, %d interfaces, away %v", len(files), faces, away)
	}
}

func TestSeveralMayRecord(t *testing.T) {
	r := record(t, nil)
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			for i := range 500 {
				r.Write(numbered(k*500+i, 100))
				r.Mark(at(second, 0), "x")
				r.Count(int64(i), 0, 0)
				r.Flush()
			}
		})
	}
	all.Wait()
	packets, _ := checkFile(t, closed(t, r)[0])
	seen := map[uint32]bool{}
	for _, p := range packets {
		seen[numberOf(p.Data)] = true
	}
	if len(packets) != 2000 || len(seen) != 2000 {
		t.Errorf("%d packets, %d different", len(packets), len(seen))
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := record(t, nil)
	p := numbered(1, 1400)
	for range 3000 {
		must(t, r.Write(p))
	}
	if n := testing.AllocsPerRun(3000, func() { r.Write(p) }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}
