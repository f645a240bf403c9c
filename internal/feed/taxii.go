package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tinycheck"
)

// mediaTAXII is the media type of TAXII 2.1 (section 1.6.8.1).
const mediaTAXII = "application/taxii+json;version=2.1"

// taxiiLimit is how many objects we ask for in one page; a server may give less.
const taxiiLimit = 2000

// resource is what a TAXII server shows at a URL: the keys tell a discovery
// (section 4.1), an API root (4.2), a list of collections (5.1) and a collection
// (5.2) apart.
type resource struct {
	APIRoots    []string   `json:"api_roots"`
	Versions    []string   `json:"versions"`
	Collections []resource `json:"collections"`

	ID      string `json:"id"`
	Title   string `json:"title"`
	Alias   string `json:"alias"`
	CanRead *bool  `json:"can_read"`

	at *url.URL // of a collection
}

func (r *resource) readable() bool { return r.CanRead != nil && *r.CanRead }

// fetchTAXII reads the chosen collections, each into a bundle of its own. The
// cursor is {"URL of the collection":"when the last object was added"}; if it is
// not about exactly the chosen collections, everything is read again.
func (v *visit) fetchTAXII(ctx context.Context) (Fetched, error) {
	chosen, err := v.chosen(ctx)
	if err != nil {
		return Fetched{}, err
	}
	since := v.taxiiCursor(chosen)
	got := Fetched{Whole: true}
	dated, count := true, 0
	for _, c := range chosen {
		key := c.at.String()
		got.Whole = got.Whole && since[key] == ""
		f := &follow{visit: v, collection: c, after: since[key], seen: make(map[string]bool)}
		if err := f.read(ctx); err != nil {
			return Fetched{}, inCollection(v, c, err)
		}
		since[key], dated, count = f.last, dated && (f.last != "" || f.count == 0), count+f.count
	}
	if count == 0 && got.Whole {
		return Fetched{}, tinycheck.Errorf("the TAXII server shows no object in the chosen collections", tinycheck.NotFound, nil)
	}
	got.Unchanged = count == 0
	if dated { // a server that does not say when can only be read whole
		text, err := json.Marshal(since)
		if err != nil {
			return Fetched{}, unavailable("write the cursor", err)
		}
		got.Cursor = string(text)
	}
	return got, nil
}

func inCollection(v *visit, c resource, err error) error {
	return tinycheck.Errorf("read collection "+v.quote(c.label()), kindOf(err), err)
}

func (v *visit) taxiiCursor(chosen []resource) map[string]string {
	since, fresh := make(map[string]string), make(map[string]string)
	for _, c := range chosen {
		fresh[c.at.String()] = ""
	}
	if json.Unmarshal([]byte(v.feed.Cursor), &since) != nil || len(since) != len(fresh) {
		return fresh
	}
	for key, value := range since {
		if _, known := fresh[key]; !known || value != "" && !dated(value) {
			return fresh
		}
	}
	return since
}

func dated(text string) bool {
	_, err := time.Parse(time.RFC3339Nano, text)
	return err == nil && len(text) <= maxMark
}

// chosen finds the collections that the feed selects by id, alias or title; all
// that can be read when it selects none. They come sorted by URL.
func (v *visit) chosen(ctx context.Context) ([]resource, error) {
	all, problem := v.collections(ctx)
	if problem != nil && (all == nil || len(v.feed.Select) == 0) {
		return nil, problem
	}
	found, missed, err := v.pick(all)
	switch {
	case err != nil:
		return nil, err
	case missed != "" && problem != nil:
		return nil, problem
	case missed != "":
		return nil, tinycheck.Errorf(fmt.Sprintf("the TAXII server has no collection %.100q: it has %s", missed, v.names(all)), tinycheck.NotFound, nil)
	case len(found) == 0:
		return nil, invalid("the TAXII server has no collection that may be read with this key")
	case len(found) > maxChosen:
		return nil, invalid("the TAXII server has more than %d collections: select some", maxChosen)
	}
	return slices.SortedFunc(maps.Values(found), func(a, b resource) int { return strings.Compare(a.at.String(), b.at.String()) }), nil
}

// pick gives the collections by URL; missed is a selection that fits none.
func (v *visit) pick(all []resource) (found map[string]resource, missed string, err error) {
	found = make(map[string]resource)
	for _, c := range all {
		if len(v.feed.Select) == 0 && c.readable() {
			found[c.at.String()] = c
		}
	}
	for _, name := range v.feed.Select {
		fits := false
		for _, c := range all {
			if !c.named(strings.TrimSpace(name)) {
				continue
			}
			if fits = true; !c.readable() {
				return nil, "", invalid("the collection %.100q may not be read with this key", name)
			}
			found[c.at.String()] = c
		}
		if !fits {
			missed = name
		}
	}
	return found, missed, nil
}

func (r *resource) named(name string) bool {
	return name != "" && (strings.EqualFold(name, r.ID) || strings.EqualFold(name, r.Title) || name == r.Alias)
}

func (r *resource) label() string {
	if r.Title != "" {
		return r.Title
	}
	return r.ID
}

func (v *visit) names(all []resource) string {
	var names []string
	for _, c := range all {
		names = append(names, c.label())
	}
	if len(names) == 0 {
		return "none"
	}
	return v.quote(strings.Join(names, ", "))
}

// collections follows the feed's URL down to collections, wherever it begins. A
// root that refuses us is a problem only when something chosen may be in it, so
// both may be given.
func (v *visit) collections(ctx context.Context) ([]resource, error) {
	top, err := v.taxiiTop(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(top.APIRoots) > 0:
		return v.roots(ctx, top)
	case len(top.Versions) > 0:
		return v.root(ctx, top.at)
	case top.Collections != nil:
		return v.listed(top.at, top.Collections)
	case top.ID != "":
		return []resource{top}, nil
	}
	return nil, invalid("%s is neither a TAXII 2.1 server, nor an API root, nor a collection", place(top.at))
}

// taxiiTop reads what is at the feed's URL; a bare server has its discovery at
// /taxii2/ (section 4.1).
func (v *visit) taxiiTop(ctx context.Context) (resource, error) {
	top := *v.home
	top.RawQuery, top.RawPath = "", ""
	top.Path = strings.TrimSuffix(strings.TrimRight(top.Path, "/"), "/objects") + "/"
	if top.Path == "/" {
		top.Path = "/taxii2/"
	}
	return v.resource(ctx, &top)
}

func (v *visit) roots(ctx context.Context, top resource) ([]resource, error) {
	if len(top.APIRoots) > maxRoots {
		return nil, invalid("the TAXII server has more than %d API roots: give the address of one", maxRoots)
	}
	var all []resource
	var problem error
	for _, raw := range top.APIRoots {
		at, err := top.at.Parse(raw)
		if err != nil || !same(at, v.home) {
			problem = invalid("the TAXII server names an API root on another server, %s: give the address of the API root that you want", v.quote(raw))
			continue
		}
		some, err := v.root(ctx, at)
		if err != nil {
			problem = err
			continue
		}
		all = append(all, some...)
	}
	return all, problem
}

func (v *visit) root(ctx context.Context, at *url.URL) ([]resource, error) {
	list, err := v.resource(ctx, below(at, "collections"))
	if err != nil {
		return nil, err
	}
	return v.listed(list.at, list.Collections)
}

// listed gives each collection its URL: its id stands below that of the list.
func (v *visit) listed(at *url.URL, list []resource) ([]resource, error) {
	for i := range list {
		id := list[i].ID
		if id == "" || id == "." || id == ".." || strings.ContainsAny(id, "/\\?#%") || len(id) > maxQuote {
			return nil, invalid("the TAXII server lists a collection without a proper id")
		}
		list[i].at = below(at, id)
	}
	return list, nil
}

// below is a URL one step down; every URL of TAXII ends in a slash (section 1.6.4).
func below(at *url.URL, step string) *url.URL {
	down := *at
	down.Path, down.RawPath, down.RawQuery = strings.TrimRight(at.Path, "/")+"/"+step+"/", "", ""
	return &down
}

// resource reads one description.
func (v *visit) resource(ctx context.Context, at *url.URL) (resource, error) {
	q := v.taxiiRequest(at)
	q.limit = min(v.MaxBytes, maxResource)
	a, err := v.ask(ctx, q)
	if err != nil {
		return resource{}, err
	}
	defer v.drop(a.spool)
	var r resource
	if err := json.NewDecoder(a.spool.reader()).Decode(&r); err != nil {
		return resource{}, tinycheck.Errorf("the answer is not that of a TAXII server", tinycheck.Invalid, err)
	}
	r.at = at
	return r, nil
}

func (v *visit) taxiiRequest(at *url.URL) request {
	return request{
		method: http.MethodGet, url: at, header: http.Header{"Accept": {mediaTAXII}},
		name: "taxii.json", limit: min(v.MaxBytes, maxPart), media: taxiiOnly, refuse: v.taxiiRefused,
	}
}

const oldTAXII = "the server speaks an older TAXII: only version 2.1 is understood"

// taxiiOnly checks the media type (section 1.6.8). Some servers leave its
// version or its name out.
func taxiiOnly(contentType string) error {
	media, values, err := mime.ParseMediaType(contentType)
	switch {
	case err == nil && strings.HasPrefix(media, "application/vnd.oasis."), media == "application/xml", media == "text/xml":
		return tinycheck.Errorf(oldTAXII, tinycheck.Unsupported, nil)
	case media == "application/taxii+json" && values["version"] != "" && values["version"] != "2.1":
		return tinycheck.Errorf("the server answers in TAXII "+values["version"][:min(8, len(values["version"]))]+": only version 2.1 is understood", tinycheck.Unsupported, nil)
	case media == "application/taxii+json", media == "application/json", media == "application/stix+json":
		return nil
	}
	return invalid("the answer is not that of a TAXII server: is the address right?")
}

// taxiiRefused reads the error message of section 3.6.1. A server of version 2.0
// refuses our media type.
func (v *visit) taxiiRefused(a answer, page []byte) (error, bool) {
	if a.status == http.StatusNotAcceptable || a.status == http.StatusUnsupportedMediaType {
		return tinycheck.Errorf(oldTAXII, tinycheck.Unsupported, nil), true
	}
	var said struct{ Title, Description string }
	if a.status >= 500 || a.status == http.StatusTooManyRequests || json.Unmarshal(page, &said) != nil || said.Title == "" {
		return nil, false
	}
	kind, words := meaning(a.status, v.secret != "")
	return tinycheck.Errorf(fmt.Sprintf("the server answers %d: %q; %s", a.status, v.quote(said.Title+" "+said.Description), words), kind, nil), true
}

func (v *visit) probeTAXII(ctx context.Context) (string, error) {
	chosen, err := v.chosen(ctx)
	if err != nil {
		return "", err
	}
	if len(chosen) == 1 {
		return fmt.Sprintf("TAXII 2.1 answers; one collection can be read: %s.", v.names(chosen)), nil
	}
	return fmt.Sprintf("TAXII 2.1 answers; %d collections can be read: %s.", len(chosen), v.names(chosen)), nil
}
