package gateway_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/gateway"
)

var errFault = errors.New("a fault that was put in")

func TestOpenThatFailsAtAnyPointLeavesNothing(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for _, point := range points[:len(points)-1] { // all but "open"
		g, err := gateway.OpenWith(t.Context(), w.config(), gateway.Clock{At: func(at string) error {
			if at == point {
				return errFault
			}
			return nil
		}})
		if g != nil || !errors.Is(err, errFault) || tinycheck.KindOf(err) == "" {
			t.Fatalf("%s: open gave %v", point, err)
		}
		w.untouched(t, point, before)
	}
}

func TestOpenThatIsCalledOffLeavesNothing(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for _, point := range []string{"after up", "before dnsmasq"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := gateway.OpenWith(ctx, w.config(), gateway.Clock{At: func(at string) error {
			if at == point {
				cancel()
			}
			return nil
		}})
		if !errors.Is(err, context.Canceled) || err.Error() != "open guest network: stopped before it was open" || tinycheck.KindOf(err) == "" {
			t.Errorf("%s: open gave %v", point, err)
		}
		w.untouched(t, point, before)
	}
}

func TestOpenRefuses(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for _, c := range []struct {
		name   string
		change func(*gateway.Config)
		kind   tinycheck.ErrorKind
		says   string
	}{
		{"an interface that is not there", func(c *gateway.Config) { c.Interface = "ap7" }, tinycheck.NotFound, "ap0"},
		{"its own uplink", func(c *gateway.Config) { c.Interface = "wan0" }, tinycheck.Conflict, "own way to the Internet"},
		{"a wire as a radio", func(c *gateway.Config) { c.Wired, c.Country = false, "DE" }, tinycheck.Unsupported, "no radio"},
		{"a keeper that is not there", func(c *gateway.Config) { c.Keeper = []string{"/nowhere/keeper"} }, tinycheck.Unavailable, "start keeper"},
		{"a keeper that ends at once", func(c *gateway.Config) { c.Keeper = []string{"/bin/sh", "-c", "echo no such command >&2"} }, tinycheck.Unavailable, "no such command"},
		{"no keeper", func(c *gateway.Config) { c.Keeper = nil }, tinycheck.Invalid, "keeper"},
		{"no interface", func(c *gateway.Config) { c.Interface = "" }, tinycheck.Invalid, "interface"},
		{"a folder from somewhere", func(c *gateway.Config) { c.Folder = "run" }, tinycheck.Invalid, "absolute"},
		{"a folder that others may write", func(c *gateway.Config) { c.Folder = "/tmp" }, tinycheck.Conflict, "folder of our own"},
		{"a short passphrase", func(c *gateway.Config) { c.Wired, c.Country, c.Passphrase = false, "DE", "secret" }, tinycheck.Invalid, "8 to 63"},
		{"a server that is us", func(c *gateway.Config) { c.Upstream = []netip.AddrPort{{}} }, tinycheck.Invalid, "name server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := w.config()
			c.change(&config)
			_, err := gateway.Open(t.Context(), config)
			if tinycheck.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("open gave %v (%s)", err, tinycheck.KindOf(err))
			}
			w.untouched(t, c.name, before)
		})
	}
}

func TestOneRunAtATime(t *testing.T) {
	w := build(t)
	g, err := gateway.Open(t.Context(), w.config())
	must(t, err)
	defer g.Close()
	_, second := gateway.Open(t.Context(), w.config())
	_, undo := gateway.Undo(w.folder)
	for _, err := range []error{second, undo} {
		if !errors.Is(err, tinycheck.Busy) || !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())+" ") {
			t.Errorf("beside an open network: %v", err)
		}
	}
	config := w.config()
	config.Folder = folder(t)
	_, other := gateway.Open(t.Context(), config)
	if !errors.Is(other, tinycheck.Busy) || !strings.Contains(other.Error(), "process "+strconv.Itoa(os.Getpid())+" ") {
		t.Errorf("beside an open network, with a folder of its own: %v", other)
	}
	if g.Err() != nil || len(w.keepers(t)) != 1 {
		t.Errorf("the first one has suffered: %v", g.Err())
	}
	must(t, g.Close())
	g, err = gateway.Open(t.Context(), w.config())
	must(t, err)
	must(t, g.Close())
}

func TestOpenTakesBackWhatAKilledRunLeft(t *testing.T) {
	w := build(t)
	before := w.state(t)
	r, _ := w.start(t, w.config(), "open", nil)
	r.freeze(t)
	kill(t, w.keepers(t)...)
	r.kill(t)
	g, err := gateway.Open(t.Context(), w.config())
	must(t, err)
	if addresses := strings.Count(shell(t, "ip -4 -o address show dev ap0"), "\n"); addresses != 1 {
		t.Errorf("the interface has %d IPv4 addresses", addresses)
	}
	must(t, g.Close())
	w.untouched(t, "after both", before)
}

func TestAKeeperOutlivesWhatEndsOthers(t *testing.T) {
	w := build(t)
	before := w.state(t)
	r, _ := w.start(t, w.config(), "open", nil)
	r.freeze(t)
	keepers := w.keepers(t)
	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE} {
		must(t, unix.Kill(keepers[0], signal))
	}
	r.kill(t)
	until(t, "the keeper has ended", func() bool { return !runs(keepers[0]) })
	w.untouched(t, "after all these signals", before)
}

func TestAKeeperLeavesTheNextRunAlone(t *testing.T) {
	w := build(t)
	r, _ := w.start(t, w.config(), "open", nil)
	keepers := w.keepers(t)
	must(t, unix.Kill(keepers[0], unix.SIGSTOP)) // the machine is slow
	r.kill(t)
	g, err := gateway.Open(t.Context(), w.config())
	must(t, err)
	defer g.Close()
	now := w.state(t)
	must(t, unix.Kill(keepers[0], unix.SIGCONT))
	until(t, "the old keeper has ended", func() bool { return !runs(keepers[0]) })
	same(t, "after the old keeper", w.state(t), now)
}

// ordinary is a process with three capabilities and no others.
func ordinary(t *testing.T, w *world) *syscall.SysProcAttr {
	t.Helper()
	const nobody = 65534
	must(t, os.Chown(w.folder, nobody, nobody))
	return &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: nobody, Gid: nobody},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE},
	}
}

func TestAnOrdinaryUserOpensAndClosesIt(t *testing.T) {
	w := build(t)
	w.serve(t)
	as := ordinary(t, w)
	before := w.state(t)
	r, past := w.start(t, w.config(), "open", as)
	if !slices.Equal(past, points) {
		t.Errorf("opening comes past %q", past)
	}
	w.lease(t)
	if got := w.phone.Run(t, "curl", "-s", "-m", "5", "http://"+webServer+"/"); !strings.HasPrefix(got, page) {
		t.Errorf("the web server says %q", got)
	}
	r.input.Close()
	for r.lines.Scan() {
	}
	must(t, r.Wait())
	w.untouched(t, "after Close", before)
}

func TestAnOrdinaryUserIsKilledAndItsKeeperTakesItBack(t *testing.T) {
	w := build(t)
	as := ordinary(t, w)
	before := w.state(t)
	for _, point := range []string{"after keeper", "after firewall", "after dnsmasq", "open"} {
		r, _ := w.start(t, w.config(), point, as)
		keepers := w.keepers(t)
		r.kill(t)
		until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
		w.untouched(t, point, before)
	}
}

func TestFilesAreForUsAlone(t *testing.T) {
	w := build(t)
	must(t, os.Chmod(w.folder, 0o711))
	config := w.config()
	config.Folder = filepath.Join(w.folder, "run") // made by us
	config.Keeper[2] = config.Folder
	g, err := gateway.Open(t.Context(), config)
	must(t, err)
	defer g.Close()
	files := 0
	must(t, filepath.WalkDir(w.folder, func(path string, d os.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		if files++; path != w.folder && info.Mode().Perm()&0o067 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return nil
	}))
	if files < 5 {
		t.Errorf("there are only %d files", files)
	}
}
