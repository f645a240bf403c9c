package library_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/feed"
	"tinycheck/internal/feedtest"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// page serves one list, whose content can be changed.
type page struct {
	mu   sync.Mutex
	text string
}

func (p *page) set(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tag := fmt.Sprintf("%q", fmt.Sprint(len(p.text)))
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("ETag", tag)
	fmt.Fprint(w, p.text)
}

// impatient makes failures quick.
func impatient(c *library.Config) {
	c.Fetch = feed.Config{Tries: 1, Timeout: 3 * time.Second, Idle: 500 * time.Millisecond, MaxBytes: 1 << 20}
}

func add(t testing.TB, l *library.Library, f tinycheck.Feed) {
	t.Helper()
	f.Enabled, f.Private = true, true
	if err := l.AddFeed(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func update(t testing.TB, l *library.Library, c library.Choice) library.Updated {
	t.Helper()
	list, err := l.Update(t.Context(), c)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	return list[0]
}

func stands(t testing.TB, l *library.Library, name string) tinycheck.Feed {
	t.Helper()
	feeds, err := l.Feeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range feeds {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no feed %q", name)
	return tinycheck.Feed{}
}

func TestUpdateTakesWhatIsNew(t *testing.T) {
	l := open(t, impatient)
	list := &page{text: "a.spy.example\nb.spy.example\nc.spy.example\n"}
	add(t, l, tinycheck.Feed{Name: "web", Kind: tinycheck.FeedHTTP, URL: feedtest.Start(t, list) + "/list.txt"})
	one := library.Choice{Names: []string{"web"}}

	if u := update(t, l, one); u.Err != nil || u.Intake.Accepted != 3 {
		t.Fatalf("first: %+v", u)
	}
	if u := update(t, l, one); u.Err != nil || !u.Unchanged {
		t.Errorf("again: %+v", u)
	}
	list.set("a.spy.example\nb.spy.example\nlonger.spy.example\n")
	if u := update(t, l, one); u.Err != nil || u.Intake.Withdrawn != 1 || u.Intake.Accepted != 3 {
		t.Errorf("changed: %+v", u)
	}
	f := stands(t, l, "web")
	if f.Indicators != 3 || f.Problem != "" || !f.Fetched.Equal(noon) || f.ETag == "" {
		t.Errorf("the feed stands so: %+v", f)
	}
	if len(classes(t, l, "c.spy.example")) != 0 || len(classes(t, l, "longer.spy.example")) != 1 {
		t.Error("the index is not that of the new content")
	}
}

func TestASuddenLossIsHeldBack(t *testing.T) {
	l := open(t, impatient)
	list := &page{text: "a.spy.example\nb.spy.example\nc.spy.example\nd.spy.example\n"}
	add(t, l, tinycheck.Feed{Name: "web", Kind: tinycheck.FeedHTTP, URL: feedtest.Start(t, list) + "/list.txt"})
	one := library.Choice{Names: []string{"web"}}
	update(t, l, one)

	list.set("a.spy.example\nb.spy.example\n") // exactly half may go
	if u := update(t, l, one); u.Err != nil || u.Intake.Withdrawn != 2 {
		t.Errorf("half: %+v", u)
	}
	list.set("z.spy.example\n")
	if u := update(t, l, one); !errors.Is(u.Err, tinycheck.Conflict) {
		t.Errorf("more than half: %+v", u)
	}
	if f := stands(t, l, "web"); f.Held == "" || f.Indicators != 2 || len(classes(t, l, "a.spy.example")) != 1 {
		t.Errorf("the feed stands so: %+v", f)
	}
	one.Loss = true
	if u := update(t, l, one); u.Err != nil || u.Intake.Withdrawn != 2 {
		t.Errorf("confirmed: %+v", u)
	}
	if f := stands(t, l, "web"); f.Held != "" || f.Indicators != 1 || len(classes(t, l, "a.spy.example")) != 0 {
		t.Errorf("the feed stands so: %+v", f)
	}
}

// Whatever a server does: what was there stays, the others are updated, and the
// feed says what went wrong.
func TestServersThatLieLoseNothing(t *testing.T) {
	l := open(t, impatient)
	liar := feedtest.Start(t, &feedtest.Liar{})
	good := &page{text: "good.spy.example\n"}
	add(t, l, tinycheck.Feed{Name: "good", Kind: tinycheck.FeedHTTP, URL: feedtest.Start(t, good) + "/list.txt"})
	names := []string{"good"}
	for _, path := range lies {
		name := "liar" + strings.ReplaceAll(path, "/", "-")
		add(t, l, tinycheck.Feed{Name: name, Kind: tinycheck.FeedHTTP, URL: liar + path})
		imports(t, l, "before.txt", strings.TrimPrefix(name, "liar-")+".before.example\n", library.Source{})
		names = append(names, name)
	}
	list, err := l.Update(t.Context(), library.Choice{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	for n, u := range list {
		f := stands(t, l, u.Feed)
		switch {
		case n == 0 && (u.Err != nil || f.Indicators != 1):
			t.Errorf("the honest feed: %+v", u)
		case n > 0 && (u.Err == nil || f.Problem == "" || f.Indicators != 0 || !f.Fetched.IsZero() || !f.Tried.Equal(noon)):
			t.Errorf("%s: %v, stands so: %+v", u.Feed, u.Err, f)
		}
	}
	if len(classes(t, l, "good.spy.example")) != 1 {
		t.Error("the honest feed is not in force")
	}
}

func TestMISPIsReadSinceLastTime(t *testing.T) {
	l := open(t, impatient)
	server := feedtest.NewMISP("key")
	server.Add(
		feedtest.Attribute{Type: "domain", Value: "a.spy.example"},
		feedtest.Attribute{Type: "domain", Value: "b.spy.example"},
	)
	add(t, l, tinycheck.Feed{Name: "misp", Kind: tinycheck.FeedMISP, URL: feedtest.Start(t, server), Secret: "key"})
	one := library.Choice{Names: []string{"misp"}}
	if u := update(t, l, one); u.Err != nil || u.Intake.Accepted != 2 {
		t.Fatalf("first: %+v", u)
	}
	server.Add(feedtest.Attribute{Type: "domain", Value: "c.spy.example"})
	if u := update(t, l, one); u.Err != nil || u.Intake.Withdrawn != 0 {
		t.Errorf("later: %+v", u)
	}
	for _, name := range []string{"a.spy.example", "b.spy.example", "c.spy.example"} {
		if len(classes(t, l, name)) != 1 {
			t.Errorf("%s is not in force", name)
		}
	}
	if f := stands(t, l, "misp"); f.Cursor == "" || f.Indicators != 3 {
		t.Errorf("the feed stands so: %+v", f)
	}
}

func TestTAXIIKeepsFamilies(t *testing.T) {
	l := open(t, impatient)
	server := feedtest.NewTAXII("")
	server.Put("api1", feedtest.Collection{ID: "91a7b528-80eb-42ed-a74d-c6fbd5a26116", Title: "Spyware", CanRead: true})
	server.Add("91a7b528-80eb-42ed-a74d-c6fbd5a26116",
		`{"type":"malware","spec_version":"2.1","id":"malware--31b940d4-6f7f-459a-80ea-9c1f17b58abc","name":"Example Spy","is_family":true,"created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z"}`,
		`{"type":"indicator","spec_version":"2.1","id":"indicator--a932fcc6-e032-476c-826f-cb970a5a1ade","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","pattern":"[domain-name:value = 'a.spy.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","indicator_types":["malicious-activity"]}`,
		`{"type":"relationship","spec_version":"2.1","id":"relationship--44298a74-ba52-4f0c-87a3-1824e67d7fad","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","relationship_type":"indicates","source_ref":"indicator--a932fcc6-e032-476c-826f-cb970a5a1ade","target_ref":"malware--31b940d4-6f7f-459a-80ea-9c1f17b58abc"}`,
	)
	add(t, l, tinycheck.Feed{Name: "taxii", Kind: tinycheck.FeedTAXII, URL: feedtest.Start(t, server) + "/taxii2/"})
	if u := update(t, l, library.Choice{Names: []string{"taxii"}}); u.Err != nil || u.Intake.Accepted != 1 {
		t.Fatalf("%+v", u)
	}
	found, total, err := l.Find(t.Context(), store.Query{Text: "a.spy.example"})
	if err != nil || total != 1 || found[0].Family != "Example Spy" || found[0].Feed != "taxii" || found[0].By != "tester" {
		t.Errorf("%+v, %v", found, err)
	}
}

// A feed fetched with success is as current as the day; the starter's age then
// says nothing any more.
func TestAgeOfFeeds(t *testing.T) {
	l := open(t, impatient)
	list := &page{text: "a.spy.example\n"}
	add(t, l, tinycheck.Feed{Name: "web", Kind: tinycheck.FeedHTTP, URL: feedtest.Start(t, list) + "/list.txt"})
	update(t, l, library.Choice{Names: []string{"web"}})
	known, err := l.Knowledge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, f := range known.Feeds {
		if f.Missing {
			missing++
		}
		if f.Missing && f.Name == "web" || f.Name == "echap-stalkerware" && !f.Missing {
			t.Errorf("%+v", f)
		}
	}
	if missing == 0 {
		t.Error("feeds that were never fetched are not told")
	}
	for _, f := range known.Feeds {
		if f.Name == "web" && (f.Timeless || !f.Date.Equal(noon)) || f.Name == library.StarterFeed && !f.Timeless {
			t.Errorf("%+v", f)
		}
	}
}

// lies are the paths of feedtest.Liar that bring no list.
var lies = []string{
	"/bomb.gz", "/cut.gz", "/bad.gz", "/brotli", "/silent", "/slow", "/endless", "/huge", "/truncated", "/aborted", "/reset",
	"/headers", "/garbage", "/loop", "/html", "/portal", "/empty", "/status/304", "/status/403", "/status/404", "/status/500",
}
