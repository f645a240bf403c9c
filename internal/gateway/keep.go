package gateway

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// Keep is the keeper: the process that Config.Keeper names calls it, with the
// folder of the network and its standard input. It waits until parent, the
// process that opened the network, ends. If that one did not say before that it
// closed in order, Keep takes back what it left, within a second.
//
// It ignores the signals that end a program in order (it is there until its
// parent is not), and those of a broken pipe. ctx ends the waiting, and then
// nothing is taken back.
func Keep(ctx context.Context, folder string, parent io.Reader) error {
	const op = "keep network"
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE)
	j, err := readJournal(folder)
	if err != nil {
		return fail(op, err)
	}
	if w, ok := parent.(io.Writer); ok {
		if _, err := w.Write([]byte{wordReady}); err != nil {
			return fail(op, err)
		}
	}
	orderly, err := wait(ctx, parent)
	if err != nil || orderly {
		return fail(op, err)
	}
	return fail(op, undoRun(ctx, folder, j.head.Run))
}

// past is a deadline that ends a reading at once.
var past = time.Unix(1, 0)

// wait reports whether the parent said that it ends in order.
func wait(ctx context.Context, parent io.Reader) (bool, error) {
	if p, ok := parent.(interface{ SetReadDeadline(time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() { _ = p.SetReadDeadline(past) }) // a file without deadlines waits on
		defer stop()
	}
	word := make([]byte, 1)
	n, _ := parent.Read(word) // whatever the error is: there is no parent
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return n == 1 && word[0] == wordDone, nil
}

var errOthers = errors.New("somebody else has taken it back")

// undoRun is Undo for one run only: by the time that the folder is free another
// may have begun there.
func undoRun(ctx context.Context, folder, run string) error {
	over := func() error {
		j, err := readJournal(folder)
		if errors.Is(err, tinycheck.NotFound) || err == nil && j.head.Run != "" && j.head.Run != run {
			return errOthers
		}
		return nil
	}
	l, err := acquire(ctx, folder, keepPatience, over)
	if errors.Is(err, errOthers) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err = over(); err == nil {
		_, err = takeBack(folder, nil)
	} else {
		err = nil
	}
	return errors.Join(err, l.release())
}
