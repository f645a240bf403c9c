package library

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

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
	Names     []string               `yaml:"names"`
	Addresses []string               `yaml:"addresses"`
}

// Context gives the compiled-in context, sorted by observable. A name covers
// what lies under it, and where several do the most specific is meant; an
// address entry is a single address or a prefix, of class shared_platform only.
func Context() []tinycheck.Context {
	context, err := parseContext(ordinary)
	if err != nil {
		panic("context.yaml, which is compiled in, is broken: " + err.Error())
	}
	return context
}

func parseContext(text string) ([]tinycheck.Context, error) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	var file contextFile
	if err := dec.Decode(&file); err != nil {
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

func (e contextEntry) read() ([]tinycheck.Context, error) {
	switch e.Class {
	case tinycheck.ContextOS, tinycheck.ContextService, tinycheck.ContextPlatform:
	default:
		return nil, fmt.Errorf("unknown class %q", e.Class)
	}
	if e.Owner == "" || e.Purpose == "" {
		return nil, errors.New("an entry without owner or purpose")
	}
	if len(e.Addresses) > 0 && e.Class != tinycheck.ContextPlatform {
		return nil, errors.New("no address is known to be ordinary: addresses change hands")
	}
	var all []tinycheck.Context
	for _, raw := range e.Names {
		name, err := spelling.Domain(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", raw, err)
		}
		all = append(all, e.context(tinycheck.Observable{Type: tinycheck.DomainName, Value: name}))
	}
	for _, raw := range e.Addresses {
		found, err := spelling.Address(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", raw, err)
		}
		all = append(all, e.context(found))
	}
	return all, nil
}

func (e contextEntry) context(o tinycheck.Observable) tinycheck.Context {
	return tinycheck.Context{Observable: o, Class: e.Class, Owner: e.Owner, Purpose: e.Purpose}
}
