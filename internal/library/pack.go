package library

import (
	"context"
	"encoding/json"
	"io"
	"slices"
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
// and the rule files that are given. Of feeds made on this machine the entries
// go out under the bundle's name; keys of feeds never do.
func (l *Library) Pack(ctx context.Context, w io.Writer, p Packing) (bundle.Index, error) {
	feeds, err := l.packed(ctx, p.Feeds)
	if err != nil {
		return bundle.Index{}, err
	}
	var parts []bundle.Content
	var catalogue []bundledFeed
	for _, f := range feeds {
		name := f.Name
		if f.Kind == tinycheck.FeedByHand || f.Kind == tinycheck.FeedFile {
			f.Name = spelling.Slug(p.Name + "." + f.Name)
		}
		catalogue = append(catalogue, newBundledFeed(&f))
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

// packed are the feeds that go into a bundle. The starter does not: every
// program has its own.
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
		return !inUse(&f) || f.Kind == tinycheck.FeedBuiltIn
	}), nil
}

// lines writes the entries of one feed.
func (l *Library) lines(ctx context.Context, name string, f *tinycheck.Feed) func(io.Writer) (int, error) {
	return func(w io.Writer) (int, error) {
		about := tinycheck.Intake{Name: f.Name, Licence: f.Licence, Date: f.Date}
		return exchange.WriteLines(w, about, l.each(ctx, store.Query{Feed: name}), nil)
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

func newBundledFeed(f *tinycheck.Feed) bundledFeed {
	b := bundledFeed{
		Name: f.Name, Kind: string(f.Kind), URL: f.URL, Title: f.Title, Licence: f.Licence, Attribution: f.Attribution,
		Format: f.Format, Class: string(f.Class), Infrastructure: string(f.Infrastructure), Date: f.Date, Fetched: f.Fetched,
	}
	if f.Kind != tinycheck.FeedHTTP {
		b.Kind, b.URL = string(tinycheck.FeedBundle), "" // where it is fetched from is nobody else's business
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
