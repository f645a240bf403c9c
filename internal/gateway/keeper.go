package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// What is said between a gateway and its keeper: the keeper that it waits, the
// gateway that it ends in order. An end without that word is a death.
const (
	wordReady = 'r'
	wordDone  = 'd'
)

// keeper is a process of our own that takes back when we cannot.
type keeper struct {
	process *exec.Cmd
	wire    *os.File      // our end; the kernel closes it with us
	done    chan struct{} // closed when it has ended
	words   tail
}

// startKeeper is the first step: from then on somebody takes back.
func startKeeper(ctx context.Context, g *Gateway, _ entry) error {
	const op = "start keeper"
	ours, theirs, err := wire()
	if err != nil {
		return fail(op, err)
	}
	k := &keeper{wire: ours, done: make(chan struct{})}
	k.process = exec.Command(g.config.Keeper[0], g.config.Keeper[1:]...)
	k.process.Stdin, k.process.Stdout, k.process.Stderr = theirs, &k.words, &k.words
	// A session of its own: Ctrl-C is for us, and who closes a terminal means us.
	k.process.WaitDelay = keeperEnd // for what it started itself and left
	k.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() != 0 {
		k.process.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN}
	}
	err = k.process.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		return fail(op, unstarted(err))
	}
	go func() {
		defer close(k.done)
		_ = k.process.Wait() // how it ended tells nothing that matters
	}()
	if err := k.waits(ctx); err != nil {
		return errors.Join(fail(op, err), k.dismiss())
	}
	g.keeper = k
	return nil
}

// wire is a pair of connected sockets, ours with deadlines.
func wire() (ours, theirs *os.File, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	if err := unix.SetNonblock(pair[0], true); err != nil {
		return nil, nil, errors.Join(err, unix.Close(pair[0]), unix.Close(pair[1]))
	}
	return os.NewFile(uintptr(pair[0]), "keeper"), os.NewFile(uintptr(pair[1]), "gateway"), nil
}

// waits listens for the keeper's word.
func (k *keeper) waits(ctx context.Context) error {
	if err := k.wire.SetReadDeadline(time.Now().Add(keeperReady)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = k.wire.SetReadDeadline(past) }) // it has them, see above
	defer stop()
	word := make([]byte, 1)
	_, err := k.wire.Read(word)
	switch {
	case err == nil && word[0] == wordReady:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tinycheck.Errorf("wait for keeper", tinycheck.Unavailable, errors.New("it does not answer"))
	}
	if err := k.leave(); err != nil {
		return err
	}
	return tinycheck.Errorf("wait for keeper", tinycheck.Unavailable, fmt.Errorf("it ended at once, saying: %s", k.words.text()))
}

// ended is never for no keeper.
func (k *keeper) ended() <-chan struct{} {
	if k == nil {
		return nil
	}
	return k.done
}

// dismiss tells it that we end in order, and waits for its own end.
func (k *keeper) dismiss() error {
	if k == nil {
		return nil
	}
	_, _ = k.wire.Write([]byte{wordDone}) // one that has ended need not be told
	err := k.leave()
	k.wire.Close()
	return err
}

func (k *keeper) leave() error {
	t := time.NewTimer(keeperEnd)
	defer t.Stop()
	select {
	case <-k.done:
		return nil
	case <-t.C:
	}
	err := k.process.Process.Kill()
	<-k.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return fail("end keeper", err)
}

// tail keeps the last bytes of what a program said.
type tail struct{ kept []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	t.kept = t.kept[max(0, len(t.kept)-maxKeptSaid):]
	return len(b), nil
}

// text is what it said; the program has ended.
func (t *tail) text() string {
	if text := strings.TrimSpace(string(t.kept)); text != "" {
		return text
	}
	return "nothing"
}
