// Command tinycheck answers one question about a phone: does it talk to
// somebody who is spying on its owner? See docs/contract.md for the commands,
// the machine output and the exit status.
//
// This package holds the keys: it builds everything, connects everything, and
// owns the flags. It decides nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"tinycheck"
)

// Version is set when a release is built.
var Version = "development"

// Exit statuses (docs/contract.md).
const (
	exitNothing      = 0
	exitFailed       = 1
	exitUsage        = 2
	exitSuspicious   = 10
	exitDetected     = 20
	exitInconclusive = 30
)

// status is the error that carries an exit status, when nothing is to be said
// beyond the answer.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError marks what is the caller's to correct.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// advised marks an error that says itself what to do, so that no hint follows.
type advised struct{ error }

func (a advised) Unwrap() error { return a.error }

func main() {
	saveMemory()
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(code)
}

// endings are the signals that end what is under way in order. A terminal that is
// closed is one, unless we were started so as to outlive it (nohup(1)).
func endings() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// run is main with everything handed in; it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return tell(root.ExecuteContext(ctx), stderr)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "tinycheck",
		Short:         "Does this phone talk to somebody who is spying on its owner?",
		Version:       Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newAnalyze(), newEvents(), newExplain(), newSimulate(), newIndicators(), newFeeds(), newLibrary(), newCapture(), newHotspot(), newUndo())
	markUsage(root)
	return root
}

// markUsage marks complaints about arguments of a command and those below it.
func markUsage(c *cobra.Command) {
	c.Args = usageArgs(c.Args)
	for _, below := range c.Commands() {
		markUsage(below)
	}
}

// exactly wants one argument, and asks for it in words.
func exactly(question string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return errors.New(question)
		case 1:
			return nil
		}
		return fmt.Errorf("one is enough: %q is too many", args[1])
	}
}

// atLeast wants at least one argument.
func atLeast(question string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(question)
		}
		return nil
	}
}

// usageArgs marks complaints about arguments as usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(c, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// tell turns an error into a line for people and an exit status.
func tell(err error, stderr io.Writer) int {
	var code status
	var usage usageError
	switch {
	case err == nil:
		return exitNothing
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "tinycheck: %v\nRun \"tinycheck --help\" for how it is used.\n", err)
		return exitUsage
	}
	complain(stderr, err)
	return exitFailed
}

// complain says what failed, and what helps.
func complain(stderr io.Writer, err error) {
	for line := range strings.Lines(err.Error()) { // feeds and servers have a say in it
		fmt.Fprintf(stderr, "tinycheck: %s\n", plain(strings.TrimSuffix(line, "\n")))
	}
	if hint := hints[tinycheck.KindOf(err)]; hint != "" && !errors.As(err, new(advised)) {
		fmt.Fprintln(stderr, hint)
	}
}

// hints say what helps, by kind of error.
var hints = map[tinycheck.ErrorKind]string{
	tinycheck.NotFound:    "Check the name, and its spelling.",
	tinycheck.Busy:        "Something else uses it. Wait a little, then try again.",
	tinycheck.Unavailable: "The system refused. Check permissions and free space.",
}
