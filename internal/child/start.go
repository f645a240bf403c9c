package child

import (
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tinycheck"
)

// environment of every child: what it says is in English, so that it can be understood.
var environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/"}

// Start runs a program. What it returns is running; whether it works is for the
// caller to find out.
func Start(cfg Config) (*Child, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	op := "run " + cfg.Name
	ns, err := namespace()
	if err != nil {
		return nil, fail(op, err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		ns.Close()
		return nil, fail(op, err)
	}
	c := &Child{name: cfg.Name, done: make(chan struct{})}
	started := make(chan error)
	onOwnThread(func() {
		err := c.begin(cfg, ns, write)
		ns.Close()
		write.Close() // the child has its own
		if err != nil {
			read.Close()
		}
		started <- err
		if err == nil {
			c.see(cfg, read)
		}
	})
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// begin prepares the thread and starts the program from it.
func (c *Child) begin(cfg Config, ns, output *os.File) error {
	op := "run " + cfg.Name
	uid, gid, other := RunAs()
	own, err := readCapabilities()
	if err != nil {
		return fail(op, err)
	}
	if err := missing(cfg.Capabilities, own.permitted); err != nil {
		return tinycheck.Errorf(op, tinycheck.Unavailable, err)
	}
	if err := enter(ns); err != nil {
		return fail(op, err)
	}
	if err := shed(setOf(cfg.Capabilities), other); err != nil {
		return fail(op, err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fail(op, err)
	}
	defer null.Close()
	shut()
	c.process, err = os.StartProcess(cfg.Program, append([]string{cfg.Program}, cfg.Args...), &os.ProcAttr{
		Dir: cfg.Folder, Env: environment, Files: []*os.File{null, output, output},
		Sys: attributes(cfg, uid, gid, other),
	})
	if err != nil {
		return explain(op, cfg, user{uid, gid}, err)
	}
	return nil
}

func attributes(cfg Config, uid, gid int, other bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, AmbientCaps: cfg.Capabilities}
	if other {
		a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} // and no other groups
	}
	return a
}

// see stays with the child until it has ended.
func (c *Child) see(cfg Config, read *os.File) {
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		c.listen(cfg.Lines, read)
	}()
	how := c.wait()
	// All that could write has ended, but for a process that left the group.
	_ = read.SetReadDeadline(time.Now().Add(drainWait))
	<-heard
	read.Close()
	if !c.asked.Load() {
		c.err = c.lastWords(how)
	}
	close(c.done)
}

func (c *Child) listen(give func(string), read io.Reader) {
	l := &lines{give: func(line string) {
		c.keep(line)
		if give != nil {
			give(line)
		}
	}}
	_, _ = io.Copy(l, read) // until nobody can write any more, or the deadline
	l.end()
}

// wait gives how the child ended. What it left in its process group goes first,
// while its number is still taken and cannot be anybody else's.
func (c *Child) wait() string {
	for {
		err := unix.Waitid(unix.P_PID, c.process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	_ = unix.Kill(-c.process.Pid, unix.SIGKILL)
	state, err := c.process.Wait()
	if err != nil {
		return "was lost (" + err.Error() + ")"
	}
	return "ended by itself (" + state.String() + ")"
}
