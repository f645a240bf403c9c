package library_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tinycheck"
	"tinycheck/internal/feedtest"
	"tinycheck/internal/library"
	"tinycheck/internal/store"
)

// What somebody changes while a feed is fetched is not undone by the fetch.
func TestAnUpdateUndoesNothing(t *testing.T) {
	for name, meanwhile := range map[string]func(l *library.Library) error{
		"disabled": func(l *library.Library) error { return l.Switch(t.Context(), []string{"web"}, false) },
		"removed":  func(l *library.Library) error { return l.DeleteFeed(t.Context(), "web") },
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, impatient)
			address := feedtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if err := meanwhile(l); err != nil {
					t.Error(err)
				}
				fmt.Fprint(w, "a.spy.example\n")
			}))
			add(t, l, tinycheck.Feed{Name: "web", Kind: tinycheck.FeedHTTP, URL: address})
			u := update(t, l, library.Choice{Names: []string{"web"}})
			if got := classes(t, l, "a.spy.example"); len(got) != 0 {
				t.Errorf("in force again: %v", got)
			}
			if name == "removed" {
				if !errors.Is(u.Err, tinycheck.NotFound) {
					t.Errorf("error %v", u.Err)
				}
				return
			}
			if f := stands(t, l, "web"); u.Err != nil || f.Enabled || f.Indicators != 1 {
				t.Errorf("%v, stands so: %+v", u.Err, f)
			}
		})
	}
}

// A file or a bundle in place of a feed's content: the next update asks for all
// of it, whatever mark the server gave before.
func TestAFileInPlaceOfAFeed(t *testing.T) {
	l := open(t, impatient)
	list := &page{text: "a.spy.example\n"}
	add(t, l, tinycheck.Feed{
		Name: "web", Kind: tinycheck.FeedHTTP, URL: feedtest.Start(t, list) + "/list.txt",
		Class: tinycheck.ClassInfrastructure, Infrastructure: tinycheck.InfraTor, Family: "Example",
	})
	one := library.Choice{Names: []string{"web"}}
	update(t, l, one)
	imports(t, l, "list.txt", "b.spy.example\n", library.Source{Feed: "web", Whole: true, Loss: true})
	if got := rows(t, l, "web"); len(got) != 1 || got[0].Infrastructure != tinycheck.InfraTor || got[0].Family != "Example" {
		t.Errorf("the file is not read as the feed is: %+v", got)
	}
	one.Loss = true
	if u := update(t, l, one); u.Err != nil || u.Unchanged || len(classes(t, l, "a.spy.example")) != 1 {
		t.Errorf("the content of the server does not come back: %+v", u)
	}
}

// The next version of the program, or of the bundle, would take its place.
func TestNoFileGoesIntoTheStarter(t *testing.T) {
	l := open(t)
	_, err := l.Import(t.Context(), "x.txt", strings.NewReader("a.spy.example\n"), library.Source{Feed: library.StarterFeed})
	if !errors.Is(err, tinycheck.Conflict) || len(classes(t, l, "a.spy.example")) != 0 {
		t.Errorf("error %v", err)
	}
}

// What one fetch brings and takes back is no loss of a feed that had nothing.
func TestAFirstFetchLosesNothing(t *testing.T) {
	l, folder := open(t), t.TempDir()
	const event = `{"Event":{"info":"x","Attribute":[{"type":"domain","value":"a.spy.example","to_ids":true,"deleted":%t}]}}`
	for name, deleted := range map[string]bool{"1.json": false, "2.json": true} {
		if err := os.WriteFile(filepath.Join(folder, name), fmt.Appendf(nil, event, deleted), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	add(t, l, tinycheck.Feed{Name: "stick", Kind: tinycheck.FeedFolder, URL: folder})
	if u := update(t, l, library.Choice{Names: []string{"stick"}}); u.Err != nil || u.Intake.Withdrawn != 1 || len(rows(t, l, "stick")) != 0 {
		t.Errorf("%+v", u)
	}
}

// What one event of an instance has deleted, another one may still list.
func TestDeletedInOneEventListedInAnother(t *testing.T) {
	l := open(t, impatient)
	server := feedtest.NewMISP("key")
	for n := range 600 { // more than a page
		server.Add(feedtest.Attribute{Type: "domain", Value: fmt.Sprintf("n%d.spy.example", n)})
	}
	server.Add(feedtest.Attribute{Type: "domain", Value: "n0.spy.example", Deleted: true})
	add(t, l, tinycheck.Feed{Name: "misp", Kind: tinycheck.FeedMISP, URL: feedtest.Start(t, server), Secret: "key"})
	if u := update(t, l, library.Choice{Names: []string{"misp"}}); u.Err != nil || len(rows(t, l, "misp")) != 600 {
		t.Errorf("%d entries, %+v", len(rows(t, l, "misp")), u)
	}
}

// What an instance deletes for good shows only when all of it is read again.
func TestOnceAWeekAllOfAnInstanceIsRead(t *testing.T) {
	at := noon
	l := open(t, impatient, func(c *library.Config) { c.Now = func() time.Time { return at } })
	var mu sync.Mutex
	var asked []bool // for all of it
	server := feedtest.NewMISP("key")
	server.Add(feedtest.Attribute{Type: "domain", Value: "a.spy.example"})
	address := feedtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		mu.Lock()
		asked = append(asked, !strings.Contains(string(body), `"timestamp"`))
		mu.Unlock()
		server.ServeHTTP(w, r)
	}))
	add(t, l, tinycheck.Feed{Name: "misp", Kind: tinycheck.FeedMISP, URL: address, Secret: "key"})
	for _, days := range []int{0, 0, 7} {
		at = at.AddDate(0, 0, days)
		if u := update(t, l, library.Choice{Names: []string{"misp", "misp"}}); u.Err != nil {
			t.Fatal(u.Err)
		}
	}
	if fmt.Sprint(asked) != "[true false true]" {
		t.Errorf("asked for all: %v", asked)
	}
}

// One source under two names would be believed twice.
func TestOneSourceHasOneName(t *testing.T) {
	l := open(t)
	add(t, l, tinycheck.Feed{Name: "one", Kind: tinycheck.FeedHTTP, URL: "https://lists.example/ioc.csv"})
	for address, clash := range map[string]bool{
		"HTTPS://Lists.example/ioc.csv/#x": true, "https://lists.example/IOC.csv": false, "https://lists.example/ioc.csv?a=b": false,
	} {
		err := l.AddFeed(t.Context(), tinycheck.Feed{Name: "n" + fmt.Sprint(len(address)), Kind: tinycheck.FeedHTTP, URL: address})
		if clash != errors.Is(err, tinycheck.Conflict) || clash && !strings.Contains(err.Error(), `"one"`) {
			t.Errorf("%s: %v", address, err)
		}
	}
	known := library.Catalogue()[0]
	known.Name = "again"
	if err := l.AddFeed(t.Context(), known); !errors.Is(err, tinycheck.Conflict) {
		t.Errorf("one of the catalogue under another name: %v", err)
	}
	for _, collection := range []string{"a", "b"} {
		f := tinycheck.Feed{Name: "taxii-" + collection, Kind: tinycheck.FeedTAXII, URL: "https://taxii.example", Select: []string{collection}}
		if err := l.AddFeed(t.Context(), f); err != nil {
			t.Errorf("another collection: %v", err)
		}
	}
}

// The numbers of a new store begin anew: the index of the old one is not its.
func TestAnIndexOfAnotherStoreIsNotUsed(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"old.spy.example", "new.spy.example"} {
		for _, old := range []string{"tinycheck.db", "tinycheck.db-wal", "tinycheck.db-shm"} {
			os.Remove(filepath.Join(folder, old))
		}
		l, err := library.Open(t.Context(), library.Config{Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		imports(t, l, name, name+"\n", library.Source{})
		if got := classes(t, l, name); len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A reader sees what a newer version of the program brings along.
func TestRefurnish(t *testing.T) {
	folder := t.TempDir()
	c := library.Config{Folder: folder, Now: func() time.Time { return noon }}
	l := open(t, func(o *library.Config) { o.Folder = folder })
	if err := library.Dated(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := library.Refurnish(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if f := stands(t, l, library.StarterFeed); len(f.SHA256) != 64 {
			t.Errorf("the starter stands so: %+v", f)
		}
		if f := stands(t, l, "tor-exits"); !strings.HasPrefix(f.URL, "https://") || f.ETag != "" || f.Enabled {
			t.Errorf("the feed of the catalogue stands so: %+v", f)
		}
	}
}

func TestAStarInAnAddressIsNoPattern(t *testing.T) {
	l := open(t)
	for _, address := range []string{"https://spy.example/a", "https://spy.example/*"} {
		o := tinycheck.Observable{Type: tinycheck.URL, Value: address}
		imports(t, l, "urls.csv", "type,value,class\nurl,"+address+",c2\n", library.Source{})
		if found, err := l.Show(t.Context(), o); err != nil || len(found) != 1 || found[0].Observable != o {
			t.Errorf("%s: %+v, %v", address, found, err)
		}
	}
}

// What was decided here about an entry is not undone on other machines.
func TestABundleHasWhatIsInForce(t *testing.T) {
	from := newSender(t)
	imports(t, from.Library, "list.txt", "a.spy.example\nb.spy.example\n", library.Source{})
	if err := from.Decide(t.Context(), []string{"b.spy.example"}, store.Decision{State: store.Disabled}); err != nil {
		t.Fatal(err)
	}
	to := open(t)
	if _, err := apply(t, to, from.pack(1, "list.txt"), from.public); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, to, "coalition.list.txt"); len(got) != 1 || got[0].Value != "a.spy.example" {
		t.Errorf("%+v", got)
	}
}

// A feed that somebody disabled stays so, whatever bundle brings it again.
func TestABundleEnablesNothingThatWasDisabled(t *testing.T) {
	from := newSender(t)
	imports(t, from.Library, "list.txt", "a.spy.example\n", library.Source{})
	imports(t, from.Library, "nodes.txt", "192.0.2.1\n", library.Source{Feed: "tor-nodes"})
	imports(t, from.Library, "exits.txt", "192.0.2.2\n", library.Source{Feed: "echap-watchware", Format: "list"})
	names := []string{"coalition.list.txt", "tor-nodes", "echap-watchware"}
	to := open(t)
	if err := to.Switch(t.Context(), names[2:], false); err != nil {
		t.Fatal(err)
	}
	for version, on := range map[uint64][]bool{1: {true, true, false}} {
		if _, err := apply(t, to, from.pack(version, "list.txt", "tor-nodes", "echap-watchware"), from.public); err != nil {
			t.Fatal(err)
		}
		for n, name := range names {
			if f := stands(t, to, name); f.Enabled != on[n] || f.Indicators != 1 {
				t.Errorf("first: %s stands so: %+v", name, f)
			}
		}
	}
	if err := to.Switch(t.Context(), names, false); err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t, to, from.pack(2, "list.txt", "tor-nodes", "echap-watchware"), from.public); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if stands(t, to, name).Enabled {
			t.Errorf("%s was enabled by a bundle", name)
		}
	}
}

// What this machine fetched itself, later than the sender, stays.
func TestABundleBringsNothingOlder(t *testing.T) {
	from := newSender(t)
	imports(t, from.Library, "nodes.txt", "192.0.2.1\n", library.Source{Feed: "tor-nodes"})
	packed := from.pack(1, "tor-nodes")
	to := open(t, func(c *library.Config) { c.Now = func() time.Time { return noon.Add(time.Hour) } })
	imports(t, to, "nodes.txt", "192.0.2.7\n", library.Source{Feed: "tor-nodes"})
	done, err := apply(t, to, packed, from.public)
	if got := rows(t, to, "tor-nodes"); err != nil || len(done.Newer) != 1 || len(got) != 1 || got[0].Value != "192.0.2.7" {
		t.Errorf("%+v, %v: %+v", done, err, got)
	}
}

// Names and addresses of this machine's own feeds are nobody else's business.
func TestABundleKeepsOwnAddresses(t *testing.T) {
	from := newSender(t)
	add(t, from.Library, tinycheck.Feed{Name: "ours", Kind: tinycheck.FeedHTTP, URL: "https://lists.example/x?key=geheim"})
	imports(t, from.Library, "x.txt", "a.spy.example\n", library.Source{Feed: "ours"})
	imports(t, from.Library, "y.txt", "b.spy.example\n", library.Source{Feed: "context"})
	to := open(t)
	add(t, to, tinycheck.Feed{Name: "ours", Kind: tinycheck.FeedHTTP, URL: "https://other.example/x"})
	imports(t, to, "x.txt", "mine.example\n", library.Source{Feed: "ours"})
	if _, err := apply(t, to, from.pack(1, "ours", "context"), from.public); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, to, "ours"); len(got) != 1 || got[0].Value != "mine.example" {
		t.Errorf("the feed of this machine has %+v", got)
	}
	for _, name := range []string{"coalition.ours", "coalition.feed.context"} {
		if f := stands(t, to, name); f.Indicators != 1 || strings.Contains(fmt.Sprint(f), "geheim") {
			t.Errorf("%+v", f)
		}
	}
}
