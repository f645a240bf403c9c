package library

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tinycheck"
	"tinycheck/internal/exchange"
)

// Load reads indicator files. A feed is named by its file's name without the
// folder. The indicators come sorted by Indicator.Compare, the feeds by name;
// files given twice count once, and entries that cannot mean c2 are weak
// (MarkWeak). The order of the files changes nothing. With an error, what could
// be read is given too.
func Load(files []string) ([]tinycheck.Indicator, []tinycheck.Intake, error) {
	var loaded []source
	var failed []error
	for _, file := range sorted(files) {
		one, err := open(file)
		failed = append(failed, err)
		loaded = append(loaded, one)
	}
	indicators, feeds := collect(loaded)
	MarkWeak(indicators)
	return unique(indicators), feeds, errors.Join(failed...)
}

// source is one file that was read.
type source struct {
	indicators []tinycheck.Indicator
	feed       tinycheck.Intake
}

func sorted(files []string) []string {
	files = slices.Clone(files)
	slices.Sort(files)
	return slices.Compact(files)
}

func open(file string) (source, error) {
	f, err := os.Open(file)
	if err != nil {
		kind := tinycheck.Unavailable
		if errors.Is(err, fs.ErrNotExist) {
			kind = tinycheck.NotFound
		}
		return source{}, tinycheck.Errorf("read indicators", kind, err)
	}
	defer f.Close()
	indicators, feed, err := exchange.Read(filepath.Base(file), f)
	return source{indicators, feed}, err
}

// collect joins the sources, leaving out those with the same name and content.
func collect(loaded []source) ([]tinycheck.Indicator, []tinycheck.Intake) {
	slices.SortStableFunc(loaded, func(a, b source) int {
		return cmp.Or(cmp.Compare(a.feed.Name, b.feed.Name), cmp.Compare(a.feed.SHA256, b.feed.SHA256))
	})
	loaded = slices.CompactFunc(loaded, func(a, b source) bool {
		return a.feed.Name == b.feed.Name && a.feed.SHA256 == b.feed.SHA256
	})
	var indicators []tinycheck.Indicator
	var feeds []tinycheck.Intake
	for _, one := range loaded {
		if one.feed.Name == "" {
			continue // could not be opened
		}
		if indicators == nil {
			indicators = one.indicators // mostly there is one: no second copy of it
		} else {
			indicators = append(indicators, one.indicators...)
		}
		feeds = append(feeds, one.feed)
	}
	return indicators, feeds
}

// unique sorts, and drops what Indicator.Compare cannot tell apart. Sorting is
// stable and the sources come in one order, so the same one stays.
func unique(indicators []tinycheck.Indicator) []tinycheck.Indicator {
	slices.SortStableFunc(indicators, func(a, b tinycheck.Indicator) int { return a.Compare(&b) })
	return slices.CompactFunc(indicators, func(a, b tinycheck.Indicator) bool { return a.Compare(&b) == 0 })
}
