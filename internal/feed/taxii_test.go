package feed_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/feedtest"
)

const (
	first  = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
	second = "52892447-4d7e-4f70-b94d-d7f22742ff63"
	hidden = "64993447-4d7e-4f70-b94d-d7f33742ee63"
)

// library is a server with three collections in two roots; one may not be read.
func library() *feedtest.TAXII {
	s := feedtest.NewTAXII("Basic dXNlcjpzZWNyZXQ=")
	s.PageSize = 3
	s.Put("api1", feedtest.Collection{ID: first, Title: "Stalkerware", Alias: "stalk", CanRead: true})
	s.Put("api1", feedtest.Collection{ID: hidden, Title: "Inbox"})
	s.Put("api2", feedtest.Collection{ID: second, Title: "Spyware", CanRead: true})
	s.Add(first, objects("a", 7)...)
	s.Add(hidden, objects("h", 1)...)
	s.Add(second, objects("b", 2)...)
	return s
}

func objects(name string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(`{"type":"indicator","id":"indicator--%s%d","pattern":"[x = '\u00e9']"}`, name, i))
	}
	return list
}

func taxiiFeed(url string, selected ...string) tinycheck.Feed {
	return tinycheck.Feed{Name: "test", Kind: tinycheck.FeedTAXII, URL: url, Secret: "user:secret", Select: selected, Private: true}
}

// ids are the objects of all bundles: "name: id id".
func ids(t *testing.T, parts []part) string {
	t.Helper()
	var out []string
	for _, p := range parts {
		var bundle struct {
			Type, ID string
			Objects  []struct{ ID string }
		}
		if err := json.Unmarshal([]byte(p.body), &bundle); err != nil || bundle.Type != "bundle" || !strings.HasPrefix(bundle.ID, "bundle--") || len(bundle.ID) != 44 {
			t.Fatalf("%s: %+v %v", p.name, bundle, err)
		}
		text := p.name[:2] + ":"
		for _, o := range bundle.Objects {
			text += " " + strings.TrimPrefix(o.ID, "indicator--")
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

const everything = "91: a0 a1 a2 a3 a4 a5 a6; 52: b0 b1"

func TestTAXII(t *testing.T) {
	url := feedtest.Start(t, library())
	for _, tt := range []struct {
		path     string
		selected []string
		want     string
	}{
		{"/taxii2/", nil, everything},
		{"/taxii2", nil, everything},
		{"", nil, everything},
		{"/", nil, everything},
		{"/taxii2/", []string{"stalkerware"}, "91: a0 a1 a2 a3 a4 a5 a6"},
		{"/taxii2/", []string{second}, "52: b0 b1"},
		{"/taxii2/", []string{"stalk", "Stalkerware", second}, everything},
		{"/api1/", nil, "91: a0 a1 a2 a3 a4 a5 a6"},
		{"/api2/collections/", nil, "52: b0 b1"},
		{"/api2/collections/" + second + "/", nil, "52: b0 b1"},
		{"/api2/collections/" + second + "/objects/", nil, "52: b0 b1"},
	} {
		got, parts := set(t).must(taxiiFeed(url+tt.path, tt.selected...))
		if list := ids(t, parts); list != tt.want || !got.Whole || got.Unchanged {
			t.Errorf("%s %v: %s, want %s", tt.path, tt.selected, list, tt.want)
		}
	}
}

func TestTAXIIChanges(t *testing.T) {
	for _, byDate := range []bool{false, true} {
		s := library()
		s.ByDate = byDate
		b, source := set(t), taxiiFeed(feedtest.Start(t, s)+"/taxii2/")
		got, parts := b.must(source)
		if ids(t, parts) != everything {
			t.Errorf("by date %v: %s", byDate, ids(t, parts))
		}
		source.Cursor = got.Cursor
		again, parts := b.must(source)
		if !again.Unchanged || again.Whole || again.Cursor != got.Cursor || len(parts) != 0 {
			t.Errorf("by date %v: %+v %v", byDate, again, parts)
		}
		s.Add(second, objects("new", 4)...)
		changed, parts := b.must(source)
		if ids(t, parts) != "52: new0 new1 new2 new3" || changed.Whole || changed.Unchanged || changed.Cursor == got.Cursor {
			t.Errorf("by date %v: %s %+v", byDate, ids(t, parts), changed)
		}
		source.Cursor = changed.Cursor
		s.Put("api2", feedtest.Collection{ID: "new", Title: "New", CanRead: true})
		if got, _ := b.must(source); !got.Whole {
			t.Errorf("by date %v: a collection more is another feed: %+v", byDate, got)
		}
		source.Select = []string{"spyware"} // another selection, so the cursor is not of it
		if got, parts := b.must(source); !got.Whole || ids(t, parts) != "52: b0 b1 new0 new1 new2 new3" {
			t.Errorf("by date %v: %+v", byDate, got)
		}
	}
}

func TestTAXIIAsksProperly(t *testing.T) {
	s := library()
	b := set(t)
	b.must(taxiiFeed(feedtest.Start(t, s) + "/api1/"))
	pages := ""
	for _, r := range s.Asked() {
		if r.Header.Get("Accept") != feedtest.MediaTAXII || r.UserAgent() != "Mozilla/5.0" || !strings.HasSuffix(r.URL.Path, "/") {
			t.Errorf("asked %s with %v", r.URL, r.Header)
		}
		if strings.HasSuffix(r.URL.Path, "/objects/") {
			pages += " " + r.URL.RawQuery
		}
	}
	if want := fmt.Sprintf(" limit=%[1]d limit=%[1]d&next=3 limit=%[1]d&next=6", feed.TAXIILimit); pages != want {
		t.Errorf("pages%s, want%s", pages, want)
	}
}

func TestTAXIIWithoutDates(t *testing.T) {
	s := library()
	s.Undated = true
	got, parts := set(t).must(taxiiFeed(feedtest.Start(t, s)))
	if ids(t, parts) != everything || got.Cursor != "" || !got.Whole {
		t.Errorf("%s %+v", ids(t, parts), got)
	}
}

func TestTAXIIThatRefuses(t *testing.T) {
	none := func(f tinycheck.Feed) tinycheck.Feed { f.Secret = ""; return f }
	wrong := func(f tinycheck.Feed) tinycheck.Feed { f.Secret = "user:wrong-password"; return f }
	url := feedtest.Start(t, library())
	lost := library()
	lost.Roots = []string{"/api1/", "/nowhere/"}
	foreign := library()
	foreign.Roots = []string{"/api1/", "https://other.example/api/"}
	stuck, stuckByDate := library(), library()
	stuck.Stuck, stuckByDate.Stuck, stuckByDate.ByDate, stuckByDate.Undated = true, true, true, true
	empty := feedtest.NewTAXII("")
	empty.Put("api1", feedtest.Collection{ID: first, Title: "Empty", CanRead: true})
	for _, tt := range []struct {
		feed  tinycheck.Feed
		kind  tinycheck.ErrorKind
		words string
		probe bool // fails as well
	}{
		{none(taxiiFeed(url)), tinycheck.Invalid, "asks for a key", true},
		{wrong(taxiiFeed(url)), tinycheck.Invalid, "does not accept", true},
		{taxiiFeed(url + "/nowhere/"), tinycheck.NotFound, "nothing at this address", true},
		{taxiiFeed(url, "Nobody"), tinycheck.NotFound, "no collection \"Nobody\": it has Stalkerware, Inbox, Spyware", true},
		{taxiiFeed(url, "Inbox"), tinycheck.Invalid, "may not be read", true},
		{taxiiFeed(feedtest.Start(t, lost)), tinycheck.NotFound, "404", true},
		{taxiiFeed(feedtest.Start(t, foreign)), tinycheck.Invalid, "another server", true},
		{taxiiFeed(feedtest.Start(t, stuck)), tinycheck.Invalid, "again and again", false},
		{taxiiFeed(feedtest.Start(t, stuckByDate)), tinycheck.Invalid, "and not where", false},
		{none(taxiiFeed(feedtest.Start(t, empty))), tinycheck.NotFound, "no object", false},
		{taxiiFeed(feedtest.Start(t, &feedtest.Liar{}) + "/html"), tinycheck.Invalid, "web page", true},
	} {
		if err := set(t).refused(tt.feed, tt.kind, tt.words); strings.Contains(fmt.Sprint(err), "wrong-password") {
			t.Errorf("the password stands in %v", err)
		}
		if said, err := set(t).Probe(t.Context(), tt.feed); tt.probe && !errors.Is(err, tt.kind) || !tt.probe && err != nil {
			t.Errorf("probe: %q %v", said, err)
		}
	}
	// What is chosen was found, so a lost root does not matter.
	if _, parts := set(t).must(taxiiFeed(feedtest.Start(t, lost), "stalkerware")); ids(t, parts) != "91: a0 a1 a2 a3 a4 a5 a6" {
		t.Error(ids(t, parts))
	}
}

func TestOlderTAXII(t *testing.T) {
	for _, media := range []string{"application/vnd.oasis.taxii+json; version=2.0", "application/taxii+json;version=2.0", "application/xml", "text/plain", "application/taxii+json;version=3"} {
		answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			fmt.Fprint(w, `{"title":"x","api_roots":["/api1/"]}`)
		})
		kind, words := tinycheck.Unsupported, "only version 2.1"
		if media == "text/plain" {
			kind, words = tinycheck.Invalid, "is the address right?"
		}
		set(t).refused(taxiiFeed(feedtest.Start(t, answers)), kind, words)
	}
	s := library()
	s.Media = "application/vnd.oasis.taxii+json; version=2.0" // which answers 406 to our Accept
	b := set(t)
	b.refused(taxiiFeed(feedtest.Start(t, s)), tinycheck.Unsupported, "only version 2.1")
}

func TestTAXIIThatIsNone(t *testing.T) {
	for name, answer := range map[string]string{
		"no JSON":    `x`,
		"cut":        `{"more":false,"objects":[{"type":"x"}`,
		"no objects": `{"objects":[1]}`,
		"shape":      `{"objects":{"a":1}}`,
		"twice":      `{"objects":[],"objects":[]}`,
		"more":       `{"more":"yes"}`,
		"followed":   `{} {}`,
		"an old":     `["x"]`,
	} {
		s := library()
		url := feedtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/objects/") {
				s.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", feedtest.MediaTAXII)
			fmt.Fprint(w, answer)
		}))
		t.Run(name, func(t *testing.T) {
			set(t).refused(taxiiFeed(url), tinycheck.Invalid, "no TAXII envelope")
		})
	}
}

// A collection that is too large for one bundle becomes several.
func TestTAXIIBundlesAreBounded(t *testing.T) {
	s := feedtest.NewTAXII("")
	s.Put("api1", feedtest.Collection{ID: first, Title: "Large", CanRead: true})
	s.Add(first, objects("a", 100)...)
	b := set(t, func(c *feed.Config) { c.MaxBytes = 20_000 })
	source := taxiiFeed(feedtest.Start(t, s))
	source.Secret = ""
	s.PageSize = 50
	_, parts := b.must(source)
	n := 0
	for i, p := range parts {
		n += len(strings.Fields(ids(t, parts[i:i+1]))) - 1
		if len(p.body) > 20_000 {
			t.Errorf("%s has %d bytes", p.name, len(p.body))
		}
	}
	if n != 100 || len(parts) < 1 || parts[0].name != first+".json" {
		t.Errorf("%d objects in %d parts", n, len(parts))
	}
	b = set(t, func(c *feed.Config) { c.MaxBytes = 6_000 })
	_, parts = b.must(source)
	if len(parts) != 2 || parts[1].name != first+"-2.json" || parts[0].body[:60] == parts[1].body[:60] {
		t.Errorf("%d parts", len(parts))
	}
}
