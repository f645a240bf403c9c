package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tinycheck"
	"tinycheck/internal/library"
	"tinycheck/internal/spelling"
)

func newFeeds() *cobra.Command {
	var f libraryFlags
	c := &cobra.Command{
		Use:   "feeds",
		Short: "Where indicators come from: list, enable, update, sign and apply",
		Long: "Feeds are the sources of indicators. The catalogue of public ones is built in; others are added.\n\n" +
			"  tinycheck feeds list              what there is, with its licence\n" +
			"  tinycheck feeds update            fetch everything that is enabled\n" +
			"  tinycheck feeds apply FILE        take in a signed bundle, also without any network",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f.addTo(c)
	c.AddCommand(newFeedList(&f), newFeedStatus(&f), newFeedShow(&f), newFeedAdd(&f), newFeedSwitch(&f, true), newFeedSwitch(&f, false),
		newFeedRemove(&f), newFeedUpdate(&f), newFeedBundle(&f), newFeedApply(&f), newFeedKey(&f), newFeedTrust(&f))
	return c
}

// feedJSON is the machine form of a feed. Its secret is never told.
type feedJSON struct {
	Name           string   `json:"name"`
	Title          string   `json:"title,omitempty"`
	Kind           string   `json:"kind"`
	URL            string   `json:"url,omitempty"`
	Format         string   `json:"format,omitempty"`
	Class          string   `json:"class,omitempty"`
	Infrastructure string   `json:"infrastructure,omitempty"`
	Select         []string `json:"select,omitempty"`
	Secret         bool     `json:"has_secret,omitempty"`
	Private        bool     `json:"private,omitempty"`
	Licence        string   `json:"licence,omitempty"`
	Attribution    string   `json:"attribution,omitempty"`
	Enabled        bool     `json:"enabled"`
	Indicators     int      `json:"indicators"`
	Contexts       int      `json:"context,omitempty"`
	Rejected       int      `json:"rejected"`
	Date           string   `json:"date,omitempty"`
	AsOf           string   `json:"as_of,omitempty"`
	Fetched        string   `json:"fetched,omitempty"`
	Tried          string   `json:"tried,omitempty"`
	Problem        string   `json:"problem,omitempty"`
	Held           string   `json:"held,omitempty"`
	SHA256         string   `json:"sha256,omitempty"`
}

func feedOut(f *tinycheck.Feed) feedJSON {
	return feedJSON{
		Name: f.Name, Title: f.Title, Kind: string(f.Kind), URL: f.URL, Format: f.Format, Class: string(f.Class),
		Infrastructure: string(f.Infrastructure), Select: f.Select, Secret: f.Secret != "", Private: f.Private,
		Licence: f.Licence, Attribution: f.Attribution, Enabled: f.Enabled, Indicators: f.Indicators, Contexts: f.Contexts,
		Rejected: f.Rejected, Date: stamp(f.Date), AsOf: stamp(library.AsOf(f)), Fetched: stamp(f.Fetched), Tried: stamp(f.Tried),
		Problem: f.Problem, Held: f.Held, SHA256: f.SHA256,
	}
}

// feedTable is a command that shows all feeds in a table of its own.
func feedTable(common *libraryFlags, c cobra.Command, show func(w io.Writer, feeds []tinycheck.Feed) error) *cobra.Command {
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error {
		return common.read(c.Context(), func(l *library.Library) error {
			feeds, err := l.Feeds(c.Context())
			if err != nil {
				return err
			}
			if !common.json {
				return show(c.OutOrStdout(), feeds)
			}
			out := make([]feedJSON, len(feeds))
			for i := range feeds {
				out[i] = feedOut(&feeds[i])
			}
			return machine(c, struct {
				Feeds []feedJSON `json:"feeds"`
			}{out})
		})
	}
	return &c
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// feedAdd are the flags of "feeds add".
type feedAdd struct {
	feed       tinycheck.Feed
	kind       string
	mean       meaningFlags
	secretFile string
	off        bool
}

func newFeedAdd(common *libraryFlags) *cobra.Command {
	var f feedAdd
	c := &cobra.Command{
		Use:   "add NAME ADDRESS",
		Short: "Add a feed: a web address, a folder or USB stick, a MISP or a TAXII server",
		Long: "Add makes a feed that \"update\" fetches from then on.\n\n" +
			"  tinycheck feeds add our-list https://lists.example/ioc.csv\n" +
			"  tinycheck feeds add stick /media/usb/indicators\n" +
			"  tinycheck feeds add misp https://misp.example --kind misp --secret-file key --select tag:stalkerware\n" +
			"  tinycheck feeds add taxii https://taxii.example/taxii2/ --kind taxii --select COLLECTION\n\n" +
			"The secret (an API key, or user:password) is read from a file, so that it stands in no list of commands.",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.complete(args[0], args[1]); err != nil {
				return usageError{err}
			}
			if err := f.secret(c.InOrStdin()); err != nil {
				return err
			}
			return common.open(c.Context(), func(l *library.Library) error {
				if err := l.AddFeed(c.Context(), f.feed); err != nil {
					return err
				}
				if common.json {
					return machine(c, feedOut(&f.feed))
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "added; \"tinycheck feeds update %s\" fetches it\n", f.feed.Name)
				return err
			})
		},
	}
	c.Flags().StringVar(&f.kind, "kind", "", "`KIND` of the source: http, folder, misp, taxii (default: by the address)")
	c.Flags().StringVar(&f.feed.Format, "format", "", "`FORMAT`, when it is not recognised")
	c.Flags().StringVar(&f.feed.Title, "title", "", "what it is, in one line of `TEXT`")
	c.Flags().StringVar(&f.feed.Licence, "licence", "", "its `LICENCE`")
	c.Flags().StringVar(&f.feed.Attribution, "attribution", "", "whom the licence asks to name, `TEXT`")
	c.Flags().StringArrayVar(&f.feed.Select, "select", nil, "misp: type:T, tag:T or category:C; taxii: id or title of a collection, `WHAT` (repeatable)")
	c.Flags().StringVar(&f.secretFile, "secret-file", "", "`FILE` with the API key or user:password (\"-\": standard input)")
	c.Flags().BoolVar(&f.feed.Private, "private", false, "it may lie in a private network")
	c.Flags().BoolVar(&f.off, "disabled", false, "do not use it yet")
	f.mean.addTo(c)
	complete(c, "format", formats)
	complete(c, "kind", fixed(feedKinds))
	return c
}

// feedKinds are the words that --kind takes.
var feedKinds = []string{string(tinycheck.FeedHTTP), string(tinycheck.FeedFolder), string(tinycheck.FeedMISP), string(tinycheck.FeedTAXII)}

// complete makes the feed of what was typed.
func (f *feedAdd) complete(name, address string) error {
	like, err := f.mean.indicator()
	if err != nil {
		return err
	}
	if !spelling.IsSlug(name) {
		return fmt.Errorf("%q cannot be the name of a feed; %q can", name, spelling.Slug(name))
	}
	f.feed.Name, f.feed.URL, f.feed.Enabled = name, address, !f.off
	f.feed.Class, f.feed.Infrastructure, f.feed.Family = like.Class, like.Infrastructure, like.Family
	web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	switch f.kind {
	case "":
		f.feed.Kind = tinycheck.FeedFolder
		if web {
			f.feed.Kind = tinycheck.FeedHTTP
		}
	case string(tinycheck.FeedHTTP), string(tinycheck.FeedFolder), string(tinycheck.FeedMISP), string(tinycheck.FeedTAXII):
		f.feed.Kind = tinycheck.FeedKind(f.kind)
	default:
		return fmt.Errorf("no kind %q; there are http, folder, misp, taxii", f.kind)
	}
	return f.address(web)
}

// address checks that the address fits the kind.
func (f *feedAdd) address(web bool) (err error) {
	if f.feed.Kind == tinycheck.FeedFolder {
		f.feed.URL, err = filepath.Abs(f.feed.URL)
		return err
	}
	u, err := url.Parse(f.feed.URL)
	switch {
	case !web || err != nil || u.Host == "":
		return errors.New("a feed of this kind has an address that begins with https://")
	case u.User != nil:
		return errors.New("no password in the address: give it with --secret-file")
	}
	return nil
}

// secret reads the key, when there is one.
func (f *feedAdd) secret(stdin io.Reader) (err error) {
	if f.secretFile != "" {
		f.feed.Secret, err = firstLine(f.secretFile, stdin)
	}
	return err
}

func newFeedSwitch(common *libraryFlags, on bool) *cobra.Command {
	use, short, fits := "disable", "Keep feeds, and do not match what they list", isOn
	if on {
		use, short, fits = "enable", "Use feeds again, or for the first time", isOff
	}
	return &cobra.Command{
		Use:   use + " NAME…",
		Short: short,
		Args:  atLeast("which feed? \"tinycheck feeds list\" names them"),

		ValidArgsFunction: common.feedNames(fits),
		RunE: func(c *cobra.Command, args []string) error {
			return common.open(c.Context(), func(l *library.Library) error {
				if err := l.Switch(c.Context(), args, on); err != nil {
					return err
				}
				return common.told(c, l, len(args), use+"d")
			})
		},
	}
}

func newFeedRemove(common *libraryFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a feed and all that it lists",
		Args:  exactly("which feed? \"tinycheck feeds list\" names them"),

		ValidArgsFunction: one(common.feedNames(library.Removable)),
		RunE: func(c *cobra.Command, args []string) error {
			return common.open(c.Context(), func(l *library.Library) error {
				if err := l.DeleteFeed(c.Context(), args[0]); err != nil {
					return err
				}
				return common.told(c, l, 1, "removed")
			})
		},
	}
}
