package library

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"tinycheck"
	"tinycheck/internal/spelling"
)

//go:embed context.yaml
var ordinary string

// contextFile is the shape of context.yaml.
type contextFile struct {
	Version int            `yaml:"tinycheck-context"`
	Date    string         `yaml:"date"`
	Entries []contextEntry `yaml:"entries"`
}

type contextEntry struct {
	Class     tinycheck.ContextClass `yaml:"class"`
	Owner     string                 `yaml:"owner"`
	Purpose   string                 `yaml:"purpose"`
	Source    string                 `yaml:"source"`
	Expires   string                 `yaml:"expires"`
	Names     []string               `yaml:"names"`
	Addresses []string               `yaml:"addresses"`
}

// Context gives the compiled-in context, sorted by observable, expired entries
// too (see Current). A name covers what lies under it, and where several do the
// most specific is meant; an address entry is a single address or a prefix, of
// class shared_platform only.
func Context() []tinycheck.Context { return slices.Clone(compiledIn()) }

// compiledIn is the context, parsed when it is first asked for.
var compiledIn = sync.OnceValue(func() []tinycheck.Context {
	context, err := parseContext(ordinary)
	if err != nil {
		panic("context.yaml, which is compiled in, is broken: " + err.Error())
	}
	return context
})

func parseContext(text string) ([]tinycheck.Context, error) {
	var file contextFile
	if err := decode(text, &file); err != nil {
		return nil, err
	}
	var all []tinycheck.Context
	for _, entry := range file.Entries {
		found, err := entry.read()
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b tinycheck.Context) int { return a.Observable.Compare(b.Observable) })
	for i := 1; i < len(all); i++ {
		if all[i].Observable == all[i-1].Observable {
			return nil, fmt.Errorf("%s is listed twice", all[i].Observable.Value)
		}
	}
	return all, nil
}

// Expired gives the entries that must be checked again by then.
func Expired(context []tinycheck.Context, at time.Time) []tinycheck.Context {
	var old []tinycheck.Context
	for _, c := range context {
		if expired(&c, at) {
			old = append(old, c)
		}
	}
	return old
}

// Current gives the context without what has expired. A platform stays: it
// excuses nothing, it only keeps strangers apart, and a range that was theirs
// last year is more likely theirs than one customer's.
func Current(context []tinycheck.Context, at time.Time) []tinycheck.Context {
	return slices.DeleteFunc(slices.Clone(context), func(c tinycheck.Context) bool {
		return c.Class != tinycheck.ContextPlatform && expired(&c, at)
	})
}

func expired(c *tinycheck.Context, at time.Time) bool {
	return !c.Expires.IsZero() && !at.Before(c.Expires)
}

func (e contextEntry) read() ([]tinycheck.Context, error) {
	like, err := e.like()
	if err != nil {
		return nil, err
	}
	var all []tinycheck.Context
	for _, raw := range e.Names {
		name, err := spelling.Domain(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", raw, err)
		}
		like.Observable = tinycheck.Observable{Type: tinycheck.DomainName, Value: name}
		all = append(all, like)
	}
	for _, raw := range e.Addresses {
		if like.Observable, err = spelling.Address(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", raw, err)
		}
		all = append(all, like)
	}
	return all, nil
}

// like is what all names and addresses of one entry have in common.
func (e contextEntry) like() (tinycheck.Context, error) {
	c := tinycheck.Context{Class: e.Class, Owner: e.Owner, Purpose: e.Purpose, Source: e.Source}
	switch e.Class {
	case tinycheck.ContextOS, tinycheck.ContextService, tinycheck.ContextPlatform:
	default:
		return c, fmt.Errorf("unknown class %q", e.Class)
	}
	if e.Owner == "" || e.Purpose == "" {
		return c, errors.New("an entry without owner or purpose")
	}
	if source, err := url.Parse(e.Source); err != nil || source.Scheme != "https" || source.Host == "" {
		return c, fmt.Errorf("%s, %s: the source %q is no https address", e.Owner, e.Purpose, e.Source)
	}
	if len(e.Addresses) > 0 && e.Class != tinycheck.ContextPlatform {
		return c, errors.New("no address is known to be ordinary: addresses change hands")
	}
	var err error
	if c.Expires, err = time.Parse(time.DateOnly, e.Expires); err != nil {
		return c, fmt.Errorf("%s, %s: expires %q is no date like 2027-11-22", e.Owner, e.Purpose, e.Expires)
	}
	return c, nil
}
