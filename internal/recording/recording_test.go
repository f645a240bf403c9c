package recording_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/analysis"
	"tinycheck/internal/capture"
	"tinycheck/internal/match"
	"tinycheck/internal/nettest"
	"tinycheck/internal/recording"
	"tinycheck/internal/report"
	"tinycheck/internal/scenario"
)

func TestMain(m *testing.M) { nettest.Main(m) }

// words is a phone that looks up and visits a listed name, and an ordinary one.
const words = `phone 192.168.4.20 mac 02:11:22:33:44:55 android
resolver 192.168.4.1
host spy.test 203.0.113.9
host www.shop.example 198.51.100.80
at 0s join
at 1s visit www.shop.example up 3k down 60k
at 2s visit spy.test up 2k down 1k
at 3s visit www.shop.example quic up 1k down 9k
`

// stage is an interface that is listened to, and the other end of its cable.
type stage struct {
	t   testing.TB
	far *nettest.Space
	cfg recording.Config
}

func newStage(t testing.TB) *stage {
	t.Helper()
	far := nettest.New(t, "far")
	nettest.Veth(t, far, "far0", nil, "tap0")
	t.Cleanup(func() { remove("tap0") })
	indicators := []tinycheck.Indicator{{Observable: tinycheck.Observable{Type: tinycheck.DomainName, Value: "spy.test"}, Class: tinycheck.ClassC2, Family: "Spy", Feed: "test"}}
	return &stage{t: t, far: far, cfg: recording.Config{
		Interface: "tap0", File: filepath.Join(t.TempDir(), "phone.pcapng"), Program: "test",
		Analysis: analysis.Config{Index: match.NewIndex(indicators, nil), Feeds: []tinycheck.FeedUse{{Name: "test", Indicators: 1, Timeless: true}}, Version: "test"},
	}}
}

func (s *stage) start(ctx context.Context) *recording.Recording {
	s.t.Helper()
	r, err := recording.Start(ctx, s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// send puts the packets of a scenario on the cable, as fast as they go.
func (s *stage) send(words string) {
	s.t.Helper()
	play, err := scenario.Parse(words)
	if err != nil {
		s.t.Fatal(err)
	}
	s.far.Do(s.t, func() {
		far, err := net.InterfaceByName("far0")
		if err != nil {
			s.t.Fatal(err)
		}
		fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		defer syscall.Close(fd)
		err = play.Packets(func(p *tinycheck.Packet) error {
			return syscall.Sendto(fd, p.Data, 0, &syscall.SockaddrLinklayer{Ifindex: far.Index})
		})
		if err != nil {
			s.t.Fatal(err)
		}
	})
}

// until waits for a snapshot.
func until(t testing.TB, r *recording.Recording, what string, is func(recording.Snapshot) bool) recording.Snapshot {
	t.Helper()
	end := time.After(20 * time.Second)
	for {
		if s := r.Now(); is(s) {
			return s
		}
		select {
		case <-r.Changes():
		case <-end:
			t.Fatalf("%s did not happen; %+v", what, r.Now())
		}
	}
}

func stop(t testing.TB, r *recording.Recording) recording.Result {
	t.Helper()
	result, err := r.Stop()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func found(s recording.Snapshot) bool {
	return slices.ContainsFunc(s.Devices, func(a tinycheck.Answer) bool { return a.Verdict.Level == tinycheck.Detected })
}

func TestAContactIsToldWhileItHappensAndKept(t *testing.T) {
	s := newStage(t)
	r := s.start(t.Context())
	s.send(words)
	shown := until(t, r, "the contact", found)
	spy := slices.IndexFunc(shown.Contacts, func(c recording.Contact) bool { return c.Name == "spy.test" })
	if spy < 0 || shown.Contacts[spy].Listed != tinycheck.Detected {
		t.Errorf("contacts %+v", shown.Contacts)
	}
	result := stop(t, r)
	if result.Ending != recording.EndedStopped || result.Err != nil || result.Report.Answer != tinycheck.Detected {
		t.Errorf("ended %s, %v, %s", result.Ending, result.Err, result.Report.Answer)
	}
	if c := result.Report.Capture.Comments; !slices.Contains(c, "detected c2-name: spy.test") {
		t.Errorf("comments %q", c)
	}
}

// The file, analyzed again, gives the same report byte by byte.
func TestTheFileGivesTheSameAnswer(t *testing.T) {
	s := newStage(t)
	s.cfg.Modes = []tinycheck.Mode{tinycheck.ModeContained, tinycheck.ModeVisibility}
	r := s.start(t.Context())
	s.send(words)
	until(t, r, "the contact", found)
	if err := r.Mark("step: photo"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the mark is written when nothing comes
	result := stop(t, r)
	if diff := cmp.Diff(written(t, &result.Report), written(t, again(t, s.cfg))); diff != "" {
		t.Errorf("live (-) and from the file (+):\n%s", diff)
	}
	if c := result.Report.Capture.Comments; !slices.Contains(c, "step: photo") {
		t.Errorf("comments %q", c)
	}
	if info, err := os.Stat(s.cfg.File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v %v", info.Mode(), err)
	}
}

func written(t *testing.T, r *tinycheck.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r, report.Config{Format: "json"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// again analyzes the file of a recording.
func again(t *testing.T, cfg recording.Config) *tinycheck.Report {
	t.Helper()
	file, err := capture.Open(cfg.File, capture.Config{Hash: true})
	if err != nil {
		t.Fatal(err)
	}
	line := analysis.New(cfg.Analysis)
	var p tinycheck.Packet
	for err = file.Next(&p); err == nil; err = file.Next(&p) {
		line.See(&p)
	}
	file.Close()
	r, err := line.Report(file.Capture())
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// Where files rotate, all of them together give the answer; each is whole.
func TestRotatedFilesGiveTheSameAnswerTogether(t *testing.T) {
	s := newStage(t)
	s.cfg.Rotate = 64 << 10
	r := s.start(t.Context())
	s.send(words)
	s.send(words)
	until(t, r, "the contact", found)
	result := stop(t, r)
	if len(result.Files) < 3 || result.Report.Capture.SHA256 != "" {
		t.Fatalf("files %+v", result.Files)
	}
	line := analysis.New(s.cfg.Analysis)
	number := int64(0)
	for _, one := range result.Files {
		file, err := capture.Open(one.Path, capture.Config{Hash: true})
		if err != nil {
			t.Fatal(err)
		}
		var p tinycheck.Packet
		for err = file.Next(&p); err == nil; err = file.Next(&p) {
			number++
			p.Number = number
			line.See(&p)
		}
		facts := file.Capture()
		if len(facts.Damage) > 0 || facts.SHA256 != one.SHA256 || facts.Packets != one.Packets {
			t.Errorf("%s: %+v, told %+v", one.Path, facts, one)
		}
		file.Close()
	}
	again, err := line.Report(result.Report.Capture)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written(t, &result.Report), written(t, &again)); diff != "" {
		t.Errorf("live (-) and from the files (+):\n%s", diff)
	}
}

func TestAnInterfaceThatGoesAwayIsWaitedFor(t *testing.T) {
	s := newStage(t)
	r := s.start(t.Context())
	s.send(words)
	until(t, r, "the contact", found)
	remove("tap0")
	until(t, r, "its going", func(n recording.Snapshot) bool { return n.State == recording.Away })
	nettest.Veth(t, s.far, "far0", nil, "tap0")
	until(t, r, "its return", func(n recording.Snapshot) bool { return n.State == recording.Listening })
	before := r.Now().Packets
	s.send(words)
	until(t, r, "more packets", func(n recording.Snapshot) bool { return n.Packets > before })
	result := stop(t, r)
	if c := result.Report.Capture; c.Away <= 0 || c.Interfaces != 2 || result.Err != nil {
		t.Errorf("away %v, interfaces %d, %v", c.Away, c.Interfaces, result.Err)
	}
	if limits := result.Report.Devices[0].Coverage.Limits; !slices.Contains(limits, tinycheck.LimitAway) {
		t.Errorf("limits %v", limits)
	}
	if diff := cmp.Diff(written(t, &result.Report), written(t, again(t, s.cfg))); diff != "" {
		t.Errorf("live (-) and from the file (+):\n%s", diff)
	}
}

func TestAnInterfaceThatStaysAwayEndsWithTheAnswer(t *testing.T) {
	s := newStage(t)
	r := s.start(t.Context())
	s.send(words)
	until(t, r, "the contact", found)
	remove("tap0")
	until(t, r, "its going", func(n recording.Snapshot) bool { return n.State == recording.Away })
	if result := stop(t, r); result.Report.Answer != tinycheck.Detected || result.Ending != recording.EndedStopped {
		t.Errorf("ended %s with %s", result.Ending, result.Report.Answer)
	}
}

func TestAFullDiskEndsItAndKeepsTheAnswer(t *testing.T) {
	s := newStage(t)
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=80m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(disk, unix.MNT_DETACH)
	s.cfg.File = filepath.Join(disk, "phone.pcapng")
	r := s.start(t.Context())
	s.send(words)
	until(t, r, "the contact", found)
	for range 200 { // 20 MB of room beyond the reserve
		s.send("phone 192.168.4.20\nresolver none\nat 0s tcp 198.51.100.7:443 up 100k down 400k")
		select {
		case <-r.Done():
		default:
			continue
		}
		break
	}
	result := stop(t, r)
	if result.Ending != recording.EndedDisk || !errors.Is(result.Err, tinycheck.Unavailable) || result.Report.Answer != tinycheck.Detected {
		t.Fatalf("ended %s, %v, with %s", result.Ending, result.Err, result.Report.Answer)
	}
	if kept := again(t, s.cfg); kept.Answer != tinycheck.Detected || len(kept.Capture.Damage) > 0 {
		t.Errorf("the file says %s, %v", kept.Answer, kept.Capture.Damage)
	}
}

func TestTimeEndsIt(t *testing.T) {
	s := newStage(t)
	s.cfg.File, s.cfg.Duration = "", 300*time.Millisecond
	r := s.start(t.Context())
	s.send(words)
	<-r.Done()
	result := stop(t, r)
	if result.Ending != recording.EndedDuration || len(result.Files) > 0 || result.Report.Answer != tinycheck.Detected {
		t.Errorf("ended %s, files %v, %s", result.Ending, result.Files, result.Report.Answer)
	}
	if err := r.Mark("late"); !errors.Is(err, tinycheck.Conflict) {
		t.Errorf("a mark after the end: %v", err)
	}
}

// What was recorded cannot be recorded again: it is answered for all devices.
func TestADeviceThatWasNeverSeenIsSaid(t *testing.T) {
	s := newStage(t)
	s.cfg.Analysis.Device = "02:99:99:99:99:99"
	r := s.start(t.Context())
	s.send(words)
	until(t, r, "the contact", found)
	result, err := r.Stop()
	if !errors.Is(err, tinycheck.NotFound) || result.Report.Answer != tinycheck.Detected || len(result.Report.Devices) != 1 {
		t.Errorf("%v, and the answer %s", err, result.Report.Answer)
	}
}

func TestWhatCannotBegin(t *testing.T) {
	s := newStage(t)
	for name, c := range map[string]struct {
		change func(*recording.Config)
		kind   tinycheck.ErrorKind
		says   string
	}{
		"no interface":      {func(c *recording.Config) { c.Interface = "" }, tinycheck.Invalid, "no interface is named"},
		"another interface": {func(c *recording.Config) { c.Interface = "wlan7" }, tinycheck.NotFound, "tap0"},
		"no such folder":    {func(c *recording.Config) { c.File = "/nowhere/phone.pcapng" }, tinycheck.NotFound, "/nowhere"},
		"rotate nothing":    {func(c *recording.Config) { c.File, c.Rotate = "", 1 }, tinycheck.Invalid, "which file"},
		"negative":          {func(c *recording.Config) { c.Duration = -1 }, tinycheck.Invalid, "negative"},
		"no filter":         {func(c *recording.Config) { c.Filter = "nonsense here" }, tinycheck.Invalid, `"nonsense" is no word`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s.cfg
			c.change(&cfg)
			if _, err := recording.Start(t.Context(), cfg); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %s with %q", err, c.kind, c.says)
			}
		})
	}
}
