package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/store"
)

// The content is a function of the state's number, which is written in the same
// change: whenever the process dies, both must agree.

const span = 5 // a feed that is added to is deleted every span states

func wholeOf(n int) (list []string) {
	for i := range 1500 + n%7*300 {
		list = append(list, fmt.Sprintf("n%d.s%d.example", i, n/2+i%2)) // half of them as before
	}
	return list
}

func addedOf(n int) (list []string) {
	for i := range 300 {
		list = append(list, fmt.Sprintf("a%d.t%d.example", i, n))
	}
	return list
}

func contentOf(n int) (list []string) {
	if n == 0 {
		return nil
	}
	for _, value := range wholeOf(n) {
		list = append(list, "whole domain-name "+value+" c2 F ")
	}
	for m := n - n%span; m <= n; m++ {
		for _, value := range addedOf(m) {
			list = append(list, "added domain-name "+value+" c2 F ")
		}
	}
	slices.Sort(list)
	return list
}

const stateBundle = "state"

// advance goes from state n-1 to n in one change.
func advance(t *testing.T, s *store.Store, n int) {
	change(t, s, at, func(c *store.Change) {
		if n%span == 0 {
			if err := c.DeleteFeed("added"); err != nil && !errors.Is(err, tinycheck.NotFound) {
				t.Fatal(err)
			}
		}
		for _, part := range []struct {
			feed string
			mode store.Mode
			list []string
		}{{"whole", store.Replace, wholeOf(n)}, {"added", store.Add, addedOf(n)}} {
			must(t, c.PutFeed(feed(part.feed)))
			in, err := c.Intake(part.feed, part.mode)
			must(t, err)
			in.SetArena(20_000)
			for _, value := range part.list {
				must(t, in.Put(c2(value, "F")))
			}
			_, err = in.Close()
			must(t, err)
		}
		must(t, c.SetApplied(stateBundle, uint64(n)))
	})
}

func stateOf(t *testing.T, s *store.Store) int {
	n, err := s.Applied(t.Context(), stateBundle)
	must(t, err)
	return int(n)
}

// work is what the killed process does until it is killed.
func work(t *testing.T, dir string, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	path, backup := filepath.Join(dir, "indicators.db"), filepath.Join(dir, "backup.db")
	s := open(t, path)
	if stateOf(t, s) == 0 {
		for n := 0; n <= 1; n++ { // every chunk since the last multiple of span
			advance(t, s, n)
		}
	}
	for {
		_, missing := os.Stat(backup)
		switch k := r.IntN(8); {
		case k == 0 && missing == nil:
			fmt.Println("restore")
			must(t, store.Restore(t.Context(), backup, path))
		case k == 1:
			must(t, s.Backup(t.Context(), backup))
		default:
			advance(t, s, stateOf(t, s)+1)
		}
		fmt.Println("state", stateOf(t, s))
	}
}

// TestKilled kills a process that changes the database, over and over;
// STORE_KILLS says how often.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_KILL"); dir != "" {
		seed, _ := strconv.ParseUint(os.Getenv("STORE_TEST_SEED"), 10, 64)
		work(t, dir, seed)
	}
	kills, err := strconv.Atoi(os.Getenv("STORE_KILLS"))
	if err != nil {
		kills = 60
	}
	if testing.Short() {
		kills = min(kills, 5)
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	seen := make(map[string]int)
	for round := range kills {
		said := killOnce(t, dir, round, time.Duration(r.IntN(150))*time.Millisecond)
		n := soundState(t, dir)
		same(t, len(said) > 0 || n >= 0, true)
		if len(said) > 0 {
			last := said[len(said)-1]
			reported, isState := strings.CutPrefix(last, "state ")
			seen[strings.Fields(last)[0]]++
			if m, _ := strconv.Atoi(reported); isState && n != m && n != m+1 {
				t.Fatalf("kill %d: state %d was reported as written, the file has %d", round, m, n)
			}
		}
	}
	t.Logf("%d kills; what was said last: %v; state %d", kills, seen, soundState(t, dir))
}

// killOnce starts the process and kills it some time after it began to work.
func killOnce(t *testing.T, dir string, round int, after time.Duration) (said []string) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "STORE_TEST_KILL="+dir, fmt.Sprintf("STORE_TEST_SEED=%d", round))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	time.AfterFunc(10*time.Millisecond+after, func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if line := lines.Text(); strings.HasPrefix(line, "state ") || line == "restore" {
			said = append(said, line)
		} else {
			t.Fatalf("the process failed by itself: %s", line)
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, fs.ErrClosed) {
		t.Fatal(err)
	}
	cmd.Wait()
	return said
}

// soundState opens what was left, and the backup.
func soundState(t *testing.T, dir string) int {
	n := agrees(t, filepath.Join(dir, "indicators.db"))
	backup := filepath.Join(dir, "backup.db")
	if _, err := os.Stat(backup); err == nil {
		restored := filepath.Join(t.TempDir(), "restored.db")
		must(t, store.Restore(t.Context(), backup, restored))
		agrees(t, restored)
	}
	return n
}

func agrees(t *testing.T, path string) int {
	s, err := store.Open(t.Context(), path, store.Config{})
	must(t, err)
	defer s.Close()
	must(t, s.Check(t.Context()))
	n := stateOf(t, s)
	got := scanned(t, s)
	slices.Sort(got)
	if n > 0 {
		same(t, got, contentOf(n))
	}
	return n
}
