package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/store"
)

// Applied is what a bundle changed.
type Applied struct {
	Bundle  bundle.Index
	Key     bundle.PublicKey
	Again   bool // this version was applied already
	Intakes []tinycheck.Intake
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
		if !known {
			return tinycheck.Errorf("read bundle", tinycheck.Invalid, errors.New("its catalogue does not name this feed"))
		}
		f, err := p.feed(&about)
		if err != nil {
			return err
		}
		return p.take(part.Name, f)
	case bundle.Context:
		return p.take(part.Name, p.own())
	case bundle.Rules:
		return p.rules(part)
	}
	return nil
}

// own is the feed to which the context of a bundle belongs.
func (p *applying) own() tinycheck.Feed {
	return tinycheck.Feed{Name: p.bundle.Name + ".context", Kind: tinycheck.FeedBundle, URL: p.bundle.Name, Title: "Context of a signed bundle", Enabled: true}
}

// feed is what the content of one part goes into. A feed that this machine
// fetches itself keeps its settings; what a person made here is never touched.
func (p *applying) feed(about *bundledFeed) (tinycheck.Feed, error) {
	f, err := p.library.store.Feed(p.ctx, about.Name)
	switch {
	case tinycheck.KindOf(err) == tinycheck.NotFound:
		f = tinycheck.Feed{Name: about.Name, Enabled: true}
	case err != nil:
		return f, err
	case f.Kind == tinycheck.FeedFile || f.Kind == tinycheck.FeedByHand || f.Kind == tinycheck.FeedBuiltIn:
		return f, tinycheck.Errorf(fmt.Sprintf("feed %q", f.Name), tinycheck.Conflict, errors.New("it was made on this machine, and the bundle has one of that name: remove or export it first"))
	case f.Kind != tinycheck.FeedBundle:
		f.Date, f.Enabled = about.Date, true
		return f, nil
	}
	f.Kind, f.URL = tinycheck.FeedBundle, p.bundle.Name
	f.Title, f.Licence, f.Attribution, f.Format = about.Title, about.Licence, about.Attribution, about.Format
	f.Class, f.Infrastructure = tinycheck.Class(about.Class), tinycheck.Infrastructure(about.Infrastructure)
	f.Date = about.Date
	return f, nil
}

func (p *applying) take(part string, f tinycheck.Feed) error {
	r, err := p.bundle.Open(part)
	if err != nil {
		return err
	}
	t := taking{library: p.library, change: p.change, feed: f, source: Source{Format: "tinycheck-ndjson", Whole: true, Loss: p.loss}}
	if err := t.open(); err != nil {
		return err
	}
	if err := t.part(f.Name, r); err != nil {
		return err
	}
	if err := t.close(); err != nil {
		return err
	}
	// Current as of when the sender fetched it, not as of when it came here.
	if about, known := p.feeds[f.Name]; known && !about.Fetched.IsZero() {
		t.feed.Fetched = about.Fetched
		if err := p.change.PutFeed(t.feed); err != nil {
			return err
		}
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
		if f.Name == p.own().Name {
			return slices.ContainsFunc(p.bundle.Parts, func(part bundle.Part) bool { return part.Kind == bundle.Context })
		}
		_, listed := p.feeds[f.Name]
		return listed
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
