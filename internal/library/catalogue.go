package library

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"tinycheck"
)

//go:embed catalogue.yaml
var catalogue string

// catalogueFile is the shape of catalogue.yaml.
type catalogueFile struct {
	Version int              `yaml:"tinycheck-catalogue"`
	Date    string           `yaml:"date"`
	Feeds   []catalogueEntry `yaml:"feeds"`
}

type catalogueEntry struct {
	Name           string                   `yaml:"name"`
	Title          string                   `yaml:"title"`
	URL            string                   `yaml:"url"`
	Licence        string                   `yaml:"licence"`
	Attribution    string                   `yaml:"attribution"`
	Format         string                   `yaml:"format"`
	Class          tinycheck.Class          `yaml:"class"`
	Infrastructure tinycheck.Infrastructure `yaml:"infrastructure"`
	Family         string                   `yaml:"family"`
	Enabled        bool                     `yaml:"enabled"`
}

// Catalogue gives the public feeds that the program knows, sorted by name, all
// of kind http. Enabled are those of the set to begin with.
func Catalogue() []tinycheck.Feed {
	feeds, err := parseCatalogue(catalogue)
	if err != nil {
		panic("catalogue.yaml, which is compiled in, is broken: " + err.Error())
	}
	return feeds
}

// inCatalogue is the catalogue by name, parsed once.
var inCatalogue = sync.OnceValue(func() map[string]tinycheck.Feed {
	known := map[string]tinycheck.Feed{}
	for _, f := range Catalogue() {
		known[f.Name] = f
	}
	return known
})

func parseCatalogue(text string) ([]tinycheck.Feed, error) {
	var file catalogueFile
	if err := decode(text, &file); err != nil {
		return nil, err
	}
	var feeds []tinycheck.Feed
	for _, e := range file.Feeds {
		feed, err := e.feed()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		feeds = append(feeds, feed)
	}
	slices.SortFunc(feeds, func(a, b tinycheck.Feed) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(feeds); i++ {
		if feeds[i].Name == feeds[i-1].Name {
			return nil, fmt.Errorf("%s is there twice", feeds[i].Name)
		}
	}
	return feeds, nil
}

func (e catalogueEntry) feed() (tinycheck.Feed, error) {
	if u, err := url.Parse(e.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		return tinycheck.Feed{}, fmt.Errorf("%q is no https address", e.URL)
	}
	if e.Title == "" || e.Licence == "" || e.Attribution == "" {
		return tinycheck.Feed{}, errors.New("a feed without title, licence or attribution")
	}
	return tinycheck.Feed{
		Name: e.Name, Kind: tinycheck.FeedHTTP, URL: e.URL, Title: e.Title, Licence: e.Licence, Attribution: e.Attribution,
		Format: e.Format, Class: e.Class, Infrastructure: e.Infrastructure, Family: e.Family, Enabled: e.Enabled,
	}, nil
}
