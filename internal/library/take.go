package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	f, err := l.fileFeed(ctx, &s)
	if err != nil {
		return tinycheck.Intake{Name: name}, err
	}
	var sum tinycheck.Intake
	err = l.alter(ctx, func(c *store.Change) error {
		t := taking{library: l, change: c, feed: f, source: s}
		if err := t.open(); err != nil {
			return err
		}
		if err := t.part(name, r); err != nil {
			sum = t.sum
			return err
		}
		err := t.close()
		sum = t.sum
		return err
	})
	return sum, err
}

// fileFeed is the feed that a file is taken into. Content that a machine
// fetches must not be mixed with files that somebody brings.
func (l *Library) fileFeed(ctx context.Context, s *Source) (tinycheck.Feed, error) {
	f, err := l.store.Feed(ctx, s.Feed)
	switch {
	case tinycheck.KindOf(err) == tinycheck.NotFound:
		return tinycheck.Feed{Name: s.Feed, Kind: tinycheck.FeedFile, Format: s.Format, Enabled: true}, nil
	case err != nil:
		return f, err
	case f.Kind != tinycheck.FeedFile && f.Kind != tinycheck.FeedByHand && f.Fetched.IsZero():
		return f, nil // a feed of the catalogue, whose file came by hand
	case f.Kind != tinycheck.FeedFile && f.Kind != tinycheck.FeedByHand && !s.Whole:
		return f, tinycheck.Errorf(fmt.Sprintf("import into feed %q", f.Name), tinycheck.Conflict,
			fmt.Errorf("it is of kind %s and keeps itself current; name another feed with --feed, or give the whole of it with --replace", f.Kind))
	}
	return f, nil
}

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

// part reads one file of the feed.
func (t *taking) part(name string, r io.Reader) error {
	in, err := exchange.Stream(name, r, exchange.Config{
		Format: t.source.Format, Like: t.source.Like,
		Indicator: func(_ int, i *tinycheck.Indicator) error {
			i.Family = FamilyOf(i)
			return t.intake.Put(i)
		},
		Context:   func(_ int, c *tinycheck.Context) error { return t.intake.PutContext(c) },
		Withdrawn: t.intake.Withdraw,
		Rejected:  t.source.Rejected,
	})
	t.sum = joined(t.sum, in)
	return err
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
	if !t.source.Loss && 2*out.Withdrawn > out.Before {
		return &lossError{feed: t.feed.Name, before: out.Before, lost: out.Withdrawn}
	}
	t.settle()
	return t.change.PutFeed(t.feed)
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
	if a.Format == "" {
		return b
	}
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
