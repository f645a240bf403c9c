package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tinycheck": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestStories tells how the command line is used; each story is a file.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("LC_ALL", "C")
			e.Setenv("TINYCHECK_DATA_DIR", filepath.Join(e.WorkDir, "library"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": wantStatus},
	})
}

// wantStatus runs tinycheck and wants an exit status: status 20 analyze file.
func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE ARGUMENT…")
	}
	err := ts.Exec("tinycheck", args[1:]...)
	code := "0"
	if err != nil {
		code = exitCode(err)
	}
	if code != args[0] {
		ts.Fatalf("exit status %s, want %s", code, args[0])
	}
}

func exitCode(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return strconv.Itoa(exit.ExitCode())
	}
	return err.Error()
}

// Whoever interrupts a silent pipe gets the answer for what came until then,
// with its own exit status.
func TestInterruptedPipe(t *testing.T) {
	var written bytes.Buffer
	if code := run(context.Background(), []string{"simulate", "stalkerware-tls"}, nil, &written, io.Discard); code != 0 {
		t.Fatal(code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	in, feed := io.Pipe()
	go func() {
		feed.Write(written.Bytes())
		cancel() // and nothing more comes, nor does the pipe end
	}()
	var out bytes.Buffer
	if code := run(ctx, []string{"analyze", "--quiet", "-"}, in, &out, io.Discard); code != exitDetected {
		t.Errorf("exit status %d, want %d:\n%s", code, exitDetected, out.String())
	}
}
