package library_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// The law: whoever pulls the plug in the middle of an import, an update, the
// application of a bundle or a restore finds the old state or the new one.
//
// A child process does one of these over and over, each time with the entries of
// the next state; the parent kills it at a random moment and looks. What is in
// the database must be all of one state, and not one before what the child said
// was done.

const (
	killFolder = "TINYCHECK_KILL_FOLDER" // of the child's library; it is a child when set
	killWork   = "TINYCHECK_KILL_WORK"
	killFrom   = "TINYCHECK_KILL_FROM" // the first state that it makes
	killStates = 4000                  // entries of one state, of which more than half stay
	killRounds = 50                    // of each kind of work: 200
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(killFolder); folder != "" {
		from, _ := strconv.Atoi(os.Getenv(killFrom))
		fmt.Fprintln(os.Stderr, work(folder, os.Getenv(killWork), from))
		os.Exit(1) // it never ends by itself
	}
	os.Exit(m.Run())
}

// content is a list of one state.
func content(state int) string {
	var b strings.Builder
	for n := range killStates {
		fmt.Fprintf(&b, "n%d.example\n", n)
	}
	for n := range killStates / 2 {
		fmt.Fprintf(&b, "n%d.s%d.example\n", n, state)
	}
	return b.String()
}

// works are what the child does with a state; each is done when it returns.
var works = map[string]func(ctx context.Context, l *library.Library, folder string, state int) error{
	"import": func(ctx context.Context, l *library.Library, _ string, state int) error {
		_, err := l.Import(ctx, "list.txt", strings.NewReader(content(state)), library.Source{Feed: "kill", Whole: true})
		return err
	},
	"update": func(ctx context.Context, l *library.Library, folder string, state int) error {
		stick := filepath.Join(folder, "stick")
		if err := os.MkdirAll(stick, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(stick, "list.txt"), []byte(content(state)), 0o600); err != nil {
			return err
		}
		err := l.AddFeed(ctx, tinycheck.Feed{Name: "kill", Kind: tinycheck.FeedFolder, URL: stick, Enabled: true})
		if err != nil && !errors.Is(err, tinycheck.Conflict) {
			return err
		}
		list, err := l.Update(ctx, library.Choice{Names: []string{"kill"}})
		if err != nil {
			return err
		}
		return list[0].Err
	},
	"apply": func(ctx context.Context, l *library.Library, folder string, state int) error {
		packed, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("bundle-%d", state%killKinds)))
		if err != nil {
			return err
		}
		_, err = l.Apply(ctx, bytes.NewReader(packed), int64(len(packed)), library.Applying{})
		return err
	},
}

// killKinds is how many bundles and backups there are. The bundles have one
// version, so that each can follow each.
const killKinds = 3

func work(folder, kind string, from int) error {
	ctx := context.Background()
	if kind == "restore" {
		return restores(ctx, folder, from)
	}
	l, err := library.Open(ctx, library.Config{Folder: filepath.Join(folder, "library"), By: "child"})
	if err != nil {
		return err
	}
	fmt.Println("open")
	for state := from; ; state++ {
		if err := works[kind](ctx, l, folder, state); err != nil {
			return err
		}
		fmt.Println("done", state)
	}
}

func restores(ctx context.Context, folder string, from int) error {
	fmt.Println("open")
	for state := from; ; state++ {
		backup := filepath.Join(folder, fmt.Sprintf("backup-%d", state%killKinds))
		if err := library.Restore(ctx, backup, filepath.Join(folder, "library")); err != nil {
			return err
		}
		fmt.Println("done", state)
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	for _, kind := range []string{"import", "update", "apply", "restore"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			prepare(t, folder, kind)
			state, old, next := -1, 0, 0
			for range killRounds {
				done := max(state, killed(t, folder, kind, state+1))
				found := stateOf(t, folder, kind)
				switch {
				case is(kind, found, done):
					old, state = old+1, done
				case is(kind, found, done+1):
					next, state = next+1, done+1
				default:
					t.Fatalf("state %d, though %d was done", found, done)
				}
			}
			t.Logf("killed %d times; %d times the state that was done last was there, %d times the next", killRounds, old, next)
		})
	}
}

// is reports whether what was found is a state. Of bundles and backups there are
// only a few.
func is(kind string, found, state int) bool {
	if kind == "apply" || kind == "restore" {
		return found == state%killKinds || found == killKinds-1 && state == -1
	}
	return found == state
}

// prepare makes what the child needs.
func prepare(t *testing.T, folder, kind string) {
	l, err := library.Open(t.Context(), library.Config{Folder: filepath.Join(folder, "library"), By: "parent"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	switch kind {
	case "apply":
		public, private, err := bundle.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Trust(public, true); err != nil {
			t.Fatal(err)
		}
		for n := range killKinds {
			packs(t, filepath.Join(folder, fmt.Sprintf("bundle-%d", n)), n, private)
		}
	case "restore":
		for n := range killKinds {
			if err := works["import"](t.Context(), l, folder, n); err != nil {
				t.Fatal(err)
			}
			if err := l.Backup(t.Context(), filepath.Join(folder, fmt.Sprintf("backup-%d", n))); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func packs(t *testing.T, path string, state int, key bundle.PrivateKey) {
	from := open(t, func(c *library.Config) { c.Now = time.Now })
	imports(t, from, "list.txt", content(state), library.Source{Feed: "kill"})
	err := store.WriteFile(path, func(w io.Writer) error {
		_, err := from.Pack(t.Context(), w, library.Packing{Name: "c", Version: 1, Expires: time.Now().Add(time.Hour), Feeds: []string{"kill"}, Sign: key.Sign})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// killed starts a child, kills it at a random moment after it began to work, and
// gives the last state that it said was done; -1 for none.
func killed(t *testing.T, folder, kind string, from int) (done int) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killFolder+"="+folder, killWork+"="+kind, killFrom+"="+strconv.Itoa(from))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	done = -1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "open" {
			time.AfterFunc(moment(t), func() { _ = child.Process.Kill() })
		}
		fmt.Sscanf(lines.Text(), "done %d", &done)
	}
	if err := child.Wait(); err == nil || child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return done
}

// moment is long enough for one or two pieces of work.
func moment(t *testing.T) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(150*time.Millisecond)))
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n.Int64())
}

// stateOf opens the library and gives the one state that all of it is of.
func stateOf(t *testing.T, folder, kind string) int {
	t.Helper()
	l, err := library.Open(t.Context(), library.Config{Folder: filepath.Join(folder, "library"), By: "parent"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed := "kill"
	if kind == "apply" {
		feed = "c.kill"
	}
	counts := map[int]int{}
	for _, i := range rows(t, l, feed) {
		state, n := -1, 0
		fmt.Sscanf(i.Value, "n%d.s%d.example", &n, &state)
		counts[state]++
	}
	if len(counts) == 0 {
		return -1 // nothing was done yet
	}
	if counts[-1] != killStates || len(counts) != 2 {
		t.Fatalf("half a state: %v", counts)
	}
	for state, n := range counts {
		if state >= 0 && n != killStates/2 {
			t.Fatalf("half a state: %v", counts)
		}
		if state >= 0 {
			return state
		}
	}
	return -1
}
