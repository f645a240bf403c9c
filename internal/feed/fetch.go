package feed

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tinycheck"
)

// Part is one document of a feed, complete and unpacked. Body is valid during
// the call that gives it.
type Part struct {
	Name  string // as internal/exchange should see it; in a folder with "subfolder/" before it
	Size  int64  // bytes of Body
	Whole bool   // as in Fetched, known before the first part is seen
	Body  io.Reader
}

// Fetched is what a fetch brought. Its first three fields belong into the feed's
// state, and say next time what is known already.
type Fetched struct {
	ETag      string // of the document; of a file or folder the hash of all content
	Modified  string // as the server writes it
	Cursor    string // where the changes of a MISP or TAXII feed begin next time
	Unchanged bool   // since the last fetch: there are no parts
	Whole     bool   // the parts are all of the feed; false: only what changed since Feed.Cursor
	Parts     int
	Bytes     int64 // of all parts
}

// kind is how feeds of one kind are fetched and tried out.
type kind struct {
	fetch func(*visit, context.Context) (Fetched, error)
	probe func(*visit, context.Context) (string, error)
}

var kinds = map[tinycheck.FeedKind]kind{
	tinycheck.FeedHTTP:   {(*visit).fetchHTTP, (*visit).probeHTTP},
	tinycheck.FeedFile:   {(*visit).fetchFile, (*visit).probeFile},
	tinycheck.FeedFolder: {(*visit).fetchFolder, (*visit).probeFolder},
	tinycheck.FeedMISP:   {(*visit).fetchMISP, (*visit).probeMISP},
	tinycheck.FeedTAXII:  {(*visit).fetchTAXII, (*visit).probeTAXII},
}

// visit is one call of Fetch or Probe.
type visit struct {
	*Fetcher
	shelf
	feed   tinycheck.Feed
	home   *url.URL // of the feed, without user and password; nil for files
	secret string   // user:password, or a key; "" when the feed has none
	routes map[string]*http.Transport
}

// Fetch brings the content of the feed and hands see one part after the other,
// in an order that is always the same; an error of see ends it and is given as
// it is. With an error, what see has had is to be discarded.
func (f *Fetcher) Fetch(ctx context.Context, source tinycheck.Feed, see func(Part) error) (Fetched, error) {
	v := f.visit(source)
	defer v.close()
	got, err := v.collect(ctx)
	if err != nil {
		return Fetched{}, v.explain("fetch feed "+source.Name, err)
	}
	for _, p := range v.spools {
		if err := ctx.Err(); err != nil {
			return Fetched{}, v.explain("fetch feed "+source.Name, err)
		}
		if err := see(Part{p.name, p.size, got.Whole, p.reader()}); err != nil {
			return Fetched{}, err
		}
		got.Parts++
		got.Bytes += p.size
	}
	return got, nil
}

func (v *visit) collect(ctx context.Context) (Fetched, error) {
	k, err := v.prepare()
	if err != nil {
		return Fetched{}, err
	}
	return k.fetch(v, ctx)
}

// Probe tries a feed out without fetching its content, and says in one sentence
// what it found.
func (f *Fetcher) Probe(ctx context.Context, source tinycheck.Feed) (string, error) {
	v := f.visit(source)
	defer v.close()
	k, err := v.prepare()
	if err == nil {
		var said string
		if said, err = k.probe(v, ctx); err == nil {
			return said, nil
		}
	}
	return "", v.explain("probe feed "+source.Name, err)
}

func (f *Fetcher) visit(source tinycheck.Feed) *visit {
	return &visit{
		Fetcher: f, feed: source, secret: strings.TrimSpace(source.Secret),
		shelf:  shelf{folder: f.Folder, left: maxTotal},
		routes: make(map[string]*http.Transport),
	}
}

func (v *visit) close() {
	v.shelf.close()
	for _, t := range v.routes {
		t.CloseIdleConnections()
	}
}

// prepare checks what the feed says about itself.
func (v *visit) prepare() (kind, error) {
	k, known := kinds[v.feed.Kind]
	switch {
	case !known:
		return k, tinycheck.Errorf("there is nothing to fetch for a feed of kind "+string(v.feed.Kind), tinycheck.Unsupported, nil)
	case v.feed.URL == "":
		return k, invalid("it has no address")
	case v.feed.Kind == tinycheck.FeedFile || v.feed.Kind == tinycheck.FeedFolder:
		return k, nil
	}
	return k, v.locate()
}

// locate finds out where the feed lives and who we are there.
func (v *visit) locate() error {
	u, user, err := home(v.feed.URL)
	if err != nil {
		return tinycheck.Errorf("read its address", tinycheck.Invalid, err)
	}
	if v.secret == "" && user != nil {
		password, _ := user.Password()
		v.secret = user.Username() + ":" + password
	}
	if err := allowed(u, v.feed.Private); err != nil {
		return tinycheck.Errorf("use "+place(u), tinycheck.Invalid, err)
	}
	if strings.ContainsFunc(v.secret, v.unsendable) {
		return invalid("its key has characters that no key has: copy it again")
	}
	if v.secret != "" && u.Scheme == "http" && !v.feed.Private {
		return invalid("its key would travel unprotected: use https://")
	}
	v.home = u
	return nil
}

// unsendable characters cannot stand in a header; a password may have letters
// of every alphabet, because it travels encoded (RFC 7617 section 2.1).
func (v *visit) unsendable(r rune) bool {
	return r < ' ' || r == 0x7f || r > '~' && (v.feed.Kind == tinycheck.FeedMISP || !strings.Contains(v.secret, ":"))
}
