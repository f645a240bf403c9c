package exchange

import (
	"slices"

	"tinycheck"
)

// tagUnclassified marks what a source lists without saying what it is.
const tagUnclassified = "unclassified"

// reasonContext is why entries of context are rejected where nobody asks for them.
const reasonContext = "says what is ordinary, which is no indicator"

// flow says that no later part of the source changes an earlier one.
func (b *book) flow() { b.flows = true }

// give hands one indicator out.
func (b *book) give(line int, i tinycheck.Indicator) {
	if b.err != nil {
		return
	}
	b.mean(&i)
	b.feed.Accepted++
	if b.config.Indicator == nil {
		return
	}
	b.out = i // the function would make a variable of its own go to the heap
	b.err = b.config.Indicator(line, &b.out)
}

// mean applies what the Config says about entries without a class.
func (b *book) mean(i *tinycheck.Indicator) {
	like := &b.config.Like
	if like.Class == "" && like.Family == "" && len(like.Tags) == 0 || !slices.Contains(i.Tags, tagUnclassified) {
		return
	}
	if i.Family == "" {
		i.Family = clip(like.Family, maxWord)
	}
	own := i.Tags
	if like.Class != "" {
		i.Class, i.Infrastructure = like.Class, like.Infrastructure
		own = slices.DeleteFunc(slices.Clone(own), func(tag string) bool { return tag == tagUnclassified })
	}
	i.Tags = union(own, like.Tags)
}

// release gives what was held, and what the source takes back.
func (b *book) release() {
	for n := range b.list {
		delete(b.gone, b.list[n].Observable)
	}
	b.withdraw()
	for n := range b.list {
		b.give(b.lines[n], b.list[n])
	}
	b.list, b.lines = nil, nil
}

func (b *book) withdraw() {
	gone := make([]tinycheck.Observable, 0, len(b.gone))
	for o := range b.gone {
		gone = append(gone, o)
	}
	slices.SortFunc(gone, tinycheck.Observable.Compare)
	b.feed.Withdrawn = len(gone)
	for _, o := range gone {
		if b.config.Withdrawn == nil || b.err != nil {
			return
		}
		b.err = b.config.Withdrawn(o)
	}
}

// context takes an entry of what is ordinary.
func (b *book) context(line int, c tinycheck.Context) {
	switch {
	case b.config.Context == nil:
		b.reject(line, c.Observable.Value, reasonContext)
	case b.feed.Contexts >= maxIndicators:
		b.reject(line, c.Observable.Value, reasonTooMany)
	case b.err == nil:
		b.feed.Contexts++
		b.err = b.config.Context(line, &c)
	}
}
