package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tinycheck"
)

// mispLimit is how many attributes one page has.
const mispLimit = 500

// mispTypes are the types of attributes that a phone's traffic can show; they
// are asked for when the feed selects none.
var mispTypes = []string{
	"domain", "hostname", "domain|ip", "hostname|port", "ip-dst", "ip-src", "ip-dst|port", "ip-src|port", "url", "uri",
	"x509-fingerprint-sha1", "x509-fingerprint-sha256", "ja3-fingerprint-md5",
}

// mispQuery is the question of POST /attributes/restSearch (MISP OpenAPI,
// restSearchAttributes).
type mispQuery struct {
	ReturnFormat     string   `json:"returnFormat"`
	Page             int      `json:"page"`
	Limit            int      `json:"limit"`
	Type             []string `json:"type,omitempty"`
	Category         []string `json:"category,omitempty"`
	Tags             []string `json:"tags,omitempty"`
	Timestamp        string   `json:"timestamp,omitempty"` // attributes changed at this second or later
	ToIDs            bool     `json:"to_ids,omitempty"`    // only those marked for detection
	Deleted          [2]int   `json:"deleted"`             // both those that are and those that are not
	IncludeEventTags bool     `json:"includeEventTags"`
	IncludeContext   bool     `json:"includeContext"`
}

// fetchMISP asks for all attributes, or those that changed since the cursor,
// page by page until one is short. Deleted ones come too, so that a change takes
// back what is gone, and unless the feed selects otherwise also those that are
// not marked for detection (to_ids): one that loses its mark has to be seen.
func (v *visit) fetchMISP(ctx context.Context) (Fetched, error) {
	query, err := mispSelect(v.feed.Select)
	if err != nil {
		return Fetched{}, err
	}
	since, digest := v.mispCursor(query)
	query.Timestamp = since
	newest, total, now := uint64(0), 0, uint64(0)
	for query.Page = 1; ; query.Page++ {
		if query.Page > maxPages {
			return Fetched{}, invalid("the MISP instance has more than %d pages: select less", maxPages)
		}
		page, asked, err := v.mispPage(ctx, query)
		if err != nil {
			return Fetched{}, err
		}
		if query.Page == 1 {
			now = asked
		}
		newest, total = max(newest, page.newest), total+page.count
		if page.count < mispLimit {
			break
		}
	}
	return v.mispFetched(total, min(newest, now), digest, since)
}

// mispFetched makes the cursor for the next time. It is never later than the
// clock of the server when the first page was asked for: a stamp in the future
// would hide all that comes, and what changed between two pages comes again.
func (v *visit) mispFetched(total int, newest uint64, digest, since string) (Fetched, error) {
	got := Fetched{Cursor: v.feed.Cursor, Whole: since == "", Unchanged: total == 0}
	if total == 0 && got.Whole {
		return Fetched{}, tinycheck.Errorf("the MISP instance shows this key no attribute that is selected: check the selection, and what the key may see", tinycheck.NotFound, nil)
	}
	if old, err := strconv.ParseUint(since, 10, 64); err == nil {
		newest = max(newest, old)
	}
	if total > 0 {
		got.Cursor = strconv.FormatUint(newest, 10) + " " + digest
	}
	return got, nil
}

// mispCursor reads "timestamp" or "timestamp digest"; one whose digest is that
// of another selection or instance is not used. A bare timestamp is one that
// somebody set: begin there.
func (v *visit) mispCursor(q mispQuery) (since, digest string) {
	text, err := json.Marshal(struct {
		At    string
		Query mispQuery
	}{v.home.String(), q})
	if err != nil {
		return "", ""
	}
	sum := sha256.Sum256(text)
	digest = hex.EncodeToString(sum[:8])
	since, own, marked := strings.Cut(v.feed.Cursor, " ")
	if _, err := strconv.ParseUint(since, 10, 63); err != nil || marked && own != digest {
		return "", digest
	}
	return since, digest
}

// mispSelect reads "type:domain", "tag:stalkerware" (a ! before the tag excludes
// it), "category:Network activity" and "to_ids:true": only attributes marked for
// detection, of which one that loses its mark is only noticed by a whole fetch.
func mispSelect(entries []string) (q mispQuery, err error) {
	q = mispQuery{ReturnFormat: "json", Limit: mispLimit, Deleted: [2]int{0, 1}, IncludeEventTags: true, IncludeContext: true}
	for _, entry := range entries {
		what, value, _ := strings.Cut(entry, ":")
		value = strings.TrimSpace(value)
		switch what = strings.TrimSpace(what); {
		case value == "":
			return q, invalid("the selection %.100q is none of type:…, tag:…, category:…, to_ids:true", entry)
		case what == "type":
			q.Type = append(q.Type, value)
		case what == "tag":
			q.Tags = append(q.Tags, value)
		case what == "category":
			q.Category = append(q.Category, value)
		case what == "to_ids" && value == "true":
			q.ToIDs = true
		default:
			return q, invalid("the selection %.100q is none of type:…, tag:…, category:…, to_ids:true", entry)
		}
	}
	if len(q.Type) == 0 {
		q.Type = mispTypes
	}
	return q, nil
}

// mispPage spools one page and looks through it; a page without attributes is
// no part. asked is when the server was asked, by its own clock where it has
// one, in seconds since 1970: ours may be wrong, on a machine without a battery.
func (v *visit) mispPage(ctx context.Context, query mispQuery) (page scanned, asked uint64, err error) {
	body, err := json.Marshal(query)
	if err != nil {
		return scanned{}, 0, unavailable("write the question", err)
	}
	q := v.mispRequest(http.MethodPost, "attributes/restSearch")
	q.body, q.name = body, fmt.Sprintf("misp-page-%d.json", query.Page)
	q.header.Set("Content-Type", "application/json")
	when := time.Now()
	a, err := v.ask(ctx, q)
	if err != nil {
		return scanned{}, 0, err
	}
	page, err = scanMISP(a.spool.reader())
	if err != nil {
		return scanned{}, 0, tinycheck.Errorf("the answer is not that of a MISP instance", tinycheck.Invalid, err)
	}
	if page.count == 0 {
		v.drop(a.spool)
	}
	if answered, err := http.ParseTime(a.header.Get("Date")); err == nil {
		when = answered.Add(-time.Since(when) - time.Second) // a second, because Date has no parts of one
	}
	return page, uint64(max(0, when.Unix())), nil
}

func (v *visit) mispRequest(method, at string) request {
	root := *v.home
	root.Path, root.RawPath, root.RawQuery = strings.TrimRight(root.Path, "/")+"/", "", ""
	return request{
		method: method, url: root.ResolveReference(&url.URL{Path: at}), header: http.Header{"Accept": {"application/json"}},
		name: "misp.json", limit: min(v.MaxBytes, maxPart), media: jsonOnly, refuse: v.mispRefused,
	}
}

func jsonOnly(contentType string) error {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
		return invalid("the answer is no JSON: is this the address of a MISP instance?")
	}
	return nil
}

// mispRefused reads the error of MISP: {"name":…,"message":…,"url":…}.
func (v *visit) mispRefused(a answer, page []byte) (error, bool) {
	var said struct{ Name, Message string }
	if json.Unmarshal(page, &said) != nil || said.Message == "" {
		return nil, false
	}
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		if v.secret == "" {
			return invalid("the MISP instance asks for a key: set it for this feed"), true
		}
		return invalid("the MISP instance refuses the key: %q; check the key, and that its user may use the API", v.quote(said.Message)), true
	case http.StatusNotFound:
		return tinycheck.Errorf(fmt.Sprintf("the MISP instance does not know the question: %q; is the address that of its start page?", v.quote(said.Message)), tinycheck.NotFound, nil), true
	}
	if a.status >= 500 || a.status == http.StatusTooManyRequests {
		return nil, false
	}
	return invalid("the MISP instance answers %d: %q", a.status, v.quote(said.Message)), true
}

// probeMISP asks for the version, which only a valid key is told.
func (v *visit) probeMISP(ctx context.Context) (string, error) {
	a, err := v.ask(ctx, v.mispRequest(http.MethodGet, "servers/getVersion"))
	if err != nil {
		return "", err
	}
	var said struct{ Version string }
	if err := json.NewDecoder(a.spool.reader()).Decode(&said); err != nil || said.Version == "" {
		return "", invalid("the answer is not that of a MISP instance")
	}
	return fmt.Sprintf("MISP %s answers and accepts the key.", v.quote(said.Version)), nil
}
