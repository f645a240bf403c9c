package library

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/spelling"
	"tinycheck/internal/store"
)

// Source says how a file is to be taken in.
type Source struct {
	Feed     string                   // which feed it belongs to; "" is named after the file
	Format   string                   // of internal/exchange; "" recognises it
	Like     tinycheck.Indicator      // what entries mean that state no class
	Whole    bool                     // the file is all of the feed: what it no longer has is withdrawn
	Loss     bool                     // confirmed: more than half of the feed may go
	Rejected func(tinycheck.Rejected) // every entry that is not taken; may be nil
}

// Import takes the entries of one file into a feed: all of them, or none when
// the file cannot be read to its end.
func (l *Library) Import(ctx context.Context, name string, r io.Reader, s Source) (tinycheck.Intake, error) {
	if s.Feed == "" {
		s.Feed = spelling.Slug(name)
	}
	sum := tinycheck.Intake{Name: name}
	err := l.alter(ctx, func(c *store.Change) error {
		f, err := l.fileFeed(ctx, &s)
		if err != nil {
			return err
		}
		t := taking{library: l, change: c, feed: f, source: s}
		defer func() { sum = t.sum }()
		if err := t.open(); err != nil {
			return err
		}
		defer t.abandon()
		if err := t.part(name, r); err != nil {
			return err
		}
		return t.close()
	})
	return sum, err
}

// fileFeed is the feed that a file is taken into. Content that a machine
// fetches must not be mixed with files that somebody brings; a file in its place
// is read as the feed would be, and the next fetch asks for everything again.
func (l *Library) fileFeed(ctx context.Context, s *Source) (tinycheck.Feed, error) {
	f, err := l.store.Feed(ctx, s.Feed)
	switch {
	case tinycheck.KindOf(err) == tinycheck.NotFound:
		return tinycheck.Feed{Name: s.Feed, Kind: tinycheck.FeedFile, Format: s.Format, Enabled: true}, nil
	case err != nil:
		return f, err
	case f.Kind == tinycheck.FeedFile || f.Kind == tinycheck.FeedByHand:
		return f, nil
	case !fetched(f.Kind):
		return f, tinycheck.Errorf(fmt.Sprintf("import into feed %q", f.Name), tinycheck.Conflict,
			fmt.Errorf("it is of kind %s, and its next version would take its place; name another feed with --feed", f.Kind))
	case !s.Whole && !f.Fetched.IsZero():
		return f, tinycheck.Errorf(fmt.Sprintf("import into feed %q", f.Name), tinycheck.Conflict,
			fmt.Errorf("it is of kind %s and keeps itself current; name another feed with --feed, or give the whole of it with --replace", f.Kind))
	}
	s.Format = cmp.Or(s.Format, f.Format)
	if s.Like.Class == "" {
		s.Like.Class, s.Like.Infrastructure = f.Class, f.Infrastructure
	}
	s.Like.Family = cmp.Or(s.Like.Family, f.Family)
	forget(&f)
	return f, nil
}

// forget makes the next fetch of a feed ask for everything: what the server was
// known to have is not what the feed has now.
func forget(f *tinycheck.Feed) { f.ETag, f.Modified, f.Cursor = "", "", "" }

// taking is the content of one feed on its way into the store.
type taking struct {
	library *Library
	change  *store.Change
	feed    tinycheck.Feed
	source  Source
	intake  *store.Intake
	sum     tinycheck.Intake
}

func (t *taking) open() (err error) {
	if err := t.change.PutFeed(t.feed); err != nil {
		return err
	}
	mode := store.Add
	if t.source.Whole {
		mode = store.Replace
	}
	t.intake, err = t.change.Intake(t.feed.Name, mode)
	return err
}

// abandon forgets what has come; after close it does nothing.
func (t *taking) abandon() {
	if t.intake != nil {
		t.intake.Abandon()
	}
}

// part reads one file of the feed.
func (t *taking) part(name string, r io.Reader) error {
	in, err := exchange.Stream(name, r, exchange.Config{
		Format: t.source.Format, Like: t.source.Like,
		Indicator: func(_ int, i *tinycheck.Indicator) error {
			i.Family = FamilyOf(i)
			return t.intake.Put(i)
		},
		Context:   func(_ int, c *tinycheck.Context) error { return t.intake.PutContext(c) },
		Unseen:    t.intake.PutUnseen,
		Withdrawn: t.withdraw,
		Rejected:  t.source.Rejected,
	})
	if err != nil && in.Format == "" && t.feed.Kind == tinycheck.FeedFolder {
		t.skipped(name, err) // a stick has more on it than lists
		return nil
	}
	t.sum = joined(t.sum, in)
	return err
}

// skipped tells of a file in a folder that is no list.
func (t *taking) skipped(name string, why error) {
	row := tinycheck.Rejected{Value: name, Reason: "a file that is no list of indicators"}
	t.sum = joined(t.sum, tinycheck.Intake{Name: name, RejectedTotal: 1, Rejected: []tinycheck.Rejected{row}, Reasons: []tinycheck.Reason{{Reason: row.Reason, Count: 1}}})
	if t.source.Rejected != nil {
		row.Reason = why.Error()
		t.source.Rejected(row)
	}
}

// withdraw takes back what the feed said. Of an instance that is read as a whole
// nothing need be taken back: what was deleted in one of its events and lives in
// another one, on another page, is listed.
func (t *taking) withdraw(o tinycheck.Observable) error {
	if t.source.Whole && t.feed.Kind == tinycheck.FeedMISP {
		return nil
	}
	return t.intake.Withdraw(o)
}

// close merges what came into the feed, unless more than half of the feed would
// be lost without anybody having confirmed it.
func (t *taking) close() error {
	out, err := t.intake.Close()
	if err != nil {
		return err
	}
	t.sum.Accepted, t.sum.Merged, t.sum.Replaced = out.Accepted, out.Merged, out.Replaced
	t.sum.Contexts, t.sum.Withdrawn = out.Contexts, out.Withdrawn
	if t.useless(&out) {
		return tinycheck.Errorf(fmt.Sprintf("take in feed %q", t.feed.Name), tinycheck.Invalid, errUseless)
	}
	// Withdrawn also counts what this very intake brought and took back.
	if lost := min(out.Withdrawn, out.Before); !t.source.Loss && 2*lost > out.Before {
		return &lossError{feed: t.feed.Name, before: out.Before, lost: lost}
	}
	t.settle()
	return t.change.PutFeed(t.feed)
}

var errUseless = errors.New("nothing in it can be used, so nothing was changed")

// useless reports a source that lists things, and nothing that could be taken.
// What brings only changes may bring none.
func (t *taking) useless(out *store.Outcome) bool {
	return t.sum.RejectedTotal > 0 && out.Accepted+out.Merged+out.Replaced+out.Contexts+out.Unseen == 0 &&
		(t.source.Whole || !fetched(t.feed.Kind))
}

// settle writes down how the feed stands now.
func (t *taking) settle() {
	now := t.library.config.Now()
	f := &t.feed
	f.Tried, f.Fetched, f.Problem, f.Held = now, now, "", ""
	f.SHA256, f.Rejected = t.sum.SHA256, t.sum.RejectedTotal
	if !t.sum.Date.IsZero() {
		f.Date = t.sum.Date
	}
	if f.Licence == "" {
		f.Licence = t.sum.Licence
	}
	if f.Format == "" && f.Kind == tinycheck.FeedFile {
		f.Format = t.sum.Format
	}
}

// lossError holds an update back.
type lossError struct {
	feed         string
	before, lost int
}

func (e *lossError) Error() string {
	return fmt.Sprintf("feed %q would lose %d of its %d entries: held back until it is confirmed with --accept-loss", e.feed, e.lost, e.before)
}

func (e *lossError) Unwrap() error { return tinycheck.Conflict }

// joined adds up what became of the parts of one feed.
func joined(a, b tinycheck.Intake) tinycheck.Intake {
	if a.Name == "" {
		return b
	}
	a.Format = cmp.Or(a.Format, b.Format)
	if b.Date.After(a.Date) {
		a.Date = b.Date
	}
	both := sha256.Sum256([]byte(a.SHA256 + b.SHA256))
	a.SHA256 = hex.EncodeToString(both[:])
	a.Accepted, a.Contexts = a.Accepted+b.Accepted, a.Contexts+b.Contexts
	a.RejectedTotal += b.RejectedTotal
	a.Rejected = append(a.Rejected, b.Rejected...)
	a.Rejected = a.Rejected[:min(len(a.Rejected), mostRejected)]
	for _, r := range b.Reasons {
		at := slices.IndexFunc(a.Reasons, func(q tinycheck.Reason) bool { return q.Reason == r.Reason })
		if at >= 0 {
			a.Reasons[at].Count += r.Count
		} else {
			a.Reasons = append(a.Reasons, r)
		}
	}
	slices.SortStableFunc(a.Reasons, func(p, q tinycheck.Reason) int { return q.Count - p.Count })
	return a
}

// mostRejected bounds the rows that are kept as examples.
const mostRejected = 100
