package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/spelling"
	"tinycheck/internal/store"
)

// Applied is what a bundle changed.
type Applied struct {
	Bundle  bundle.Index
	Key     bundle.PublicKey
	Again   bool // this version was applied already
	Intakes []tinycheck.Intake
	Newer   []string // feeds that this machine fetched itself, later than the sender: left as they are
	Gone    []string // feeds that an earlier bundle brought and this one does not
	Rules   []string
}

// Applying says how a bundle is taken in.
type Applying struct {
	Keys []bundle.PublicKey // trusted beside those of the library
	Loss bool               // confirmed: more than half of a feed may go
}

// Apply checks a bundle and takes in all of it, or nothing. One that is damaged,
// expired, older than what was applied before or signed by a key that is not
// trusted changes nothing.
func (l *Library) Apply(ctx context.Context, at io.ReaderAt, size int64, a Applying) (Applied, error) {
	trusted, err := l.Trusted()
	if err != nil {
		return Applied{}, err
	}
	b, err := bundle.Read(at, size, bundle.Check{
		Keys: append(trusted, a.Keys...), Now: l.config.Now(),
		Applied: func(name string) (uint64, error) { return l.store.Applied(ctx, name) },
	})
	if err != nil {
		return Applied{}, err
	}
	done := Applied{Bundle: b.Index, Key: b.Key, Again: b.Again}
	err = l.alter(ctx, func(c *store.Change) error {
		p := applying{ctx: ctx, library: l, change: c, bundle: b, loss: a.Loss, done: &done}
		return p.run()
	})
	return done, err
}

// applying is one bundle on its way into the store.
type applying struct {
	ctx     context.Context
	library *Library
	change  *store.Change
	bundle  *bundle.Bundle
	loss    bool
	done    *Applied
	feeds   map[string]bundledFeed
}

func (p *applying) run() error {
	if err := p.change.SetApplied(p.bundle.Name, p.bundle.Version); err != nil {
		return err // another process applied a newer one meanwhile
	}
	if err := p.catalogue(); err != nil {
		return err
	}
	for _, part := range p.bundle.Parts {
		if err := p.part(part); err != nil {
			return fmt.Errorf("%s: %w", part.Name, err)
		}
	}
	return p.withdraw()
}

// catalogue reads what the bundle says of its feeds.
func (p *applying) catalogue() error {
	p.feeds = map[string]bundledFeed{}
	r, err := p.bundle.Open(bundle.Feeds.Path(""))
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var list []bundledFeed
	if err := json.Unmarshal(raw, &list); err != nil {
		return tinycheck.Errorf("read catalogue", tinycheck.Invalid, err)
	}
	for _, f := range list {
		p.feeds[f.Name] = f
	}
	return nil
}

func (p *applying) part(part bundle.Part) error {
	switch part.Kind {
	case bundle.Indicators:
		about, known := p.feeds[part.Of()]
		if !known || part.Of() == contextFeed(p.bundle.Name) {
			return tinycheck.Errorf("read bundle", tinycheck.Invalid, errors.New("its catalogue does not name this feed, or by a name that no feed can have"))
		}
		f, err := p.feed(&about)
		if err != nil {
			return err
		}
		asOf := p.asOf(&about)
		if fetched(f.Kind) && f.Fetched.After(asOf) {
			p.done.Newer = append(p.done.Newer, f.Name)
			return nil
		}
		return p.take(part.Name, f, asOf)
	case bundle.Context:
		own, err := p.own()
		if err != nil {
			return err
		}
		return p.take(part.Name, own, p.bundle.Created)
	case bundle.Rules:
		return p.rules(part)
	}
	return nil
}

// asOf is when the sender knew a feed to be current. No clock of a sender makes
// content younger than it can be.
func (p *applying) asOf(about *bundledFeed) time.Time {
	if about.Fetched.IsZero() || about.Fetched.After(p.bundle.Created) {
		return p.bundle.Created
	}
	return about.Fetched
}

// contextFeed is the feed to which the context of a bundle belongs.
func contextFeed(bundle string) string { return spelling.Slug(bundle + ".context") }

func (p *applying) own() (tinycheck.Feed, error) {
	return p.feed(&bundledFeed{Name: contextFeed(p.bundle.Name), Title: "Context of a signed bundle"})
}

// feed is what the content of one part goes into. One of the catalogue is the
// same everywhere, so that it may be fetched here and come in a bundle too: it
// keeps its settings. What was made on this machine, or came in a bundle of
// another name, is never touched. What somebody disabled stays so.
func (p *applying) feed(about *bundledFeed) (tinycheck.Feed, error) {
	f, err := p.library.store.Feed(p.ctx, about.Name)
	switch {
	case tinycheck.KindOf(err) == tinycheck.NotFound:
		f = tinycheck.Feed{Name: about.Name, Enabled: true}
	case err != nil:
		return f, err
	case f.Kind == tinycheck.FeedHTTP && public(&f):
		f.Date, f.Enabled = about.Date, f.Enabled || unused(&f)
		forget(&f)
		return f, nil
	case f.Kind != tinycheck.FeedBundle:
		return f, tinycheck.Errorf(fmt.Sprintf("feed %q", f.Name), tinycheck.Conflict, errors.New("it was made on this machine, and the bundle has one of that name: remove or export it first"))
	case f.URL != p.bundle.Name && about.Kind != string(tinycheck.FeedHTTP):
		return f, tinycheck.Errorf(fmt.Sprintf("feed %q", f.Name), tinycheck.Conflict, fmt.Errorf("it came in the bundle %q, and this one has another of that name", f.URL))
	}
	f.Kind, f.URL = tinycheck.FeedBundle, p.bundle.Name
	f.Title, f.Licence, f.Attribution, f.Format = about.Title, about.Licence, about.Attribution, about.Format
	f.Class, f.Infrastructure = tinycheck.Class(about.Class), tinycheck.Infrastructure(about.Infrastructure)
	f.Date = about.Date
	return f, nil
}

// public reports whether a feed is one of the catalogue.
func public(f *tinycheck.Feed) bool {
	known, ok := inCatalogue()[f.Name]
	return ok && known.URL == f.URL
}

// unused reports whether a feed is off because nobody has decided about it yet.
func unused(f *tinycheck.Feed) bool {
	return !inCatalogue()[f.Name].Enabled && f.Tried.IsZero() && f.Fetched.IsZero()
}

func (p *applying) take(part string, f tinycheck.Feed, asOf time.Time) error {
	r, err := p.bundle.Open(part)
	if err != nil {
		return err
	}
	t := taking{library: p.library, change: p.change, feed: f, source: Source{Format: "tinycheck-ndjson", Whole: true, Loss: p.loss}}
	if err := t.open(); err != nil {
		return err
	}
	defer t.abandon()
	if err := t.part(f.Name, r); err != nil {
		return err
	}
	if t.sum.RejectedTotal > 0 {
		return tinycheck.Errorf("read bundle", tinycheck.Invalid, fmt.Errorf("%d entries cannot be taken (%s)", t.sum.RejectedTotal, t.sum.Reasons[0].Reason))
	}
	if err := t.close(); err != nil {
		return err
	}
	// Current as of when the sender fetched it, not as of when it came here.
	t.feed.Fetched = asOf
	if err := p.change.PutFeed(t.feed); err != nil {
		return err
	}
	p.done.Intakes = append(p.done.Intakes, t.sum)
	return nil
}

func (p *applying) rules(part bundle.Part) error {
	r, err := p.bundle.Open(part.Name)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	p.done.Rules = append(p.done.Rules, part.Of())
	return p.change.PutRules(store.RuleFile{Name: part.Of(), Bundle: p.bundle.Name, Text: text})
}

// withdraw removes feeds and rule files that an earlier bundle of this name
// brought, and that this one has no longer.
func (p *applying) withdraw() error {
	feeds, err := p.library.store.Feeds(p.ctx)
	if err != nil {
		return err
	}
	has := func(f *tinycheck.Feed) bool {
		return slices.ContainsFunc(p.bundle.Parts, func(part bundle.Part) bool {
			if part.Kind == bundle.Context {
				return f.Name == contextFeed(p.bundle.Name)
			}
			return part.Kind == bundle.Indicators && part.Of() == f.Name
		})
	}
	for i := range feeds {
		if f := &feeds[i]; f.Kind == tinycheck.FeedBundle && f.URL == p.bundle.Name && !has(f) {
			if err := p.change.DeleteFeed(f.Name); err != nil {
				return err
			}
			p.done.Gone = append(p.done.Gone, f.Name)
		}
	}
	return p.change.KeepRules(p.bundle.Name, p.done.Rules)
}
