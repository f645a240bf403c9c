package dnsmasq

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"tinycheck"
	"tinycheck/internal/child"
	"tinycheck/internal/netif"
)

// Server is a dnsmasq that runs under us, or has ended.
type Server struct {
	config Config
	child  *child.Child
}

// Start runs dnsmasq and returns when it answers. What an earlier one has left
// in the folder is forgotten, leases too.
func Start(ctx context.Context, c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	program, err := child.Find("dnsmasq", "dnsmasq-base")
	if err != nil {
		return nil, err
	}
	for _, check := range []func() error{checkUser, c.checkPlace, c.checkRuntime, c.checkAsked, c.checkFree} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	if !c.First.IsValid() {
		if c.First, err = c.draw(); err != nil {
			return nil, tinycheck.Errorf("draw addresses for guests", tinycheck.Unavailable, err)
		}
	}
	s := &Server{config: c}
	if err := s.run(ctx, program); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// checkUser refuses what dnsmasq would end of without a word: as root it insists
// on becoming somebody else.
func checkUser() error {
	if uid, _, _ := child.RunAs(); uid != 0 {
		return nil
	}
	return tinycheck.Errorf("start dnsmasq", tinycheck.Unsupported, errors.New(
		"root cannot become another user here: run as an ordinary user with capabilities, or give root CAP_SETUID, CAP_SETGID and CAP_CHOWN"))
}

// checkPlace looks for the interface and its addresses.
func (c Config) checkPlace() error {
	found, err := netif.Find(c.Interface)
	if err != nil {
		return err
	}
	for _, p := range []netip.Prefix{c.Address, c.Six} {
		if p.IsValid() && !slices.Contains(found.Prefixes, p) {
			return tinycheck.Errorf("find address", tinycheck.NotFound, fmt.Errorf("%s is not an address of %s: add it (ip address add %s dev %s)", p, c.Interface, p, c.Interface))
		}
	}
	return nil
}

func (c Config) checkRuntime() error {
	info, err := os.Stat(c.Folder)
	switch {
	case err != nil:
		return tinycheck.Errorf("find runtime folder", tinycheck.NotFound, fmt.Errorf("make it first: %w", err))
	case !info.IsDir():
		return tinycheck.Errorf("find runtime folder", tinycheck.Conflict, fmt.Errorf("%s is no folder: say another one", c.Folder))
	}
	return nil
}

// argument is also how an earlier run of ours is recognised.
func (c Config) argument() string { return "--conf-file=" + c.conf() }

func (s *Server) run(ctx context.Context, program string) error {
	text, err := Plan(s.config)
	if err != nil {
		return err
	}
	if err := child.Private(s.config.Folder); err != nil {
		return err
	}
	if err := child.WriteFile(s.config.conf(), []byte(text)); err != nil {
		return err
	}
	if err := child.WriteFile(s.config.leases(), nil); err != nil {
		return err
	}
	s.child, err = child.Start(child.Config{
		Name: "dnsmasq", Program: program, Folder: s.config.Folder,
		Args:         []string{"--keep-in-foreground", s.config.argument()},
		Capabilities: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE},
	})
	if err != nil {
		return err
	}
	return s.answers(ctx)
}

// reasons are last words of dnsmasq, and what they mean to a person.
var reasons = []struct {
	words string
	kind  tinycheck.ErrorKind
	say   string
}{
	{"bad option", tinycheck.Unsupported, "this dnsmasq is older than 2.90 and cannot do what is needed: install a newer one (Debian 12 has it)"},
	{"Address already in use", tinycheck.Busy, "another program listens where dnsmasq must: stop it"},
	{"missing required capability", tinycheck.Unavailable, "no permission: run as root, or with CAP_NET_BIND_SERVICE, CAP_NET_ADMIN and CAP_NET_RAW"},
	{"Permission denied", tinycheck.Unavailable, "the user it runs as may not enter the runtime folder or one above it: let everybody enter those above"},
	{"unknown user or group", tinycheck.Unavailable, "this machine has no user nobody: add it"},
}

// explain says why it ended before it answered.
func (s *Server) explain() error {
	said := strings.Join(s.child.Tail(), " ")
	for _, r := range reasons {
		if strings.Contains(said, r.words) {
			return tinycheck.Errorf("start dnsmasq", r.kind, fmt.Errorf("%s (%v)", r.say, s.child.Err()))
		}
	}
	return tinycheck.Errorf("start dnsmasq", tinycheck.Unavailable, s.child.Err())
}

// PID is the process id of dnsmasq.
func (s *Server) PID() int { return s.child.PID() }

// Done is closed when dnsmasq has ended.
func (s *Server) Done() <-chan struct{} { return s.child.Done() }

// Err says how it ended, when it was not Stop that ended it. There are no names
// in it: it logs nothing after its start.
func (s *Server) Err() error { return s.child.Err() }

// Stop ends dnsmasq and removes its files. It may be called any number of times.
func (s *Server) Stop() error {
	var err error
	if s.child != nil {
		err = s.child.Stop(stopWait)
	}
	for _, path := range []string{s.config.conf(), s.config.leases()} {
		os.Remove(path)
	}
	return err
}
