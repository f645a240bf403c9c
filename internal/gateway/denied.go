package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

const rights = "run as root, or give the program CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE"

// unstarted says what to do about a keeper that could not be started. The kernel
// says EPERM when it was to get a capability that we do not have, and EACCES when
// its program may not be run (execve(2)).
func unstarted(err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: %s", err, rights)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: let this user run that program", err)
	}
	return err
}

// unopened says what to do about a folder that is out of reach.
func unopened(op string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: use another folder (--runtime-dir), or %s", err, rights)
	}
	return fail(op, err)
}

// stopped is an opening that was called off; what happened to go wrong because
// of that does not matter.
type stopped struct{ cause error }

func (stopped) Error() string   { return "stopped before it was open" }
func (s stopped) Unwrap() error { return s.cause }

// calledOff tells that from an error that came by itself.
func calledOff(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return fail(opOpen, err)
	}
	return fail(opOpen, stopped{ctx.Err()})
}
