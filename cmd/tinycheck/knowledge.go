package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/match"
)

// knowledge is what a capture is compared with.
type knowledge struct {
	index *match.Index
	feeds []tinycheck.FeedUse
}

// load reads the indicators that were named, or those built in. What recognises
// resolvers, relays and other techniques is always there: coverage needs it.
func (f *analyzeFlags) load(stderr io.Writer) (*knowledge, error) {
	indicators, feed := library.Starter()
	feeds := []tinycheck.Intake{feed}
	if len(f.indicators) > 0 {
		named, read, err := library.Load(f.indicators)
		if err != nil {
			return nil, err
		}
		indicators = slices.DeleteFunc(indicators, func(i tinycheck.Indicator) bool { return i.Class != tinycheck.ClassInfrastructure })
		feeds[0].Accepted = len(indicators)
		indicators, feeds = append(indicators, named...), append(feeds, read...)
	}
	if !f.quiet {
		warn(stderr, feeds)
	}
	k := &knowledge{index: match.NewIndex(indicators, library.Context())}
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
