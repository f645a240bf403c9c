package library

import (
	"context"
	"errors"
	"io"
	"iter"

	"tinycheck"
	"tinycheck/internal/exchange"
	"tinycheck/internal/store"
)

// Export writes what a query finds in one of the formats of exchange.Writers.
// It gives how many entries were written, and what the format cannot hold.
func (l *Library) Export(ctx context.Context, w io.Writer, format string, q store.Query) (tinycheck.Intake, error) {
	if err := l.asked(ctx, &q); err != nil {
		return tinycheck.Intake{}, err
	}
	about := exchange.About{Name: "TinyCheck indicators", Date: l.config.Now()}
	return exchange.Write(format, w, about, l.each(ctx, q))
}

// each gives what a query finds, one by one.
func (l *Library) each(ctx context.Context, q store.Query) iter.Seq2[tinycheck.Indicator, error] {
	return func(yield func(tinycheck.Indicator, error) bool) {
		stopped := false
		err := l.store.Each(ctx, q, func(found *store.Listed) error {
			if !yield(found.Indicator, nil) {
				stopped = true
				return errStopped
			}
			return nil
		})
		if err != nil && !stopped {
			yield(tinycheck.Indicator{}, err)
		}
	}
}

// errStopped ends a reading that nobody listens to any more.
var errStopped = errors.New("stopped")
