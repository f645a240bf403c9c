package store

import (
	"encoding/binary"
	"errors"
	"path/filepath"

	"tinycheck"
)

// Mode is what an intake does with what the feed has already.
type Mode int

// The modes.
const (
	Add     Mode = iota // what is there stays
	Replace             // what is not said again goes: the intake becomes the whole of the feed
)

// Outcome is what an intake did. Each entry put counts once, as Accepted,
// Merged, Replaced or one of Contexts.
type Outcome struct {
	Accepted  int // new, or just as the feed said before
	Merged    int // said twice in this intake with the same meaning
	Replaced  int // in place of other details or another source id
	Withdrawn int // indicators that the feed had, or this intake brought, and are gone
	Contexts  int
	Unseen    int // entries that no traffic shows, which are kept
	Before    int // indicators of the feed
	After     int
}

// Intake is what one file or one fetch brings into a feed. It is staged outside
// of the database and merged by Close; an intake that is not closed changes
// nothing. Several may be open in one change, of different feeds.
type Intake struct {
	change  *Change
	feed    int64
	mode    Mode
	stage   staging
	scratch []byte
	done    bool
	last    lastIDs
	Outcome Outcome // after Close

	unseen     int // entries of this intake that no traffic shows
	unseenMark int64
}

// lastIDs is what the entry before meant: mostly the next one means the same.
type lastIDs struct {
	meaning   meaning
	meaningID int64
	detail    detail
	detailID  int64
}

// contextKind marks the staged contexts, which come after all indicators.
const contextKind = 0x80

var errIntakeDone = errors.New("the intake has been closed already")

// Intake begins to bring entries into a feed. NotFound without such a feed.
func (c *Change) Intake(feed string, mode Mode) (*Intake, error) {
	id, err := c.feed("write indicators", feed)
	if err != nil {
		return nil, err
	}
	return &Intake{change: c, feed: id, mode: mode, stage: staging{dir: filepath.Dir(c.store.path)}}, nil
}

// Put stages one indicator, as of this feed whatever i.Feed says. It copies.
// Invalid for one that cannot be kept, which is then left out.
func (in *Intake) Put(i *tinycheck.Indicator) error {
	const op = "write indicator"
	kind, key, err := keyOf(i.Observable)
	if err == nil && (len(i.SourceID) > maxSource || !isText(i.SourceID)) {
		err = errSource
	}
	if err == nil && i.Class == "" {
		err = errClass
	}
	if err != nil {
		return tinycheck.Errorf(op, tinycheck.Invalid, err)
	}
	if err := in.ids(i); err != nil {
		return fail(op, err)
	}
	in.scratch = binary.AppendUvarint(in.scratch[:0], uint64(in.last.detailID))
	in.scratch = append(in.scratch, i.SourceID...)
	return in.put(kind, key, uint32(in.last.meaningID), in.scratch)
}

var errClass = errors.New("no class")

func (in *Intake) ids(i *tinycheck.Indicator) (err error) {
	if m := (meaning{i.Class, i.Infrastructure, i.Family}); m != in.last.meaning {
		in.last.meaning = meaning{}
		if in.last.meaningID, err = in.change.meaningID(m); err != nil {
			return err
		}
		in.last.meaning = m
	}
	d, err := in.change.detailOf(i)
	if err != nil || d == in.last.detail && in.last.detailID != 0 {
		return err
	}
	in.last.detailID = 0
	id, err := in.change.detailID(d)
	in.last.detail, in.last.detailID = d, id
	return err
}

// Withdraw takes out every indicator of this feed with this observable: what
// the feed had, and what this intake brought until now.
func (in *Intake) Withdraw(o tinycheck.Observable) error {
	kind, key, err := keyOf(o)
	if err != nil {
		return tinycheck.Errorf("withdraw indicator", tinycheck.Invalid, err)
	}
	return in.put(kind, key, 0, nil)
}

// PutContext stages one entry of context.
func (in *Intake) PutContext(c *tinycheck.Context) error {
	kind, key, err := keyOf(c.Observable)
	if err == nil {
		in.scratch, err = appendContext(in.scratch[:0], c)
	}
	if err != nil {
		return tinycheck.Errorf("write context", tinycheck.Invalid, err)
	}
	return in.put(kind|contextKind, key, 0, in.scratch)
}

// WithdrawContext takes out every context of this feed with this observable.
func (in *Intake) WithdrawContext(o tinycheck.Observable) error {
	kind, key, err := keyOf(o)
	if err != nil {
		return tinycheck.Errorf("withdraw context", tinycheck.Invalid, err)
	}
	return in.put(kind|contextKind, key, 0, nil)
}

func (in *Intake) put(kind uint8, key string, meaning uint32, body []byte) error {
	const op = "write indicators"
	if in.done || in.change.done {
		in.stage.close()
		return tinycheck.Errorf(op, tinycheck.Conflict, errIntakeDone)
	}
	if in.stage.count&0xfff == 0 { // seldom, because asking a context takes a lock
		if err := in.change.ctx.Err(); err != nil {
			return fail(op, err)
		}
	}
	return fail(op, in.stage.add(kind, key, meaning, body))
}

// Close merges what was staged into the feed. After an error the change can
// only be rolled back.
func (in *Intake) Close() (Outcome, error) {
	const op = "write indicators"
	if in.done || in.change.done {
		in.Abandon()
		return in.Outcome, tinycheck.Errorf(op, tinycheck.Conflict, errIntakeDone)
	}
	in.done = true
	defer in.stage.close()
	m, err := newMerge(in)
	if err == nil {
		err = m.run()
	}
	if err == nil {
		err = in.closeUnseen()
	}
	if err != nil {
		return Outcome{}, errors.Join(fail(op, err), in.change.Rollback())
	}
	in.Outcome = m.out
	in.Outcome.Unseen = in.unseen
	return in.Outcome, nil
}

// Abandon forgets what was staged. After Close it does nothing.
func (in *Intake) Abandon() {
	in.done = true
	in.stage.close()
}
