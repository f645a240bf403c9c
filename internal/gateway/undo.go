package gateway

import (
	"context"
	"errors"
	"os"
	"slices"

	"tinycheck"
	"tinycheck/internal/firewall"
)

// Undo takes back what a run that has ended left, as the journal in its folder
// says, and tells in words what it did. Without a journal there is nothing to
// do. It may be called any number of times; what could not be taken back is an
// error, and the journal stays for the next attempt. While a network is open
// with that folder the error is Busy.
func Undo(folder string) ([]string, error) {
	const op = "undo"
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	l, err := acquire(context.Background(), folder, lockPatience, func() error { return alive(folder) })
	if err != nil {
		return nil, fail(op, err)
	}
	said, err := takeBack(folder, nil)
	return said, fail(op, errors.Join(err, l.release()))
}

// takeBack takes back what the journal of a folder says, from last to first, and
// removes the journal. g is the run that wrote it, if it is still alive: what
// runs is then stopped in order. The caller has the lock.
func takeBack(folder string, g *Gateway) (said []string, err error) {
	r, err := readJournal(folder)
	if errors.Is(err, tinycheck.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := back{folder: folder, gateway: g, anew: r.head.Boot != "" && r.head.Boot != boot(), seen: make(map[stepName]bool), failed: make(map[stepName]bool)}
	for _, e := range slices.Backward(r.entries) {
		b.entry(e)
	}
	if len(r.damage) > 0 {
		b.unknown(r.damage)
	}
	if b.err != nil {
		return b.said, b.err
	}
	return b.said, removeJournal(folder)
}

// back is taking back one journal.
type back struct {
	folder  string
	gateway *Gateway
	anew    bool // the machine was started anew since
	said    []string
	err     error
	seen    map[stepName]bool
	failed  map[stepName]bool
}

func (b *back) entry(e entry) {
	s := stepNamed(e.Step)
	if b.anew && !s.lasting {
		return
	}
	// A program's step is remembered twice: before it was started, and then with
	// the program's number.
	if e.Child == nil && b.seen[e.Step] {
		return
	}
	b.seen[e.Step] = true
	if b.failed[s.after] {
		b.failed[e.Step] = true
		return
	}
	err := b.stop(s)
	said, failed := s.undo(b.folder, e)
	b.said = append(b.said, said...)
	if failed != nil {
		b.failed[e.Step] = true
	}
	b.err = errors.Join(b.err, err, failed)
}

// stop ends in order what still runs.
func (b *back) stop(s *step) error {
	if b.gateway == nil {
		return nil
	}
	var err error
	if s.stop != nil {
		err = s.stop(b.gateway)
	}
	return errors.Join(err, b.gateway.options.point("undo "+string(s.name)))
}

// unknown: what cannot be read is said; what has a name of our own is removed by it.
func (b *back) unknown(damage []string) {
	b.said = append(b.said, damage...)
	if b.failed[stepSwitches] || b.anew {
		return
	}
	b.said = append(b.said, "removed the firewall's own table, if there was one")
	b.err = errors.Join(b.err, firewall.Remove())
}
