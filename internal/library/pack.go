package library

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tinycheck"
	"tinycheck/internal/bundle"
	"tinycheck/internal/exchange"
	"tinycheck/internal/spelling"
	"tinycheck/internal/store"
)

// Packing says what goes into a bundle.
type Packing struct {
	Name    string // whose bundle it is; versions count per name
	Version uint64
	Expires time.Time
	Feeds   []string          // none: all that are enabled and have entries
	Rules   map[string][]byte // rule files, by their name
	Sign    bundle.Signer
}

// Pack writes a bundle of what is in force: feeds with their entries, context,
// and the rule files that are given. Feeds that are not of the catalogue go out
// under the bundle's name; their addresses and keys never do.
func (l *Library) Pack(ctx context.Context, w io.Writer, p Packing) (bundle.Index, error) {
	if len(p.Name) > maxBundleName {
		return bundle.Index{}, tinycheck.Errorf("pack bundle", tinycheck.Invalid, fmt.Errorf("a name of more than %d letters leaves none for its feeds", maxBundleName))
	}
	feeds, err := l.packed(ctx, p.Feeds)
	if err != nil {
		return bundle.Index{}, err
	}
	var parts []bundle.Content
	var catalogue []bundledFeed
	for _, f := range feeds {
		about := newBundledFeed(&f, p.Name)
		name := f.Name
		f.Name = about.Name
		catalogue = append(catalogue, about)
		parts = append(parts, bundle.Content{
			Name: bundle.Indicators.Path(f.Name), Kind: bundle.Indicators, Write: l.lines(ctx, name, &f),
		})
	}
	brought, err := l.store.Context(ctx)
	if err != nil {
		return bundle.Index{}, err
	}
	more, err := sideParts(catalogue, brought, p.Rules)
	if err != nil {
		return bundle.Index{}, err
	}
	about := bundle.Index{Name: p.Name, Version: p.Version, Created: l.config.Now(), Expires: p.Expires}
	return bundle.Write(w, about, append(parts, more...), p.Sign)
}

// maxBundleName is so short that the names of feeds can follow it (spelling.Slug
// cuts what is longer than 64).
const maxBundleName = 32

// packed are the feeds that go into a bundle. The starter does not: every
// program has its own. Entries made by hand go only when they are named: they may
// be of somebody's case.
func (l *Library) packed(ctx context.Context, names []string) ([]tinycheck.Feed, error) {
	all, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(f tinycheck.Feed) bool { return f.Name == name }) {
			return nil, unknownFeed(name)
		}
	}
	return slices.DeleteFunc(all, func(f tinycheck.Feed) bool {
		if len(names) > 0 {
			return !slices.Contains(names, f.Name)
		}
		return !inUse(&f) || f.Kind == tinycheck.FeedBuiltIn || f.Kind == tinycheck.FeedByHand
	}), nil
}

// lines writes the entries of one feed that are in force: what somebody disabled
// or removed here is not sent to others.
func (l *Library) lines(ctx context.Context, name string, f *tinycheck.Feed) func(io.Writer) (int, error) {
	return func(w io.Writer) (int, error) {
		about := tinycheck.Intake{Name: f.Name, Licence: f.Licence, Date: f.Date}
		return exchange.WriteLines(w, about, l.each(ctx, store.Query{Feed: name, State: store.Active}), nil)
	}
}

// bundledFeed is a feed as the catalogue of a bundle has it.
type bundledFeed struct {
	Name           string    `json:"name"`
	Kind           string    `json:"kind"`
	URL            string    `json:"url,omitempty"`
	Title          string    `json:"title,omitempty"`
	Licence        string    `json:"licence,omitempty"`
	Attribution    string    `json:"attribution,omitempty"`
	Format         string    `json:"format,omitempty"`
	Class          string    `json:"class,omitempty"`
	Infrastructure string    `json:"infrastructure,omitempty"`
	Date           time.Time `json:"date,omitzero"`
	Fetched        time.Time `json:"fetched,omitzero"`
}

// newBundledFeed tells of a feed what others may know. One of the catalogue is
// the same everywhere. Of another one it is nobody's business where it comes
// from, and its name may be taken elsewhere.
func newBundledFeed(f *tinycheck.Feed, bundle string) bundledFeed {
	b := bundledFeed{
		Name: f.Name, Kind: string(f.Kind), URL: f.URL, Title: f.Title, Licence: f.Licence, Attribution: f.Attribution,
		Format: f.Format, Class: string(f.Class), Infrastructure: string(f.Infrastructure), Date: f.Date, Fetched: AsOf(f),
	}
	if f.Kind == tinycheck.FeedHTTP && public(f) {
		return b
	}
	b.Kind, b.URL = string(tinycheck.FeedBundle), ""
	if !strings.HasPrefix(b.Name, bundle+".") {
		b.Name = spelling.Slug(bundle + "." + b.Name)
	}
	if b.Name == contextFeed(bundle) {
		b.Name = spelling.Slug(bundle + ".feed." + f.Name)
	}
	return b
}

// sideParts are what a bundle has beside indicators.
func sideParts(catalogue []bundledFeed, context []tinycheck.Context, rules map[string][]byte) ([]bundle.Content, error) {
	text, err := json.MarshalIndent(catalogue, "", " ")
	if err != nil {
		return nil, err
	}
	parts := []bundle.Content{{Name: bundle.Feeds.Path(""), Kind: bundle.Feeds, Entries: len(catalogue), Data: text}}
	if len(context) > 0 {
		parts = append(parts, bundle.Content{Name: bundle.Context.Path(""), Kind: bundle.Context, Write: func(w io.Writer) (int, error) {
			return exchange.WriteLines(w, tinycheck.Intake{Name: "context"}, nothing, context)
		}})
	}
	for name, rule := range rules {
		parts = append(parts, bundle.Content{Name: bundle.Rules.Path(spelling.Slug(name)), Kind: bundle.Rules, Entries: 1, Data: rule})
	}
	return parts, nil
}

// nothing yields no indicator.
func nothing(func(tinycheck.Indicator, error) bool) {}
