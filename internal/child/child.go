package child

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tinycheck"
)

// Child is a program that runs under us, or has ended.
type Child struct {
	name    string
	process *os.Process
	done    chan struct{}
	asked   atomic.Bool // Stop was called before it ended
	err     error       // how it ended; set before done is closed

	mu   sync.Mutex
	tail []string
}

// PID is its process id.
func (c *Child) PID() int { return c.process.Pid }

// Done is closed when it has ended and all its words were read.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err says how it ended, with its last lines: nil while it runs and when it was
// stopped by us, else an error, whatever its exit status was.
func (c *Child) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Tail is the last that it wrote to standard output and standard error.
func (c *Child) Tail() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tail)
}

// Stop asks it to end, kills it when it has not after grace, and waits for its
// end. It may be called any number of times, and after the end.
func (c *Child) Stop(grace time.Duration) error {
	c.asked.Store(true)
	if err := c.signal(syscall.SIGTERM); err != nil {
		return err
	}
	if c.ended(grace) {
		return nil
	}
	if err := c.signal(syscall.SIGKILL); err != nil {
		return err
	}
	if c.ended(killWait) {
		return nil
	}
	return tinycheck.Errorf("stop "+c.name, tinycheck.Busy,
		fmt.Errorf("process %d does not end, not even when killed: a driver holds it; restart the machine", c.PID()))
}

func (c *Child) signal(s syscall.Signal) error {
	err := c.process.Signal(s)
	if err == nil || errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return tinycheck.Errorf("stop "+c.name, tinycheck.Unavailable, err)
}

func (c *Child) ended(within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-c.done:
		return true
	case <-t.C:
		return false
	}
}

func (c *Child) keep(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tail) == maxTail {
		c.tail = slices.Delete(c.tail, 0, 1)
	}
	c.tail = append(c.tail, line)
}

// lastWords make an error of an end that nobody asked for.
func (c *Child) lastWords(how string) error {
	tail := c.Tail()
	text := how + " and said nothing"
	if len(tail) > 0 {
		text = how + "; its last words: " + strings.Join(tail[max(0, len(tail)-maxWords):], " | ")
	}
	return unavailable("run "+c.name, text)
}
