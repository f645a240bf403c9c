package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"tinycheck"
)

const (
	journalName    = "journal"
	journalVersion = 1
)

// head is the first line of a journal: whose it is.
type head struct {
	Journal   int    `json:"journal"` // version of the format
	Run       string `json:"run"`     // random, so that a keeper knows its own
	Boot      string `json:"boot"`    // what the kernel was told is gone after another one
	PID       int    `json:"pid"`
	Start     uint64 `json:"start"`
	Interface string `json:"interface"`
}

// entry is every further line: what may have been done, and what it takes to
// take it back.
type entry struct {
	Step      stepName     `json:"step"`
	Interface string       `json:"interface,omitempty"`
	Prefix    netip.Prefix `json:"prefix,omitzero"`    // the address that was added
	Ports     []port       `json:"ports,omitempty"`    // of the bridge, that were isolated
	Toggles   []toggle     `json:"switches,omitempty"` // the kernel's switches that were set
	Child     *process     `json:"child,omitempty"`    // the program that was started
}

// journal is one that is being written.
type journal struct {
	folder  *os.File
	file    *os.File
	head    head
	entries []entry
	size    int
}

// begin makes the journal of a run; there is none in the folder.
func begin(l *lock, h head) (*journal, error) {
	f, err := os.OpenFile(filepath.Join(l.folder.Name(), journalName), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fail("begin journal", err)
	}
	j := &journal{folder: l.folder, file: f, head: h}
	if err := errors.Join(j.write(h), l.folder.Sync()); err != nil {
		return nil, errors.Join(err, j.close(), removeJournal(l.folder.Name()))
	}
	return j, nil
}

// add writes what is going to be done. When it returns it is on the disk.
func (j *journal) add(e entry) error {
	if len(j.entries) == maxEntries {
		return tinycheck.Errorf("write journal", tinycheck.Unavailable, fmt.Errorf("it has %d entries: start anew", maxEntries))
	}
	if err := j.write(e); err != nil {
		return err
	}
	j.entries = append(j.entries, e)
	return nil
}

func (j *journal) write(v any) error {
	const op = "write journal"
	text := line(v)
	if j.size += len(text); j.size > maxJournal {
		return tinycheck.Errorf(op, tinycheck.Unavailable, errors.New("it is too long: start anew"))
	}
	if _, err := j.file.Write(text); err != nil {
		return fail(op, err)
	}
	return fail(op, j.file.Sync())
}

// line is how it is written; heads and entries are plain data, which has no error.
func line(v any) []byte {
	text, _ := json.Marshal(v)
	return append(text, '\n')
}

// close ends the writing.
func (j *journal) close() error { return fail("close journal", j.file.Close()) }

// removeJournal: there is nothing left to take back. Should the removal itself
// get lost with the machine's power, another start of the machine is seen by it.
func removeJournal(folder string) error {
	err := os.Remove(filepath.Join(folder, journalName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fail("remove journal", err)
}

// record is what a journal says, as far as it can be read.
type record struct {
	head    head
	entries []entry
	damage  []string // in words; none: it is whole
}

// readJournal reads the journal of a folder; without one the error is NotFound.
func readJournal(folder string) (record, error) {
	const op = "read journal"
	f, err := os.OpenFile(filepath.Join(folder, journalName), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return record{}, tinycheck.Errorf(op, tinycheck.NotFound, err)
	}
	if errors.Is(err, unix.ELOOP) {
		return record{damage: []string{"the journal is a link: somebody else made it"}}, nil
	}
	if err != nil {
		return record{}, fail(op, err)
	}
	defer f.Close()
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return record{}, fail(op, err)
	}
	if s.Mode&unix.S_IFMT != unix.S_IFREG || s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		return record{damage: []string{"the journal is somebody else's"}}, nil
	}
	text, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if err != nil {
		return record{}, fail(op, err)
	}
	return parse(text), nil
}

// parse reads a journal line by line, so that damage costs a line only.
func parse(text []byte) (r record) {
	if len(text) > maxJournal {
		text = text[:maxJournal]
		r.damaged("the journal is too long: its end was not read")
	}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		switch {
		case number > maxEntries+1:
		case number == 1:
			r.readHead(line)
		case r.head.Journal > journalVersion:
		default:
			r.readEntry(number, line)
		}
	}
	if number == 0 {
		r.damaged("the journal is empty: it was cut off, or its run had not begun")
	}
	return r
}

func (r *record) damaged(format string, args ...any) {
	switch {
	case len(r.damage) < maxDamage:
		r.damage = append(r.damage, fmt.Sprintf(format, args...))
	case len(r.damage) == maxDamage:
		r.damage = append(r.damage, "and more of the journal cannot be read")
	}
}

func (r *record) readHead(line []byte) {
	var h head
	switch err := json.Unmarshal(line, &h); {
	case err != nil || h.Journal < 1:
		r.damaged("the journal's first line cannot be read: whose it was is not known")
	case h.Journal > journalVersion:
		r.damaged("the journal was written by a newer version (%d): take it back with that one", h.Journal)
		r.head.Journal = h.Journal
	default:
		r.head = h
	}
}

func (r *record) readEntry(number int, line []byte) {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		why := "what it was to take back is not known"
		if !bytes.HasSuffix(line, []byte("\n")) {
			why = "it was cut off, and its step had not begun"
		}
		r.damaged("line %d of the journal cannot be read: %s", number, why)
		return
	}
	if why := e.foreign(); why != "" {
		r.damaged("line %d of the journal is not ours (%s): it was left alone", number, why)
		return
	}
	r.entries = append(r.entries, e)
}

// foreign says what of an entry we would never have written; taking back does
// what a journal says, so it may say nothing else.
func (e *entry) foreign() string {
	switch {
	case stepNamed(e.Step) == nil:
		return "its step"
	case len(e.Toggles) > maxToggles || slices.ContainsFunc(e.Toggles, toggle.foreign):
		return "a switch"
	case len(e.Ports) > maxPorts:
		return "its ports"
	case e.Prefix.IsValid() && !e.Prefix.Addr().IsPrivate():
		return "its address"
	}
	return ""
}
