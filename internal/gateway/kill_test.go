package gateway_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tinycheck/internal/gateway"
)

// points are those that opening on a wire comes past, with IPv6.
var points = []string{
	"before keeper", "after keeper", "before folders", "after folders", "before firewall", "after firewall",
	"before up", "after up", "before address", "after address", "before address6", "after address6",
	"before dnsmasq", "after dnsmasq", "before switches", "after switches", "open",
}

// closing are those that closing comes past.
var closing = []string{
	"undo switches", "undo dnsmasq", "undo address6", "undo address", "undo up", "undo firewall", "undo folders",
}

// runner is a process that opens a network.
type runner struct {
	*exec.Cmd
	input io.Closer
	lines *bufio.Scanner
}

// start runs one until it comes to a point, and gives the points it came past.
func (w *world) start(t *testing.T, c gateway.Config, point string, as *syscall.SysProcAttr) (r *runner, past []string) {
	t.Helper()
	wish, err := json.Marshal(c)
	must(t, err)
	r = &runner{Cmd: exec.Command("/proc/self/exe", "run", string(wish))}
	r.Env = append(os.Environ(), "GATEWAY_TEST_POINT="+point)
	r.SysProcAttr, r.Stderr = as, os.Stderr
	r.input, err = r.StdinPipe()
	must(t, err)
	out, err := r.StdoutPipe()
	must(t, err)
	must(t, r.Start())
	t.Cleanup(func() { r.Process.Kill(); r.Wait() })
	for r.lines = bufio.NewScanner(out); r.lines.Scan(); {
		at, about := strings.CutPrefix(r.lines.Text(), "point ")
		if !about {
			continue
		}
		past = append(past, at)
		if at == point {
			return r, past
		}
		if at == "open" {
			r.input.Close() // the point comes when it closes
		}
	}
	t.Fatalf("it never came to %q, only past %q", point, past)
	return nil, nil
}

// freeze stops it, so that it does nothing more, like starting a keeper anew.
func (r *runner) freeze(t *testing.T) {
	t.Helper()
	must(t, r.Process.Signal(unix.SIGSTOP))
	until(t, "it stands still", func() bool {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(r.Process.Pid), "stat"))
		return err == nil && strings.Contains(string(text), ") T ")
	})
}

func (r *runner) kill(t *testing.T) {
	t.Helper()
	must(t, r.Process.Kill())
	r.Wait()
}

func TestKilledAtAnyPointAndTheKeeperTakesItBack(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for i, point := range points {
		r, past := w.start(t, w.config(), point, nil)
		if !slices.Equal(past, points[:i+1]) {
			t.Fatalf("opening comes past %q", past)
		}
		keepers := w.keepers(t)
		if len(keepers) != 1 && point != "before keeper" {
			t.Fatalf("%s: the keepers are %v", point, keepers)
		}
		r.kill(t)
		until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
		if point == "before keeper" { // nobody to take back, and nothing but a journal
			_, err := gateway.Undo(w.folder)
			must(t, err)
		}
		w.untouched(t, point, before)
	}
}

func TestKilledWithItsKeeperAndUndoTakesItBack(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for i, point := range points {
		r, _ := w.start(t, w.config(), point, nil)
		if step, found := strings.CutPrefix(point, "before "); found && step != "keeper" && !w.noted(t, step) {
			t.Errorf("%s: the journal does not say so", point)
		}
		r.freeze(t)
		kill(t, w.keepers(t)...)
		r.kill(t)
		if done := i > slices.Index(points, "before folders"); done && w.state(t) == before {
			t.Errorf("%s: nothing is left that could be taken back", point)
		}
		if said, err := gateway.Undo(w.folder); err != nil || point == "open" && len(said) < 5 {
			t.Errorf("%s: undo did %q: %v", point, said, err)
		}
		w.untouched(t, point, before)
		if said, err := gateway.Undo(w.folder); err != nil || len(said) != 0 {
			t.Errorf("%s: a second undo did %q: %v", point, said, err)
		}
		w.untouched(t, point+", twice", before)
	}
}

// noted reports whether the last line of the journal is about a step.
func (w *world) noted(t *testing.T, step string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.folder, "journal"))
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.HasPrefix(lines[len(lines)-1], `{"step":"`+step+`"`)
}

// untouched: nothing is left of a network.
func (w *world) untouched(t *testing.T, what, before string) {
	t.Helper()
	if left := append(w.servers(t), w.keepers(t)...); slices.ContainsFunc(left, runs) {
		t.Errorf("%s: processes %v still run", what, left)
	}
	same(t, what, w.state(t), before)
}

func TestKilledWhileClosing(t *testing.T) {
	w := build(t)
	before := w.state(t)
	for i, point := range closing {
		r, past := w.start(t, w.config(), point, nil)
		if !slices.Equal(past[len(points):], closing[:i+1]) {
			t.Fatalf("closing comes past %q", past)
		}
		keepers := w.keepers(t)
		r.kill(t)
		until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
		w.untouched(t, point, before)
	}
}

func TestKilledWhileAPhoneHoldsAConnection(t *testing.T) {
	w := build(t)
	before := w.state(t)
	r, _ := w.start(t, w.config(), "open", nil)
	w.lease(t)
	var conn net.Conn
	box := strings.Fields(w.phone.Run(t, "ip", "route", "show", "default"))[2]
	w.phone.Do(t, func() {
		var err error
		conn, err = net.Dial("tcp4", box+":53")
		must(t, err)
	})
	defer conn.Close()
	until(t, "dnsmasq has a process for the connection", func() bool { return len(w.servers(t)) == 2 })
	keepers := w.keepers(t)
	r.kill(t)
	until(t, "the keeper has ended", func() bool { return !slices.ContainsFunc(keepers, runs) })
	w.untouched(t, "with a connection", before)
}
