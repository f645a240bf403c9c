package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

// knowledge is what a capture is compared with.
type knowledge struct {
	index *match.Index
	feeds []tinycheck.FeedUse
}

// load reads the indicators that were named; else the library, where there is
// one; else those built in. What recognises resolvers, relays and other
// techniques is always there: coverage needs it.
func (f *analyzeFlags) load(ctx context.Context, stderr io.Writer) (*knowledge, error) {
	switch {
	case len(f.indicators) > 0:
		return f.named(stderr)
	case library.Exists(f.library.place()):
		return f.kept(ctx, stderr)
	}
	return f.builtIn(stderr), nil
}

// kept opens the library, whose index is made already unless it has changed.
func (f *analyzeFlags) kept(ctx context.Context, stderr io.Writer) (*knowledge, error) {
	config := library.Config{Folder: f.library.place(), By: whoami()}
	if err := library.Refurnish(ctx, config); err != nil {
		return nil, err
	}
	config.ReadOnly = true
	l, err := library.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }() // only read: nothing can be lost
	known, err := l.Knowledge(ctx)
	if err != nil {
		return nil, err
	}
	if !f.quiet {
		tellFeeds(stderr, known.Feeds)
	}
	return &knowledge{index: known.Index, feeds: known.Feeds}, nil
}

// tellFeeds says in one line what a capture is about to be compared with.
func tellFeeds(stderr io.Writer, feeds []tinycheck.FeedUse) {
	total, used, missing, oldest := 0, 0, 0, time.Time{}
	for _, f := range feeds {
		if f.Missing {
			missing++
			continue
		}
		used, total = used+1, total+f.Indicators
		if !f.Timeless && !f.Date.IsZero() && (oldest.IsZero() || f.Date.Before(oldest)) {
			oldest = f.Date
		}
	}
	line := fmt.Sprintf("tinycheck: %d indicators of %d feeds", total, used)
	if !oldest.IsZero() {
		line += "; the oldest is of " + day(oldest)
	}
	if missing > 0 {
		line += fmt.Sprintf("; %s switched on and never fetched", are(missing))
	}
	fmt.Fprintln(stderr, line)
}

func (f *analyzeFlags) builtIn(stderr io.Writer) *knowledge {
	indicators, feed := library.Starter()
	feeds := []tinycheck.FeedUse{{Name: feed.Name, Indicators: feed.Accepted, Date: feed.Date}}
	if !f.quiet {
		tellFeeds(stderr, feeds)
	}
	return &knowledge{index: match.NewIndex(indicators, library.Context()), feeds: feeds}
}

// named reads the files that were named, and nothing else but techniques.
func (f *analyzeFlags) named(stderr io.Writer) (*knowledge, error) {
	indicators, feed := library.Starter()
	named, read, err := library.Load(f.indicators)
	if err != nil {
		return nil, err
	}
	indicators = slices.DeleteFunc(indicators, func(i tinycheck.Indicator) bool { return i.Class != tinycheck.ClassInfrastructure })
	feed.Accepted = len(indicators)
	feeds := append([]tinycheck.Intake{feed}, read...)
	if !f.quiet {
		warn(stderr, feeds)
	}
	k := &knowledge{index: match.NewIndex(append(indicators, named...), library.Context())}
	for _, one := range feeds {
		k.feeds = append(k.feeds, tinycheck.FeedUse{Name: one.Name, Indicators: one.Accepted, Date: one.Date})
	}
	return k, nil
}

// warn says what of a file was not taken.
func warn(stderr io.Writer, feeds []tinycheck.Intake) {
	for _, feed := range feeds {
		if feed.RejectedTotal == 0 {
			continue
		}
		fmt.Fprintf(stderr, "tinycheck: %s: %d indicators taken, %d entries not taken (%s)\n", feed.Name, feed.Accepted, feed.RejectedTotal, reasons(feed.Rejected))
	}
}

// reasons names the first few reasons for which entries were not taken.
func reasons(list []tinycheck.Rejected) string {
	const most = 3
	var words []string
	for _, r := range list {
		if len(words) < most && !slices.Contains(words, r.Reason) {
			words = append(words, r.Reason)
		}
	}
	return strings.Join(words, "; ")
}
